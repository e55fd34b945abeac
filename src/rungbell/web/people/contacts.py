"""Contacts over the API: which of them are known to work, and test pages that show it.

Rules
-----
* Numbers and addresses are masked, but for whoever they belong to and for ``admin``, where they ask for them.
* The link of a test page is answered by a POST as that of a page is; it acts on no incident.

May import: the rest of ``people``, the packages below, ``runtime``, ``domain``, pydantic.
"""

from aiohttp import web
from pydantic import Field

from rungbell.domain.contacts import CannotTryError, contact_of
from rungbell.domain.errors import MalformedInput
from rungbell.domain.page import PageState
from rungbell.domain.plain_text import masked
from rungbell.domain.roster import Roster
from rungbell.domain.token import Grant, Scope
from rungbell.runtime.books.contacts import Known
from rungbell.web.access.callers import GRANT, acting
from rungbell.web.people.contact_answers import ContactList, ContactView, TestPageAnswer, TriedView
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.problem import unusable
from rungbell.web.wire.query import idempotency
from rungbell.web.wire.route import Parameter

REVEAL = Parameter(
    "reveal", "query", "Show contacts in full: one's own, and with `admin` everybody's.",
    {"type": "boolean", "default": False},
)  # fmt: skip


class TestPageBody(SignedBody):
    """Through which channel."""

    channel: str | None = Field(
        default=None, min_length=1, max_length=64, description="By default every channel that pages may use for them."
    )


async def list_contacts(request: web.Request) -> web.Response:
    """List how pages may reach people, and when each way was last shown to work.

    A contact is verified where somebody answered a test page, or a page, through its channel within 90 days, and it is
    still the same.
    """
    services = request.app[SERVICES]
    given = request.query.get(REVEAL.name, "false")
    if given not in {"true", "false"}:
        raise MalformedInput("`reveal` must be true or false")
    grant, roster = request[GRANT], services.handler.book.roster
    rows = [_view(one, roster, grant, reveal=given == "true") for one in await services.contacts.known()]
    return json_answer(request, ContactList(contacts=rows))


async def send_test_page(request: web.Request) -> web.Response:
    """Send somebody a test page: it says TEST, is about no incident and wakes nobody else.

    Whoever answers it shows that the channel reaches them. 200 where the same `Idempotency-Key` had sent it before.
    """
    services = request.app[SERVICES]
    person = request.match_info["person"]
    body = await read_body(request, TestPageBody)
    book = services.handler.book
    by = acting(request, body.by, book.roster)
    if person not in book.roster.people:
        raise web.HTTPNotFound(reason=f"{person!r} is nobody of the configuration")
    try:
        trials, sent = await services.contacts.send_test(person, body.channel, by, await idempotency(request, by))
    except CannotTryError as error:
        raise unusable(str(error)) from None
    channels = [one.channel for one in trials]
    message = f"a test page for {person} leaves through {', '.join(channels)}" if sent else "it was sent before"
    return json_answer(request, TestPageAnswer(message=message, person=person, channels=channels), 201 if sent else 200)


def _view(known: Known, roster: Roster, grant: Grant, *, reveal: bool) -> ContactView:
    person, channel = known.way
    contact = contact_of(roster, known.way)
    mine = grant.person == person or Scope.ADMIN in grant.scopes
    return ContactView(
        person=person,
        name=roster.people[person].name,
        channel=channel,
        contact=None if not contact else contact if reveal and mine else masked(contact),
        standing=known.standing,
        verified_at=known.verified_at,
        tried=None
        if known.tried is None
        else TriedView(at=known.tried.notice.at, state=known.tried.state, failure=_failure(known)),
    )


def _failure(known: Known) -> str | None:
    failed = known.tried is not None and known.tried.state is not PageState.ACCEPTED
    return known.tried.last_failure if known.tried is not None and failed else None
