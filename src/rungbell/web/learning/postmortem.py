"""Postmortems over the API: how one stands, its draft in Markdown, and what people do with it.

Rules
-----
* The draft is worded whenever it is asked for; nothing of it is stored.
* Everything done is one event through the door, as every act.

May import: the rest of ``learning``, the packages below, ``domain``, ``store`` (the port), pydantic.
"""

from dataclasses import asdict
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import Field

from rungbell.domain.incident import Incident
from rungbell.domain.obligation_clocks import overdue
from rungbell.domain.obligation_dues import draft_due, publication_due, review_due
from rungbell.domain.policy import Policy
from rungbell.domain.postmortem.document import document
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from rungbell.domain.postmortem.figures import figures
from rungbell.domain.postmortem.record import DocumentState, ItemStatus, Owed, Postmortem
from rungbell.domain.severity import Severity
from rungbell.store.incidents import BEYOND
from rungbell.store.transaction import Transaction
from rungbell.web.acts.acting import ActBody, enact
from rungbell.web.incidents.looking import PAGE_LIMIT, find
from rungbell.web.incidents.views import incident_view
from rungbell.web.learning.postmortem_answers import (
    Document,
    Figure,
    ItemView,
    PostmortemList,
    PostmortemReviewView,
    PostmortemView,
)
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import Instant, json_answer
from rungbell.web.wire.query import number_in
from rungbell.web.wire.route import Parameter

MOST = 200
DEFAULT = 50
LIMIT = Parameter(
    "limit", "query", "The most that are answered.",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
)  # fmt: skip
NOT_OWED = Postmortem(Owed.OPTIONAL, "none is owed")


class MoveBody(ActBody):
    """How far the document is, who owns it, where it lives: what is given changes."""

    state: DocumentState | None = None
    owner: str | None = Field(default=None, min_length=1, max_length=80)
    url: str | None = Field(default=None, max_length=500)


class PostmortemReviewBody(ActBody):
    """The meeting about it."""

    at: Instant | None = Field(default=None, description="Default: now.")
    attendees: list[str] = Field(default_factory=list, max_length=100)
    outcome: str = Field(min_length=1, max_length=2000)


class ItemBody(ActBody):
    """An action item."""

    text: str = Field(min_length=1, max_length=500)
    owner: str = Field(min_length=1, max_length=80, description="A person's id, or a team.")
    priority: Severity = Severity.P1
    due: Instant | None = Field(default=None, description="Default: as late as its priority lets it be.")


class ItemChangeBody(ActBody):
    """What changes of an action item."""

    number: int = Field(ge=1, le=10_000)
    status: ItemStatus | None = None
    owner: str | None = Field(default=None, min_length=1, max_length=80)
    due: Instant | None = None


async def list_postmortems(request: web.Request) -> web.Response:
    """List incidents that owe a postmortem or have action items, newest first."""
    services = request.app[SERVICES]
    limit, now = number_in(request, "limit", DEFAULT, 1, MOST), services.clock.now()

    def work(transaction: Transaction) -> list[PostmortemView]:
        found: list[PostmortemView] = []
        before = BEYOND
        while len(found) < limit and (batch := transaction.incidents(before=before, limit=PAGE_LIMIT)):
            having = (one for one in batch if one.postmortem is not None)
            found += [_view(one, transaction.policy(one.policy), now) for one in having]
            before = batch[-1].number
        return found[:limit]

    return json_answer(request, PostmortemList(postmortems=await services.store.read(work)))


async def show_postmortem(request: web.Request) -> web.Response:
    """Show how the postmortem of an incident stands: whether it is owed, its clocks, its action items."""
    services, reference = request.app[SERVICES], request.match_info["incident"]
    now = services.clock.now()

    def work(transaction: Transaction) -> PostmortemView:
        incident = find(transaction, reference)
        return _view(incident, transaction.policy(incident.policy), now)

    return json_answer(request, await services.store.read(work))


async def draft_postmortem(request: web.Request) -> web.Response:
    """Draft it in Markdown from what is known now, with the figures of the incident.

    What only people know is asked for in the text.
    """
    services, reference = request.app[SERVICES], request.match_info["incident"]

    def work(transaction: Transaction) -> Document:
        incident = find(transaction, reference)
        policy = transaction.policy(incident.policy)
        gone, people = services.forgotten.nameless(), services.handler.book.roster.people
        entries = gone.entries(transaction.timeline(incident.id))
        url = f"{services.external_url.rstrip('/')}/api/v1/incidents/{incident.number}"
        measured = asdict(figures(incident, entries))
        return Document(
            markdown=document(gone.incident(incident), policy, entries, people, url),
            figures=[
                Figure(name=name, seconds=took.total_seconds() if isinstance(took, timedelta) else None)
                for name, took in measured.items()
                if name != "overdue"
            ],
        )

    return json_answer(request, await services.store.read(work))


def _view(incident: Incident, policy: Policy, now: datetime) -> PostmortemView:
    postmortem = incident.postmortem or NOT_OWED
    wanted = postmortem.wanted and incident.resolved_at is not None
    review = postmortem.review
    return PostmortemView(
        incident=incident_view(incident),
        owed=postmortem.owed,
        because=postmortem.because,
        owner=postmortem.owner,
        state=postmortem.state,
        url=postmortem.url,
        draft_due=draft_due(incident, policy) if wanted else None,
        review_due=review_due(incident, policy) if wanted else None,
        publication_due=publication_due(incident, policy) if wanted else None,
        overdue=sorted(overdue(incident, policy, now)),
        review=PostmortemReviewView(at=review.at, attendees=list(review.attendees), outcome=review.outcome)
        if review
        else None,
        items=[
            ItemView(
                number=item.number,
                text=item.text,
                owner=item.owner,
                priority=item.priority,
                status=item.status,
                created_at=item.created_at,
                due=item.due,
                done_at=item.done_at,
                overdue=item.open and item.due <= now,
            )
            for item in postmortem.items
        ],
        repeats=list(postmortem.repeats),
    )


async def move_postmortem(request: web.Request) -> web.Response:
    """Take the document further (draft, in review, published), give it an owner or a place."""
    return await enact(request, MoveBody, PostmortemMoved)


async def hold_review(request: web.Request) -> web.Response:
    """Write down the meeting about it."""
    return await enact(request, PostmortemReviewBody, ReviewHeld)


async def add_item(request: web.Request) -> web.Response:
    """Make an action item, also while the incident lasts."""
    return await enact(request, ItemBody, ItemAdded)


async def change_item(request: web.Request) -> web.Response:
    """Take an action item further, give it to somebody else, or move its day."""
    return await enact(request, ItemChangeBody, ItemChanged)


async def review_items(request: web.Request) -> web.Response:
    """Say that the action items were gone through; with none open, that the whole postmortem was once more."""
    return await enact(request, ActBody, ItemsReviewed)
