"""``/api/v1/oncall``: who is on call, who is next, and when nobody is.

Rules
-----
* Everything is read off the book that pages go by, overrides and calendars included.
* A schedule that does not exist is a 400 that names those that do. What takes long is computed beside the event loop.

May import: the rest of ``oncall``, the packages below, ``store`` (the port), ``domain``.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal

from aiohttp import web

from rungbell.domain.book import Book
from rungbell.domain.errors import MalformedInput, Refusal, StoreError
from rungbell.domain.handover import HandoverNote
from rungbell.domain.oncall import Schedule
from rungbell.domain.override import Override
from rungbell.domain.roster import Roster
from rungbell.domain.rota import LONGEST_PERIOD, gaps, next_change, shifts
from rungbell.runtime.oncall_changes import known_schedule, zone_of
from rungbell.store import Transaction
from rungbell.web.oncall.answers import (
    GapList,
    GapView,
    NoteView,
    OnCallList,
    OnCallView,
    OverrideView,
    ShiftList,
    ShiftView,
)
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import json_answer
from rungbell.web.wire.moments import WRITTEN_LENGTH, moment
from rungbell.web.wire.query import number_in
from rungbell.web.wire.route import Parameter

DEFAULT_DAYS = 14
SCHEDULE = Parameter("schedule", "query", "Only this schedule.", {"type": "string", "minLength": 1, "maxLength": 64})
_WRITTEN = {"type": "string", "minLength": 1, "maxLength": WRITTEN_LENGTH}
PERIOD = (
    Parameter("from", "query", "Where it begins; else now. With a zone, or by the schedule's clocks.", _WRITTEN),
    Parameter("until", "query", f"Where it ends; else {DEFAULT_DAYS} days later.", _WRITTEN),
)
DAYS = Parameter(
    "days", "query", "How far to look.",
    {"type": "integer", "minimum": 1, "maximum": LONGEST_PERIOD.days, "default": DEFAULT_DAYS},
)  # fmt: skip


def asked_for(request: web.Request, book: Book) -> Sequence[Schedule]:
    """Give the schedule that the request names, or all of them.

    Raises:
        MalformedInput: there is none with this name.
    """
    name = request.query.get("schedule")
    if name is None:
        return list(book.roster.schedules.values())
    try:
        return [known_schedule(name, book)]
    except Refusal as error:  # in an address that is malformed, as any parameter is
        raise MalformedInput(str(error)) from None


def override_view(override: Override, roster: Roster, now: datetime) -> OverrideView:
    """Give an override as it stands at ``now``."""
    state: Literal["coming", "active", "over", "void"] = "over"
    if now < override.ends:
        known = override.person in roster.people and override.schedule in roster.schedules
        state = ("coming" if now < override.begins else "active") if known else "void"
    return OverrideView(
        id=override.id,
        schedule=override.schedule,
        person=override.person,
        begins=override.begins,
        ends=override.ends,
        instead_of=override.instead_of,
        reason=override.reason,
        made_by=override.made_by,
        made_at=override.made_at,
        state=state,
    )


async def show_oncall(request: web.Request) -> web.Response:
    """Say who is on call now, until when, and who is next."""
    services = request.app[SERVICES]
    book, now = services.handler.book, services.clock.now()
    asked = asked_for(request, book)
    notes: dict[str, HandoverNote] = {}
    with suppress(StoreError):  # who is on call is known without it
        notes = await services.store.read(lambda transaction: _notes(transaction, asked, now))
    views = await services.looking.ahead(
        lambda: [_view(schedule, book, now, notes.get(schedule.name)) for schedule in asked]
    )
    return json_answer(request, OnCallList(at=now, schedules=views))


def _notes(transaction: Transaction, schedules: Sequence[Schedule], now: datetime) -> dict[str, HandoverNote]:
    found = [note for schedule in schedules for note in transaction.handover_notes(schedule.name, 1)]
    return {note.schedule: note for note in found if note.counts(now)}


def note_view(note: HandoverNote) -> NoteView:
    """Give a handover note as it is shown."""
    return NoteView(schedule=note.schedule, by=note.by, at=note.at, text=note.text)


def _view(schedule: Schedule, book: Book, now: datetime, note: HandoverNote | None) -> OnCallView:
    found, changes = schedule.at(now), next_change(schedule, now)
    return OnCallView(
        schedule=schedule.name,
        zone=zone_of(schedule, book),
        people=list(found.people),
        planned=list(found.planned),
        overrides=[override_view(one, book.roster, now) for one in found.overrides],
        round_robin=schedule.round_robin,
        until=changes,
        next=None if changes is None else list(schedule.on_call(changes)),
        note=None if note is None else note_view(note),
    )


async def list_shifts(request: web.Request) -> web.Response:
    """List everybody's shifts in a period.

    Shifts that reach beyond the period are cut off there.
    """
    services = request.app[SERVICES]
    book, now = services.handler.book, services.clock.now()
    schedules = asked_for(request, book)
    if not schedules:
        _period(request, book.zone, now)  # nonsense is told all the same
    periods = {schedule.name: _period(request, zone_of(schedule, book), now) for schedule in schedules}
    earliest = min((begins for begins, _ in periods.values()), default=now)
    roster = book.roster.with_overrides(await services.overrides.listed(earliest))

    def look() -> list[ShiftView]:
        return [
            ShiftView(schedule=name, person=one.person, begins=one.begins, ends=one.ends)
            for name, (begins, ends) in periods.items()
            for one in shifts(roster.schedules[name], begins, ends)
        ]

    return json_answer(request, ShiftList(shifts=await services.looking.ahead(look)))


def _period(request: web.Request, zone: str, now: datetime) -> tuple[datetime, datetime]:
    begins, ends = request.query.get("from"), request.query.get("until")
    first = now if begins is None else moment(begins, zone, now, "from")
    last = first + timedelta(days=DEFAULT_DAYS) if ends is None else moment(ends, zone, first, "until")
    if not first <= last <= first + LONGEST_PERIOD:
        raise MalformedInput(f"`until` must be later than `from`, by {LONGEST_PERIOD.days} days at most")
    return first, last


async def list_gaps(request: web.Request) -> web.Response:
    """List when nobody is on call, from now on."""
    services = request.app[SERVICES]
    book, now = services.handler.book, services.clock.now()
    asked = asked_for(request, book)
    until = now + timedelta(days=number_in(request, "days", DEFAULT_DAYS, 1, LONGEST_PERIOD.days))

    def look() -> list[GapView]:
        return [
            GapView(schedule=schedule.name, begins=gap.begins, ends=gap.ends)
            for schedule in asked
            for gap in gaps(schedule, now, until)
        ]

    return json_answer(request, GapList(until=until, gaps=await services.looking.ahead(look)))
