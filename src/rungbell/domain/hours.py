"""Hours of the week: windows that come back every week, for layers of a schedule and for maintenance.

Rules
-----
* A window opens on each of its ``days`` at one wall time and closes at another, half open: ``opens <= t < closes``.
  Where it would close before it opens, it closes on the following day; where both are the same, it lasts a whole day.
* A wall time that the clocks skip is the moment they skip it; one that they show twice is the first of the two.
* So windows never overlap, and whole days one after the other join without a gap.

May import: ``calendar`` and the standard library's pure parts.
"""

from datetime import datetime, time, timedelta

from rungbell.domain.calendar import in_utc, instant_at, zone_named
from rungbell.domain.values import dataclass

EVERY_DAY = frozenset(range(7))
MIDNIGHT = time()
_DAY = timedelta(days=1)
_LOOK_AHEAD = 22
"""Days in which a window is found: a week, and two more should the clocks skip the only one."""


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Windows on which ``days`` (0 is Monday), from when to when, in which ``zone``; by default always.

    Raises ``ValueError`` for an unknown zone, a day outside 0 to 6, no day at all, or times with a zone of their own.
    """

    zone: str
    days: frozenset[int] = EVERY_DAY
    opens: time = MIDNIGHT
    closes: time = MIDNIGHT

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if not self.days:
            raise ValueError("hours have no days: name at least one, 0 (Monday) to 6 (Sunday)")
        if strange := sorted(self.days - EVERY_DAY):
            raise ValueError(f"day {strange[0]} does not exist: days are 0 (Monday) to 6 (Sunday)")
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise ValueError("hours are wall-clock times: leave out their own zone, and set `zone`")

    @property
    def always(self) -> bool:
        """Whether there is no moment outside of the windows."""
        return self.days == EVERY_DAY and self.opens == self.closes

    def at(self, now: datetime) -> tuple[bool, datetime]:
        """Say whether ``now`` (with a zone) lies in a window, and when that window closes or else the next one opens.

        What closes may open again at the same moment.
        """
        now = in_utc(now)
        zone = zone_named(self.zone)
        # A window of the day before may still be open; an earlier one cannot.
        day = now.astimezone(zone).date() - _DAY
        for _ in range(_LOOK_AHEAD):
            if day.weekday() in self.days:
                opens = instant_at(zone, day, self.opens)
                closes = instant_at(zone, day if self.closes > self.opens else day + _DAY, self.closes)
                if opens < closes and closes > now:  # the first fails where the clocks skip the whole window
                    return opens <= now, closes if opens <= now else opens
            day += _DAY
        raise ValueError(f"the clocks of {self.zone} skip every window from {self.opens} to {self.closes}")
