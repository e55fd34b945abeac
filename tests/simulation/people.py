"""Second reading: what people do to an incident.

Rules 5, 11, 15 and 20 of requirements 3.11; readings A21 and A25.
"""

from rungbell.domain.events import Act, Escalated, SeveritySet
from tests.simulation.ladders import TIERS
from tests.simulation.messages import upgrade
from tests.simulation.parking import unpark
from tests.simulation.record import Holder
from tests.simulation.ringing import (
    ALREADY,
    DONE,
    ENDED_BY_ACKNOWLEDGEMENT,
    EVERY_PAGE,
    INVALID,
    OVER,
    REFUSED,
    STALE,
    Draft,
    release,
    relieve,
    restart_clocks,
    ring,
    withdraw,
)

LOCAL = "local"
"""Somebody at the machine itself."""


def refusal(draft: Draft, event: Act) -> str | None:
    if event.by not in draft.shop.people and event.by != LOCAL:
        return REFUSED
    if event.cycle is not None and event.cycle != draft.facts.cycle:
        return OVER
    if event.as_of is not None and event.as_of != draft.facts.version:
        return STALE
    return None


def acknowledge(draft: Draft, by: str) -> str:
    facts, now = draft.facts, draft.now
    tier = facts.paged.get(by, "L1")  # rule 15
    standing, holder, held = facts.tiers.get(tier), facts.holder, facts.held_since is not None
    first = standing is not None and (standing.acknowledged_at is None or standing.acknowledged_at < facts.paging_from)
    if holder is not None and not held and not first and (holder.by == by or tier <= holder.tier):
        return ALREADY
    if standing is not None and first:
        facts.tiers[tier] = standing._replace(acknowledged_at=now)
    if holder is None or held or tier > holder.tier:
        facts.holder = Holder(by, tier, now, draft.ladder.acknowledgement_ends(facts.severity, now))
    if facts.status == "triggered":
        facts.status = "acknowledged"
    relieve(facts, draft.now)
    release(draft)
    withdraw(draft, ENDED_BY_ACKNOWLEDGEMENT, delayed_for=by)
    return DONE


def unacknowledge(draft: Draft) -> str:
    facts = draft.facts
    if facts.holder is None:
        return ALREADY
    facts.holder, facts.lapse_from = None, draft.now
    if facts.status == "acknowledged":
        facts.status = "triggered"
    release(draft)
    return DONE


def escalate(draft: Draft, event: Escalated) -> str:
    facts, ladder = draft.facts, draft.ladder
    above = max(facts.tiers, default="")
    to = str(event.to) if event.to else next((tier for tier in TIERS if tier > above and tier in ladder.rungs), None)
    if to is None or to not in ladder.rungs:
        return INVALID
    if facts.severity not in ladder.rungs[to].only:
        return REFUSED
    relieve(facts, draft.now)
    release(draft)
    unpark(draft)
    ring(draft, [(to, "manual")], limit="L5")
    if facts.status == "triggered":
        facts.lapse_from = draft.now
    return DONE


def set_severity(draft: Draft, event: SeveritySet) -> str:
    facts, severity = draft.facts, str(event.severity)
    if severity == facts.severity:
        return ALREADY
    if facts.status == "monitoring":
        worse = severity < facts.severity
        facts.severity, facts.reminded_at = severity, None
        if worse:
            restart_clocks(draft)
        return DONE
    if severity < facts.severity:
        unpark(draft)
        upgrade(draft, severity)
        return DONE
    if not event.reason:
        return INVALID
    facts.severity, facts.paging_from, facts.lapse_from = severity, draft.now, draft.now
    facts.engaged, facts.unresolved = (), {}
    relieve(facts, draft.now)
    release(draft)
    withdraw(draft, EVERY_PAGE, above=draft.ladder.plans[severity].climb_to)
    return DONE


def hold_paging(draft: Draft) -> str:
    if draft.facts.status == "monitoring":
        return ALREADY
    draft.facts.held_since = draft.now
    withdraw(draft, EVERY_PAGE)
    return DONE
