"""Shifts that are written down one by one, as a calendar has them, and who is on call by them.

Rules
-----
* A shift covers ``begins <= now < ends``. Where several cover a moment, all their people are on call, who began first
  before all others.
* Before the first shift and after the last one nobody is on call.

May import: ``calendar`` and the standard library's pure parts.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from rungbell.domain.calendar import in_utc
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Shift:
    """One person is on call, without a break, from ``begins`` until just before ``ends``; UTC."""

    person: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Shifts:
    """Who is on call by the calendar with that name: from ``changes[i]`` on ``people[i]``; made by ``written_down``.

    One without changes has nobody, as one that nobody has read yet.
    """

    calendar: str
    changes: tuple[datetime, ...] = ()
    """In order, in UTC; somebody else is on call after each than before it."""
    people: tuple[tuple[str, ...], ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody who has a shift, each once."""
        return tuple(dict.fromkeys(person for people in self.people for person in people))

    def at(self, now: datetime) -> tuple[tuple[str, ...], datetime | None]:
        """Give who is on call at ``now`` (with a zone), and until when; ``None``: for ever."""
        place = bisect_right(self.changes, in_utc(now))
        return self.people[place - 1] if place else (), self.changes[place] if place < len(self.changes) else None


def written_down(calendar: str, shifts: Iterable[Shift]) -> Shifts:
    """Put shifts, which may overlap, in the order of their changes; one that ends as it begins is nobody's."""
    stays = _without_a_break(shifts)
    changes: list[datetime] = []
    people: list[tuple[str, ...]] = []
    running: list[Shift] = []
    begun = 0
    for instant in sorted({instant for one in stays for instant in (one.begins, one.ends)}):
        running = [one for one in running if one.ends > instant]
        while begun < len(stays) and stays[begun].begins <= instant:
            running.append(stays[begun])
            begun += 1
        now = tuple(one.person for one in running)
        if now != (people[-1] if people else ()):
            changes.append(instant)
            people.append(now)
    return Shifts(calendar, tuple(changes), tuple(people))


def _without_a_break(shifts: Iterable[Shift]) -> list[Shift]:
    """Join the shifts of each person that overlap or touch, in the order in which they begin."""
    last: dict[str, Shift] = {}
    joined: list[Shift] = []
    for one in sorted((one for one in shifts if one.begins < one.ends), key=lambda one: one.begins):
        before = last.get(one.person)
        if before is not None and before.ends >= one.begins:
            last[one.person] = replace(before, ends=max(before.ends, one.ends))
        else:
            if before is not None:
                joined.append(before)
            last[one.person] = Shift(one.person, in_utc(one.begins), in_utc(one.ends))
    return sorted([*joined, *last.values()], key=lambda one: one.begins)
