"""The API: read incidents, and act on them as a person.

Rules
-----
* Every act is one event through the door; the answer tells what is true afterwards.
* The actor is the person of the token; without one (``access``) the body may name one with ``by``.
* A request with an ``Idempotency-Key`` has its effect once, however often it arrives.
* Incidents are named by identity, number or ``INC-…`` name. Paging goes by number, newest first; ``next`` is
  the cursor.

May import: the rest of ``web``, ``domain``, ``store`` (the port), pydantic.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import Field

from rungbell.domain.errors import MalformedInput, StoreError
from rungbell.domain.events import (
    Acknowledged,
    Act,
    Escalated,
    NoteAdded,
    Reason,
    Resolved,
    SeveritySet,
    Unacknowledged,
)
from rungbell.domain.incident import Incident, Status
from rungbell.domain.matchers import Matcher, MatcherError, all_match, parse_matchers
from rungbell.domain.policy import Person, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import NoteKind
from rungbell.store.transaction import BEYOND, Transaction
from rungbell.web.access import actor
from rungbell.web.answers import ActAnswer, IncidentDetail, IncidentList, IncidentRow
from rungbell.web.json_body import SignedBody, json_answer, read_body
from rungbell.web.nameless import nameless
from rungbell.web.problem import STATUS_OF, problem
from rungbell.web.route import Parameter
from rungbell.web.services import SERVICES
from rungbell.web.views import incident_detail, incident_row, incident_view, labels_of

PAGE_LIMIT = 500
DEFAULT_LIMIT = 50
SEARCHED = 10_000
"""Incidents one filtered request looks through; its ``next`` goes on from there."""
KEY_LENGTH = 200


LIST_PARAMETERS = (
    Parameter(
        "limit", "query", "The most that are answered.",
        {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": DEFAULT_LIMIT},
    ),
    Parameter(
        "after", "query", "Go on below this: the `next` of the page before.",
        {"type": "string", "pattern": "^[0-9]{1,18}$"},
    ),
    Parameter("status", "query", "Only those that stand so.", {"type": "string", "enum": list(Status)}),
    Parameter(
        "overdue", "query", "Only those that break an obligation, as far as it was told.",
        {"type": "string", "enum": ["true", "false"]},
    ),
    Parameter(
        "filter", "query",
        'Matchers as in Alertmanager, such as `severity="P0"` or `team=~"db|shop"`, over the labels of the group and '
        "the facts of the incident; several of them all hold.",
        {"type": "array", "items": {"type": "string"}},
    ),
)  # fmt: skip
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key", "header", "The same key, act and incident have one effect, however often they arrive.",
    {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
)  # fmt: skip


class ActBody(SignedBody):
    """What every act may say."""

    as_of: int | None = Field(
        default=None, description="The `version` it was decided on; where the incident has moved on, it is refused."
    )


class EscalateBody(ActBody):
    """Where to, and why."""

    to: Tier | None = None
    reason: Reason | None = None
    note: str = ""


class ResolveBody(ActBody):
    """Why, where alerts still fire."""

    reason: str = ""


class NoteBody(ActBody):
    """What to write down.

    A plain note may be one of the commander's sentences: `Decision: … because …`, `Action item: … will … by …`,
    `Scribe: please log … in timeline at …`.
    """

    text: str
    kind: NoteKind = NoteKind.NOTE
    client_visible: bool = Field(default=False, description="Clients may read it, as a line of an update.")


class SeverityBody(ActBody):
    """How bad it really is."""

    severity: Severity
    reason: str = ""


def number_in(request: web.Request, name: str, default: int, lowest: int, highest: int) -> int:
    """Give a number of the query.

    Raises:
        MalformedInput: it is none, or out of its bounds.
    """
    value = request.query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 20) or not lowest <= int(value) <= highest:
        raise MalformedInput(f"`{name}` must be a number from {lowest} to {highest}")
    return int(value)


async def list_incidents(request: web.Request) -> web.Response:
    """List incidents, newest first.

    A filtered list may end early with a `next`: one request looks through so many incidents only.
    """
    limit = number_in(request, "limit", DEFAULT_LIMIT, 1, PAGE_LIMIT)
    before = number_in(request, "after", BEYOND, 0, BEYOND)
    status = request.query.get("status")
    if status is not None and status not in set(Status):
        raise MalformedInput(f"`status` must be one of {', '.join(Status)}")
    try:
        matchers = parse_matchers(request.query.getall("filter", []))
    except MatcherError as error:
        raise MalformedInput(f"`filter`: {error}") from error
    only = request.query.get("overdue", "false")
    if only not in {"true", "false"}:
        raise MalformedInput("`overdue` must be true or false")
    services = request.app[SERVICES]
    now = services.clock.now()

    people = services.handler.book.roster.people

    def work(transaction: Transaction) -> tuple[list[IncidentRow], int | None]:
        found, after = _search(transaction, matchers, before=before, limit=limit, status=status, overdue=only == "true")
        gone = still_forgotten(transaction, people)
        return [nameless(_row(transaction, one, now), gone) for one in found], after

    rows, after = await services.store.read(work)
    return json_answer(IncidentList(incidents=rows, next=None if after is None else str(after)))


def _row(transaction: Transaction, incident: Incident, now: datetime) -> IncidentRow:
    """Give a row of the list; without a policy that can be read nobody knows what it owes."""
    try:
        policy = transaction.policy(incident.policy)
    except (StoreError, ValueError):  # the clock watcher tells the operator
        return IncidentRow(**dict(incident_view(incident)), overdue={})
    return incident_row(incident, policy, now)


def _search(
    transaction: Transaction,
    matchers: tuple[Matcher, ...],
    *,
    before: int,
    limit: int,
    status: str | None,
    overdue: bool,
) -> tuple[list[Incident], int | None]:
    """Give what matches, and where to go on: after a page, or after as many as one request may look through."""
    found: list[Incident] = []
    for _ in range(SEARCHED // PAGE_LIMIT):
        most = PAGE_LIMIT if matchers else limit + 1
        batch = transaction.incidents(before=before, limit=most, status=status, overdue=overdue)
        if not batch:  # a short one may only have left out what cannot be read
            return found, None
        for one in batch:
            if len(found) == limit:
                return found, found[-1].number
            if all_match(matchers, labels_of(one)):
                found.append(one)
        before = batch[-1].number
    return found, before


def still_forgotten(transaction: Transaction, people: Mapping[str, Person]) -> dict[str, int]:
    """Give who is forgotten and was not taken into the configuration again, with their numbers."""
    return {person: number for person, number in transaction.forgotten().items() if person not in people}


def find(transaction: Transaction, reference: str) -> Incident:
    """Give the incident that is meant, or answer that there is none."""
    incident = transaction.incident(reference)
    if incident is None:
        raise web.HTTPNotFound(reason="no incident has this identity, number or name")
    return incident


async def show_incident(request: web.Request) -> web.Response:
    """Show an incident whole: running clocks, tiers, pages, alerts."""
    services, reference = request.app[SERVICES], request.match_info["incident"]

    def work(transaction: Transaction) -> IncidentDetail:
        incident = find(transaction, reference)
        policy = transaction.policy(incident.policy)
        alerts = list(transaction.alerts(incident.key).values())
        recipes = services.handler.book.recipes
        now = services.clock.now()
        detail = incident_detail(incident, policy, alerts, transaction.pages(incident.id), recipes, now)
        return nameless(detail, still_forgotten(transaction, services.handler.book.roster.people))

    return json_answer(await services.store.read(work))


def idempotency(request: web.Request, by: str) -> str | None:
    """Give the identity of a request that carries an ``Idempotency-Key``: the same key and act have one effect."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (key.isascii() and key.isprintable() and " " not in key and 0 < len(key) <= KEY_LENGTH):
        raise MalformedInput(f"Idempotency-Key must be 1 to {KEY_LENGTH} printable ASCII characters without blanks")
    return f"key:{by}:{request.path}:{key}"


async def let_in(request: web.Request, event: Act) -> web.Response:
    """Let an act of a person in by the door, and answer with the incident as it then stands."""
    services = request.app[SERVICES]
    found = await services.store.read(lambda transaction: transaction.incident(event.incident))
    if found is None:
        raise web.HTTPNotFound(reason="no incident has this identity, number or name")
    handled = await services.handler.handle(event, once=idempotency(request, event.by))
    incident = incident_view(handled.incident or found)
    outcome = handled.reply.outcome
    if outcome in STATUS_OF:
        return problem(STATUS_OF[outcome], handled.reply.text, incident=incident)
    return json_answer(ActAnswer(outcome=outcome, message=handled.reply.text, incident=incident))


async def enact(request: web.Request, model: type[ActBody], act: type[Act], **facts: Any) -> web.Response:  # noqa: ANN401 -- the fields of the act
    """Make of the body the act of whoever asks, and let it in.

    What the body says goes by the names that the act has for it; ``facts`` is what stands elsewhere in the request.
    """
    body = await read_body(request, model)
    said: dict[str, Any] = {
        name: getattr(body, name) for name in model.model_fields if name not in SignedBody.model_fields
    }
    said |= {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    by = actor(request, body.by)
    return await let_in(request, act(incident=request.match_info["incident"], by=by, **said, **facts))


async def acknowledge(request: web.Request) -> web.Response:
    """Take an incident on."""
    return await enact(request, ActBody, Acknowledged)


async def unacknowledge(request: web.Request) -> web.Response:
    """Give it back."""
    return await enact(request, ActBody, Unacknowledged)


async def escalate(request: web.Request) -> web.Response:
    """Ask for a higher tier."""
    return await enact(request, EscalateBody, Escalated)


async def resolve(request: web.Request) -> web.Response:
    """Say it is over."""
    return await enact(request, ResolveBody, Resolved)


async def add_note(request: web.Request) -> web.Response:
    """Write something down."""
    return await enact(request, NoteBody, NoteAdded)


async def set_severity(request: web.Request) -> web.Response:
    """Say how bad it is."""
    return await enact(request, SeverityBody, SeveritySet)
