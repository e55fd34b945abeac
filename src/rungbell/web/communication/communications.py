"""``…/communications``: who is told of an incident, and who was.

Rules
-----
* A draft is shown as it would be worded now; its words are fixed by a review, which sends them back as they were read,
  or changed. Those that it leaves out are fixed as they would be at that moment.

May import: ``answers``, the packages below, ``runtime``, ``domain``, ``store`` (the port), pydantic.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    Waived,
)
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.communication.recipients import meant
from rungbell.domain.communication.record import BODY_LENGTH, SUBJECT_LENGTH, Communication, Step
from rungbell.runtime.wording.copies import harmless
from rungbell.runtime.wording.reviewing import Reading, reading, worded
from rungbell.store import Transaction
from rungbell.web.access.callers import actor
from rungbell.web.acts.acting import ActBody, enact, let_in
from rungbell.web.communication.answers import (
    CommunicationDetail,
    CommunicationList,
    CommunicationView,
    CopyLine,
    StepView,
    TextView,
    ToldView,
    WaitingList,
    WaiverView,
)
from rungbell.web.incidents.looking import find
from rungbell.web.services import SERVICES, Services
from rungbell.web.wire.json_body import json_answer, read_body
from rungbell.web.wire.query import number_in
from rungbell.web.wire.route import Parameter

MOST = 500
DEFAULT = 100
LIMIT = Parameter(
    "limit", "query", "The most that are answered.",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
)  # fmt: skip


class DraftBody(ActBody):
    """Whom to tell what."""

    kind: CommunicationKind
    recipients: list[str] = Field(
        default_factory=list, max_length=500, description="By id; none: whom the file and the incident name."
    )
    send: bool = Field(default=False, description="It leaves at once, where its kind needs no review.")


class TextBody(BaseModel):
    """The words for one recipient."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    subject: str = Field(min_length=1, max_length=SUBJECT_LENGTH)
    body: str = Field(min_length=1, max_length=BODY_LENGTH)


class CommunicationReviewBody(ActBody):
    """The words as they were read, or changed."""

    texts: dict[str, TextBody] = Field(
        default_factory=dict, max_length=500, description="By recipient; of those left out as they would be now."
    )


class DiscardBody(ActBody):
    """Why it is not sent."""

    reason: str = Field(default="", max_length=500)


class WaiveBody(ActBody):
    """Who need not be told, and why."""

    audience: Audience
    reason: str = Field(min_length=1, max_length=500)


async def list_communications(request: web.Request) -> web.Response:
    """Show who was told what of an incident, when, and whether it arrived."""
    services, reference = request.app[SERVICES], request.match_info["incident"]

    def work(transaction: Transaction) -> CommunicationList:
        incident = find(transaction, reference)
        copies = transaction.copies(incident.id)
        now, book = services.clock.now(), services.handler.book
        found = [
            replace(one, recipients=meant(one, incident, book, now)) for one in transaction.communications(incident.id)
        ]
        views = [_view(one, incident.number, copies) for one in found]
        command = incident.command
        return CommunicationList(
            communications=views,
            told={
                audience: ToldView(first_at=told.first_at, last_at=told.last_at, recipients=list(told.recipients))
                for audience, told in command.told.items()
            },
            waived={
                audience: WaiverView(by=waiver.by, at=waiver.at, reason=waiver.reason)
                for audience, waiver in command.waived.items()
            },
        )

    return json_answer(request, await request.app[SERVICES].store.read(work))


async def list_waiting(request: web.Request) -> web.Response:
    """List what waits to be reviewed or sent, of the newest incidents first."""
    limit = number_in(request, "limit", DEFAULT, 1, MOST)
    found = await request.app[SERVICES].store.read(lambda transaction: transaction.open_communications(limit))
    return json_answer(request, WaitingList(communications=[_view(one, number, ()) for number, one in found]))


async def show_communication(request: web.Request) -> web.Response:
    """Show a text with its words: as they left or were reviewed, else as they would be now."""
    services = request.app[SERVICES]
    found = await _found(request, services)
    texts = await _texts(found, services)
    view = _view(found.communication, found.incident.number, found.copies)
    words = {who: TextView(subject=text.subject, body=text.body) for who, text in texts.items()}
    return json_answer(request, CommunicationDetail(**dict(view), texts=words))


async def draft_communication(request: web.Request) -> web.Response:
    """Draft a text, or send it at once where its kind needs no review."""
    return await enact(request, DraftBody, CommunicationDrafted)


async def review_communication(request: web.Request) -> web.Response:
    """Stand for the words of a text; from now on they are fixed."""
    services = request.app[SERVICES]
    body = await read_body(request, CommunicationReviewBody)
    by = actor(request, body.by)
    found = await _found(request, services)
    given = {who: harmless(Text(text.subject, text.body)) for who, text in body.texts.items()}
    event = CommunicationReviewed(
        incident=found.incident.id,
        by=by,
        as_of=body.as_of,
        communication=found.communication.number,
        texts={**await _texts(found, services), **given},
    )
    return await let_in(request, event)


async def send_communication(request: web.Request) -> web.Response:
    """Send a text; to clients only what was reviewed."""
    return await enact(request, ActBody, CommunicationSent, communication=_number(request))


async def discard_communication(request: web.Request) -> web.Response:
    """Discard a draft."""
    return await enact(request, DiscardBody, CommunicationDiscarded, communication=_number(request))


async def waive_communication(request: web.Request) -> web.Response:
    """Decide that an audience need not be told."""
    return await enact(request, WaiveBody, Waived)


def _number(request: web.Request) -> int:
    text = request.match_info["communication"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise web.HTTPNotFound(reason="the incident has no communication with this number")
    return int(text)


async def _found(request: web.Request, services: Services) -> Reading:
    reference, number = request.match_info["incident"], _number(request)

    def work(transaction: Transaction) -> Reading:
        found = reading(transaction, find(transaction, reference), number, services.handler.book, services.clock.now())
        if found is None:
            raise web.HTTPNotFound(reason="the incident has no communication with this number")
        return found

    return await services.store.read(work)


async def _texts(found: Reading, services: Services) -> Mapping[str, Text]:
    book, now = services.handler.book, services.clock.now()
    look = services.looking.ahead  # there may be many, and pages wait
    return await look(lambda: worded(found, services.copies, book, now))


def _view(one: Communication, incident: int, copies: Iterable[SentCopy]) -> CommunicationView:
    return CommunicationView(
        incident=incident,
        number=one.number,
        kind=one.kind,
        audience=one.kind.audience,
        recipients=list(one.recipients),
        state=one.state,
        drafted=StepView(by=one.drafted.by, at=one.drafted.at),
        reviewed=_step(one.reviewed),
        sent=_step(one.sent),
        discarded=_step(one.discarded),
        reason=one.reason,
        copies=[
            CopyLine(
                recipient=sent.copy.recipient,
                channel=sent.copy.channel,
                state=sent.state,
                attempts=sent.attempts,
                created_at=sent.created_at,
                last_failure=sent.last_failure,
            )
            for sent in copies
            if sent.copy.communication == one.number
        ],
    )


def _step(step: Step | None) -> StepView | None:
    return None if step is None else StepView(by=step.by, at=step.at)
