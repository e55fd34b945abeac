"""What can be measured of an incident that is over: how fast it was found, answered, understood, told and ended.

Rules
-----
* Durations run from the detection (A14); the fault may be older than any alert (A26), so detection itself is measured
  from the first alert's start, or from when people say the harm began, to when rungbell heard of it.
* What never happened has no figure.

May import: the value modules of the core.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rungbell.domain.communication.audience import Audience
from rungbell.domain.incident import Incident
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.values import dataclass

CAUSE_EXPECTED = timedelta(minutes=10)
"""How fast the playbook expects the cause to be known (L894)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Each is a duration, or ``None`` where it did not happen."""

    detection: timedelta
    acknowledgement: timedelta | None
    declaration: timedelta | None
    cause: timedelta | None
    mitigation: timedelta | None
    clients: timedelta | None
    executives: timedelta | None
    resolution: timedelta | None
    overdue: tuple[tuple[datetime, str], ...]
    """Obligations that were broken, each with when it first was said."""


def figures(incident: Incident, entries: Sequence[Entry]) -> Figures:
    """Measure an incident by its facts and its timeline."""
    command, start = incident.command, incident.detected_at
    began = command.impact_started_at or start
    told = command.told
    opened = next((entry.at for entry in entries if entry.kind is EntryKind.OPENED), incident.opened_at)
    answered = next((entry.at for entry in entries if entry.kind is EntryKind.ACKNOWLEDGED), None)
    return Figures(
        detection=opened - began,
        acknowledgement=_since(opened, answered),
        declaration=_since(start, command.declared_at),
        cause=_since(start, command.cause_found_at),
        mitigation=_since(start, command.mitigated_at),
        clients=_since(start, told[Audience.CLIENTS].first_at if Audience.CLIENTS in told else None),
        executives=_since(start, told[Audience.EXECUTIVES].first_at if Audience.EXECUTIVES in told else None),
        resolution=_since(start, incident.resolved_at),
        overdue=tuple(
            (entry.at, entry.facts.get("obligation", ""))
            for entry in entries
            if entry.kind is EntryKind.OVERDUE and "again" not in entry.facts
        ),
    )


def _since(start: datetime, at: datetime | None) -> timedelta | None:
    return None if at is None else max(timedelta(), at - start)
