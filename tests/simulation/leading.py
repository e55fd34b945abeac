"""Second reading: incident command, and what people write down.

Requirements 60 to 67 of the playbook's own; readings A7, A8, A9, A26 and A30.
"""

from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.events import Declared, NoteAdded
from tests.simulation.commanded import COMMANDER, Post
from tests.simulation.ladders import SEVERITIES
from tests.simulation.moments import DAY, HOUR, milliseconds
from tests.simulation.parking import unpark
from tests.simulation.people import LOCAL, set_severity_to
from tests.simulation.record import Facts
from tests.simulation.ringing import (
    ALREADY,
    DONE,
    INVALID,
    REFUSED,
    Draft,
    inform,
    release,
)
from tests.simulation.telling import announce

HANDED_OVER = tuple(
    f"handoff.{point}"
    for point in ("timeline", "status", "decisions", "open_items", "war_room", "tracking", "announced")
)
RECOVERY = tuple(
    f"recovery.{line}" for line in ("restored", "end_to_end", "stable", "no_alerts", "declared", "clients_told")
)
VERIFIED = "triage.verified"
LINES = (
    VERIFIED,
    *(f"triage.{line}" for line in ("severity", "declared", "commander", "told", "timeline")),
    *(f"containment.{line}" for line in ("spreading", "growing", "failover")),
    *(f"eradication.{line}" for line in ("cause", "tested", "deployed", "effective", "regressions", "timeline")),
    *RECOVERY,
    *HANDED_OVER,
)
WRITTEN = {"containment": "containment", "workaround": "workaround", "affected": "clients_affected", "cause": "cause"}
"""Kind of a note to what it says of the harm."""
WORDS = frozenset({"clients_affected", "scope", "containment", "workaround", "cause"})
"""Of what may be said of the harm, those that somebody here says."""


def declare(draft: Draft, event: Declared) -> str:
    """Somebody says of an open incident that it is one, perhaps a worse one; that ends every hold of its paging."""
    facts = draft.facts
    severity = facts.severity if event.severity is None else str(event.severity)
    if facts.command.declared_at is not None:
        return ALREADY
    if severity > facts.severity or not _known(draft, event.commander):
        return INVALID
    release(draft)
    unpark(draft)
    if severity < facts.severity:
        set_severity_to(draft, severity)
    declared(draft, event, tell=True)
    return DONE


def declared(draft: Draft, event: Declared, *, tell: bool) -> None:
    facts = draft.facts
    triaged = draft.now if facts.command.triaged_at is None else facts.command.triaged_at
    facts.command = facts.command._replace(declared_at=draft.now, declared_by=event.by, triaged_at=triaged)
    leader = event.commander or leader_by_rule(draft)
    if leader is not None:
        assume(draft, COMMANDER, leader)
        if tell and leader != event.by:
            inform(draft, leader, facts.command.roles[COMMANDER].tier, "news")
    announce(draft)


def leader_by_rule(draft: Draft) -> str | None:
    """A7: P0: L2, else L4, else L3. P1: who acknowledged on L1 or L2, else L2. Else nobody."""
    facts = draft.facts
    if facts.severity not in SEVERITIES[:2]:
        return None
    holder = facts.holder
    if facts.severity == "P1" and holder is not None and holder.tier <= "L2" and holder.by in draft.shop.people:
        return holder.by
    tiers = ("L2", "L4", "L3") if facts.severity == "P0" else ("L2",)
    return next((person for tier in tiers for person in _standing(draft, tier)), None)


def _standing(draft: Draft, tier: str) -> list[str]:
    rung = draft.ladder.rungs.get(tier)
    if rung is None:
        return []
    return [person for person, _ in draft.shop.on_rung(rung, draft.now, draft.facts.turns, draft.taken)]


def assume(draft: Draft, role: str, person: str) -> None:
    command = draft.facts.command
    tier = tier_of(draft, person)
    post = Post(person, tier, draft.now, _shift_ends(draft, person, tier))
    draft.facts.command = command._replace(roles={**command.roles, role: post})


def tier_of(draft: Draft, person: str) -> str:
    """The tier that counts for somebody: where they were paged, else the lowest on which they stand."""
    standing = (one for one in draft.ladder.rungs if person in _standing(draft, one))
    return draft.facts.paged.get(person) or next(standing, "L1")


def _shift_ends(draft: Draft, person: str, tier: str) -> int | None:
    """When the schedules of the tier have that person on call no more, should they within two days."""
    rung = draft.ladder.rungs.get(tier)
    known = [one for one in draft.taken if one.person in draft.shop.people]
    found = []
    for name in rung.reach if rung else ():
        rota = draft.shop.rota(name)
        if rota is None or person not in rota.on_call(draft.now, None, known):
            continue
        hours = range(draft.now - draft.now % HOUR + HOUR, draft.now + 2 * DAY, HOUR)
        moments = sorted({*hours, *(at for one in known for at in (one.begins, one.ends))})
        later = (at for at in moments if draft.now < at < draft.now + 2 * DAY)
        found += [next((at for at in later if person not in rota.on_call(at, None, known)), None)]
    return min((at for at in found if at is not None), default=None)


def _known(draft: Draft, person: str | None) -> bool:
    return person is None or person in draft.shop.people


def take_role(draft: Draft, event: RoleAssumed) -> str:
    facts, role = draft.facts, str(event.role)
    person = event.person or event.by
    if (event.person is None and event.by == LOCAL) or not _known(draft, person):
        return INVALID
    before = facts.command.roles.get(role)
    if before is not None and before.person == person:
        return ALREADY
    if role == COMMANDER and (before is not None or facts.command.declared_at is None):
        return REFUSED
    assume(draft, role, person)
    if person != event.by:
        inform(draft, person, facts.command.roles[role].tier, "news")
    return DONE


def give_up_role(draft: Draft, event: RoleGivenUp) -> str:
    facts, role = draft.facts, str(event.role)
    command = facts.command
    if role not in command.roles:
        return ALREADY
    if role == COMMANDER and facts.severity <= "P1":
        return REFUSED
    facts.command = command._replace(
        roles={one: post for one, post in command.roles.items() if one != role},
        vacated={**command.vacated, role: draft.now},
    )
    return DONE


def hand_off(draft: Draft, event: HandedOff) -> str:
    """A30: all seven points are true since the commander took over, or are attested now, or there is a reason."""
    facts = draft.facts
    leader = facts.command.roles.get(COMMANDER)
    if leader is None:
        return REFUSED
    if not _known(draft, event.to):
        return INVALID
    if event.to == leader.person:
        return ALREADY
    ticked = {line for line, (_, at) in facts.command.ticks.items() if at >= leader.since}
    complete = set(HANDED_OVER) <= ticked | event.attested
    if not event.attested <= set(HANDED_OVER) or not (complete or event.reason):
        return INVALID
    forget_ticks(facts, HANDED_OVER)
    assume(draft, COMMANDER, event.to)
    if event.to != event.by:
        inform(draft, event.to, facts.command.roles[COMMANDER].tier, "news")
    return DONE


def forget_ticks(facts: Facts, lines: tuple[str, ...]) -> None:
    """What was attested is not so any more."""
    if not facts.command.ticks.keys().isdisjoint(lines):
        left = {line: tick for line, tick in facts.command.ticks.items() if line not in lines}
        facts.command = facts.command._replace(ticks=left)


def tick(draft: Draft, event: Ticked) -> str:
    facts, line = draft.facts, event.line
    command = facts.command
    if line not in LINES:
        return INVALID
    before = command.ticks.get(line)
    if event.undone:
        if before is None:
            return ALREADY
        forget_ticks(facts, (line,))
        if line == VERIFIED and command.triaged_at == before[1]:
            facts.command = facts.command._replace(triaged_at=None)
        return DONE
    known = {
        "triage.timeline": True,
        "triage.declared": command.declared_at is not None,
        "triage.commander": COMMANDER in command.roles,
        "triage.told": "internal" in command.told,
        "recovery.clients_told": command.all_clear_at is not None,
        "recovery.declared": facts.resolved_at is not None,
    }
    if before is not None or known.get(line):
        return ALREADY
    if line == "recovery.no_alerts" and facts.all_firing:
        return REFUSED
    facts.command = command._replace(ticks={**command.ticks, line: (event.by, draft.now)})
    if line == VERIFIED and command.triaged_at is None:
        facts.command = facts.command._replace(triaged_at=draft.now)
    return DONE


def state_impact(draft: Draft, event: ImpactStated) -> str:
    facts, command = draft.facts, draft.facts.command
    started = None if event.started_at is None else milliseconds(event.started_at)
    said = (event.clients, event.client_impacting, event.clients_asked, started)
    named, known = event.clients or (), draft.shop.circles.clients
    if (
        not event.words.keys() <= WORDS
        or (known and not known.keys() >= set(named))
        or (event.client_impacting is False and not event.reason)
        or (started is not None and started > draft.now)
        or not (event.words or any(one is not None for one in said))
    ):
        return INVALID
    words = {name: text for name, text in {**command.impact, **event.words}.items() if text}
    after = command._replace(
        impact=words,
        clients=command.clients if event.clients is None else event.clients,
        client_impacting=command.client_impacting if event.client_impacting is None else event.client_impacting,
        clients_asked=command.clients_asked if event.clients_asked is None else event.clients_asked,
        impact_started_at=started or command.impact_started_at,
    )
    if after == command:
        return ALREADY
    facts.command = after
    return DONE


def write_note(draft: Draft, event: NoteAdded) -> str:
    """The last word of a kind counts; a cause is found when somebody first writes one down."""
    command = draft.facts.command
    if event.kind in WRITTEN:
        command = command._replace(impact={**command.impact, WRITTEN[event.kind]: event.text})
    if event.kind == "cause" and command.cause_found_at is None:
        command = command._replace(cause_found_at=draft.now)
    draft.facts.command = command
    return DONE
