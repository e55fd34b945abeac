"""What people do about who is on call, over the API and in a chat: overrides, swaps, and what is to be known of them.

Rules
-----
* What is past stays as it was: a beginning in the past is now, an end in the past is refused.
* Only people of the configuration are on call; an unknown one is refused with those that there are.
* Of overrides that cover the same moment the one made last decides, and what is told names the others.
* In a swap each stands in for the other alone; of a running shift the rest is swapped.

May import: ``domain``, ``runtime.books.overrides`` (types).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rungbell.domain.book import Book
from rungbell.domain.calendar import zone_named
from rungbell.domain.errors import Refusal
from rungbell.domain.oncall import Schedule
from rungbell.domain.override import LONGEST_OVERRIDE, Override
from rungbell.domain.roster import Roster
from rungbell.domain.rota import LONGEST_PERIOD, shifts, stretches
from rungbell.domain.shifts import Shift
from rungbell.runtime.books.overrides import Made


def shown(at: datetime, zone: str) -> str:
    """Write a time as the clocks of a zone show it: ``Mon 2026-11-30 09:00 GMT``."""
    return f"{at.astimezone(zone_named(zone)):%a %Y-%m-%d %H:%M %Z}"


def zone_of(schedule: Schedule, book: Book) -> str:
    """Give the zone by whose clocks people speak of a schedule."""
    return schedule.zone or book.zone


def known_person(person: str, field: str, roster: Roster) -> str:
    """Give a person of the configuration.

    Raises:
        Refusal: it knows nobody with this name; the message names those it knows.
    """
    if person not in roster.people:
        known = ", ".join(sorted(roster.people)[:20])
        raise Refusal(f"`{field}`: {person[:80]!r} is nobody of the configuration; it knows {known}")
    return person


def known_schedule(name: str, book: Book) -> Schedule:
    """Give a schedule of the configuration.

    Raises:
        Refusal: there is none with this name.
    """
    found = book.roster.schedules.get(name)
    if found is None:
        known = ", ".join(sorted(book.roster.schedules)[:20]) or "none"
        raise Refusal(f"`schedule`: there is no schedule {name[:64]!r}; the configuration knows {known}")
    return found


def period(begins: datetime, ends: datetime, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """Give from when to when somebody else may be on call.

    Raises:
        Refusal: there is no such period, or it is too long.
    """
    if ends <= now:
        raise Refusal(f"`ends`: {shown(ends, zone)} is past")
    if ends <= begins:
        raise Refusal(f"`ends`: {shown(ends, zone)} is not after {shown(begins, zone)}, where it begins")
    if begins > now + LONGEST_PERIOD:
        raise Refusal(f"`begins`: {shown(begins, zone)} is more than {LONGEST_PERIOD.days} days away")
    if ends - begins > LONGEST_OVERRIDE:
        raise Refusal(
            f"`ends`: an override lasts {LONGEST_OVERRIDE.days} days at most; what lasts longer is the configuration's"
        )
    return max(begins, now), ends


def stand_in(
    schedule: Schedule,
    person: str,
    lasts: tuple[datetime, datetime],
    roster: Roster,
    *,
    by: str,
    now: datetime,
    instead_of: str | None = None,
    reason: str = "",
) -> Override:
    """Give the override by which somebody is on call, in everybody's place or that of one.

    Raises:
        Refusal: nobody is known by these names, or they are one.
    """
    person = known_person(person, "person", roster)
    if instead_of is not None and known_person(instead_of, "instead_of", roster) == person:
        raise Refusal(f"`instead_of`: {person} cannot stand in for {person}")
    return Override(
        id="",
        schedule=schedule.name,
        person=person,
        begins=lasts[0],
        ends=lasts[1],
        instead_of=instead_of,
        reason=reason.strip(),
        made_by=by,
        made_at=now,
    )


def swap(
    schedule: Schedule,
    people: tuple[str, str],
    moments: Sequence[datetime],
    *,
    by: str,
    now: datetime,
    reason: str = "",
) -> tuple[Override, Override]:
    """Give the overrides by which two people take each other's shifts.

    Raises:
        Refusal: there are no such shifts, or a place would be nobody's.
    """
    one, other = _swapped(schedule, people, moments, now)

    def taken(person: str, shift: Shift) -> Override:
        return Override(
            id="",
            schedule=schedule.name,
            person=person,
            begins=shift.begins,
            ends=shift.ends,
            instead_of=shift.person,
            reason=reason.strip() or f"swap of {one.person} and {other.person}",
            made_by=by,
            made_at=now,
        )

    return taken(other.person, one), taken(one.person, other)


def _swapped(
    schedule: Schedule, people: tuple[str, str], moments: Sequence[datetime], now: datetime
) -> tuple[Shift, Shift]:
    """Find the two shifts, and see that nobody takes one while having another: a place would be nobody's."""
    ends = now + LONGEST_PERIOD
    everybody = shifts(schedule, now, ends)
    one, other = (
        _shift(schedule, [own for own in everybody if own.person == person], person, at, ends)
        for person, at in zip(people, moments, strict=True)
    )
    for person, taken in ((other.person, one), (one.person, other)):
        if any(own.person == person and own.begins < taken.ends and taken.begins < own.ends for own in everybody):
            raise Refusal(f"{person} is on call during the shift of {taken.person} too: a place would be empty")
    return one, other


def _shift(schedule: Schedule, own: list[Shift], person: str, at: datetime, ends: datetime) -> Shift:
    """Give the shift of a person that runs at a moment, or else the next; what is past of it stays as it was."""
    found = next((one for one in own if one.ends > at), None)
    if found is None:
        raise Refusal(f"{person} has no such shift of {schedule.name} within a year")
    if found.ends >= ends:
        raise Refusal(f"the shift of {person} for {schedule.name} does not end within a year")
    return found


def told(schedule: Schedule, made: Made, zone: str) -> Iterable[str]:
    """Word what was made, and what is to be known with it."""
    for one in made.overrides:
        place = f" in the place of {one.instead_of}" if one.instead_of else ""
        yield f"{one.person} is on call for {one.schedule}{place} {shown(one.begins, zone)} to {shown(one.ends, zone)}"
        if one.instead_of:
            yield from _taken(schedule, one, one.instead_of)
    for one in made.overlapping:
        yield f"it overlaps override {one.id} ({one.person} until {shown(one.ends, zone)}): the one made last decides"


def _taken(schedule: Schedule, override: Override, instead_of: str) -> Iterator[str]:
    """Word what is odd about taking somebody's place: that there is none, or that the taker has one already."""
    found = [{*stretch.people, *stretch.planned} for stretch in stretches(schedule, override.begins, override.ends)]
    if not any(instead_of in people for people in found):
        yield f"{instead_of} is not on call in that time, so nothing changes as things stand"
    elif any({instead_of, override.person} <= people for people in found):
        yield f"{override.person} is on call in that time already: there will be one person fewer"
