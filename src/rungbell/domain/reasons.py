"""Why this severity, this policy and these people, and why not the others: what deciding passes over in silence.

Rules
-----
* Nothing is decided here. What was decided is taken as it is, and only what was passed over on the way is looked at
  again, with the same matchers and the same roster.
* A reason is one thing that somebody can change: a matcher, an `only`, a `climb_to`, a schedule, a contact.

May import: the value modules of the core and the standard library's pure parts.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from rungbell.domain.book import Book, PolicyRoute
from rungbell.domain.calendar import WEEKDAYS
from rungbell.domain.matchers import Matcher
from rungbell.domain.oncall import Schedule
from rungbell.domain.page import Purpose
from rungbell.domain.policy import TIERS, Policy, Tier, TierPlan
from rungbell.domain.roster import Roster
from rungbell.domain.severity import NEVER, Mapped, Severity, SeverityRules
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule or policy that was asked first and did not hold."""

    label: str
    """Where it stands."""
    offers: str
    """What it would have given: a severity (``none``: never pages), or a policy's name."""
    failed: Matcher
    """The first of its matchers that does not hold."""
    found: str | None
    """What the label holds instead; ``None`` where there is no such label."""


def rules_passed_over(rules: SeverityRules, labels: Mapping[str, str], mapped: Mapped) -> tuple[PassedOver, ...]:
    """Give the rules before the one that made ``mapped`` of these labels; all of them, if it was none of them."""
    if mapped.rule == NEVER:
        return ()  # no rule was asked
    found: list[PassedOver] = []
    for rule in rules.rules:
        failed = _first_failing(rule.match, labels)
        if failed is None or rule.label == mapped.rule:
            break
        found.append(PassedOver(rule.label, rule.severity or "none", failed, labels.get(failed.name)))
    return tuple(found)


def policies_passed_over(book: Book, labels: Mapping[str, str]) -> tuple[PassedOver, ...]:
    """Give the policies before the one that is taken for these labels."""
    found: list[PassedOver] = []
    for route in book.routes:
        failed = _first_failing(route.match, labels)
        if failed is None:
            break
        found.append(PassedOver(route.label, route.policy.name, failed, labels.get(failed.name)))
    return tuple(found)


def route_of(book: Book, policy: Policy) -> PolicyRoute | None:
    """Give the route that leads to a policy; ``None`` where none of today's does."""
    return next((route for route in book.routes if route.policy.hash == policy.hash), None)


def _first_failing(match: Iterable[Matcher], labels: Mapping[str, str]) -> Matcher | None:
    return next((matcher for matcher in match if not matcher.matches(labels)), None)


class Absence(StrEnum):
    """Why nobody is rung, or one person is not."""

    CLOSED = "closed"
    """The tier is not for that severity."""
    ABOVE_CAP = "above_climb_to"
    NOBODY_ON_CALL = "nobody_on_call"
    NO_CONTACT = "no_contact"
    """No channel of the tier can reach the person."""
    UNKNOWN_PERSON = "unknown_person"
    NOT_REACHED = "not_reached"
    """The ladder ends, or goes round, before it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tier, or one person of it, that is not rung; ``text`` says why in words."""

    tier: Tier
    absence: Absence
    text: str
    person: str | None = None


Turns = Mapping[str, int]
"""The number that an incident has in each schedule with a round robin."""


def left_out(
    policy: Policy, severity: Severity, roster: Roster, entered: Mapping[Tier, datetime], turns: Turns
) -> tuple[LeftOut, ...]:
    """Say why tiers and people are not rung; ``entered`` says when each tier had its turn, where it had one."""
    found: list[LeftOut] = []
    cap = policy.plan(severity).climb_to
    for tier in TIERS:
        plan = policy.tiers.get(tier)
        if plan is None:
            continue
        if severity not in plan.only:
            found.append(LeftOut(tier, Absence.CLOSED, f"for {', '.join(sorted(plan.only))} only"))
        elif tier not in entered and tier > cap:
            found.append(LeftOut(tier, Absence.ABOVE_CAP, f"above climb_to: {cap}"))
        elif tier not in entered:
            found.append(LeftOut(tier, Absence.NOT_REACHED, "the ladder ends before it"))
        else:
            found.extend(absent(roster, plan, entered[tier], turns))
    return tuple(found)


def absent(roster: Roster, plan: TierPlan, now: datetime, turns: Turns) -> tuple[LeftOut, ...]:
    """Say who of a tier is not rung at ``now`` though the tier is, and why."""
    found: list[LeftOut] = []
    for name in plan.reach:
        schedule = roster.schedules.get(name)
        people = schedule.on_call(now, turns.get(name)) if schedule else (name,)
        if not people:
            found.append(LeftOut(plan.tier, Absence.NOBODY_ON_CALL, f"nobody is on call in {name}"))
        found.extend(_unreachable(roster, plan, person) for person in people if not roster.ways(person, plan.through))
    return tuple(dict.fromkeys(found))


def _unreachable(roster: Roster, plan: TierPlan, person: str) -> LeftOut:
    if person not in roster.people:
        return LeftOut(plan.tier, Absence.UNKNOWN_PERSON, f"{person} is nobody of the configuration", person)
    channels = [roster.channels.get(way.channel) for way in plan.through]
    needed = sorted({channel.needs for channel in channels if channel is not None and channel.needs})
    through = ", ".join(way.channel for way in plan.through)
    lacks = f"{person} has no {' or '.join(needed)}" if needed else f"there is no channel {through}"
    return LeftOut(plan.tier, Absence.NO_CONTACT, f"{lacks}, and {through} needs one" if needed else lacks, person)


CAUSES: Mapping[Purpose, str] = {
    Purpose.AT_ONCE: "at once",
    Purpose.UPGRADE: "the severity rose",
    Purpose.LAPSE: "nobody acknowledged in time",
    Purpose.REPEAT: "unanswered, so again",
    Purpose.ENGAGEMENT: "engineering has not acknowledged",
    Purpose.UNRESOLVED: "still not resolved",
    Purpose.EXHAUSTED: "the ladder is exhausted",
    Purpose.TIER_EMPTY: "nobody on the tier below",
    Purpose.MANUAL: "escalated by hand",
    Purpose.ACKNOWLEDGEMENT_ENDED: "the acknowledgement ended",
    Purpose.RESOLUTION: "stable, and has to be resolved",
    Purpose.NEWS: "more alerts",
}
"""Why a page is sent, in the words of somebody who looks on."""


def within_business_hours(policy: Policy, severity: Severity) -> str:
    """Say that business hours hold back its pages, and which they are; nothing where any hour will do."""
    if not policy.plan(severity).business_hours_only:
        return ""
    hours, days = policy.hours, sorted(policy.hours.days)
    in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    named = f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}" if in_a_row else ", ".join(WEEKDAYS[day] for day in days)
    spelled = f"{named} {hours.opens:%H:%M}-{hours.closes:%H:%M} {hours.zone}"
    return f"{severity} is paged in business hours only ({spelled}), and its clocks count open time"


@dataclass(frozen=True, slots=True)
class Stand:
    """Somebody who stands on a tier: by name, or because a schedule says so."""

    person: str
    schedule: str | None = None
    until: datetime | None = None
    """So long the schedule certainly says so; ``None``: for ever."""
    instead_of: tuple[str, ...] = ()
    """Who would be on call, were it not for an override."""
    reason: str = ""
    """Why it was overridden, where somebody said so."""
    overridden: bool = False
    """Whether an override put them there; it may stand in for nobody."""


def standing(roster: Roster, plan: TierPlan, now: datetime, turns: Turns) -> tuple[Stand, ...]:
    """Give who stands on a tier at ``now`` and can be reached, and by which of its names."""
    found: dict[str, Stand] = {}
    for name in plan.reach:
        schedule = roster.schedules.get(name)
        for stand in _on_call(schedule, now, turns.get(name)) if schedule else (Stand(name),):
            if roster.ways(stand.person, plan.through):
                found.setdefault(stand.person, stand)
    return tuple(found.values())


def _on_call(schedule: Schedule, now: datetime, nth: int | None) -> tuple[Stand, ...]:
    """Give who is on call, each with the plan that an override changed for them."""
    at = schedule.at(now, nth)
    reasons = {override.person: override.reason for override in at.overrides}
    return tuple(
        Stand(person, schedule.name, at.until, at.planned, reasons[person], overridden=True)
        if person in reasons
        else Stand(person, schedule.name, at.until)
        for person in at.people
    )
