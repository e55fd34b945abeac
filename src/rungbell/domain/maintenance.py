"""Maintenance windows: for which alerts paging is held, when, and until when.

Rules
-----
* A window is hours of the week, or a time from one moment to another, or hours of the week within such a time. It ends.
* It holds alerts whose labels, and those of their group, all its matchers match, and of whose severity it is; P0 only
  where that is said.
* Where another window covers the end of one, paging is held until the end of that; each window counts once, so that
  windows that take turns do not hold it for ever.
* A message is held while every alert that fires anew in it is, so until the first of them is not.

May import: ``calendar``, ``hours``, ``matchers``, ``severity``, ``alert`` and the standard library's pure parts.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rungbell.domain.alert import KnownAlert
from rungbell.domain.calendar import in_utc
from rungbell.domain.hours import WeeklyHours
from rungbell.domain.matchers import Matcher, all_match
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

HELD_SEVERITIES = frozenset(Severity) - {Severity.P0}


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """Holds the paging of what ``match`` and ``only`` say: within ``hours``, from ``begins``, until ``ends``.

    Raises ``ValueError`` where it never ends, or ends before it begins.
    """

    name: str
    match: tuple[Matcher, ...]
    only: frozenset[Severity] = HELD_SEVERITIES
    hours: WeeklyHours | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    def __post_init__(self) -> None:
        if self.ends is None and (self.hours is None or self.hours.always):
            raise ValueError(f"maintenance {self.name!r} never ends: give it an end, or hours of the week")
        if self.begins is not None and self.ends is not None and self.begins >= self.ends:
            raise ValueError(f"maintenance {self.name!r} ends before it begins")

    def until(self, now: datetime) -> datetime | None:
        """Give when the window that covers ``now`` ends; ``None`` where none does."""
        now = in_utc(now)
        if (self.begins is not None and now < self.begins) or (self.ends is not None and now >= self.ends):
            return None
        if self.hours is None or self.hours.always:
            return self.ends
        open_, at = self.hours.at(now)
        if not open_:
            return None
        closes = at
        while open_ and (self.ends is None or closes < self.ends):
            open_, at = self.hours.at(closes)
            closes = at if open_ else closes
        return closes if self.ends is None else min(closes, self.ends)

    def holds(self, labels: Mapping[str, str], severity: Severity) -> bool:
        """Whether it is about an alert with these labels and this severity."""
        return severity in self.only and all_match(self.match, labels)


@dataclass(frozen=True, slots=True)
class Hold:
    """Until when paging is held, and by which windows, named in the order in which they end."""

    until: datetime
    windows: tuple[str, ...]


def held(
    windows: Iterable[MaintenanceWindow], fired: Iterable[KnownAlert], group_labels: Mapping[str, str], now: datetime
) -> Hold | None:
    """Give how long what fires anew at ``now`` is held; ``None`` where any of it is not."""
    windows = tuple(windows)
    if all(window.until(now) is None for window in windows):
        return None
    first: Hold | None = None
    for alert in fired:
        labels, severity = {**group_labels, **alert.labels}, alert.severity or Severity.P3
        hold = _hold([window for window in windows if window.holds(labels, severity)], now)
        if hold is None:
            return None
        first = hold if first is None or hold.until < first.until else first
    return first


def _hold(windows: list[MaintenanceWindow], now: datetime) -> Hold | None:
    until, names = now, []
    while covering := [(end, window) for window in windows if (end := window.until(until)) is not None]:
        until, last = max(covering, key=lambda found: found[0])
        names.append(last.name)
        windows = [window for window in windows if window is not last]
    return Hold(until, tuple(names)) if names else None
