"""When each clock of an incident is due: requirements 3.10 under the rules of 3.11, read a second time.

Nothing here asks rungbell's own table of clocks; the facts come from the store's row, the numbers from the shop.
"""

from typing import NamedTuple

from tests.simulation.ladders import Ladder, Plan
from tests.simulation.moments import DAY
from tests.simulation.owing import owing
from tests.simulation.record import Facts

ENGINEERING = "L3"


class Due(NamedTuple):
    """A clock, for the tier it has where it has one."""

    at: int
    clock: str
    tier: str | None = None


def dues(facts: Facts, ladder: Ladder) -> list[Due]:
    """Every running clock, the earliest first."""
    found = [*_paging(facts, ladder), *_owing(facts, ladder)]
    return sorted(found, key=lambda due: due.at)


def _paging(facts: Facts, ladder: Ladder) -> list[Due]:
    if not facts.open:
        return []
    plan = ladder.plans[facts.severity]
    if facts.status == "monitoring":
        return [Due(_stable(facts, ladder, plan), "stability")]
    if facts.held_since is not None:  # rule 20
        found = [Due(facts.held_since + DAY, "held")]
    elif facts.parked and facts.maintenance_until is not None:
        found = [Due(facts.maintenance_until, "maintenance")]
    else:
        found = _required(facts, ladder, plan)
        found += _climbing(facts, ladder, plan) if facts.status == "triggered" else _held(facts)
    quiet = facts.quiet_until  # rule 7
    if quiet is not None:
        found = [due if due.at >= quiet else due._replace(at=quiet) for due in found]
    return found


def _owing(facts: Facts, ladder: Ladder) -> list[Due]:
    """Nobody is told what is owed while paging is held."""
    if facts.held_since is not None or facts.parked:
        return []
    return [Due(at, name) for at, name in owing(facts, ladder)]


def wake(facts: Facts, ladder: Ladder) -> int | None:
    """When somebody must look at the incident again."""
    return min((due.at for due in dues(facts, ladder)), default=None)


def engaged(facts: Facts, tier: str) -> bool:
    """Whether that tier or a higher one has taken part since paging began."""
    if facts.holder is not None and facts.holder.tier >= tier:
        return True
    return any(
        other >= tier and standing.acknowledged_at is not None and standing.acknowledged_at >= facts.paging_from
        for other, standing in facts.tiers.items()
    )


def next_rung(facts: Facts, ladder: Ladder) -> str | None:
    """The lowest tier that a clock may page and that this cycle has not paged."""
    return next((tier for tier in ladder.climbable(facts.severity) if tier not in facts.tiers), None)


def somebody_resolves(facts: Facts, plan: Plan) -> bool:
    """Whether a person is asked to; of what maintenance held nobody is who has had nothing to do with it."""
    woke_nobody = facts.maintenance_until is not None and facts.holder is None and not facts.paged
    return not plan.window and not woke_nobody


def _stable(facts: Facts, ladder: Ladder, plan: Plan) -> int:
    if facts.reminded_at is not None:
        due = ladder.acknowledgement_ends(facts.severity, facts.reminded_at)
    else:
        due = (facts.monitoring_since or 0) + plan.stable
    return max(due, facts.maintenance_until or due) if somebody_resolves(facts, plan) else due


def _held(facts: Facts) -> list[Due]:
    """A45: an acknowledgement ends."""
    return [Due(facts.holder.ends, "acknowledgement_ends")] if facts.holder is not None else []


def _climbing(facts: Facts, ladder: Ladder, plan: Plan) -> list[Due]:
    """Nobody holds it: rules 2 and 9, and the tiers paged at once where business hours made them wait."""
    severity = facts.severity
    found = [
        Due(ladder.elapse(severity, facts.paging_from, 0), "at_once", tier)
        for tier in plan.page
        if tier not in facts.tiers and facts.holder is None and ladder.allows(tier, severity)
    ]
    if facts.lapse_from is not None and facts.exhausted_at is None:
        found.append(Due(ladder.elapse(severity, facts.lapse_from, plan.within), "lapse"))
    if facts.repeated_at is not None:
        every = plan.repeat or plan.within
        found.append(Due(ladder.elapse(severity, facts.repeated_at, every), "exhausted"))
    return found


def _required(facts: Facts, ladder: Ladder, plan: Plan) -> list[Due]:
    """Whoever holds it: rules 3 and 4."""
    found: list[Due] = []
    severity = facts.severity
    if plan.engineering is not None and len(facts.engaged) < 2 and not engaged(facts, ENGINEERING):
        start, span = (facts.engaged[0], plan.within) if facts.engaged else (facts.paging_from, plan.engineering)
        found.append(Due(ladder.elapse(severity, start, span), "engagement", ENGINEERING))
    for tier, after in plan.unresolved:
        acted = facts.unresolved.get(tier, ())
        if not acted:
            found.append(Due(ladder.elapse(severity, facts.paging_from, after), "unresolved", tier))
        elif len(acted) == 1 and facts.holder is not None and not engaged(facts, tier):
            found.append(Due(ladder.elapse(severity, acted[0], plan.within), "unresolved", tier))
    return found
