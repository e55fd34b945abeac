"""Second reading: what a message of a source does to the incident it is about.

Rules 1, 6, 7, 10, 11 and 12 of requirements 3.11.
"""

from tests.simulation.parking import park, stay_parked
from tests.simulation.record import Facts, Fired
from tests.simulation.reminding import begin_postmortem
from tests.simulation.ringing import (
    EVERY_PAGE,
    Draft,
    inform,
    page_at_once,
    release,
    relieve,
    restart_clocks,
    ring,
    waits,
    withdraw,
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
        tell_holder(draft)
    elif was_held:
        page_at_once(draft, "repeat" if facts.tiers else "at_once")


def tell_holder(draft: Draft) -> None:
    """Rule 12; who snoozes is left alone."""
    holder = draft.facts.holder
    if holder is not None and not holder.snoozed:
        inform(draft, holder.by, holder.tier, "news")


def upgrade(draft: Draft, severity: str, also: tuple[str, ...] = ()) -> None:
    """``also``: tiers rung by hand with those that it demands."""
    facts = draft.facts
    relieve(facts, draft.now)
    release(draft)
    facts.severity, facts.status, facts.worst = severity, "triggered", min(facts.worst, severity)
    facts.command = facts.command._replace(reclassified_at=draft.now, raised_at=draft.now)
    facts.quiet_until = facts.monitoring_since = facts.reminded_at = None
    restart_clocks(draft)
    facts.lapse_from = None
    page = draft.ladder.plans[severity].page
    if waits(draft):
        facts.tiers = {tier: standing for tier, standing in facts.tiers.items() if tier not in page}
    else:
        by_hand = [(tier, "manual") for tier in also]
        ring(draft, [*by_hand, *((tier, "upgrade") for tier in page if tier not in also)], limit="L5" if also else None)


def begin_monitoring(draft: Draft) -> None:
    watch(draft)
    plan = draft.ladder.plans[draft.facts.severity]
    if plan.window and not plan.stable:
        over_by_window(draft)


def watch(draft: Draft) -> None:
    facts = draft.facts
    facts.status, facts.monitoring_since, facts.reminded_at = "monitoring", draft.now, None
    release(draft)
    withdraw(draft, EVERY_PAGE)


def over_by_window(draft: Draft) -> None:
    facts = draft.facts
    relieve(facts, draft.now)
    facts.status, facts.resolved_at, facts.resolved_by = "resolved", draft.now, "window"
    facts.monitoring_since = facts.reminded_at = None
    withdraw(draft, EVERY_PAGE)
    begin_postmortem(draft)


def go_on(draft: Draft) -> None:
    """Rule 7: one quiet time a cycle, and a new one only after a whole quiet window."""
    facts, plan = draft.facts, draft.ladder.plans[draft.facts.severity]
    stable = facts.monitoring_since is not None and draft.now - facts.monitoring_since >= plan.stable
    if facts.quiet_until is None or stable:
        facts.quiet_until = draft.ladder.elapse(facts.severity, draft.now, plan.within)
    facts.status = facts.progress if facts.holder else "triggered"
    facts.monitoring_since = facts.reminded_at = None
    withdraw(draft, frozenset({"resolution"}))
    if facts.lapse_from is None:
        facts.lapse_from = draft.now
    doubt_recovery(facts)


def next_cycle(draft: Draft, worst: str, fired: Fired) -> None:
    """It begins anew; whom it rings, if anybody, is decided after it."""
    begin_cycle(draft)
    raise_severity(draft, worst)
    park(draft, fired)


def raise_severity(draft: Draft, worst: str) -> None:
    facts = draft.facts
    if worst < facts.severity:
        facts.severity, facts.worst = worst, min(worst, facts.worst)
        facts.command = facts.command._replace(reclassified_at=draft.now, raised_at=draft.now)


def begin_cycle(draft: Draft) -> None:
    old = draft.facts
    if old.merged_into is not None:
        draft.follow.append(("PartLeft", old.merged_into))
    draft.facts = Facts(
        id=old.id,
        key=old.key,
        source=old.source,
        policy=old.policy,
        severity=old.severity,
        detected_at=old.detected_at,
        paging_from=draft.now,
        version=old.version,
        cycle=old.cycle + 1,
        firing=old.firing,
        alerts=old.alerts,
        turns=old.turns,
        opened_at=draft.now,
        worst=old.worst,
        team=old.team,
        parts=old.parts,
        storm=old.storm,
        likeness=old.likeness,
        command=old.command,
        postmortem=old.postmortem,
    )
    doubt_recovery(draft.facts)


def doubt_recovery(facts: Facts) -> None:
    """Something fires again: what was attested of the recovery is not so any more."""
    ticks = facts.command.ticks
    if any(line.startswith("recovery.") for line in ticks):
        left = {line: tick for line, tick in ticks.items() if not line.startswith("recovery.")}
        facts.command = facts.command._replace(ticks=left)
