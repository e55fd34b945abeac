"""What is counted of calendars that say who is on call.

May import: ``families``.
"""

from collections.abc import Iterable

from rungbell.telemetry.metrics.families import Families


class CalendarMetrics:
    """When each calendar was read, and whom it names that nobody is."""

    def __init__(self, families: Families) -> None:
        self.read_at = families.gauge(
            "calendar_last_success_timestamp_seconds",
            "When a calendar was last known to say what counts; no series before the first time.",
            "calendar",
        )
        self.unknown = families.gauge(
            "calendar_unknown_names", "Names in a calendar's next 14 days that are nobody's.", "calendar"
        )
        self._known: frozenset[str] = frozenset()

    def know(self, calendars: Iterable[str]) -> None:
        """Hold the series of exactly these calendars."""
        known = frozenset(calendars)
        for gone in self._known - known:
            for by_calendar in (self.read_at, self.unknown):
                by_calendar.remove_by_labels({"calendar": gone})
        for name in known:
            self.unknown.labels(name)
        self._known = known
