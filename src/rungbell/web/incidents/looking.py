"""Incidents over the API: listed and filtered, shown whole, and found by what people call them.

Rules
-----
* Incidents are named by identity, number or ``INC-…`` name. Paging goes by number, newest first; ``next`` is
  the cursor.

May import: the rest of ``incidents``, the packages below, ``domain``, ``store`` (the port).
"""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from rungbell.domain.errors import MalformedInput, StoreError
from rungbell.domain.incident import Incident, Status
from rungbell.domain.matchers import MatcherError, all_match, parse_matchers
from rungbell.store.incidents import BEYOND
from rungbell.store.transaction import Transaction
from rungbell.web.incidents.answers import IncidentDetail, IncidentList, IncidentRow
from rungbell.web.incidents.views import incident_detail, incident_row, incident_view, labels_of
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import json_answer
from rungbell.web.wire.query import number_in
from rungbell.web.wire.route import Parameter

PAGE_LIMIT = 500
DEFAULT_LIMIT = 50
SEARCHED = 10_000
"""Incidents one filtered request looks through; its ``next`` goes on from there."""
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
    now, gone = services.clock.now(), services.forgotten.nameless()

    def fits(incident: Incident) -> bool:
        return all_match(matchers, labels_of(gone.incident(incident)))  # as it is shown

    def work(transaction: Transaction) -> tuple[list[IncidentRow], int | None]:
        asked = fits if matchers else None
        found, after = _search(transaction, asked, before=before, limit=limit, status=status, overdue=only == "true")
        return [_row(transaction, one, now) for one in found], after

    rows, after = await services.store.read(work)
    return json_answer(request, IncidentList(incidents=rows, next=None if after is None else str(after)))


def _row(transaction: Transaction, incident: Incident, now: datetime) -> IncidentRow:
    """Give a row of the list; without a policy that can be read nobody knows what it owes."""
    try:
        policy = transaction.policy(incident.policy)
    except (StoreError, ValueError):  # the clock watcher tells the operator
        return IncidentRow(**dict(incident_view(incident)), overdue={})
    return incident_row(incident, policy, now)


def _search(
    transaction: Transaction,
    fits: Callable[[Incident], bool] | None,
    *,
    before: int,
    limit: int,
    status: str | None,
    overdue: bool,
) -> tuple[list[Incident], int | None]:
    """Give what matches, and where to go on: after a page, or after as many as one request may look through."""
    found: list[Incident] = []
    for _ in range(SEARCHED // PAGE_LIMIT):
        most = PAGE_LIMIT if fits else limit + 1
        batch = transaction.incidents(before=before, limit=most, status=status, overdue=overdue)
        if not batch:  # a short one may only have left out what cannot be read
            return found, None
        for one in batch:
            if len(found) == limit:
                return found, found[-1].number
            if fits is None or fits(one):
                found.append(one)
        before = batch[-1].number
    return found, before


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
        return incident_detail(incident, policy, alerts, transaction.pages(incident.id), recipes, now)

    return json_answer(request, await services.store.read(work))
