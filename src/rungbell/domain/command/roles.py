"""Roles: who leads, who repairs, who tells, who writes down, each since when (playbook L728-751).

Rules
-----
* P0 is commanded by L2, else L4, else L3; P1 by whoever acknowledged on L1 or L2, else by L2; P2 and P3 by nobody: who
  acknowledges owns them (A7). Whoever acts at the machine without a name commands nothing.
* What is declared has exactly one commander: nobody takes the command from somebody, and P0 and P1 are not left without
  one. It passes by a handoff only. Until it is declared nobody commands it.
* The other roles have one person each, who may have several; whoever takes one takes it over.
* Whom somebody else gives a role hears of it.
* With the command is remembered when that person's shift ends, as the schedules say at that moment (A30).

May import: the value modules of the core, ``act``, ``decision``, ``ladder``, ``command.events`` and
``rota``.
"""

from datetime import datetime, timedelta

from rungbell.domain.act import LOCAL
from rungbell.domain.book import Book
from rungbell.domain.command.events import RoleAssumed, RoleGivenUp
from rungbell.domain.command.record import Assignment, Role
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.ladder import notify
from rungbell.domain.policy import Tier
from rungbell.domain.rota import on_call_until
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind

COMMANDS_P0 = (Tier.L2, Tier.L4, Tier.L3)
FORESEEN = timedelta(days=2)
"""How far the end of a commander's shift is looked for."""


def unknown_person(book: Book, person: str | None) -> Decision | None:
    """Give the answer where somebody is named who is not in the configuration; else ``None``."""
    if person is None or person in book.roster.people:
        return None
    known = ", ".join(sorted(book.roster.people)[:20]) or "nobody"
    return nothing(Outcome.INVALID, f"{person[:80]!r} is nobody of the configuration; it knows {known}")


def commander_by_rule(draft: Draft) -> str | None:
    """Give who commands by the playbook's rule; ``None`` where nobody does, or nobody can be found."""
    incident, holder = draft.incident, draft.incident.holder
    if incident.severity > Severity.P1:
        return None
    known = draft.situation.book.roster.people
    if incident.severity is Severity.P1 and holder is not None and holder.tier <= Tier.L2 and holder.by in known:
        return holder.by
    tiers = COMMANDS_P0 if incident.severity is Severity.P0 else (Tier.L2,)
    return next((person for tier in tiers for person in _standing_on(draft, tier)), None)


def _standing_on(draft: Draft, tier: Tier) -> tuple[str, ...]:
    plan = draft.policy.tiers.get(tier)
    if plan is None:
        return ()
    roster = draft.situation.book.roster
    return tuple(person for person, _ in roster.on_tier(plan, draft.now, draft.incident.round_robin))


def take_role(draft: Draft, event: RoleAssumed) -> Decision:
    """Take a role, or give it to somebody."""
    role, person = event.role, event.by if event.person is None else event.person
    if event.person is None and event.by == LOCAL:
        return nothing(Outcome.INVALID, f"who is {spoken(role)}? say it with `person`")
    if (unknown := unknown_person(draft.situation.book, person)) is not None:
        return unknown
    before = draft.incident.command.roles.get(role)
    if before is not None and before.person == person:
        return nothing(Outcome.ALREADY, f"{person} is {spoken(role)} {since(before)}")
    if role is Role.INCIDENT_COMMANDER:
        if draft.incident.command.declared_at is None:
            return nothing(Outcome.REFUSED, "nobody commands it before it is declared: declare it, with its commander")
        if before is not None:
            return nothing(
                Outcome.REFUSED,
                f"{before.person} is {spoken(role)} {since(before)}, and there is one only: the command passes by "
                "`handoff`",
            )
    give(draft, role, person, event.by)
    instead = f" instead of {before.person}" if before else ""
    return draft.decided(f"{person} is {spoken(role)}{instead}")


def give_up_role(draft: Draft, event: RoleGivenUp) -> Decision:
    """Let a role be nobody's."""
    role, command = event.role, draft.incident.command
    before = command.roles.get(role)
    if before is None:
        return nothing(Outcome.ALREADY, f"nobody is {spoken(role)}")
    if role is Role.INCIDENT_COMMANDER and draft.incident.severity <= Severity.P1:
        left = f"a {draft.incident.severity} is not left without a commander"
        return nothing(Outcome.REFUSED, f"{left}: the command passes by `handoff`")
    draft.command(
        roles={one: who for one, who in command.roles.items() if one is not role},
        vacated={**command.vacated, role: draft.now},
    )
    held = f"{before.person} is no longer {spoken(role)}, which they were {since(before)}"
    draft.tell(EntryKind.ROLE, held, actor=event.by, tier=before.tier, role=role, person=before.person, given_up="yes")
    return draft.decided(f"nobody is {spoken(role)}")


def assume(draft: Draft, role: Role, person: str, by: str) -> None:
    """Give a role to a person, whoever held it."""
    command = draft.incident.command
    before, tier = command.roles.get(role), tier_of(draft, person)
    assignment = Assignment(person, tier, draft.now, _shift_end(draft, person, tier))
    draft.command(roles={**command.roles, role: assignment})
    instead = f" instead of {before.person}" if before else ""
    named = "" if by == person else f", named by {by}"
    said = f"{person} is {spoken(role)}{instead}{named}"
    draft.tell(EntryKind.ROLE, said, actor=by, tier=tier, role=role, person=person)


def give(draft: Draft, role: Role, person: str, by: str) -> None:
    """Give a role to a person who is told, unless they took it themselves."""
    assume(draft, role, person, by)
    if by != person:
        notify(draft, person, draft.incident.command.roles[role].tier, f"{by} made you {spoken(role)}")


def since(assignment: Assignment) -> str:
    """Word since when somebody holds a role."""
    return f"since {assignment.since:%Y-%m-%d %H:%M:%S} UTC"


def spoken(role: Role) -> str:
    """Give a role as people say it."""
    return role.replace("_", " ")


def tier_of(draft: Draft, person: str) -> Tier:
    """Give the tier that counts for a person: the one they were paged on, else the lowest they stand on, else L1."""
    if person in draft.incident.paged:
        return draft.incident.paged[person]
    return next((tier for tier in draft.policy.tiers if person in _standing_on(draft, tier)), Tier.L1)


def _shift_end(draft: Draft, person: str, tier: Tier) -> datetime | None:
    roster, plan = draft.situation.book.roster, draft.policy.tiers.get(tier)
    ends = [
        end
        for name in (plan.reach if plan else ())
        if (schedule := roster.schedules.get(name)) is not None and person in schedule.on_call(draft.now)
        if (end := on_call_until(schedule, person, draft.now, FORESEEN)) is not None
    ]
    return min(ends, default=None)
