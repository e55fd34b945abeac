"""Listens for silence: a source whose Watchdog does not come any more cannot tell that anything else is wrong.

Rules
-----
* The clock of a source starts when its first Watchdog was seen, or with the daemon where the configuration expects one.
* Time in which rungbell itself was away is not silence of the source (integrations 16).

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rungbell.clock import Clock
from rungbell.domain.events import Trouble, TroubleKind
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.looking_again import look_again_and_again
from rungbell.store import Store
from rungbell.telemetry import Metrics

DEFAULT_WITHIN = timedelta(minutes=15)
"""For a source that sends Watchdogs though nobody declared one: three of the usual five-minute intervals."""
LOOK_EVERY = 1.0


def silent_sources(
    seen: Mapping[str, datetime], expected: Mapping[str, timedelta], started_at: datetime, now: datetime
) -> dict[str, timedelta]:
    """Give the sources that are silent now, and for how long they were allowed to be."""
    within = dict.fromkeys(seen, DEFAULT_WITHIN) | dict(expected)
    return {
        source: allowed
        for source, allowed in within.items()
        if now - max(seen.get(source, started_at), started_at) >= allowed
    }


class Heartbeats:
    """Tells the operator of silent sources, once for each silence.

    ``expected`` gives every source of the configuration how often a Watchdog is expected, or ``None`` where nothing is
    said; a source that is not in it is not missed.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handler: IncidentHandler,
        metrics: Metrics,
        expected: Mapping[str, timedelta | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._metrics = metrics
        self._started_at = clock.now()
        self._told: dict[str, datetime | None] = {}
        """Silent source to the last Watchdog before the silence that was told; nobody may have looked since."""
        self.expect(expected)

    def expect(self, expected: Mapping[str, timedelta | None]) -> None:
        """Listen to these sources from now on."""
        self._sources = frozenset(expected)
        self._expected = {source: within for source, within in expected.items() if within is not None}

    async def run(self) -> None:
        """Listen until cancelled."""
        await look_again_and_again(self.look, LOOK_EVERY, "heartbeats cannot be read")

    async def look(self) -> None:
        """Tell of the sources that are silent now and were not before."""
        seen = await self._store.read(lambda transaction: transaction.heartbeats())
        seen = {source: at for source, at in seen.items() if source in self._sources}
        for source, at in seen.items():
            self._metrics.intake.beat(source, at.timestamp())
        silent = silent_sources(seen, self._expected, self._started_at, self._clock.now())
        since = {source: seen.get(source) for source in silent}
        for source in silent:
            if source not in self._told or self._told[source] != since[source]:
                text = f"No Watchdog from {source} for {silent[source]}: its alerts may not arrive either."
                await self._handler.report(Trouble(kind=TroubleKind.WATCHDOG_SILENT, source=source, text=text))
        self._told = since
