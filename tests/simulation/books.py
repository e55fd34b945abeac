"""Books: rungbell's own configuration, made of a shop's plain words."""

from collections.abc import Iterable
from datetime import timedelta

from rungbell.domain.book import Book, PolicyRoute
from rungbell.domain.calendar import BusinessHours
from rungbell.domain.matchers import Matcher
from rungbell.domain.policy import Policy, Resolves, SeverityPlan, Through, Tier, TierPlan, pinned
from rungbell.domain.roster import Channel, Person, Roster
from rungbell.domain.severity import Severity, SeverityRule, SeverityRules
from rungbell.domain.storms import NO_STORMS, Storms, UmbrellaRule
from tests.simulation.circles import Circles, plan_of
from tests.simulation.duty import Rota, schedule
from tests.simulation.ladders import CALLS, CHANNELS, Ladder, Plan, Rung
from tests.simulation.maintenance import Window, maintenance_window
from tests.simulation.owed import obligations, postmortem_plan
from tests.simulation.storms import Storm


def book_of(
    database: Policy | None,
    default: Policy,
    operator: Policy | None,
    roster: Roster,
    windows: Iterable[Window],
    circles: Circles,
    storm: Storm | None,
) -> Book:
    """The whole; ``database`` is for the team ``db``."""
    team = () if database is None else (PolicyRoute((Matcher("team", "=", "db"),), database),)
    return Book(
        rules=SeverityRules((SeverityRule(Severity.P0, (Matcher("severity", "=", "disaster"),), "rules[0]"),)),
        routes=(*team, PolicyRoute((), default)),
        roster=roster,
        operator=operator,
        maintenance=tuple(map(maintenance_window, windows)),
        communication=plan_of(circles),
        storms=Storms(UmbrellaRule(storm.opens, _span(storm.within))) if storm else NO_STORMS,
    )


def policy_of(ladder: Ladder) -> Policy:
    """A policy with its hash."""
    return pinned(
        Policy(
            name=ladder.name,
            tiers={Tier(name): _tier(Tier(name), rung) for name, rung in ladder.rungs.items()},
            severities={Severity(name): _severity(plan) for name, plan in ladder.plans.items()},
            hours=BusinessHours(ladder.hours.zone, holidays=frozenset(ladder.hours.holidays)),
            postmortems=postmortem_plan(ladder.aftermath),
        )
    )


def _tier(tier: Tier, rung: Rung) -> TierPlan:
    through = tuple(Through(channel, _span(after)) for channel, after in rung.through)
    return TierPlan(tier, f"role of {tier}", rung.reach, through, frozenset(map(Severity, rung.only)))


def _severity(plan: Plan) -> SeverityPlan:
    return SeverityPlan(
        page=tuple(map(Tier, plan.page)),
        acknowledge_within=_span(plan.within),
        climb_to=Tier(plan.climb_to),
        acknowledgement_lasts=None if plan.lasts is None else _span(plan.lasts),
        stable_for=_span(plan.stable),
        resolves=Resolves.WINDOW if plan.window else Resolves.PERSON,
        reopen_within=_span(plan.reopen),
        engineering_within=None if plan.engineering is None else _span(plan.engineering),
        while_unresolved={Tier(tier): _span(after) for tier, after in plan.unresolved},
        business_hours_only=plan.business,
        repage_unanswered=plan.repage,
        repeat_exhausted_every=None if plan.repeat is None else _span(plan.repeat),
        obligations=obligations(plan.owed),
    )


def _span(length: int) -> timedelta:
    return timedelta(milliseconds=length)


def roster_of(people: dict[str, tuple[str, ...]], channels: Iterable[str], rotas: Iterable[Rota]) -> Roster:
    """Who is there, and how they are reached."""
    return Roster(
        people={name: Person(name, name.title(), dict.fromkeys(has, "somewhere")) for name, has in people.items()},
        schedules={rota.name: schedule(rota) for rota in rotas},
        channels={name: Channel(name, CHANNELS[name], calls=name in CALLS) for name in channels},
    )
