"""The sign of life: a service elsewhere is told again and again that rungbell lives, and rings when it hears nothing.

Rules
-----
* It is given only while somebody would be paged: the store takes writes, due clocks are looked for, no clock and no
  page waits for longer than ``LATEST`` (integrations 16). A process that merely runs gives none.
* The address is the service's secret: no log, no metric and no answer shows it, and no redirect is followed.
* One that does not arrive is not repeated before its time: the service waits for more than one.

May import: ``domain``, ``store`` (the port), ``clock``, ``config``, ``notifiers``, ``telemetry``, the rest of
``runtime``, aiohttp.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import aiohttp
import structlog

from rungbell.clock import Clock
from rungbell.config.settings import HeartbeatSettings
from rungbell.domain.errors import ConfigError, StoreError
from rungbell.notifiers import SendFailed
from rungbell.notifiers.http import Endpoint
from rungbell.runtime.looking_again import look_again_and_again
from rungbell.store import Store
from rungbell.store.transaction import Transaction
from rungbell.telemetry import Metrics

log = structlog.get_logger()

LATEST = timedelta(minutes=1)
"""What is due and waits for longer makes rungbell no pager any more."""
LOOK_EVERY = 1.0
TIMEOUT = 10.0
"""Seconds."""


class SignOfLife:
    """Gives signs to whoever the configuration names; ``unready`` says why nobody would be paged, or nothing."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        session: aiohttp.ClientSession,
        unready: Callable[[], str],
        settings: HeartbeatSettings | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._counted = metrics.signs_of_life
        self._session = session
        self._unready = unready
        self.configure(settings)

    def configure(self, settings: HeartbeatSettings | None) -> None:
        """Give signs like that from now on, the first at once."""
        self._settings = settings
        self._next = 0.0

    async def run(self) -> None:
        """Give signs until cancelled; at the start the clocks are looked at first."""
        await look_again_and_again(self.look, LOOK_EVERY, "no sign of life is given", at_once=False)

    async def look(self) -> None:
        """Give one where it is time and all is well."""
        settings = self._settings
        if settings is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + settings.every.total_seconds()
        why_not = self._unready() or await self._stuck()
        if why_not:
            self._counted.withheld.inc()
            log.error("no sign of life is given", why=why_not)
            return
        self._counted.sent.inc()
        failed = await self._give(settings)
        if failed:
            self._counted.failed.inc()
            log.warning("a sign of life did not arrive", error=failed)

    async def _stuck(self) -> str:
        """Say why what is due would not leave, or nothing."""
        try:
            return await self._store.read(self._waits)
        except StoreError as error:
            return str(error)

    def _waits(self, transaction: Transaction) -> str:
        """Say what has waited for too long, or nothing."""
        before = self._clock.now() - LATEST
        due = transaction.due_incidents(before, 1)
        oldest = transaction.oldest_unsent()
        if due:
            return "a clock that is due is not served"
        return "a page that is due is not sent" if oldest is not None and oldest < before else ""

    async def _give(self, settings: HeartbeatSettings) -> str:
        """Give one, and say in words without the address why it did not arrive, or nothing."""
        try:
            endpoint = Endpoint(settings.http, self._session, settings.url.get_secret_value().strip())
            async with asyncio.timeout(TIMEOUT):
                answer = await endpoint.request("GET", limit=0)
        except TimeoutError:
            return f"is not answered within {TIMEOUT:g} s"
        except (ConfigError, SendFailed) as error:
            return f"cannot be given: {error}"
        except (ValueError, OSError) as error:
            return f"cannot be given: {type(error).__name__}"
        return "" if answer.status // 100 == 2 else f"is answered with HTTP {answer.status}"
