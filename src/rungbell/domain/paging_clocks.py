"""The clocks of paging: who is rung when, what stops it (requirements 3.10 and 3.11).

Rules
-----
* A paging clock runs from ``paging_from`` or from the commit that it answers to, never from the alert's own start
  (requirements 3.11 rule 1); for a severity paged in business hours only, its due time never falls outside them.

May import: ``clock``, ``incident``, ``policy`` and the standard library's pure parts.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from rungbell.domain.clock import Clock, ClockName, Deadline
from rungbell.domain.incident import HELD, PAGING, Incident, Status, TierState
from rungbell.domain.policy import Policy, Resolves, Tier

ENGINEERING = Tier.L3
"""The tier the playbook calls Engineering On-Call (L619)."""
ENGAGEMENT_CAP = Tier.L4
"""The engagement clock never rings L5 (rule 3)."""
HELD_REMINDER = timedelta(hours=24)
"""How often the operator is told again that paging holds; the same day after which it began to hold (rule 20)."""


def _at_once(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    if incident.holder is not None:
        return ()
    severity, rung = incident.severity, incident.tiers
    left = [tier for tier in policy.plan(severity).page if tier not in rung and policy.allows(tier, severity)]
    if not left:
        return ()
    due = policy.elapse(severity, incident.paging_from, timedelta())
    return [Deadline(ClockName.AT_ONCE, due, tier) for tier in left]


def _lapse(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    if incident.lapse_from is None or incident.exhausted_at is not None:
        return ()
    within = policy.plan(incident.severity).acknowledge_within
    due = policy.elapse(incident.severity, incident.lapse_from, within)
    return (Deadline(ClockName.LAPSE, due, next_unpaged(incident, policy)),)


def _exhausted(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    if incident.repeated_at is None:
        return ()
    every = policy.plan(incident.severity).exhausted_every
    return (Deadline(ClockName.EXHAUSTED, policy.elapse(incident.severity, incident.repeated_at, every)),)


def _engagement(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    plan = policy.plan(incident.severity)
    if plan.engineering_within is None or engaged(incident, ENGINEERING) or len(incident.engaged) > 1:
        return ()
    if incident.engaged:
        due = policy.elapse(incident.severity, incident.engaged[0], plan.acknowledge_within)
    else:
        due = policy.elapse(incident.severity, incident.paging_from, plan.engineering_within)
    return (Deadline(ClockName.ENGAGEMENT, due, ENGINEERING),)


def _unresolved(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    plan = policy.plan(incident.severity)
    found: list[Deadline] = []
    for tier, after in plan.while_unresolved.items():
        acted = incident.unresolved.get(tier, ())
        if not acted:
            due = policy.elapse(incident.severity, incident.paging_from, after)
        elif len(acted) == 1 and incident.holder is not None and not engaged(incident, tier):
            due = policy.elapse(incident.severity, acted[0], plan.acknowledge_within)
        else:
            continue
        found.append(Deadline(ClockName.UNRESOLVED, due, tier))
    return found


def _acknowledgement_ends(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    holder = incident.holder
    return () if holder is None else (Deadline(ClockName.ACKNOWLEDGEMENT_ENDS, holder.ends_at, holder.tier),)


def _stability(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    if incident.monitoring_since is None:
        return ()
    due = incident.monitoring_since + policy.plan(incident.severity).stable_for
    if incident.reminded_at is not None:
        due = policy.acknowledgement_ends(incident.severity, incident.reminded_at)
    if incident.maintenance_until is not None and asks_to_resolve(incident, policy):
        due = max(due, incident.maintenance_until)
    return (Deadline(ClockName.STABILITY, due),)


def _held(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    since = incident.held_since
    return () if since is None else (Deadline(ClockName.HELD, since + HELD_REMINDER),)


def _maintenance(incident: Incident, policy: Policy) -> Sequence[Deadline]:
    until = incident.maintenance_until
    return () if until is None else (Deadline(ClockName.MAINTENANCE, until),)


PAGING_CLOCKS: tuple[Clock, ...] = (
    Clock(
        name=ClockName.AT_ONCE,
        runs_in=frozenset({Status.TRIGGERED}),
        starts="opening, re-opening or upgrade",
        stops="the tier is paged, or somebody holds the incident",
        happens="the tiers of `page` are paged; in business hours only, at the next opening",
        due=_at_once,
    ),
    Clock(
        name=ClockName.LAPSE,
        runs_in=frozenset({Status.TRIGGERED}),
        starts="the last commit that climbed, or the end of an acknowledgement",
        stops="an acknowledgement by anybody paged (rule 2, A20)",
        happens="silent tiers are rung again and the lowest unpaged one within `climb_to` is paged; none: exhausted",
        due=_lapse,
    ),
    Clock(
        name=ClockName.EXHAUSTED,
        runs_in=frozenset({Status.TRIGGERED}),
        starts="the ladder was exhausted",
        stops="a person acts (rule 9)",
        happens="the last tier and L1 are rung again",
        due=_exhausted,
    ),
    Clock(
        name=ClockName.ENGAGEMENT,
        runs_in=PAGING,
        starts="opening or upgrade; then its own first act",
        stops="L3 or higher acknowledges, or it acted twice (rule 3, A1)",
        happens="L3 is paged; if it was already, L3 again and L4 within the cap",
        due=_engagement,
    ),
    Clock(
        name=ClockName.UNRESOLVED,
        runs_in=PAGING,
        starts="opening or upgrade; then its own first act",
        stops="the end of the incident; no acknowledgement stops the first act (rule 4)",
        happens="the tier is paged; still silent while somebody holds the incident, it is rung once more",
        due=_unresolved,
    ),
    Clock(
        name=ClockName.ACKNOWLEDGEMENT_ENDS,
        runs_in=frozenset(HELD),
        starts="the acknowledgement",
        stops="it is given back, an upgrade, the end of the incident",
        happens="the holder is paged and the lapse clock starts again",
        due=_acknowledgement_ends,
    ),
    Clock(
        name=ClockName.STABILITY,
        runs_in=frozenset({Status.MONITORING}),
        starts="the last alert resolved",
        stops="a re-fire (A11)",
        happens="`window`: resolved; `person`: the holder is asked to resolve, and again each `acknowledgement_lasts` "
        "after the question or an answer to it",
        due=_stability,
    ),
    Clock(
        name=ClockName.HELD,
        runs_in=PAGING,
        starts="rungbell came back after more than a day (rule 20)",
        stops="a person acts, or something new fires",
        happens="the operator is told again",
        due=_held,
    ),
    Clock(
        name=ClockName.MAINTENANCE,
        runs_in=PAGING,
        starts="opening, re-opening or a re-fire of nothing but what a maintenance window holds",
        stops="a person escalates or raises the severity, an alert that is not held joins, the end of the incident",
        happens="paging begins as at an opening, and all other clocks run from then",
        due=_maintenance,
    ),
)

PAGING_NAMES = frozenset(clock.name for clock in PAGING_CLOCKS)


def next_unpaged(incident: Incident, policy: Policy) -> Tier | None:
    """The lowest tier within the cap that this cycle has not paged yet."""
    rung = incident.tiers
    for tier in policy.ladder(incident.severity):
        if tier not in rung:
            return tier
    return None


def asks_to_resolve(incident: Incident, policy: Policy) -> bool:
    """Whether somebody is asked to resolve it after its stability window.

    Not where maintenance held its paging and nobody has had anything to do with it.
    """
    untouched = incident.maintenance_until is not None and not incident.paged and incident.holder is None
    return policy.plan(incident.severity).resolves is Resolves.PERSON and not untouched


def engaged(incident: Incident, tier: Tier) -> bool:
    """Whether ``tier`` or a higher one holds the incident, or has acknowledged since paging began."""
    if incident.holder is not None and incident.holder.tier >= tier:
        return True
    start = incident.paging_from
    states: Iterable[tuple[Tier, TierState]] = incident.tiers.items()
    return any(
        at >= tier and state.acknowledged_at is not None and state.acknowledged_at >= start for at, state in states
    )
