"""Second reading: what a message of a source does to the incident it is about.

Rules 1, 6, 7, 10, 11 and 12 of requirements 3.11.
"""

from tests.simulation.parking import park, stay_parked
from tests.simulation.record import Facts, Fired
from tests.simulation.ringing import (
    EVERY_PAGE,
    Draft,
    page_at_once,
    release,
    relieve,
    restart_clocks,
    ring,
    waits,
    withdraw,
    write_pages,
)


def raise_or_inform(draft: Draft, worst: str, fired: Fired) -> None:
    """Rules 1, 6 and 12; and what is new ends a hold, and maintenance where it is not under it itself."""
    facts = draft.facts
    was_held = facts.held_since is not None or facts.parked
    release(draft)
    waits_on = stay_parked(draft, fired)
    if worst < facts.severity:
        upgrade(draft, worst)
    elif waits_on:
        return
    elif facts.holder is not None:
        ways = draft.shop.ways(facts.holder.by, _through(draft, facts.holder.tier))
        if ways:
            facts.round += 1
            write_pages(draft, [(facts.holder.tier, "news", facts.holder.by, ways)], "notification")
    elif was_held:
        page_at_once(draft, "repeat" if facts.tiers else "at_once")


def _through(draft: Draft, tier: str) -> tuple[tuple[str, int], ...]:
    rung = draft.ladder.rungs.get(tier)
    return rung.through if rung else ()


def upgrade(draft: Draft, severity: str) -> None:
    facts = draft.facts
    relieve(facts, draft.now)
    release(draft)
    facts.severity, facts.status = severity, "triggered"
    facts.quiet_until = facts.monitoring_since = facts.reminded_at = None
    restart_clocks(draft)
    facts.lapse_from = None
    page = draft.ladder.plans[severity].page
    if waits(draft):
        facts.tiers = {tier: standing for tier, standing in facts.tiers.items() if tier not in page}
    else:
        ring(draft, [(tier, "upgrade") for tier in page])


def begin_monitoring(draft: Draft) -> None:
    facts = draft.facts
    plan = draft.ladder.plans[facts.severity]
    facts.status, facts.monitoring_since, facts.reminded_at = "monitoring", draft.now, None
    release(draft)
    withdraw(draft, EVERY_PAGE)
    if plan.window and not plan.stable:
        over_by_window(draft)


def over_by_window(draft: Draft) -> None:
    facts = draft.facts
    relieve(facts, draft.now)
    facts.status, facts.resolved_at, facts.resolved_by = "resolved", draft.now, "window"
    facts.monitoring_since = facts.reminded_at = None
    withdraw(draft, EVERY_PAGE)


def wake(draft: Draft, fired: Fired) -> None:
    """Rule 7: one quiet time a cycle, and a new one only after a whole quiet window."""
    facts, plan = draft.facts, draft.ladder.plans[draft.facts.severity]
    stable = facts.monitoring_since is not None and draft.now - facts.monitoring_since >= plan.stable
    if facts.quiet_until is None or stable:
        facts.quiet_until = draft.ladder.elapse(facts.severity, draft.now, plan.within)
    facts.status = "acknowledged" if facts.holder else "triggered"
    facts.monitoring_since = facts.reminded_at = None
    withdraw(draft, frozenset({"resolution"}))
    if facts.lapse_from is None:
        facts.lapse_from = draft.now
    park(draft, fired)


def next_cycle(draft: Draft, worst: str, fired: Fired) -> None:
    old = draft.facts
    draft.facts = Facts(
        id=old.id,
        key=old.key,
        source=old.source,
        policy=old.policy,
        severity=min(worst, old.severity),
        detected_at=old.detected_at,
        paging_from=draft.now,
        version=old.version,
        cycle=old.cycle + 1,
        firing=old.firing,
        alerts=old.alerts,
        turns=old.turns,
    )
    park(draft, fired)
    page_at_once(draft, "at_once")
