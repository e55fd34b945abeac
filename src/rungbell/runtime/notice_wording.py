"""The words of a notice that somebody's shift is coming, has begun or has ended.

Rules
-----
* It is worded when it leaves, so it tells what is true then; times are those of the schedule's clocks, and
  beside them of the reader's own.
* A handover note is a stranger's text as an alert's is: harmless characters, lengths that are cut.

May import: ``domain``, ``notifiers`` (the port), ``runtime.wording``.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rungbell.domain.calendar import zone_named
from rungbell.domain.handover import HandoverNote
from rungbell.domain.oncall import Schedule
from rungbell.domain.page import PageKind
from rungbell.domain.plain_text import plain
from rungbell.domain.policy import Book, Person
from rungbell.domain.rota import on_call_until
from rungbell.domain.shift_notice import Says, SentNotice, ShiftNotice
from rungbell.domain.values import dataclass
from rungbell.notifiers import Message
from rungbell.runtime.wording import LINE_LENGTH, place_of

FORESEEN = timedelta(days=62)
"""How far the end of a shift is looked for."""
NOTE_LINES = 12


def notice_message(
    sent: SentNotice, notice: ShiftNotice, note: HandoverNote | None, person: Person, book: Book, now: datetime
) -> Message:
    """Word one notice; ``note`` is the last one of the schedule that counts."""
    return Message(
        kind=PageKind.NOTIFICATION,
        intent=sent.intent,
        incident=None,
        tier=None,
        person=person,
        text="\n".join(_lines(notice, note, person, book, now)),
        acknowledge_url="",
        sent_at=now,
        attempt=sent.attempts,
        schedule=notice.schedule,
    )


def _lines(notice: ShiftNotice, note: HandoverNote | None, person: Person, book: Book, now: datetime) -> Iterator[str]:
    schedule = book.roster.schedules[notice.schedule]
    clocks = _Clocks(schedule.zone or book.zone, person.zone)
    if notice.says is Says.ENDED:
        following = ", ".join(schedule.on_call(now)) or "nobody"
        yield f"Your shift of {schedule.name} ended {clocks.shown(notice.at)}; on call now: {following}"
        return
    ends = on_call_until(schedule, notice.person, notice.at, FORESEEN)
    until = f"until {clocks.shown(ends)}" if ends else f"for more than {FORESEEN.days} days"
    if notice.says is Says.COMING:
        minutes = max(1, round((notice.at - now) / timedelta(minutes=1)))
        yield f"You are on call for {schedule.name} in {minutes} min, from {clocks.shown(notice.at)} {until}"
    else:
        yield f"You are on call for {schedule.name} since {clocks.shown(notice.at)}, {until}"
    yield from _why(schedule, notice)
    if note is not None:
        yield from _noted(note, clocks)


def _why(schedule: Schedule, notice: ShiftNotice) -> Iterator[str]:
    for override in schedule.at(notice.at).overrides:
        if override.person == notice.person:
            place = override.instead_of or "everybody else"
            reason = f": {plain(override.reason, LINE_LENGTH)}" if override.reason else ""
            yield f"In the place of {place}, by override {override.id} that {override.made_by} made{reason}"


def _noted(note: HandoverNote, clocks: "_Clocks") -> Iterator[str]:
    lines = [line for line in (plain(line, LINE_LENGTH) for line in note.text.splitlines()) if line]
    yield f"Handover note by {note.by}, {clocks.shown(note.at)}:"
    yield from lines[:NOTE_LINES]
    if len(lines) > NOTE_LINES:
        yield f"… and {len(lines) - NOTE_LINES} more lines"


@dataclass(frozen=True, slots=True)
class _Clocks:
    """Those of the schedule, and beside them those of the reader where they are others."""

    zone: str
    own: str | None

    def shown(self, at: datetime) -> str:
        there = at.astimezone(zone_named(self.zone))
        shown = f"{there:%a %Y-%m-%d %H:%M %Z}"
        here = there if self.own is None else at.astimezone(zone_named(self.own))
        if self.own is None or here.utcoffset() == there.utcoffset():
            return shown
        day = f"{here:%H:%M}" if here.date() == there.date() else f"{here:%a %H:%M}"
        return f"{shown} ({day} {place_of(self.own)})"
