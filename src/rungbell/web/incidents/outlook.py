"""``GET …/outlook``: why people were paged for an incident, and what happens next if nobody acts.

Rules
-----
* What is ahead is rehearsed with the incident's own policy, today's people and schedules, and the pages that still wait
  to leave. Nothing is written, and nothing is rung.
* A rehearsal may take a moment: it runs in a thread, so that webhooks, clocks and pages do not wait for it.

May import: the rest of ``incidents``, the packages below, ``rehearsal``, ``domain``, ``store`` (the port).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from rungbell.domain.book import Book
from rungbell.domain.incident import Incident
from rungbell.domain.page import PageState, SentPage
from rungbell.domain.policy import Policy
from rungbell.domain.reasons import CAUSES, Stand, standing, within_business_hours
from rungbell.domain.roster import Roster
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.values import dataclass
from rungbell.store.transaction import Transaction
from rungbell.web.incidents.looking import find
from rungbell.web.incidents.outlook_answers import EventAheadView, Outlook, PageAheadView, PagedView, RoundView
from rungbell.web.incidents.views import entry_view, incident_view, page_view
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import json_answer

if TYPE_CHECKING:
    from rungbell.rehearsal import Attempt
    from rungbell.rehearsal.outlook import Ladder, Round

TELLING = frozenset(EntryKind) - {
    EntryKind.PAGED,
    EntryKind.PAGE_ACCEPTED,
    EntryKind.PAGE_RETRIED,
    EntryKind.PAGE_FAILED,
    EntryKind.WITHDRAWN,
    EntryKind.NOTIFIED,
    EntryKind.NOTE,
}
"""What the timeline tells beside the pages and their results, which ``paged`` has."""
AHEAD = frozenset(
    {
        EntryKind.CLIMBED,
        EntryKind.TIER_EMPTY,
        EntryKind.EXHAUSTED,
        EntryKind.ACKNOWLEDGEMENT_ENDED,
        EntryKind.MAINTENANCE,
        EntryKind.RESOLVED,
    }
)
"""What it will tell beside the pages."""


@dataclass(frozen=True, slots=True)
class _Found:
    """An incident as the store holds it."""

    incident: Incident
    policy: Policy
    pages: list[SentPage]
    entries: list[Entry]
    round_robins: dict[str, int]


async def show_outlook(request: web.Request) -> web.Response:
    """Say why people were paged, and what happens next if nobody acts.

    What is ahead counts with today's people, schedules and channels; an act, an alert or a failing channel changes it.
    """
    services = request.app[SERVICES]
    reference = request.match_info["incident"]
    now = services.clock.now()

    def work(transaction: Transaction) -> _Found:
        incident = find(transaction, reference)
        return _Found(
            incident,
            transaction.policy(incident.policy),
            transaction.pages(incident.id),
            transaction.timeline(incident.id),
            transaction.round_robins(),
        )

    found = await services.store.read(work)
    return json_answer(request, await services.looking.ahead(lambda: _outlook(services.handler.book, found, now)))


def _outlook(book: Book, found: _Found, now: datetime) -> Outlook:
    from rungbell.rehearsal.outlook import outlook  # in the thread; most daemons are never asked

    incident, policy = found.incident, found.policy
    ahead = outlook(book, incident, policy, _unsent(found.pages, now), found.round_robins, now)
    return Outlook(
        incident=incident_view(incident),
        at=now,
        severity_rule=incident.severity_rule,
        policy_hash=incident.policy,
        zone=policy.hours.zone,
        paged=[
            PagedView(**dict(page_view(sent)), why=CAUSES[sent.page.purpose])
            for sent in found.pages
            if sent.page.cycle == incident.cycle
        ],
        told=[entry_view(entry) for entry in _of_cycle(found.entries) if entry.kind in TELLING],
        next=[_page(one, policy, book.roster, ahead.incident) for one in _in_order(ahead)],
        events=[
            EventAheadView(at=entry.at, kind=entry.kind, tier=entry.tier, text=entry.text)
            for entry in ahead.entries
            if entry.kind in AHEAD
        ],
        exhausted_at=ahead.incident.exhausted_at,
        tells_operator=book.operator is not None and bool(ahead.troubles),
        calendar=[one] if (one := within_business_hours(policy, incident.severity)) else [],
        goes_round=_round(ahead.goes_round) if ahead.goes_round else None,
        cut_off=ahead.cut_off,
    )


def _unsent(pages: Iterable[SentPage], now: datetime) -> dict[SentPage, datetime]:
    """Give what waits to leave, and when: one that is tried again may as well leave now."""
    return {
        sent: now if sent.attempts else max(now, sent.page.send_after)
        for sent in pages
        if sent.state is PageState.WAITING
    }


def _of_cycle(entries: list[Entry]) -> list[Entry]:
    """Give what happened since the incident was opened, or opened again."""
    begins = max((at for at, entry in enumerate(entries) if entry.kind is EntryKind.REOPENED), default=0)
    return entries[begins:]


def _in_order(ahead: "Ladder") -> "list[Attempt]":
    return sorted(ahead.told, key=lambda one: (one.at, one.page.tier))


def _page(one: "Attempt", policy: Policy, roster: Roster, incident: Incident) -> PageAheadView:
    page = one.page
    stands = standing(roster, policy.tiers[page.tier], one.at, incident.round_robin)
    stand = next((stand for stand in stands if stand.person == page.person), Stand(page.person))
    return PageAheadView(
        at=one.at,
        tier=page.tier,
        role=policy.tiers[page.tier].role,
        person=page.person,
        schedule=stand.schedule,
        instead_of=list(stand.instead_of),
        channel=page.channel,
        purpose=page.purpose,
        why=CAUSES[page.purpose],
    )


def _round(found: "Round") -> RoundView:
    return RoundView(
        clock=found.clock,
        next_at=found.next_at,
        every_seconds=None if found.every is None else found.every.total_seconds(),
        business_hours=found.business_hours,
        tiers=list(found.tiers),
    )
