"""``/api/v1/oncall/notes``: what people leave behind for the next on call.

May import: the rest of ``oncall``, the packages below, ``store`` (the port), ``domain``, pydantic.
"""

from aiohttp import web
from pydantic import Field

from rungbell.domain.handover import LONGEST_NOTE, HandoverNote
from rungbell.runtime.noting import leave_note
from rungbell.runtime.oncall_changes import known_schedule
from rungbell.web.access.callers import acting
from rungbell.web.oncall.answers import NoteAnswer, NoteList
from rungbell.web.oncall.schedules import asked_for, note_view
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.problem import unusable
from rungbell.web.wire.query import idempotency, number_in
from rungbell.web.wire.route import Parameter

MOST = 100
DEFAULT = 10
LIMIT = Parameter(
    "limit", "query", "The most that are answered of each schedule.",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
)  # fmt: skip


class HandoverNoteBody(SignedBody):
    """What whoever is next on call should know."""

    schedule: str = Field(min_length=1, max_length=64)
    text: str = Field(min_length=1, max_length=LONGEST_NOTE, pattern=r"\S")


async def list_handover_notes(request: web.Request) -> web.Response:
    """List handover notes, schedule by schedule, the last one first."""
    services = request.app[SERVICES]
    limit = number_in(request, "limit", DEFAULT, 1, MOST)
    names = [schedule.name for schedule in asked_for(request, services.handler.book)]
    found = await services.store.read(
        lambda transaction: [note for name in names for note in transaction.handover_notes(name, limit)]
    )
    return json_answer(request, NoteList(notes=[note_view(note) for note in found]))


async def leave_handover_note(request: web.Request) -> web.Response:
    """Leave a note for the next on call.

    It counts until there is another one, for two weeks at most: whoever asks who is on call is shown it, and whoever
    is told that a shift begins is told it. 200 where the same `Idempotency-Key` had left it before.
    """
    services = request.app[SERVICES]
    body = await read_body(request, HandoverNoteBody)
    book, now = services.handler.book, services.clock.now()
    by = acting(request, body.by, book.roster)
    schedule = known_schedule(body.schedule, book).name
    text = body.text.strip()
    if not text:
        raise unusable("`text`: there is nothing in it that can be read")
    note = HandoverNote(schedule=schedule, by=by, at=now, text=text)
    once = await idempotency(request, by)

    left = await leave_note(services.store, note, once)
    message = f"whoever is on call for {schedule} next is told" if left else "it was left before"
    return json_answer(request, NoteAnswer(message=message, note=note_view(note)), 201 if left else 200)
