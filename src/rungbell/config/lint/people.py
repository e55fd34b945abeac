"""Who stands on the tiers over the next two weeks: nobody at all, nobody for a while, the same person twice.

Rules
-----
* Every change of every schedule is looked at, none is found by sampling.
* Where a layer takes its people from elsewhere, as from a calendar that is not in the file, nobody is missed.
* A gap counts where a tier reaches nobody else at that time, and not outside business hours if it rings in these only.
* Somebody on two tiers counts where one follows the other on the ladder of some severity, and both can be rung.

May import: ``findings``, ``ladders``, ``mistakes``, ``steps``, ``domain`` and the standard library.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

from rungbell.config.findings import Findings
from rungbell.config.ladders import Ladder
from rungbell.config.lint.steps import Laid
from rungbell.config.mistakes import Path
from rungbell.domain.calendar import zone_named
from rungbell.domain.policy import Policy, Tier, TierPlan
from rungbell.domain.roster import Roster
from rungbell.domain.rota import Stretch, stretches
from rungbell.domain.values import dataclass

AHEAD = timedelta(days=14)
"""How far ahead schedules are looked at."""


@dataclass(frozen=True, slots=True)
class _Watch:
    """From ``begins`` until just before ``ends``, who is on call on a tier, and whom of them its channels reach."""

    begins: datetime
    ends: datetime
    on_call: frozenset[str]
    reached: frozenset[str]


def check_people(every: Sequence[Laid], roster: Roster, zone: str, findings: Findings, now: datetime) -> None:
    """Note tiers and schedules that leave somebody alone at night."""
    rota = _Rota(roster, zone, now, now + AHEAD)
    tiers: dict[Path, TierPlan] = {
        ladder.tier_at(tier): plan for ladder, policy in every for tier, plan in policy.tiers.items()
    }
    for path, plan in tiers.items():
        if rota.knows(plan) and not any(watch.reached for watch in rota.watches(plan)):
            text = f"nobody can be reached on {plan.tier} for the next {AHEAD.days} days"
            findings.warn("tier-with-nobody", (*path, "reach"), text)
    _check_gaps(every, rota, findings)
    for ladder, policy in every:
        for lower, upper in _pairs(policy):
            _check_twice(ladder, policy.tiers[lower], policy.tiers[upper], rota, findings)


@dataclass
class _Rota:
    """Looks every schedule and every tier up once."""

    roster: Roster
    zone: str
    begins: datetime
    ends: datetime
    _schedules: dict[str, tuple[Stretch, ...]] = field(default_factory=dict)
    _tiers: dict[TierPlan, tuple[_Watch, ...]] = field(default_factory=dict)

    def knows(self, plan: TierPlan) -> bool:
        """Whether everybody who may stand on the tier is known."""
        schedules = (self.roster.schedules[name] for name in plan.reach if name in self.roster.schedules)
        return all(layer.members for schedule in schedules for layer in schedule.layers)

    def watches(self, plan: TierPlan) -> tuple[_Watch, ...]:
        """Divide the time ahead by who stands on the tier."""
        if plan not in self._tiers:
            self._tiers[plan] = tuple(self._watches(plan))
        return self._tiers[plan]

    def _watches(self, plan: TierPlan) -> Iterator[_Watch]:
        reached = cache(lambda person: bool(self.roster.ways(person, plan.through)))
        always = frozenset(plan.reach) - self.roster.schedules.keys()
        rotas = [self._stretches(name) for name in plan.reach if name in self.roster.schedules]
        changes = sorted({self.begins, *(stretch.begins for rota in rotas for stretch in rota)})
        since = self.begins
        for begins, ends in pairwise((*changes, self.ends)):
            on_call = always.union(*(_people_at(rota, begins) for rota in rotas))
            if ends == self.ends or on_call != always.union(*(_people_at(rota, ends) for rota in rotas)):
                yield _Watch(since, ends, on_call, frozenset(filter(reached, on_call)))
                since = ends

    def said(self, at: datetime) -> str:
        """Write a time as it stands on the wall."""
        return f"{at.astimezone(zone_named(self.zone)):%a %Y-%m-%d %H:%M}"

    def _stretches(self, name: str) -> tuple[Stretch, ...]:
        if name not in self._schedules:
            self._schedules[name] = stretches(self.roster.schedules[name], self.begins, self.ends)
        return self._schedules[name]


def _people_at(rota: Sequence[Stretch], at: datetime) -> tuple[str, ...]:
    return rota[bisect_right(rota, at, key=lambda stretch: stretch.begins) - 1].people


def _check_gaps(every: Sequence[Laid], rota: _Rota, findings: Findings) -> None:
    found: dict[tuple[str, tuple[tuple[datetime, datetime], ...]], dict[Tier, None]] = {}
    for _, policy in every:
        for tier, plan in policy.tiers.items():
            gaps = tuple(
                (watch.begins, watch.ends)
                for watch in rota.watches(plan)
                if not watch.on_call and rota.knows(plan) and _rings(policy, tier, watch)
            )
            if gaps:
                found.setdefault((plan.reach[0], gaps), {})[tier] = None
    for (schedule, gaps), tiers in found.items():
        begins, ends = gaps[0]
        often = "once more" if len(gaps) == 2 else f"{len(gaps) - 1} times more"
        more = f" (and {often})" if len(gaps) > 1 else ""
        when = f"from {rota.said(begins)} to {rota.said(ends)}{more}"
        text = f"nobody is on call {when}, and {', '.join(sorted(tiers))} rings nobody else then"
        findings.warn("schedule-gap", ("schedules", schedule), text)


def _rings(policy: Policy, tier: Tier, watch: _Watch) -> bool:
    """Whether some severity may page the tier within that time."""
    plans = [plan for severity, plan in policy.severities.items() if policy.allows(tier, severity)]
    if any(not plan.business_hours_only for plan in plans):
        return True
    try:
        return bool(plans) and policy.hours.next_open(watch.begins) < watch.ends
    except ValueError:  # holidays without an end
        return False


def _pairs(policy: Policy) -> Iterator[tuple[Tier, Tier]]:
    ladders = {policy.ladder(severity) for severity in policy.severities}
    yield from {pair: None for ladder in sorted(ladders) for pair in pairwise(ladder)}


def _check_twice(ladder: Ladder, lower: TierPlan, upper: TierPlan, rota: _Rota, findings: Findings) -> None:
    since: dict[str, datetime] = {}
    for begins, people in _together(rota.watches(lower), rota.watches(upper)):
        for person in sorted(people):
            since.setdefault(person, begins)
    if not since:
        return
    path = ladder.tier_at(upper.tier)
    if path[0] != "policies":
        path = ladder.tier_at(lower.tier) if ladder.tier_at(lower.tier)[0] == "policies" else path
    told = ", ".join(f"{person} (from {rota.said(at)})" if at > rota.begins else person for person, at in since.items())
    text = f"{upper.tier} follows {lower.tier}, and on both {'stands' if len(since) == 1 else 'stand'} {told}"
    findings.warn("same-person-next-tier", (*path, "reach"), text)


def _together(one: Sequence[_Watch], other: Sequence[_Watch]) -> Iterator[tuple[datetime, frozenset[str]]]:
    """Give from when on who is on both at once."""
    first, second = 0, 0
    while first < len(one) and second < len(other):
        here, there = one[first], other[second]
        both = here.reached & there.reached
        if both:
            yield max(here.begins, there.begins), both
        first += here.ends <= there.ends
        second += there.ends <= here.ends
