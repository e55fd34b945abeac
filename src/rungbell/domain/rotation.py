"""A rotation: people who take turns of one length, and change by the wall clock.

Rules
-----
* Turn ``n`` begins when the clocks of the zone reach the first handover plus ``n`` times the length. The length is time
  on the wall, so a handover at nine stays at nine, whatever the clocks do in between.
* A handover that the clocks skip happens when they skip it; one that they show twice, the first time. A turn that they
  skip as a whole is nobody's.
* A turn ends exactly when the next one begins: no gap, no overlap. It covers ``begins <= now < ends``.
* People take turns in the order of the list, over and over; a name may stand in it twice. Several who are on call
  together are the one whose turn it is and the next ones of the list.

May import: ``calendar``, ``duration`` and the standard library's pure parts.
"""

from dataclasses import field
from datetime import date, datetime, time, timedelta

from rungbell.domain.calendar import in_utc, instant_at, zone_named
from rungbell.domain.duration import written
from rungbell.domain.values import dataclass

SHORTEST_TURN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """The people of one turn, the one whose turn it is first, from ``begins`` until just before ``ends``, in UTC."""

    people: tuple[str, ...]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People who take turns that last ``every`` and change ``at`` a wall time of ``zone``, first on the day ``starts``.

    With a ``weekday`` (0 is Monday) the first handover is that weekday on or after ``starts``, and a turn lasts whole
    weeks. ``together`` people are on call at once. Before the first handover nobody is. Raises ``ValueError`` for an
    unknown zone, turns below an hour, a weekday outside 0 to 6 or with turns of other than whole weeks, a handover time
    with a zone of its own, or fewer different people than ``together``.
    """

    zone: str
    people: tuple[str, ...]
    every: timedelta = timedelta(weeks=1)
    starts: date
    at: time = time(9)
    weekday: int | None = None
    together: int = 1
    _first: datetime = field(init=False, repr=False, compare=False)
    """The first handover, on the wall."""

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if not self.people:
            raise ValueError("a rotation needs people: name at least one")
        if not 1 <= self.together <= len(set(self.people)):
            raise ValueError(f"{self.together} together are none, or more than the {len(set(self.people))} people")
        if self.every < SHORTEST_TURN:
            raise ValueError(f"a turn lasts at least an hour, not {written(self.every)}")
        if self.weekday not in {None, *range(7)}:
            raise ValueError(f"weekday {self.weekday} does not exist: weekdays are 0 (Monday) to 6 (Sunday)")
        if self.weekday is not None and self.every % timedelta(weeks=1):
            raise ValueError(f"turns of {written(self.every)} do not all begin on one weekday: leave it out")
        if self.at.tzinfo is not None:
            raise ValueError("the handover is a wall-clock time: leave out its own zone, and set `zone`")
        days = 0 if self.weekday is None else (self.weekday - self.starts.weekday()) % 7
        object.__setattr__(self, "_first", datetime.combine(self.starts + timedelta(days=days), self.at))

    def turn(self, now: datetime) -> Turn | None:
        """Give the turn that covers ``now`` (with a zone); ``None`` before the first handover."""
        now = in_utc(now)
        shown = now.astimezone(zone_named(self.zone)).replace(tzinfo=None)
        number = max((shown - self._first) // self.every, 0)
        begins, ends = self._handover(number), self._handover(number + 1)
        if begins > now:
            return None
        # Clocks that were set back show an earlier time than they have reached, and a turn that they skipped is empty.
        while ends <= now:
            number += 1
            begins, ends = ends, self._handover(number + 1)
        return Turn(self._people(number), begins, ends)

    @property
    def alone(self) -> bool:
        """Whether all turns are the same person's."""
        return len(set(self.people)) == 1

    @property
    def begins(self) -> datetime:
        """The first handover, in UTC."""
        return self._handover(0)

    def _people(self, number: int) -> tuple[str, ...]:
        place = number % len(self.people)
        return tuple(dict.fromkeys(self.people[place:] + self.people[:place]))[: self.together]

    def _handover(self, number: int) -> datetime:
        """Give the instant at which turn ``number``, counted from 0, begins."""
        wall = self._first + number * self.every
        return instant_at(zone_named(self.zone), wall.date(), wall.time())
