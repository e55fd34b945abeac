"""How the rows of the table of decisions are written: one event, what answers it in each status.

A package of rules (paging, command, communication, postmortem) gives its rows as ``ANSWERS``; ``decide`` joins them.

May import: ``decision``, ``events`` and ``incident``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.events import Act, Event
from rungbell.domain.incident import HELD, OVER, Incident, Status

Handler = Callable[[Draft, Any], Decision]
Answers = Mapping[tuple[Status, type[Event]], Handler]


def ignore(reason: str) -> Handler:
    """Answer an event that changes nothing in this status."""

    def ignored(draft: Draft, event: Event) -> Decision:
        return nothing(Outcome.ALREADY, reason)

    return ignored


def ended(incident: Incident) -> str:
    """Word how an incident ended."""
    if incident.status is Status.FALSE_POSITIVE:
        return "marked as a false positive"
    return str(Status.RESOLVED if incident.status is Status.CLOSED else incident.status)


def over(draft: Draft, event: Act) -> Decision:
    """Answer an act on an incident that is over, saying by whom and when."""
    incident = draft.incident
    by = "its window" if incident.resolved_by == "window" else incident.resolved_by or "somebody"
    at = f" at {incident.resolved_at:%Y-%m-%d %H:%M:%S} UTC" if incident.resolved_at else ""
    return nothing(Outcome.OVER, f"already {ended(incident)} by {by}{at}")


def answers(
    event: type[Event],
    *,
    triggered: Handler,
    held: Handler | None = None,
    monitoring: Handler | None = None,
    resolved: Handler = over,
    ended: Handler | None = None,
) -> dict[tuple[Status, type[Event]], Handler]:
    """Give the rows of one event.

    ``held`` (default: as ``triggered``) is where somebody works on it, ``monitoring`` (default: as ``held``) the
    stability window, ``ended`` (default: as ``resolved``) closed, a false positive, or merged.
    """
    held = held or triggered
    rows = dict.fromkeys(HELD, held)
    rows[Status.TRIGGERED] = triggered
    rows[Status.MONITORING] = monitoring or held
    rows |= dict.fromkeys(OVER, ended or resolved)
    rows[Status.RESOLVED] = resolved
    return {(status, event): handler for status, handler in rows.items()}
