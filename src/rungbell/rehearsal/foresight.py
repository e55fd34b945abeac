"""What one message of alerts would come to: how bad it is, by which policy, and who is rung when.

    foreseen = foresee(book, group, at)
    foreseen.unanswered.attempts       every page, in order, if nobody ever answers
    foreseen.acknowledged              what still comes if the first who is rung acknowledges at once

Rules
-----
* An acknowledgement at once is followed until it ends; then the ladder climbs as if nobody had answered (``outlook``).

May import: ``domain`` and the rest of this package.
"""

from datetime import datetime, timedelta

from rungbell.domain.alert import AlertGroup, Sighting, compare
from rungbell.domain.book import Book, PolicyRoute
from rungbell.domain.decision import Situation
from rungbell.domain.events import Acknowledged, AlertsReceived
from rungbell.domain.incident import Acknowledgement, Incident
from rungbell.domain.opening import worst_of
from rungbell.domain.policy import Policy
from rungbell.domain.reasons import PassedOver, policies_passed_over, route_of, rules_passed_over
from rungbell.domain.severity import NEVER, NEVER_PAGES, Mapped
from rungbell.domain.triage import HEARTBEATS, triage
from rungbell.domain.values import dataclass
from rungbell.rehearsal.outlook import Ladder, alone, follow
from rungbell.rehearsal.rehearsal import Attempt, Rehearsal


@dataclass(frozen=True, slots=True)
class Acknowledging:
    """What an acknowledgement at once does not stop: by whom, from when until when, and what follows until it ends."""

    by: str
    at: datetime
    until: datetime
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class Opening:
    """The incident that a message opens, and why like that."""

    worst: Sighting
    """The alert that decides."""
    rules: tuple[PassedOver, ...]
    """The rules of severity that were asked before."""
    route: PolicyRoute
    policies: tuple[PassedOver, ...]
    """The policies that were asked before."""
    paging_at: datetime
    """When paging begins: later than the opening where it waits for business hours or the end of maintenance."""
    unanswered: Ladder
    acknowledged: Acknowledging | None
    """``None`` where nobody is ever rung."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A message that opens nothing, and why."""

    why: str
    mapped: Mapped | None = None
    """For an alert that never pages: by which rule."""
    rules: tuple[PassedOver, ...] = ()


def foresee(book: Book, group: AlertGroup, at: datetime) -> Opening | Silence:
    """Say what a message would come to at ``at`` (aware, UTC), where nothing is known of its group.

    Raises ``ValueError`` where business hours never open (see ``domain.calendar``).
    """
    sorted_ = triage(group, book.rules)
    change = compare({}, sorted_.sightings, at, hidden=group.truncated > 0 and group.firing)
    if not change.fired:
        return _silence(book, group)
    worst = worst_of(Situation(book, sightings=sorted_.sightings), change)
    rehearsal, incident = _opened(book, group, at)
    policy = rehearsal.records.policy(incident.policy)
    labels = {**group.group_labels, **worst.alert.labels}
    unanswered = follow(rehearsal, incident.id)
    return Opening(
        worst=worst,
        rules=rules_passed_over(book.rules, worst.alert.labels, worst.mapped),
        route=route_of(book, policy) or PolicyRoute((), policy),
        policies=policies_passed_over(book, labels),
        paging_at=_paging_at(incident, policy),
        unanswered=unanswered,
        acknowledged=_acknowledged(book, group, at, unanswered.attempts) if unanswered.attempts else None,
    )


def _opened(book: Book, group: AlertGroup, at: datetime) -> tuple[Rehearsal, Incident]:
    rehearsal = Rehearsal(alone(book), at)
    handling = rehearsal.happen(AlertsReceived(group=group, new_id=rehearsal.new_id()))
    if handling.incident is None:
        raise LookupError("a message in which something fires anew opens an incident")
    return rehearsal, handling.incident


def _acknowledged(book: Book, group: AlertGroup, at: datetime, unanswered: tuple[Attempt, ...]) -> Acknowledging:
    """Let whoever is rung first acknowledge; of several at once, the one on the lowest tier."""
    first = min(unanswered, key=lambda one: (one.at, one.page.tier))
    rehearsal, incident = _opened(book, group, at)
    rehearsal.pass_time(first.at)
    holder = _acknowledge(rehearsal, incident.id, first.page.person)
    return Acknowledging(holder.by, holder.at, holder.ends_at, follow(rehearsal, incident.id, held=True))


def _acknowledge(rehearsal: Rehearsal, incident: str, by: str) -> Acknowledgement:
    held = rehearsal.happen(Acknowledged(incident=incident, by=by)).incident
    if held is None or held.holder is None:
        raise LookupError("whoever is rung may acknowledge")
    return held.holder


def _paging_at(incident: Incident, policy: Policy) -> datetime:
    return policy.elapse(incident.severity, incident.maintenance_until or incident.paging_from, timedelta())


def _silence(book: Book, group: AlertGroup) -> Silence:
    firing = [alert for alert in group.alerts if alert.firing]
    if not firing:
        return Silence("nothing in it fires")
    alert = next((one for one in firing if one.labels.get("alertname") not in HEARTBEATS), None)
    if alert is None:
        return Silence("it is the heartbeat of its source, and only its silence is an incident")
    mapped = book.rules.map(alert.labels, group.source)
    never = f"severity=none and {', '.join(sorted(NEVER_PAGES))} never page, whatever the rules say"
    why = never if mapped.rule == NEVER else f"{mapped.rule} says that it never pages"
    return Silence(why, mapped, rules_passed_over(book.rules, alert.labels, mapped))
