"""The checklists of the playbook, in rungbell's words: what is to be true before the work goes on.

Rules
-----
* A line has an id that stays: what was ticked is kept by it, and other rules ask for it.
* What rungbell itself knows to be so counts as ticked, by whom it knows; nobody ticks it a second time.

May import: ``incident``, ``timeline``, ``command.record``, ``communication.audience`` and the standard library's pure
parts.
"""

from collections.abc import Callable, Mapping

from rungbell.domain.command.record import Role, Tick
from rungbell.domain.communication.audience import Audience
from rungbell.domain.incident import Incident, Phase
from rungbell.domain.timeline import SYSTEM
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line: something that is true, or a question with what a yes leads to."""

    id: str
    text: str
    then: str = ""
    """What to do where the answer is yes; the next question follows a no."""


@dataclass(frozen=True, slots=True)
class Checklist:
    """One list; ``phase`` is when it is gone through, ``None``: at any time."""

    name: str
    title: str
    phase: Phase | None
    lines: tuple[Line, ...]
    otherwise: str = ""
    """What a no to every question leads to."""


VERIFIED = "triage.verified"
NO_ALERTS = "recovery.no_alerts"

TRIAGE = Checklist(
    "triage",
    "Before it is fought",  # playbook L251-256
    Phase.IDENTIFICATION,
    (
        Line(VERIFIED, "Somebody has it, and has seen that it is real"),
        Line("triage.severity", "How bad it is was judged by the definitions"),
        Line("triage.declared", "It is declared (P0, P1), or known to be routine (P2, P3)"),
        Line("triage.commander", "Somebody commands it"),
        Line("triage.told", "The team was told first, and clients where they feel it"),
        Line("triage.timeline", "The timeline runs"),
    ),
)
CONTAINMENT = Checklist(
    "containment",
    "What to do first",  # playbook L278-293
    Phase.CONTAINMENT,
    (
        Line(
            "containment.spreading",
            "Does it reach other components?",
            "Cut off what is hit now: its tenant, its pods, its calls through a circuit breaker",
        ),
        Line(
            "containment.growing",
            "Does the harm grow?",
            "Add capacity: workers, API pods, the database",
        ),
        Line(
            "containment.failover",
            "Is there something to fail over to?",
            "Switch: the standby database, the other provider, the other region",
        ),
    ),
    otherwise="Go on and remove the cause",
)
ERADICATION = Checklist(
    "eradication",
    "Before the cause counts as removed",  # playbook L318-323
    Phase.ERADICATION,
    (
        Line("eradication.cause", "The cause is known, and nobody seriously doubts it"),
        Line("eradication.tested", "The fix was tried in staging, where there was time"),
        Line("eradication.deployed", "The fix runs in production"),
        Line("eradication.effective", "The measurements that were bad get better"),
        Line("eradication.regressions", "Nothing else broke by it"),
        Line("eradication.timeline", "The timeline tells what the fix was"),
    ),
)
RECOVERY = Checklist(
    "recovery",
    "Before it counts as over",  # playbook L371-376
    Phase.RECOVERY,
    (
        Line("recovery.restored", "Every service works as before"),
        Line("recovery.end_to_end", "A whole run was tried, from the first webhook to the last update"),
        Line("recovery.stable", "The measurements stayed good for the whole stability window"),
        Line(NO_ALERTS, "No alert fires"),
        Line("recovery.declared", "It is declared over"),
        Line("recovery.clients_told", "Clients who had been told know that it is over"),
    ),
)
HANDOFF = Checklist(
    "handoff",
    "Before the command passes",  # playbook L793-799
    None,
    (
        Line("handoff.timeline", "Both went through the timeline together"),
        Line("handoff.status", "How far containment and eradication have come was said"),
        Line("handoff.decisions", "What was decided was said, and why"),
        Line("handoff.open_items", "What is still to be done was said, and by whom"),
        Line("handoff.war_room", "The war room and the call have a new host"),
        Line("handoff.tracking", "The record of the incident names the new commander"),
        Line("handoff.announced", "The channel of the incident was told"),
    ),
)
CHECKLISTS = (TRIAGE, CONTAINMENT, ERADICATION, RECOVERY, HANDOFF)
LINES: Mapping[str, Line] = {line.id: line for checklist in CHECKLISTS for line in checklist.lines}


def _declared(incident: Incident) -> Tick | None:
    at, by = incident.command.declared_at, incident.command.declared_by
    return None if at is None else Tick(by or SYSTEM, at)


def _commanded(incident: Incident) -> Tick | None:
    commander = incident.command.roles.get(Role.INCIDENT_COMMANDER)
    return None if commander is None else Tick(commander.person, commander.since)


def _told(incident: Incident) -> Tick | None:
    told = incident.command.told.get(Audience.INTERNAL)
    return None if told is None else Tick(SYSTEM, told.first_at)


def _over(incident: Incident) -> Tick | None:
    return None if incident.resolved_at is None else Tick(incident.resolved_by or SYSTEM, incident.resolved_at)


def _all_clear(incident: Incident) -> Tick | None:
    at = incident.command.all_clear_at
    return None if at is None else Tick(SYSTEM, at)


KNOWN: Mapping[str, Callable[[Incident], Tick | None]] = {
    "triage.declared": _declared,
    "triage.commander": _commanded,
    "triage.told": _told,
    "triage.timeline": lambda incident: Tick(SYSTEM, incident.opened_at),
    "recovery.declared": _over,
    "recovery.clients_told": _all_clear,
}
"""What rungbell itself knows, by line."""


def attested(incident: Incident, line: str) -> Tick | None:
    """Give who attests a line since when: a person, or else what rungbell knows."""
    known = KNOWN.get(line)
    return incident.command.ticks.get(line) or (known(incident) if known else None)
