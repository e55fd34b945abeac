"""What is counted of schedules: whether somebody is on call.

May import: ``families``.
"""

from collections.abc import Mapping

from rungbell.telemetry.metrics.families import Families


class OncallMetrics:
    """Where nobody is on call."""

    def __init__(self, families: Families) -> None:
        self.gap = families.gauge("oncall_gap", "1 while nobody of a schedule is on call.", "schedule")
        self._known: frozenset[str] = frozenset()

    def tell(self, empty: Mapping[str, bool]) -> None:
        """Say of exactly these schedules whether they are empty now."""
        for gone in self._known - empty.keys():
            self.gap.remove_by_labels({"schedule": gone})
        for name, nobody in empty.items():
            self.gap.labels(name).set(nobody)
        self._known = frozenset(empty)
