"""``GET …/drafts/{kind}``: a text about an incident as it would be worded now; nothing is kept and nothing is sent.

May import: the packages below, ``texts``, ``domain``, ``store`` (the port), pydantic.
"""

from datetime import datetime

from aiohttp import web
from pydantic import Field

from rungbell.domain.book import Book
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.facts import ABOUT, TextFacts
from rungbell.domain.communication.kinds import CommunicationKind, Recipient
from rungbell.domain.communication.missing import missing
from rungbell.domain.communication.recipients import recipient
from rungbell.domain.errors import MalformedInput
from rungbell.domain.incident import Incident
from rungbell.domain.policy import Policy
from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass
from rungbell.store.transaction import Transaction
from rungbell.texts import Worded
from rungbell.web.incidents.looking import find
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import json_answer
from rungbell.web.wire.route import Parameter
from rungbell.web.wire.view import Moment, View

CLIENT = Parameter(
    "client", "query", "The client it is for, by id in the configuration; for texts to clients only.",
    {"type": "string", "minLength": 1, "maxLength": 64},
)  # fmt: skip


class MissingFact(View):
    """Something that the text should say and that nobody has stated."""

    fact: str
    about: str


class DraftView(View):
    """A text as it would be worded now."""

    incident: int
    kind: CommunicationKind
    audience: Audience
    client: str | None
    at: Moment
    subject: str
    body: str
    missing: list[MissingFact]
    template: str = Field(description="The file that it was written by.")
    mistakes: list[str] = Field(description="What is wrong with that file; then these are the facts without it.")


@dataclass(frozen=True, slots=True)
class _Found:
    """An incident as the store holds it."""

    incident: Incident
    policy: Policy
    entries: list[Entry]


async def show_draft(request: web.Request) -> web.Response:
    """Word a text about an incident as it would be now.

    Nothing is kept and nothing is sent. For a text to clients `client` says for whom; with one client it is them.
    """
    services = request.app[SERVICES]
    kind = _kind(request)
    book = services.handler.book
    whom = _recipient(kind, request.query.get("client"), book)
    reference = request.match_info["incident"]
    now = services.clock.now()

    def work(transaction: Transaction) -> _Found:
        incident = find(transaction, reference)
        return _Found(incident, transaction.policy(incident.policy), transaction.timeline(incident.id))

    found = await services.store.read(work)
    facts = services.copies.facts(found.incident, found.policy, book, found.entries, whom, now)
    worded = await services.looking.ahead(lambda: services.copies.texts.worded(kind, facts))
    return json_answer(request, _view(found.incident, kind, whom, facts, worded, now))


def _kind(request: web.Request) -> CommunicationKind:
    try:
        return CommunicationKind(request.match_info["kind"])
    except ValueError:
        raise web.HTTPNotFound(reason=f"no text is of this kind; known: {', '.join(CommunicationKind)}") from None


def _recipient(kind: CommunicationKind, client: str | None, book: Book) -> Recipient:
    """Give whom it is for; nobody in particular where that is open.

    Raises:
        MalformedInput: there is no such client, or the text is for none.
    """
    if kind.audience is not Audience.CLIENTS:
        if client is not None:
            raise MalformedInput(f"`client`: {kind} is no text to clients")
        return Recipient("", "", {}, kind.audience)
    if client is None and len(book.communication.clients) == 1:
        client = next(iter(book.communication.clients))
    if client is None:
        return Recipient("", "", {}, kind.audience)
    known = recipient(client, kind.audience, book)
    if known is None:
        names = ", ".join(list(book.communication.clients)[:20]) or "none is configured"
        raise MalformedInput(f"`client`: {client[:64]!r} is no client of the configuration; known: {names}")
    return known


def _view(
    incident: Incident, kind: CommunicationKind, whom: Recipient, facts: TextFacts, worded: Worded, now: datetime
) -> DraftView:
    return DraftView(
        incident=incident.number,
        kind=kind,
        audience=kind.audience,
        client=whom.id if whom.id and kind.audience is Audience.CLIENTS else None,
        at=now,
        subject=worded.text.subject,
        body=worded.text.body,
        missing=[MissingFact(fact=name, about=ABOUT[name]) for name in missing(kind, facts)],
        template=worded.file,
        mistakes=[str(mistake) for mistake in worded.mistakes],
    )
