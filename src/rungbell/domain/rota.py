"""The rota: who is on call from when to when over a period, where nobody is, and when that changes next.

Rules
-----
* Every change is computed, none is found by looking now and then: the instants are exact.
* A period is ``begins <= t < ends``, and what reaches beyond it is cut off there.
* A round robin counts as everybody of it, for nobody knows what will open.

May import: ``calendar``, ``oncall``, ``override``, ``shifts`` and the standard library's pure parts.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from rungbell.domain.calendar import in_utc
from rungbell.domain.oncall import OnCall, Schedule
from rungbell.domain.override import Override
from rungbell.domain.shifts import Shift
from rungbell.domain.values import dataclass

LONGEST_PERIOD = timedelta(days=366)
"""The longest period that is looked at, and how far ahead ``next_change`` looks."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the same ``people`` are on call for the same reasons; nobody at all is a gap. UTC."""

    begins: datetime
    ends: datetime
    people: tuple[str, ...]
    planned: tuple[str, ...]
    """Who would be on call without overrides."""
    overrides: tuple[Override, ...]
    """Those to which somebody of ``people`` owes it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on call from ``begins`` until just before ``ends``; UTC."""

    begins: datetime
    ends: datetime


def stretches(schedule: Schedule, begins: datetime, ends: datetime) -> tuple[Stretch, ...]:
    """Divide a period into stretches, gaps included; they follow each other without a break.

    Raises ``ValueError`` for times without a zone, an end before the beginning, or more than ``LONGEST_PERIOD``.
    """
    begins, ends = in_utc(begins), in_utc(ends)
    if ends < begins:
        raise ValueError(f"a period ends after it begins: {ends.isoformat()} is before {begins.isoformat()}")
    if ends - begins > LONGEST_PERIOD:
        raise ValueError(f"a period lasts at most {LONGEST_PERIOD.days} days")
    return tuple(_stretches(schedule, begins, ends))


def shifts(schedule: Schedule, begins: datetime, ends: datetime) -> tuple[Shift, ...]:
    """Give everybody's shifts in a period, by their beginning; raises ``ValueError`` as ``stretches`` does."""
    found: list[Shift] = []
    since: dict[str, datetime] = {}
    for stretch in stretches(schedule, begins, ends):
        found += [
            Shift(person, since.pop(person), stretch.begins) for person in [*since] if person not in stretch.people
        ]
        for person in stretch.people:
            since.setdefault(person, stretch.begins)
    found += [Shift(person, start, in_utc(ends)) for person, start in since.items()]
    return tuple(sorted(found, key=lambda shift: shift.begins))


def gaps(schedule: Schedule, begins: datetime, ends: datetime) -> tuple[Gap, ...]:
    """Give the times of a period in which nobody is on call; raises ``ValueError`` as ``stretches`` does."""
    return tuple(Gap(found.begins, found.ends) for found in stretches(schedule, begins, ends) if not found.people)


def next_change(schedule: Schedule, now: datetime) -> datetime | None:
    """Give when somebody else is on call than at ``now``; ``None`` where that is further than ``LONGEST_PERIOD``."""
    now = in_utc(now)
    people = schedule.on_call(now)
    return next((s.begins for s in _stretches(schedule, now, now + LONGEST_PERIOD) if s.people != people), None)


def on_call_until(schedule: Schedule, person: str, at: datetime, within: timedelta) -> datetime | None:
    """Give when ``person`` is not on call for the first time from ``at`` on; ``None`` where that is not ``within``."""
    at = in_utc(at)
    return next((s.begins for s in _stretches(schedule, at, at + within) if person not in s.people), None)


def _stretches(schedule: Schedule, begins: datetime, ends: datetime) -> Iterator[Stretch]:
    last: Stretch | None = None
    for at, until, found in _moments(schedule, begins, ends):
        if last and (last.people, last.planned, last.overrides) == (found.people, found.planned, found.overrides):
            last = replace(last, ends=until)
            continue
        if last:
            yield last
        last = Stretch(at, until, found.people, found.planned, found.overrides)
    if last:
        yield last


def _moments(schedule: Schedule, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime, OnCall]]:
    """Go from one possible change to the next, looking only at the overrides that count or come next."""
    coming = sorted(enumerate(schedule.overrides), key=lambda one: one[1].begins, reverse=True)
    counting: list[tuple[int, Override]] = []
    at = begins
    while at < ends:
        while coming and coming[-1][1].begins <= at:
            counting.append(coming.pop())
        counting = sorted((one for one in counting if one[1].ends > at), key=lambda one: one[0])
        found = replace(schedule, overrides=tuple(override for _, override in counting)).at(at)
        until = min(found.until or ends, ends, *(override.begins for _, override in coming[-1:]))
        yield at, until, found
        at = until
