"""Housekeeping: forgets what is older than ``--data.retention``, in pieces that nobody notices.

Rules
-----
* One piece of work at a time, and a pause after each that is many times as long: the writer belongs to alerts.
* That a link or an idempotency key was used is remembered at least for as long as links live.
* It may wait: without a store it tries again later, and nothing else depends on it.

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``, structlog.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from rungbell.clock import Clock
from rungbell.domain.errors import StoreError
from rungbell.domain.handover import COUNTS_FOR
from rungbell.domain.shift_notice import LATE
from rungbell.runtime.known_messages import KnownMessages
from rungbell.runtime.link_tokens import LIFE
from rungbell.store import Store, Transaction
from rungbell.telemetry import Metrics

log = structlog.get_logger()

RETENTION = timedelta(days=120)
"""How long a resolved incident is kept, unless the command line says otherwise: a quarter and a month."""
RESOLVED_ALERTS_KEPT = timedelta(days=1)
"""How long an alert that has ended is remembered, so that a late copy of it opens nothing."""
INCIDENTS, ROWS, PAGES = 5, 100, 16
"""What one piece of work takes at most: 1 to 4 ms of the writer's time among 100,000 resolved incidents (measured)."""
PAUSE = 0.05
"""Seconds between two pieces of work."""
LONGEST_SLEEP = timedelta(minutes=1)
"""Until something is looked for again."""


class Housekeeping:
    """Forgets until cancelled."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        known_messages: KnownMessages,
        retention: timedelta = RETENTION,
    ) -> None:
        self._store = store
        self._known_messages = known_messages
        self._clock = clock
        self._metrics = metrics
        self._retention = retention

    async def run(self) -> None:
        """Forget what is old, look again later."""
        while True:
            more = 0
            try:
                more = await self.look()
            except StoreError as error:
                log.warning("what is old cannot be forgotten now", error=str(error))
            await asyncio.sleep(PAUSE if more else min(LONGEST_SLEEP, self._retention / 10).total_seconds())

    async def look(self) -> int:
        """Do one piece of each kind of work, and give how many incidents, rows and pages of the file went."""
        now = self._clock.now()
        incidents = await self._forget(Transaction.forget_incidents, now - self._retention, INCIDENTS)
        self._forgot(incidents)
        self._metrics.incidents.forgotten.inc(incidents)
        applied = await self._forget(Transaction.forget_applied, now - max(self._retention, LIFE), ROWS)
        alerts = await self._forget(Transaction.forget_alerts, now - RESOLVED_ALERTS_KEPT, ROWS)
        self._forgot(alerts)
        duties = await self._forget(Transaction.forget_overrides, now - self._retention, ROWS)
        duties += await self._forget(Transaction.forget_notices, now - max(self._retention, 2 * LATE), ROWS)
        duties += await self._forget(Transaction.forget_handover_notes, now - max(self._retention, COUNTS_FOR), ROWS)
        room = await self._store.write(lambda transaction: transaction.give_back(PAGES), reserved=True)
        return incidents + applied + alerts + duties + room

    def _forgot(self, rows: int) -> None:
        if rows:
            self._known_messages.clear()  # what was told of them may be news again

    async def _forget(self, work: Callable[[Transaction, datetime, int], int], before: datetime, limit: int) -> int:
        return await self._store.write(lambda transaction: work(transaction, before, limit), reserved=True)
