"""What is counted of Alertmanagers that are asked what fires, by source.

May import: ``families``, ``domain``, prometheus_client.
"""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter

from rungbell.domain.values import dataclass
from rungbell.telemetry.metrics.families import GONE, Families

REPAIRS = ("resolved", "silenced", "opened")
"""What the reconciler does: ends what Alertmanager does not know any more, or what ended while it was silenced, so that
no resolve was sent; takes in what it never got through."""


@dataclass(frozen=True, slots=True)
class AlertmanagerMetrics:
    """What is counted for the Alertmanager of one source."""

    looks: Counter
    failed: Counter
    repaired: Mapping[str, Counter]


class AlertmanagersMetrics:
    """When each Alertmanager was asked, and what was mended."""

    def __init__(self, families: Families) -> None:
        self.looks = families.counter("alertmanager_looks", "Times an Alertmanager was asked what fires.", "source")
        self.failed = families.counter(
            "alertmanager_looks_failed", "Of them, those at which it or one of its peers could not say.", "source"
        )
        self.repaired = families.counter(
            "alertmanager_repaired_alerts",
            "Alerts whose webhook was lost: resolved here because Alertmanager knows them no more, or opened.",
            "source",
            "change",
        )
        self.success = families.gauge(
            "alertmanager_last_success_timestamp_seconds",
            "When Alertmanager and all its peers last said what fires; no series before the first time.",
            "source",
        )
        self.direct = families.gauge(
            "alertmanager_pages_directly",
            "Whether Alertmanager pages PagerDuty by itself although rungbell does; no series before the first look.",
            "source",
        )
        self._asked: dict[str, AlertmanagerMetrics] = {}

    def know(self, sources: Iterable[str]) -> None:
        """Hold the series of exactly the Alertmanagers of these sources."""
        known = frozenset(sources)
        for gone in self._asked.keys() - known:
            del self._asked[gone]
            for by_source in (
                self.looks,
                self.failed,
                self.repaired,
                self.success,
                self.direct,
            ):
                by_source.remove_by_labels({"source": gone})
        for name in known - self._asked.keys():
            self._asked[name] = self._asked_of(name)

    def _asked_of(self, name: str) -> AlertmanagerMetrics:
        return AlertmanagerMetrics(
            looks=self.looks.labels(name),
            failed=self.failed.labels(name),
            repaired={change: self.repaired.labels(name, change) for change in REPAIRS},
        )

    def looked_at(self, source: str, at: float) -> None:
        """An Alertmanager said what fires, at that time in Unix seconds; one that is asked no more is not missed."""
        if source in self._asked:
            self.success.labels(source).set(at)

    def pages_directly(self, source: str, does: bool) -> None:
        """Whether the Alertmanager of a source pages where rungbell does."""
        if source in self._asked:
            self.direct.labels(source).set(does)

    def of(self, name: str) -> AlertmanagerMetrics:
        """What to count on for the Alertmanager of a source that is asked."""
        return self._asked.get(name) or self._asked_of(GONE)
