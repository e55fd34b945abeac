"""The words of a notice that somebody's shift is coming, has begun or has ended.

Rules
-----
* It is worded when it leaves, so it tells what is true then, in the reader's language. Times are those of the
  schedule's clocks, with UTC and the reader's own beside them.
* A handover note is a stranger's text as an alert's is: harmless characters, lengths that are cut.

May import: ``domain``, ``notifiers`` (the port), ``words``, ``runtime.wording.pages``.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rungbell.domain.book import Book
from rungbell.domain.calendar import zone_named
from rungbell.domain.handover import HandoverNote
from rungbell.domain.nameless import NOBODY, Nameless
from rungbell.domain.oncall import Schedule
from rungbell.domain.page import PageKind
from rungbell.domain.plain_text import plain
from rungbell.domain.roster import Person
from rungbell.domain.rota import on_call_until
from rungbell.domain.shift_notice import Says, SentNotice, ShiftNotice
from rungbell.domain.values import dataclass
from rungbell.notifiers import Message
from rungbell.runtime.wording.pages import LINE_LENGTH, place_of
from rungbell.words import words_of
from rungbell.words.words import ShiftWords

FORESEEN = timedelta(days=62)
"""How far the end of a shift is looked for."""
NOTE_LINES = 12


def notice_message(
    sent: SentNotice,
    notice: ShiftNotice,
    note: HandoverNote | None,
    person: Person,
    book: Book,
    now: datetime,
    gone: Nameless = NOBODY,
) -> Message:
    """Word one notice; ``note`` is the last one of the schedule that counts."""
    return Message(
        kind=PageKind.NOTIFICATION,
        intent=sent.intent,
        incident=None,
        tier=None,
        person=person,
        text="\n".join(_lines(notice, note, person, book, now, gone)),
        acknowledge_url="",
        sent_at=now,
        attempt=sent.attempts,
        schedule=notice.schedule,
    )


def _lines(
    notice: ShiftNotice, note: HandoverNote | None, person: Person, book: Book, now: datetime, gone: Nameless
) -> Iterator[str]:
    schedule, words = book.roster.schedules[notice.schedule], words_of(person.language).shift
    clocks = _Clocks(schedule.zone or book.zone, person.zone, words.days)
    at = clocks.shown(notice.at)
    if notice.says is Says.ENDED:
        following = ", ".join(schedule.on_call(now)) or words.nobody
        yield words.ended.format(schedule=schedule.name, at=at, people=following)
        return
    ends = on_call_until(schedule, notice.person, notice.at, FORESEEN)
    until = words.until.format(at=clocks.shown(ends)) if ends else words.beyond.format(days=FORESEEN.days)
    if notice.says is Says.COMING:
        minutes = max(1, round((notice.at - now) / timedelta(minutes=1)))
        yield words.coming.format(schedule=schedule.name, minutes=minutes, at=at, until=until)
    else:
        yield words.begun.format(schedule=schedule.name, at=at, until=until)
    yield from _why(schedule, notice, words, gone)
    if note is not None:
        yield from _noted(note, clocks, words, gone)


def _why(schedule: Schedule, notice: ShiftNotice, words: ShiftWords, gone: Nameless) -> Iterator[str]:
    for override in schedule.at(notice.at).overrides:
        if override.person == notice.person:
            place = gone.name(override.instead_of) if override.instead_of else words.everybody
            reason = f": {plain(override.reason, LINE_LENGTH)}" if override.reason else ""
            yield words.override.format(place=place, id=override.id, by=gone.name(override.made_by)) + reason


def _noted(note: HandoverNote, clocks: "_Clocks", words: ShiftWords, gone: Nameless) -> Iterator[str]:
    lines = [line for line in (plain(line, LINE_LENGTH) for line in note.text.splitlines()) if line]
    yield words.note.format(by=gone.name(note.by), at=clocks.shown(note.at))
    yield from lines[:NOTE_LINES]
    if len(lines) > NOTE_LINES:
        yield words.more.format(more=len(lines) - NOTE_LINES)


@dataclass(frozen=True, slots=True)
class _Clocks:
    """Those of the schedule, and beside them UTC and those of the reader where they show another time."""

    zone: str
    own: str | None
    days: tuple[str, ...]

    def shown(self, at: datetime) -> str:
        there = at.astimezone(zone_named(self.zone))
        beside = [self._beside(at.astimezone(UTC), there, "UTC")] if there.utcoffset() else []
        here = there if self.own is None else at.astimezone(zone_named(self.own))
        if self.own is not None and here.utcoffset() not in {there.utcoffset(), timedelta()}:
            beside.append(self._beside(here, there, place_of(self.own)))
        shown = f"{self.days[there.weekday()]} {there:%Y-%m-%d %H:%M %Z}"
        return f"{shown} ({', '.join(beside)})" if beside else shown

    def _beside(self, here: datetime, there: datetime, place: str) -> str:
        day = "" if here.date() == there.date() else f"{self.days[here.weekday()]} "
        return f"{day}{here:%H:%M} {place}"
