"""Shift notices: people hear that a shift of theirs is coming, has begun or has ended.

Rules
-----
* They are notifications, never pages: nobody is asked to acknowledge, nobody else is told where one fails, and nobody
  is called who can be told another way (``preference``).
* A shift is one person's time on call for a schedule without a break, whatever makes it so: a layer or an override.
  Where another configuration puts others on call, their shifts begin and end with it.
* Each has a unique **intent** key (schedule, what it says, when, person, channel): however often it is found due, it is
  sent once. So nothing needs to be remembered of how far somebody looked.
* What changed within ``LATE`` is still told, after a restart too; what is older never: no avalanche. What is not so any
  more is not told: that somebody came who is gone again, or left who is back.

May import: ``contacts``, ``page``, ``policy``, ``book``, ``roster``, ``rota`` and the standard library's
pure parts.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from rungbell.domain.book import Book, Telling
from rungbell.domain.contacts import TRIAL_LASTS, Trial
from rungbell.domain.oncall import Schedule
from rungbell.domain.page import PageState
from rungbell.domain.policy import Through
from rungbell.domain.roster import Roster
from rungbell.domain.rota import stretches
from rungbell.domain.values import dataclass

LATE = timedelta(hours=1)
"""What has changed longer ago is not told any more."""
PRIORITY = 30
"""After every page and every other notification."""
_MOMENT = timedelta(milliseconds=1)


class Says(StrEnum):
    """What a notice says of a shift."""

    COMING = "shift_coming"
    BEGUN = "shift_begun"
    ENDED = "shift_ended"


@dataclass(frozen=True, slots=True)
class ShiftNotice:
    """One person hears through one channel that a shift of theirs begins or ends ``at`` a time."""

    schedule: str
    says: Says
    at: datetime
    person: str
    channel: str

    @property
    def intent(self) -> str:
        """The unique key, readable in logs and at the provider."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{self.says}:{self.schedule}:{at}:{self.person}:{self.channel}"


@dataclass(frozen=True, slots=True)
class SentNotice:
    """A notice, or a test page, as the outbox knows it."""

    notice: ShiftNotice | Trial
    state: PageState
    attempts: int
    created_at: datetime
    last_failure: str | None = None

    @property
    def intent(self) -> str:
        """The key of its row."""
        return self.notice.intent


def due_notices(book: Book, now: datetime) -> tuple[ShiftNotice, ...]:
    """Give everything that is to be told at ``now``, also what may have been told before."""
    return tuple(
        notice
        for name, telling in book.tellings.items()
        if (schedule := book.roster.schedules.get(name)) is not None
        for notice in _of_schedule(schedule, telling, book.roster, now)
    )


def replaced_notices(before: Book, after: Book, now: datetime) -> tuple[ShiftNotice, ...]:
    """Give what is to be told because another book counts from ``now`` on, such as after a reload.

    What the other book's own rota tells (``due_notices``) is no part of it.
    """
    told = {notice.intent for notice in due_notices(before, now)}
    tells = {(one.schedule, one.says, one.person) for one in due_notices(after, now) if one.intent not in told}
    found: list[ShiftNotice] = []
    for name, telling in after.tellings.items():
        old, new = before.roster.schedules.get(name), after.roster.schedules.get(name)
        if old is not None and new is not None and old != new:
            was, is_ = {*old.on_call(now)}, {*new.on_call(now)}
            changes = (
                (Says.BEGUN, is_ - was if telling.starts else ()),
                (Says.ENDED, was - is_ if telling.ends else ()),
            )
            found += _notices(name, changes, now, telling, after.roster)
    return tuple(one for one in found if (one.schedule, one.says, one.person) not in tells)


def quiet_until(book: Book, now: datetime) -> datetime | None:
    """Give until when nothing more than at ``now`` can become due, as long as the book is the same; ``None``: ever."""
    found = (
        until - ahead
        for name, telling in book.tellings.items()
        if (schedule := book.roster.schedules.get(name)) is not None
        for ahead in {timedelta(), telling.before or timedelta()}
        if (until := schedule.at(now + ahead).until) is not None
    )
    return min(found, default=None)


def _of_schedule(schedule: Schedule, telling: Telling, roster: Roster, now: datetime) -> Iterator[ShiftNotice]:
    on_call = schedule.on_call(now)
    for at, came, left in _changes(schedule, now - LATE, now + (telling.before or timedelta()) + _MOMENT):
        told: list[tuple[Says, Iterable[str]]] = []
        if at > now:
            told.append((Says.COMING, came))
        else:
            told.append((Says.BEGUN, came & {*on_call} if telling.starts else ()))
            told.append((Says.ENDED, left - {*on_call} if telling.ends else ()))
        yield from _notices(schedule.name, told, at, telling, roster)


def _notices(
    schedule: str, told: Iterable[tuple[Says, Iterable[str]]], at: datetime, telling: Telling, roster: Roster
) -> Iterator[ShiftNotice]:
    through = tuple(Through(channel) for channel in telling.through)
    for says, people in told:
        for person in sorted(people):
            for way in roster.ways_for_news(person, through):
                yield ShiftNotice(schedule, says, at, person, way.channel)


def _changes(schedule: Schedule, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, set[str], set[str]]]:
    """Every moment in a period at which others are on call: when, who came, who left."""
    before: set[str] | None = None
    for stretch in stretches(schedule, begins, ends):
        people = {*stretch.people}
        if before is not None and people != before:
            yield stretch.begins, people - before, before - people
        before = people


def pointless(notice: ShiftNotice | Trial, roster: Roster, now: datetime) -> bool:
    """Whether a notice that has not left need not leave any more: it is old, or not so any more."""
    if isinstance(notice, Trial):
        return now - notice.at > TRIAL_LASTS
    schedule = roster.schedules.get(notice.schedule)
    if schedule is None or now - notice.at > LATE:
        return True
    if notice.says is Says.COMING:
        return notice.at <= now or notice.person not in schedule.on_call(notice.at)
    on_call = notice.person in schedule.on_call(now)
    return on_call if notice.says is Says.ENDED else not on_call
