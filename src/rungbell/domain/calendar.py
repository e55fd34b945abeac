"""Business hours: when the office is open, and how long until so much open time has passed.

Rules
-----
* A window is wall clock in its own zone, half open: ``opens <= t < closes`` (A22: Monday to Friday, 09:00 to 17:00).
* A duration is real time that passes inside windows. A window across a change of the clocks is shorter or longer by it.
* A wall time that the clocks skip is the moment they skip it; one that they show twice is the first of the two.
* An answer that falls exactly on closing time is the next opening: nobody is there any more to be on time.
* What comes in may be in any zone, and must have one; what goes out is UTC.

May import: the standard library's pure parts, and ``zoneinfo`` (reads the zone's rules once and keeps them).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rungbell.domain.values import dataclass

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Spelled as in the file; the position is Python's number of the weekday."""
MONDAY_TO_FRIDAY = frozenset(range(5))
MAX_CLOSED_DAYS = 2 * 366
"""Days in a row without a window after which the search gives up: the holidays must be a mistake."""
MAX_ELAPSE = timedelta(days=3653)
"""How far ahead ``elapse`` looks, in calendar time: ten years."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Give the zone of an IANA name such as ``Europe/London``; raises ``ValueError`` where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # A folder of the database, such as "America", fails as a file would; to the operator it is one mistake.
        raise ValueError(f"unknown time zone {name!r}: use an IANA name such as Europe/London") from None


@lru_cache(maxsize=4096)
def instant_at(zone: ZoneInfo, day: date, wall: time) -> datetime:
    """Give the instant, in UTC, at which the clocks of ``zone`` reach ``wall`` (without zone) on ``day``.

    The first of two where they show it twice; the moment of the change where they skip it. Remembered, for the same
    handovers and openings are asked for again and again.
    """
    before = datetime.combine(day, wall.replace(fold=0), zone)
    later = before.astimezone(UTC)
    if later.astimezone(zone).replace(tzinfo=None) == before.replace(tzinfo=None):
        return later
    # In a gap, fold 1 and fold 0 give instants on either side of the change, which falls on a whole second.
    earlier = before.replace(fold=1).astimezone(UTC)
    offset = earlier.astimezone(zone).utcoffset()
    low, high = 0, (later - earlier) // _SECOND + 1
    earlier = earlier.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        if (earlier + middle * _SECOND).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return earlier + high * _SECOND


def in_utc(at: datetime) -> datetime:
    """Give the same instant in UTC; raises ``ValueError`` for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: give a time-zone-aware datetime")
    return at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """The open windows of a place: on which ``days`` (0 is Monday), from when to when, in which ``zone``.

    ``holidays`` are local dates without a window. Raises ``ValueError`` for an unknown zone, a day outside 0 to 6, no
    day at all, times with a zone of their own, or a window that does not close after it opens.
    """

    zone: str
    days: frozenset[int] = MONDAY_TO_FRIDAY
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if not self.days:
            raise ValueError("business hours have no days: name at least one, 0 (Monday) to 6 (Sunday)")
        if strange := sorted(set(self.days) - set(range(7))):
            raise ValueError(f"business day {strange[0]} does not exist: days are 0 (Monday) to 6 (Sunday)")
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise ValueError("business hours are wall-clock times: leave out their own zone, and set `zone`")
        if self.closes <= self.opens:
            raise ValueError(
                f"business hours close at {self.closes:%H:%M}, not after they open at {self.opens:%H:%M}: "
                "a window lies within one day"
            )

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` lies inside a window."""
        # Compared in UTC: across zones Python calls a time that the clocks show twice unequal to everything.
        return self.next_open(at) == in_utc(at)

    def next_open(self, at: datetime) -> datetime:
        """Give the first open instant not before ``at``: ``at`` itself where it is open.

        Raises ``ValueError`` where no business day can be found.
        """
        at = in_utc(at)
        opens, _ = next(self._windows(at))
        return max(opens, at)

    def next_business_day(self, at: datetime) -> datetime:
        """Give the opening of the first business day whose local date is later than that of ``at``.

        Raises ``ValueError`` where no business day can be found.
        """
        opens, _ = next(self._windows_from(self._local_date(in_utc(at)) + _DAY))
        return opens

    def after_business_days(self, start: datetime, days: int) -> datetime:
        """Give the close of the last of so many business days that come after the local date of ``start``.

        Raises ``ValueError`` where no business day can be found.
        """
        windows = self._windows_from(self._local_date(in_utc(start)) + _DAY)
        for _ in range(days - 1):
            next(windows)
        return next(windows)[1]

    def elapse(self, start: datetime, duration: timedelta) -> datetime:
        """Give the instant at which ``duration`` of open time has passed since ``start``.

        It is always open: exactly at closing time it rolls to the next opening, and no duration at all gives
        ``next_open(start)``. Raises ``ValueError`` for a negative duration, for one that does not end
        within ten years, or where no business day can be found.
        """
        if duration < timedelta():
            raise ValueError(f"business time does not run backwards: {duration} is negative")
        start = in_utc(start)
        windows = self._windows(start)
        opens, closes = next(windows)
        begins = max(opens, start)
        while duration >= closes - begins:
            duration -= closes - begins
            begins, closes = next(windows)
            if begins - start > MAX_ELAPSE:
                raise ValueError("the business hours are too short: so much open time does not pass within ten years")
        return begins + duration

    def _windows(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Every window that closes after ``at``, in order."""
        # Yesterday's window closed at the latest when the clocks first showed today, even if they were set back since.
        for opens, closes in self._windows_from(self._local_date(at)):
            if closes > at:
                yield opens, closes

    def _windows_from(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        zone, closed_days = zone_named(self.zone), 0
        while closed_days < MAX_CLOSED_DAYS:
            closed_days += 1
            if day.weekday() in self.days and day not in self.holidays:
                opens, closes = instant_at(zone, day, self.opens), instant_at(zone, day, self.closes)
                if opens < closes:  # not so where the clocks skip the whole window
                    yield opens, closes
                    closed_days = 0
            day += _DAY
        raise ValueError(f"no business day in the {MAX_CLOSED_DAYS} days before {day}: look at the days and holidays")

    def _local_date(self, at: datetime) -> date:
        return at.astimezone(zone_named(self.zone)).date()
