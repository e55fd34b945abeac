"""What of an incident's course is told: to clients what they may see, to others what was done.

Rules
-----
* Clients see the milestones that the facts tell, in our words, and the entries that a person marked as visible to them;
  of a restricted incident nothing (A28).
* What was done is what people wrote down as an action or a containment, newest last, and that engineers were paged.

May import: ``incident``, ``policy``, ``timeline``, ``communication.times`` and the standard library's pure parts.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from rungbell.domain.communication.times import time_of_day
from rungbell.domain.incident import OVER, Incident, Status
from rungbell.domain.policy import Tier
from rungbell.domain.timeline import Entry, EntryKind

TOLD = 20
"""Lines of progress that a text has at most, the newest."""
DONE = 6
"""Actions that a text has at most, the newest."""
ACTIONS = frozenset({EntryKind.ACTION, EntryKind.CONTAINMENT})
"""The kinds of entries that say what was done."""
VALIDATED: Mapping[str, str] = {
    "recovery.restored": "The service works in full again",
    "recovery.end_to_end": "It was tried from end to end",
    "recovery.stable": "Monitoring shows that it runs stably",
}
"""By the id of the checklist's line that somebody attests, what clients are told of it (playbook L554-556, A27)."""

_STANDS = {
    Status.TRIGGERED: "Our engineers are looking for the cause.",
    Status.ACKNOWLEDGED: "Our engineers are looking for the cause.",
    Status.INVESTIGATING: "Our engineers are looking for the cause.",
    Status.IDENTIFIED: "The cause is found, and the repair is being prepared.",
    Status.CONTAINED: "The problem is contained and grows no further; the repair is under way.",
    Status.FIXING: "The cause is found, and the repair is under way.",
    Status.MONITORING: "The repair is in place, and we are watching that it holds.",
    Status.RESOLVED: "The service works again.",
    Status.CLOSED: "The service works again.",
    Status.FALSE_POSITIVE: "It has turned out that nothing was wrong.",
    Status.MERGED: "It is a part of another problem, and we go on with that one.",
}


def work_status(incident: Incident) -> Status:
    """Where the work stands: what others are told as the status, whoever holds the incident at this moment (L411)."""
    status = incident.progress if incident.status is Status.TRIGGERED else incident.status
    return Status.INVESTIGATING if status is Status.ACKNOWLEDGED else status


def stands(incident: Incident) -> str:
    """Say in a sentence for clients where the work stands."""
    return _STANDS[work_status(incident)]


def client_progress(incident: Incident, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Give what clients may see of the course, oldest first: ``[10:30 UTC] …`` (playbook L500-503)."""
    told = [*_milestones(incident), *((_happened(entry), entry.text) for entry in entries if client_visible(entry))]
    return tuple(_line(at, text) for at, text in sorted(told, key=lambda one: one[0])[-TOLD:])


def actions(incident: Incident, entries: Iterable[Entry], now: datetime) -> tuple[str, ...]:
    """Give what was done so far, oldest first (playbook L419-420, L595)."""
    engineers = incident.tiers.get(Tier.L3)
    paged = []
    if engineers is not None and not engineers.empty:
        paged = [f"Engineering paged at {time_of_day(engineers.paged_at, now)}"]
    said = incident.command.impact.containment  # has a place of its own
    done = [entry.text for entry in entries if entry.kind in ACTIONS and entry.text.strip() != said]
    return (*paged, *done[-DONE:])


def validations(incident: Incident) -> tuple[str, ...]:
    """Give what may be said to have been validated: what somebody attested, and nothing else (A27)."""
    return tuple(text for line, text in VALIDATED.items() if line in incident.command.ticks)


def client_visible(entry: Entry) -> bool:
    """Whether a person let clients see an entry."""
    return entry.facts.get("client_visible") == "true"


def _happened(entry: Entry) -> datetime:
    """When it was, where somebody wrote it down later."""
    told = entry.facts.get("happened_at")
    return datetime.fromisoformat(told) if told else entry.at


def _milestones(incident: Incident) -> Iterator[tuple[datetime, str]]:
    command = incident.command
    yield incident.detected_at, "Problem detected"
    if command.declared_at is not None:
        yield command.declared_at, "Incident declared; our team is at work on it"
    if command.cause_found_at is not None:
        cause = command.impact.plain_cause
        yield command.cause_found_at, f"Cause found: {cause}" if cause else "Cause found"
    if command.mitigated_at is not None:
        yield command.mitigated_at, "Problem contained"
    if incident.monitoring_since is not None:
        yield incident.monitoring_since, "Repair in place; watching that it holds"
    if incident.resolved_at is not None and incident.status in OVER:
        yield incident.resolved_at, "Resolved"


def _line(at: datetime, text: str) -> str:
    return f"[{at.astimezone(UTC):%H:%M} UTC] {text}"
