"""What was foreseen, as one document: what ``-o json`` prints, what ``--verify`` looks at, what the text tells.

Rules
-----
* Others build on the keys: one that is here stays, new ones may join.
* Times are in UTC; beside them stands the wall clock of the policy's zone.

May import: ``times``, ``clock``, ``config``, ``rehearsal``, ``domain``.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from rungbell.cli.simulate.subject import Subject
from rungbell.cli.simulate.times import wall
from rungbell.clock import written
from rungbell.config import Settings
from rungbell.domain.book import Book
from rungbell.domain.calendar import zone_named
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.umbrella import begins
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.reasons import CAUSES, PassedOver, left_out, standing, within_business_hours
from rungbell.domain.roster import Person
from rungbell.domain.severity import Mapped, Severity
from rungbell.domain.timeline import EntryKind
from rungbell.rehearsal import Attempt
from rungbell.rehearsal.foresight import Opening, Silence
from rungbell.rehearsal.outlook import Ladder, Round

Json = dict[str, Any]
TOLD = frozenset(
    {
        EntryKind.CLIMBED,
        EntryKind.TIER_EMPTY,
        EntryKind.EXHAUSTED,
        EntryKind.ACKNOWLEDGEMENT_ENDED,
        EntryKind.MAINTENANCE,
    }
)
"""What the timeline tells beside the pages themselves."""


def document(settings: Settings, subject: Subject, at: datetime, foreseen: Opening | Silence) -> Json:
    """Write down what a message would come to."""
    zone = settings.book.routes[-1].policy.hours.zone
    found: Json = {
        "config_file": settings.path,
        "config_hash": settings.hash,
        "name": subject.name,
        "line": subject.line,
        "source": subject.group.source or None,
        "firing": sum(alert.firing for alert in subject.group.alerts),
        "at": written(at),
        "zone": zone,
    }
    if isinstance(foreseen, Silence):
        mapped = foreseen.mapped or Mapped(None, "")
        labels = subject.group.alerts[0].labels
        return found | {
            "opens": False,
            "why_not": foreseen.why,
            "labels": dict(labels),
            **_severity(mapped, foreseen.rules),
            "policy": None,
            "ladder": [],
        }
    policy, incident = foreseen.route.policy, foreseen.unanswered.incident
    return found | {
        "zone": policy.hours.zone,
        "opens": True,
        "why_not": "",
        "title": incident.title,
        "labels": dict(foreseen.worst.alert.labels),
        **_severity(foreseen.worst.mapped, foreseen.rules),
        "policy": policy.name,
        "policy_match": foreseen.route.label,
        "policies_passed_over": [_passed_over(one) for one in foreseen.policies],
        "paging_at": written(foreseen.paging_at),
        "ladder": _pages(foreseen.unanswered.told, at, policy, settings.book),
        **_outcome(foreseen.unanswered, settings.book),
        "acknowledged": _acknowledged(foreseen, at, settings.book),
        "tiers": _tiers(foreseen, settings.book),
        "left_out": _left_out(foreseen, settings.book),
        "calendar": _calendar(foreseen, at, settings.book),
        "storms": _storms(foreseen, settings.book),
    }


def _severity(mapped: Mapped, rules: Iterable[PassedOver]) -> Json:
    return {
        "severity": mapped.severity,
        "severity_word": mapped.severity.word if mapped.severity else None,
        "guessed": mapped.guessed,
        "rule": mapped.rule,
        "rules_passed_over": [_passed_over(one) for one in rules],
    }


def _passed_over(one: PassedOver) -> Json:
    return {"label": one.label, "offers": one.offers, "failed": str(one.failed), "found": one.found}


def _pages(attempts: Iterable[Attempt], begun: datetime, policy: Policy, book: Book) -> list[Json]:
    people = book.roster.people
    return [
        {
            "at": written(one.at),
            "local": one.at.astimezone(zone_named(policy.hours.zone)).isoformat(timespec="milliseconds"),
            "after_seconds": (one.at - begun).total_seconds(),
            "tier": one.page.tier,
            "role": policy.tiers[one.page.tier].role,
            "person": one.page.person,
            "name": people[one.page.person].name if one.page.person in people else one.page.person,
            "channel": one.page.channel,
            "purpose": one.page.purpose,
            "why": CAUSES[one.page.purpose],
            "together": one.together,
        }
        for one in sorted(attempts, key=lambda one: (one.at, one.page.tier))
    ]


def _outcome(ladder: Ladder, book: Book) -> Json:
    told = ladder.troubles if book.operator is not None else ()
    return {
        "events": [
            {"at": written(entry.at), "kind": entry.kind, "tier": entry.tier, "text": entry.text}
            for entry in ladder.entries
            if entry.kind in TOLD
        ],
        "exhausted_at": written(ladder.incident.exhausted_at) if ladder.incident.exhausted_at else None,
        "operator_told": [{"at": written(at), "text": trouble.text} for at, trouble in told],
        "goes_round": _round(ladder.goes_round) if ladder.goes_round else None,
        "cut_off": ladder.cut_off,
    }


def _round(found: Round) -> Json:
    return {
        "clock": found.clock,
        "next_at": written(found.next_at),
        "every_seconds": found.every.total_seconds() if found.every is not None else None,
        "business_hours": found.business_hours,
        "tiers": list(found.tiers),
    }


def _acknowledged(foreseen: Opening, begun: datetime, book: Book) -> Json | None:
    found = foreseen.acknowledged
    if found is None:
        return None
    return {
        "by": found.by,
        "at": written(found.at),
        "until": written(found.until),
        "ladder": _pages(found.ladder.told, begun, foreseen.route.policy, book),
    }


def _tiers(foreseen: Opening, book: Book) -> list[Json]:
    """Who stands on each tier when it has its turn."""
    policy, incident = foreseen.route.policy, foreseen.unanswered.incident
    turns = incident.round_robin
    return [
        {
            "tier": tier,
            "role": policy.tiers[tier].role,
            "at": written(state.paged_at),
            "people": [
                {
                    "person": stand.person,
                    "name": book.roster.people[stand.person].name,
                    "schedule": stand.schedule,
                    "overridden": stand.overridden,
                    "instead_of": list(stand.instead_of),
                    "until": written(stand.until) if stand.until else None,
                    "wants": _wants(book.roster.people[stand.person], incident.severity),
                }
                for stand in standing(book.roster, policy.tiers[tier], state.paged_at, turns)
            ],
        }
        for tier, state in sorted(foreseen.unanswered.incident.tiers.items())
        if tier in policy.tiers
    ]


def _wants(person: Person, severity: Severity) -> list[Json] | None:
    """How somebody chose to be reached; ``None``: they leave it to the tier."""
    ways = person.reached.get(severity)
    return (
        None if ways is None else [{"channel": one.channel, "after_seconds": one.after.total_seconds()} for one in ways]
    )


def _left_out(foreseen: Opening, book: Book) -> list[Json]:
    incident = foreseen.unanswered.incident
    entered = {tier: state.paged_at for tier, state in incident.tiers.items()}
    found = left_out(foreseen.route.policy, incident.severity, book.roster, entered, incident.round_robin)
    return [{"tier": one.tier, "why": one.absence, "person": one.person, "text": one.text} for one in found]


def _calendar(foreseen: Opening, at: datetime, book: Book) -> list[str]:
    """Say what business hours and schedules change."""
    policy, severity = foreseen.route.policy, foreseen.unanswered.incident.severity
    hours, plan, zone = policy.hours, policy.plan(severity), policy.hours.zone
    found = [one.text for one in foreseen.unanswered.entries[:2] if one.kind is EntryKind.MAINTENANCE]
    if held := within_business_hours(policy, severity):
        found.append(held)
        if foreseen.paging_at > at:
            holiday = at.astimezone(zone_named(zone)).date() in hours.holidays
            closed = "a holiday" if holiday else "outside of them"
            found.append(f"{wall(at, zone)} is {closed}: nobody is paged before {wall(foreseen.paging_at, zone)}")
    if plan.acknowledgement_lasts is None:
        found.append("an acknowledgement lasts until the next business day opens")
    for tier in sorted(foreseen.unanswered.incident.tiers):
        found += _turns(tier, policy, book)
        found += _handovers(tier, foreseen, book)
    return list(dict.fromkeys(found))


def _storms(foreseen: Opening, book: Book) -> Json:
    """Say what would be otherwise if much happened at once: the umbrella of the policy, and budgets on the ladder."""
    rule, incident = book.storms.umbrella, foreseen.unanswered.incident
    channels = sorted({one.page.channel for one in foreseen.unanswered.attempts if one.page.may_wait})
    budgets = {name: book.storms.budgets[name] for name in channels if name in book.storms.budgets}
    umbrella = None
    if rule is not None and begins(None, replace(incident, status=Status.TRIGGERED)):
        umbrella = {"opens": rule.opens, "within_seconds": rule.within.total_seconds()}
    return {
        "umbrella": umbrella,
        "budgets": [
            {"channel": name, "at_most": budget.at_most, "within_seconds": budget.within.total_seconds()}
            for name, budget in budgets.items()
        ],
    }


def _turns(tier: Tier, policy: Policy, book: Book) -> list[str]:
    """Name the round robins of a tier, of which only the daemon knows who is next."""
    named = [name for name in policy.tiers[tier].reach if name in book.roster.round_robins]
    return [f"{name} takes turns: the first of its list stands here, the daemon knows who is next" for name in named]


def _handovers(tier: Tier, foreseen: Opening, book: Book) -> list[str]:
    """Say where the ladder rings somebody else because a shift ends."""
    policy, turns = foreseen.route.policy, foreseen.unanswered.incident.round_robin
    rung = sorted({one.at for one in foreseen.unanswered.attempts if one.page.tier is tier})
    found = []
    for earlier, later in pairwise(rung):
        before, after = (standing(book.roster, policy.tiers[tier], at, turns) for at in (earlier, later))
        gone = [one for one in before if one.until is not None and one.until <= later]
        if gone and {one.person for one in before} != {one.person for one in after}:
            people = ", ".join(one.person for one in after) or "nobody"
            ends = wall(min(one.until for one in gone if one.until), policy.hours.zone)
            found.append(f"{tier}: the shift of {', '.join(one.person for one in gone)} ends {ends}; then {people}")
    return found
