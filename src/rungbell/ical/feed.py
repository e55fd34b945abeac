"""Who is on call, written as a calendar that others subscribe to.

Rules
-----
* Times are in UTC: who reads it shows them by the clocks of whoever looks.
* The identity of a shift stays the same while it grows or is cut short at its end, so that nobody gets it twice. One
  that began before the period is the one that was running then.
* It is written here: that is a page of code, and whoever wants to see who is on call needs no extra for it.

May import: ``domain``, ``ical.content`` and the standard library.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from rungbell.domain.oncall import Schedule
from rungbell.domain.roster import Person
from rungbell.domain.rota import shifts
from rungbell.domain.shifts import Shift
from rungbell.domain.values import dataclass
from rungbell.ical.content import escaped, folded

CONTENT_TYPE = "text/calendar; charset=utf-8"
LOOK_BACK = timedelta(days=31)
"""So much of the past is in a calendar too: the shift that runs, and the last ones."""
MOST_DAYS = 334
"""How far ahead a calendar may look: what a rota looks at is a year and a day, and a month of it is past."""
PRODUCT = "-//rungbell//on call//EN"
REFRESH = "PT1H"
NOTHING = (
    "BEGIN:VTIMEZONE",
    "TZID:UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""What a calendar without shifts holds, for RFC 5545 wants something (3.6)."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One calendar, for one person or for everybody: the shifts of ``schedules`` until so many ``days`` from now."""

    schedules: tuple[Schedule, ...]
    people: Mapping[str, Person]
    days: int
    person: str | None = None

    @property
    def name(self) -> str:
        """What calendars show as its name."""
        whose = ", ".join(schedule.name for schedule in self.schedules)
        return f"{_name(self.person, self.people)} on call" if self.person else f"On call: {whose}"


def write(feed: Feed, now: datetime) -> str:
    """Write a calendar; ``now`` (UTC) is when it is looked at, and the days before and after it are whole."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begins, ends = today - LOOK_BACK, today + timedelta(days=feed.days + 1)
    found = [
        (schedule.name, shift)
        for schedule in feed.schedules
        for shift in shifts(schedule, begins, ends)
        if feed.person in {None, shift.person}
    ]
    found.sort(key=lambda one: (one[1].begins, one[0], one[1].person))
    return folded(_calendar(feed, found, begins, now))


def _calendar(feed: Feed, found: Sequence[tuple[str, Shift]], begins: datetime, now: datetime) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"X-WR-CALNAME:{escaped(feed.name)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"
    yield f"X-PUBLISHED-TTL:{REFRESH}"
    for schedule, shift in found:
        running = shift.begins == begins
        yield "BEGIN:VEVENT"
        yield f"UID:{_identity(schedule, shift, running=running)}"
        yield f"DTSTAMP:{_written(now)}"
        yield f"DTSTART:{_written(shift.begins)}"
        yield f"DTEND:{_written(shift.ends)}"
        yield f"SUMMARY:{escaped(f'{_name(shift.person, feed.people)} ({schedule})')}"
        yield f"CATEGORIES:{escaped(schedule)}"
        yield f"X-RUNGBELL-PERSON:{escaped(shift.person)}"
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"
    if not found:
        yield from NOTHING
    yield "END:VCALENDAR"


def _identity(schedule: str, shift: Shift, *, running: bool) -> str:
    since = "before" if running else _written(shift.begins)
    text = f"{schedule}\n{shift.person}\n{since}"
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}@rungbell"


def _name(person: str | None, people: Mapping[str, Person]) -> str:
    known = people.get(person or "")
    return known.name if known else str(person)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
