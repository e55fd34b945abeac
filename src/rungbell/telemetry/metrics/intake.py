"""What is counted of webhooks, by source.

May import: ``families``, ``domain``, prometheus_client.
"""

from collections.abc import Iterable

from prometheus_client import Counter

from rungbell.domain.values import dataclass
from rungbell.telemetry.metrics.families import GONE, Families

REFUSALS = ("unauthorized", "draining", "unreadable", "too_large", "store")
"""Why a webhook is not taken."""


@dataclass(frozen=True, slots=True)
class SourceMetrics:
    """What is counted for one source."""

    webhooks: Counter
    alerts: Counter
    dropped: Counter
    guessed: Counter


class IntakeMetrics:
    """Webhooks, their alerts, and Watchdogs."""

    def __init__(self, families: Families) -> None:
        self.webhooks = families.counter("webhooks_received", "Webhooks answered 200.", "source")
        self.refused = families.counter("webhooks_refused", "Webhooks not taken, by reason.", "reason")
        self.alerts = families.counter("alerts_received", "Alerts in taken webhooks.", "source")
        self.dropped = families.counter("alerts_never_paging", "Alerts that never page by rule.", "source")
        self.guessed = families.counter("severity_unmapped", "Alerts whose severity no rule knew.", "source")
        self.heartbeat = families.gauge(
            "watchdog_last_seen_timestamp_seconds", "When a Watchdog was seen; no series before the first.", "source"
        )
        for reason in REFUSALS:
            self.refused.labels(reason)
        self._sources: dict[str, SourceMetrics] = {}
        self.know([])

    def know(self, sources: Iterable[str]) -> None:
        """Hold the series of exactly these sources, those that are new at zero."""
        known = {GONE, *sources}
        for gone in self._sources.keys() - known:
            del self._sources[gone]
            for by_source in (self.webhooks, self.alerts, self.dropped, self.guessed, self.heartbeat):
                by_source.remove_by_labels({"source": gone})
        for name in known - self._sources.keys():
            self._sources[name] = SourceMetrics(
                webhooks=self.webhooks.labels(name),
                alerts=self.alerts.labels(name),
                dropped=self.dropped.labels(name),
                guessed=self.guessed.labels(name),
            )

    def source(self, name: str) -> SourceMetrics:
        """What to count on for a source."""
        return self._sources.get(name) or self._sources[GONE]

    def beat(self, source: str, seen: float) -> None:
        """A Watchdog of a source was seen, in Unix seconds; one that is configured no more is not missed."""
        if source in self._sources:
            self.heartbeat.labels(source).set(seen)
