"""Second reading: what people do to an incident.

Rules 5, 11, 15 and 20 of requirements 3.11; readings A21 and A25.
"""

from rungbell.domain.events import Act, Escalated, SeveritySet
from tests.simulation.ladders import TIERS
from tests.simulation.messages import upgrade
from tests.simulation.parking import unpark
from tests.simulation.record import HELD, Holder
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

LEADS_TO = {
    "L2": ("client_communication", "cause_unclear"),
    "L3": ("code_fix", "infrastructure_change"),
    "L4": ("vendor", "more_engineers", "client_executive"),
    "L5": ("client_relationship", "security_breach", "press"),
}
"""Tier to the reasons for which a person escalates to it (playbook L627-649)."""
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
        facts.status = facts.progress
    relieve(facts, draft.now)
    release(draft)
    withdraw(draft, ENDED_BY_ACKNOWLEDGEMENT, delayed_for=by)
    return DONE


def unacknowledge(draft: Draft) -> str:
    facts = draft.facts
    if facts.holder is None:
        return ALREADY
    facts.holder, facts.lapse_from = None, draft.now
    if facts.status in HELD:
        facts.status = "triggered"
    release(draft)
    return DONE


def escalate(draft: Draft, event: Escalated) -> str:
    facts, ladder = draft.facts, draft.ladder
    above = max(facts.tiers, default="")
    breach = event.reason == "security_breach"
    if event.to:
        to: str | None = str(event.to)
    elif event.reason is None:
        to = next((tier for tier in TIERS if tier > above and tier in ladder.rungs), None)
    else:
        to = _tier_for(draft, event.reason)
    if to is None or to not in ladder.rungs:
        return INVALID
    if ("P0" if breach else facts.severity) not in ladder.rungs[to].only:
        return REFUSED
    relieve(facts, draft.now)
    release(draft)
    unpark(draft)
    if breach:
        _breach(draft, to)
    else:
        ring(draft, [(to, "manual")], limit="L5")
    if facts.status == "triggered":
        facts.lapse_from = draft.now
    return DONE


def _tier_for(draft: Draft, reason: str) -> str | None:
    """The tier that a reason leads to, else the nearest above it, else the highest that there is."""
    wanted = next(tier for tier, reasons in LEADS_TO.items() if reason in reasons)
    if wanted in draft.ladder.rungs:
        return wanted
    allowed = [tier for tier in TIERS if draft.ladder.allows(tier, draft.facts.severity)]
    return next((tier for tier in allowed if tier > wanted), max(allowed, default=None))


def _breach(draft: Draft, to: str) -> None:
    """A28: it is P0 and restricted, and the highest tier is rung at once."""
    facts, command = draft.facts, draft.facts.command
    if not command.restricted or command.released_at is not None:
        facts.command = command._replace(restricted=True, released_at=None)
    highest = max(tier for tier in TIERS if draft.ladder.allows(tier, "P0"))
    tiers = tuple(sorted({to, highest}))
    if facts.severity == "P0":
        ring(draft, [(tier, "manual") for tier in tiers], limit="L5")
    else:
        upgrade(draft, "P0", tiers)


def set_severity(draft: Draft, event: SeveritySet) -> str:
    facts, severity = draft.facts, str(event.severity)
    if severity == facts.severity:
        return ALREADY
    if severity < facts.severity or facts.status == "monitoring":
        set_severity_to(draft, severity)
        return DONE
    if not event.reason:
        return INVALID
    facts.severity, facts.paging_from, facts.lapse_from = severity, draft.now, draft.now
    facts.engaged, facts.unresolved = (), {}
    relieve(facts, draft.now)
    release(draft)
    judged(draft)
    withdraw(draft, EVERY_PAGE, above=draft.ladder.plans[severity].climb_to)
    return DONE


def set_severity_to(draft: Draft, severity: str) -> None:
    """Raise it; in the stability window nobody is rung for that, and it may come down there too."""
    facts = draft.facts
    if facts.status != "monitoring":
        unpark(draft)
        upgrade(draft, severity)
        judged(draft)
        return
    worse = severity < facts.severity
    if worse:
        facts.command = facts.command._replace(raised_at=draft.now)
    facts.severity, facts.reminded_at, facts.worst = severity, None, min(facts.worst, severity)
    if worse:
        restart_clocks(draft)
    judged(draft)


def judged(draft: Draft) -> None:
    """A21: whoever says how bad it is says that it is real, and response times run from then."""
    command = draft.facts.command
    triaged = draft.now if command.triaged_at is None else command.triaged_at
    draft.facts.command = command._replace(reclassified_at=draft.now, triaged_at=triaged)


def hold_paging(draft: Draft) -> str:
    if draft.facts.status == "monitoring":
        return ALREADY
    draft.facts.held_since = draft.now
    withdraw(draft, EVERY_PAGE)
    return DONE
