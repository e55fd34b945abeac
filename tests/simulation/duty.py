"""Who is on call, in the simulation's own plain words, and rungbell's schedules made of the same words.

Rules
-----
* Hours and turns are those of UTC: the clocks of the simulation's days are set nowhere. What clocks that are set do to
  schedules is tested of every zone elsewhere.
* ``Rota.on_call`` reads requirements and the words of the configuration a second time; it asks no code of rungbell.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from typing import Final, NamedTuple

from rungbell.domain.hours import WeeklyHours
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.rotation import Rotation
from tests.simulation.moments import DAY, HOUR

TURNS_BEGIN: Final = date(2026, 11, 2)
SCHEDULES: Final = ("support", "nights", "experts")
"""Every schedule that a shop may have; incidents take turns with the experts."""


class Taken(NamedTuple):
    """An override: somebody takes the pager of one person, or of all, for a while."""

    schedule: str
    person: str
    begins: int
    ends: int
    instead_of: str | None

    def covers(self, now: int) -> bool:
        """Whether it counts then."""
        return self.begins <= now < self.ends


@dataclass(frozen=True, slots=True)
class Line:
    """One layer: people who always are on call, who take turns of so many hours, or with whom incidents take turns."""

    people: tuple[str, ...]
    every: int | None = None
    """Hours of a turn."""
    robin: bool = False
    hours: tuple[int, int] | None = None
    """From when to when; the end may be on the next day."""

    def at(self, now: int, nth: int | None) -> tuple[str, ...]:
        """Who is on call by it."""
        if self.hours is not None and not within(self.hours, now):
            return ()
        if self.every is not None:
            began = (TURNS_BEGIN - date(1970, 1, 1)).days * DAY
            return (self.people[(now - began) // (self.every * HOUR) % len(self.people)],)
        if self.robin and nth is not None:
            return (self.people[nth % len(self.people)],)
        return tuple(dict.fromkeys(self.people))


@dataclass(frozen=True, slots=True)
class Rota:
    """One schedule: the first line that has somebody decides, and overrides lie over it."""

    name: str
    lines: tuple[Line, ...]

    @property
    def robin(self) -> bool:
        """Whether incidents take turns with it."""
        return any(line.robin for line in self.lines)

    def on_call(self, now: int, nth: int | None, taken: Iterable[Taken]) -> tuple[str, ...]:
        """Everybody on call, each once; ``taken``: the overrides that count, in the order in which they were made."""
        planned = next((found for line in self.lines if (found := line.at(now, nth))), ())
        there = list(planned)
        for one in taken:
            if one.schedule != self.name or not one.covers(now):
                continue
            if one.instead_of is None:
                there = [one.person for _ in there] or [one.person]
                planned = planned or ("",)
            else:
                for place, person in enumerate(planned):
                    if one.instead_of in {person, there[place]}:
                        there[place] = one.person
        return tuple(dict.fromkeys(there))


def within(hours: tuple[int, int], now: int) -> bool:
    """Whether a time lies in hours of the day."""
    opens, closes = hours
    hour = now % DAY / HOUR
    return opens <= hour < closes if opens < closes else hour >= opens or hour < closes


def draw_rotas(rng: Random, people: list[str]) -> tuple[Rota, ...]:
    """Draw the schedules of a shop."""
    turns = Line(tuple(rng.choices(people, k=rng.choice((2, 3)))), every=rng.choice((1, 1, 12)))
    always = Line((rng.choice(people),))
    late = (rng.choice((17, 20)), rng.choice((6, 9)))
    found = {
        "support": Rota("support", (turns,)),
        "nights": Rota("nights", (Line(tuple(rng.sample(people, 1)), hours=late), rng.choice((always, turns)))),
        "experts": Rota("experts", (Line(tuple(rng.choices(people, k=3)), robin=True),)),
    }
    if rng.random() < 0.5:  # outside of its hours nobody is on call
        found["nights"] = Rota("nights", found["nights"].lines[:1])
    return tuple(rota for rota in found.values() if rng.random() < 0.75)


def schedule(rota: Rota) -> Schedule:
    """rungbell's own, of the same words."""
    return Schedule(rota.name, tuple(map(_layer, rota.lines)))


def _layer(line: Line) -> Layer:
    hours = None if line.hours is None else WeeklyHours("UTC", opens=time(line.hours[0]), closes=time(line.hours[1]))
    if line.every is not None:
        every = timedelta(hours=line.every)
        rotation = Rotation(zone="UTC", people=line.people, every=every, starts=TURNS_BEGIN, at=time(0))
        return Layer(rotation=rotation, hours=hours)
    if line.robin:
        return Layer(round_robin=line.people, hours=hours)
    return Layer(people=line.people, hours=hours)
