"""What people type about who is on call, and about the playbook: ``oncall take support 1h``, ``playbook reviewed``.

Rules
-----
* They are the acts of the API and of the command line; whoever types is who acts.
* Times are read by the clocks of the schedule.
* Shifts are looked up beside the event loop, as over the API: a year of hourly turns takes a while, and pages would
  wait. Not behind the questions of the API: some channels hear one answer after the other, and an acknowledgement would
  wait behind them. What was made is made, although nobody has the time to look what is odd about it.

May import: ``config`` (durations), ``domain``, ``store`` (the port), ``clock``, the rest of ``runtime``.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from rungbell.clock import Clock
from rungbell.config.durations import parse_duration
from rungbell.domain.book import Book
from rungbell.domain.calendar import zone_named
from rungbell.domain.contacts import CannotTryError
from rungbell.domain.errors import Refusal, StoreBusy
from rungbell.domain.handover import LONGEST_NOTE, HandoverNote
from rungbell.domain.oncall import Schedule
from rungbell.domain.override import LONGEST_REASON, Override
from rungbell.domain.plain_text import plain
from rungbell.domain.review import Review, ReviewKind
from rungbell.domain.said_time import said_time
from rungbell.domain.values import dataclass
from rungbell.notifiers.answering import Came, Told
from rungbell.runtime.books.contacts import ContactBook
from rungbell.runtime.books.overrides import OverrideBook, TooManyOverridesError
from rungbell.runtime.hearing.speaking import MisspokenError, needed, word
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.looking_ahead import LookingAhead
from rungbell.runtime.noting import leave_note, write_review
from rungbell.runtime.oncall_changes import known_person, known_schedule, period, stand_in, swap, told, zone_of
from rungbell.store import Store

FORMS: Mapping[str, tuple[str, str]] = {
    "oncall take": ("SCHEDULE 1h | until 18:00 [because …]", "have the pager for a while"),
    "oncall override": (
        "SCHEDULE PERSON [from 18:00] until 20:00 | 1h [instead-of PERSON] [because …]",
        "let somebody else be on call for a while",
    ),
    "oncall remove": ("OVERRIDE", "end an override, by its number"),
    "oncall swap": ("SCHEDULE ONE OTHER [because …]", "let two people take each other's running or next shifts"),
    "oncall note": ("SCHEDULE TEXT", "leave a note for the next on call"),
    "oncall test-page": ("PERSON [CHANNEL]", "see whether a channel reaches somebody"),
    "playbook reviewed": ("[runbooks | drill] [NOTE]", "say that the playbook was gone through"),
}
"""Each with what follows it, and what it does."""
WORDED_WITHIN = 1.0
"""Seconds that may pass to look what is odd about what was made."""
_BECAUSE = re.compile(r"\sbecause\s+", re.IGNORECASE)
_INSTEAD_OF = re.compile(r"\s+instead[- ]of\s+(\S+)", re.IGNORECASE)
_PERIOD = re.compile(r"(?:from\s+(.+?)\s+(?=until\s|for\s))?(?:until\s+(.+)|(?:for\s+)?(.+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody types, without the verb."""

    words: str
    by: str
    once: str


class OnCallWords:
    """Does what people type about who is on call."""

    def __init__(
        self, *, store: Store, clock: Clock, handler: IncidentHandler, overrides: OverrideBook, contacts: ContactBook
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._overrides = overrides
        self._contacts = contacts
        self._looking = LookingAhead()
        self._acts: Mapping[str, Callable[[Asked], Awaitable[Told]]] = {
            "oncall take": self._take,
            "oncall override": self._override,
            "oncall remove": self._remove,
            "oncall swap": self._swap,
            "oncall note": self._note,
            "oncall test-page": self._test_page,
            "playbook reviewed": self._reviewed,
        }

    async def say(self, verb: str, asked: Asked) -> Told:
        """Do it, and give what came of it.

        Raises:
            MisspokenError: it cannot be meant.
            StoreError: nothing could be recorded.
        """
        try:
            return await self._acts[verb](asked)
        except (Refusal, TooManyOverridesError, CannotTryError) as error:
            return Told(Came.REFUSED, f"{error}; nothing was changed", asked.by)

    async def _take(self, asked: Asked) -> Told:
        schedule, rest = self._schedule(asked.words)
        return await self._stand_in(schedule, asked.by, rest, asked)

    async def _override(self, asked: Asked) -> Told:
        schedule, rest = self._schedule(asked.words)
        person, rest = word(rest)
        return await self._stand_in(schedule, needed(person, "who is on call"), rest, asked)

    async def _stand_in(self, schedule: Schedule, person: str, rest: str, asked: Asked) -> Told:
        book, now = self._book, self._clock.now()
        rest, reason = _reason(rest)
        named = _INSTEAD_OF.search(rest)
        if named is not None:
            rest = rest[: named.start()] + rest[named.end() :]
        lasts = _period(rest, zone_of(schedule, book), now)
        one = stand_in(
            schedule,
            person,
            lasts,
            book.roster,
            by=asked.by,
            now=now,
            instead_of=named[1] if named else None,
            reason=reason,
        )
        return await self._make(schedule, asked, one)

    async def _swap(self, asked: Asked) -> Told:
        schedule, rest = self._schedule(asked.words)
        rest, reason = _reason(rest)
        one, rest = word(rest)
        other, _ = word(rest)
        book, now = self._book, self._clock.now()
        people = known_person(one, "one", book.roster), known_person(other, "other", book.roster)
        if one == other:
            raise Refusal(f"{one} cannot swap with {one}")
        try:
            made = await self._looking.ahead(
                lambda: swap(schedule, people, (now, now), by=asked.by, now=now, reason=reason)
            )
        except StoreBusy:
            raise Refusal("too many ask what is ahead just now; try again") from None
        return await self._make(schedule, asked, *made)

    async def _make(self, schedule: Schedule, asked: Asked, *overrides: Override) -> Told:
        made = await self._overrides.make(*overrides, once=asked.once)
        if len(made.overrides) < len(overrides):
            return Told(Came.REFUSED, "it was made before and has been removed since", asked.by)
        zone = zone_of(schedule, self._book)
        try:
            async with asyncio.timeout(WORDED_WITHIN):
                lines = await self._looking.ahead(lambda: [*told(schedule, made, zone)])
        except (StoreBusy, TimeoutError):
            lines = ["it is made"]
        ends = " and ".join(f"`oncall remove {one.id}`" for one in made.overrides)
        lines.append(f"{ends} end{'s' if len(made.overrides) == 1 else ''} it")
        return Told(Came.ALREADY if made.before else Came.DONE, "\n".join(lines), asked.by)

    async def _remove(self, asked: Asked) -> Told:
        identity, _ = word(asked.words)
        found = await self._overrides.end(needed(identity, "which override, by its number"), asked.by)
        if found is None:
            raise Refusal(f"there is no override {identity[:20]}")
        now = self._clock.now()
        if found.ends <= now:
            return Told(Came.ALREADY, f"override {found.id} was over at {found.ends:%Y-%m-%d %H:%M} UTC", asked.by)
        how = "ends now" if found.begins < now else "is removed"
        return Told(Came.DONE, f"override {found.id} {how}", asked.by)

    async def _note(self, asked: Asked) -> Told:
        schedule, text = self._schedule(asked.words)
        if len(text) > LONGEST_NOTE:
            raise MisspokenError(f"a note has {LONGEST_NOTE} characters at most")
        note = HandoverNote(
            schedule=schedule.name, by=asked.by, at=self._clock.now(), text=needed(text, "what to write down")
        )
        if await leave_note(self._store, note, asked.once):
            return Told(Came.DONE, f"whoever is on call for {schedule.name} next is told", asked.by)
        return Told(Came.ALREADY, "it was left before", asked.by)

    async def _test_page(self, asked: Asked) -> Told:
        person, rest = word(asked.words)
        known = known_person(needed(person, "to whom"), "person", self._book.roster)
        trials, sent = await self._contacts.send_test(known, word(rest)[0] or None, asked.by, asked.once)
        if not sent:
            return Told(Came.ALREADY, "it was sent before", asked.by)
        through = ", ".join(one.channel for one in trials)
        return Told(Came.DONE, f"a test page for {known} leaves through {through}", asked.by)

    async def _reviewed(self, asked: Asked) -> Told:
        first, rest = word(asked.words)
        kinds = {kind.value: kind for kind in ReviewKind}
        kind = kinds.get(first.lower())
        now = self._clock.now()
        text = asked.words if kind is None else rest
        review = Review(kind or ReviewKind.PLAYBOOK, asked.by, now, plain(text, LONGEST_NOTE))
        noted = await write_review(self._store, review, asked.once, now)
        said = f"noted: {review.kind}, {now:%Y-%m-%d %H:%M} UTC" if noted else "it was noted before"
        return Told(Came.DONE if noted else Came.ALREADY, said, asked.by)

    @property
    def _book(self) -> Book:
        return self._handler.book

    def _schedule(self, words: str) -> tuple[Schedule, str]:
        name, rest = word(words)
        return known_schedule(needed(name, "which schedule"), self._book), rest


def _reason(words: str) -> tuple[str, str]:
    """Part what stands behind ``because``; of the rest, blanks are one each, so that reading it takes no time."""
    rest, *reason = _BECAUSE.split(f" {words}", maxsplit=1)
    return " ".join(rest.split()), reason[0][:LONGEST_REASON] if reason else ""


def _period(words: str, zone: str, now: datetime) -> tuple[datetime, datetime]:
    found = _PERIOD.fullmatch(words.strip())
    if found is None:
        raise MisspokenError("for how long, or until when? Such as 1h, or until 18:00")
    begins = now if found[1] is None else _moment(found[1], zone, now)
    if found[2] is not None:
        return period(begins, _moment(found[2], zone, begins), zone, now)
    try:
        return period(begins, begins + parse_duration(found[3].replace(" ", "")), zone, now)
    except ValueError:
        raise MisspokenError("for how long, or until when? Such as 1h, or until 18:00") from None


def _moment(words: str, zone: str, after: datetime) -> datetime:
    found = said_time(words, after, zone_named(zone), ahead=True)
    if found is None:
        raise MisspokenError(f"{words[:40]!r} is no time, such as 18:00, tomorrow 9:00 or 2026-12-24 18:00")
    return found
