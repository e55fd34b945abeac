"""What is counted of obligations: broken, overdue, and reviews that are due.

May import: ``families``, ``domain``, prometheus_client.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rungbell.domain.broken import BREAKABLE
from rungbell.domain.review import ReviewDue, ReviewKind
from rungbell.domain.severity import Severity
from rungbell.telemetry.metrics.families import Families


class ObligationMetrics:
    """What the playbook demands beside paging."""

    def __init__(self, families: Families) -> None:
        self.broken = families.counter(
            "obligations_broken", "Obligations that lapsed, each lapse once.", "obligation", "severity"
        )
        self.overdue = families.gauge("obligations_overdue", "Incidents that break it now.", "obligation", "severity")
        self.reviewed_at = families.gauge(
            "last_review_timestamp_seconds",
            "When the playbook or the runbooks were last gone through, or a drill held; no series before the first.",
            "kind",
        )
        self.review_due = families.gauge("review_due", "1 while it is to be gone through, or never was.", "kind")
        for obligation in BREAKABLE:
            for severity in Severity:
                self.broken.labels(obligation, severity)
        for kind in ReviewKind:
            self.review_due.labels(kind)
        self.count_overdue({})

    def count_overdue(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Say how many incidents break an obligation now, by its name and severity."""
        for obligation in BREAKABLE:
            for severity in Severity:
                self.overdue.labels(obligation, severity).set(counts.get((obligation, severity), 0))

    def tell_reviews(self, standing: Iterable[ReviewDue], now: datetime) -> None:
        """Say when each kind of review was last held, and whether it is due at ``now``."""
        for one in standing:
            self.review_due.labels(one.kind).set(one.due(now))
            if one.last is not None:
                self.reviewed_at.labels(one.kind).set(one.last.at.timestamp())
