"""Who is on call: rotations that hand over by the wall clock, and schedules that name people or a rotation.

Rules
-----
* Handovers are wall clock in the rotation's zone, every so many weeks on one weekday. One that the clocks skip happens
  when they skip it; one that they show twice, the first time.
* The first handover is the first such weekday on or after ``starts``. Before it nobody is on call.
* A shift ends exactly when the next one begins: no gap, no overlap. It covers ``begins <= now < ends``.
* People take shifts in the order of the list, over and over. A name may stand in it twice.

May import: ``calendar`` and the standard library's pure parts.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rungbell.domain.calendar import in_utc, instant_at, zone_named


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's turn, from ``begins`` until just before ``ends``, both in UTC."""

    person: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People who take turns of ``weeks`` weeks, changing on ``weekday`` (0 is Monday) ``at`` a wall time of ``zone``.

    Raises ``ValueError`` for an unknown zone, nobody in ``people``, ``weeks`` below 1, a weekday outside 0 to 6, or a
    handover time with a zone of its own.
    """

    zone: str
    people: tuple[str, ...]
    weeks: int = 1
    weekday: int
    at: time
    starts: date

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if not self.people:
            raise ValueError("a rotation needs people: name at least one")
        if self.weeks < 1:
            raise ValueError(f"a shift lasts at least one week, not {self.weeks}")
        if self.weekday not in range(7):
            raise ValueError(f"weekday {self.weekday} does not exist: weekdays are 0 (Monday) to 6 (Sunday)")
        if self.at.tzinfo is not None:
            raise ValueError("the handover is a wall-clock time: leave out its own zone, and set `zone`")

    def on_call(self, now: datetime) -> str | None:
        """Give the person on call; ``None`` before the first handover."""
        shift = self.shift(now)
        return shift.person if shift else None

    def shift(self, now: datetime) -> Shift | None:
        """Give the shift that covers ``now`` (with a zone); ``None`` before the first handover."""
        now = in_utc(now)
        passed = now.astimezone(zone_named(self.zone)).date() - self._first_handover()
        # The local date names the shift but for handovers later that day, or moved into the next day by a gap.
        number = passed // self._length()
        if self._handover(number) > now:
            number -= 1
        if number < 0:
            return None
        person = self.people[number % len(self.people)]
        return Shift(person, self._handover(number), self._handover(number + 1))

    def _length(self) -> timedelta:
        return timedelta(weeks=self.weeks)

    def _first_handover(self) -> date:
        return self.starts + timedelta(days=(self.weekday - self.starts.weekday()) % 7)

    def _handover(self, number: int) -> datetime:
        """Give the instant at which shift ``number``, counted from 0, begins."""
        return instant_at(zone_named(self.zone), self._first_handover() + number * self._length(), self.at)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A name that tiers reach: either the same ``people`` always, or the one a ``rotation`` gives.

    With neither, nobody is on call. Raises ``ValueError`` with both.
    """

    name: str
    rotation: Rotation | None = None
    people: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rotation is not None and self.people:
            raise ValueError(f"schedule {self.name!r} has people and a rotation: leave one out")

    def on_call(self, now: datetime) -> tuple[str, ...]:
        """Give everybody on call at ``now`` (with a zone), in order; nobody before a rotation's first handover."""
        if self.rotation is None:
            return self.people
        person = self.rotation.on_call(now)
        return () if person is None else (person,)
