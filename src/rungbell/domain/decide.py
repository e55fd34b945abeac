"""The one decision: ``decide(situation, event, now)``, over a total table of (status, event).

Rules
-----
* The table is total: every pair has a handler or an explicit ``ignore(reason)``; a test proves that none is missing.
  Late and repeated events are normal in a life of at-least-once.
* ``None`` as status means that there is no incident yet; a message can open one, or a person who declares it.
* Acts of people pass ``refusal`` first, whatever the status.

May import: everything of the core.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rungbell.domain import act, declare, delivery, due, message
from rungbell.domain.decision import Decision, Draft, Outcome, Situation, nothing
from rungbell.domain.events import (
    Acknowledged,
    Act,
    AlertsReceived,
    ClockDue,
    Declared,
    Escalated,
    Event,
    NoteAdded,
    PageAccepted,
    PageFailed,
    PagingHeld,
    Resolved,
    SeveritySet,
    Unacknowledged,
)
from rungbell.domain.incident import Status

Handler = Callable[[Draft, Any], Decision]

DECLARED_BEFORE = "it was declared before"
"""A declaration carries the identity of its incident, so a repeated one finds what it opened."""


def ignore(reason: str) -> Handler:
    """Answer an event that changes nothing in this status."""

    def ignored(draft: Draft, event: Event) -> Decision:
        return nothing(Outcome.ALREADY, reason)

    return ignored


def over(draft: Draft, event: Act) -> Decision:
    """Answer an act on an incident that is resolved, saying by whom and when."""
    incident = draft.incident
    by = "its window" if incident.resolved_by == "window" else incident.resolved_by or "somebody"
    at = f" at {incident.resolved_at:%Y-%m-%d %H:%M:%S} UTC" if incident.resolved_at else ""
    return nothing(Outcome.OVER, f"already resolved by {by}{at}")


TABLE: Mapping[tuple[Status, type], Handler] = {
    (Status.TRIGGERED, AlertsReceived): message.join_incident,
    (Status.TRIGGERED, Declared): ignore(DECLARED_BEFORE),
    (Status.TRIGGERED, Acknowledged): act.acknowledge,
    (Status.TRIGGERED, Unacknowledged): act.unacknowledge,
    (Status.TRIGGERED, Escalated): act.escalate,
    (Status.TRIGGERED, Resolved): act.resolve,
    (Status.TRIGGERED, NoteAdded): act.write_note,
    (Status.TRIGGERED, SeveritySet): act.set_severity,
    (Status.TRIGGERED, ClockDue): due.act_on_clocks,
    (Status.TRIGGERED, PageAccepted): delivery.page_accepted,
    (Status.TRIGGERED, PageFailed): delivery.page_failed,
    (Status.TRIGGERED, PagingHeld): due.hold,
    (Status.ACKNOWLEDGED, AlertsReceived): message.join_incident,
    (Status.ACKNOWLEDGED, Declared): ignore(DECLARED_BEFORE),
    (Status.ACKNOWLEDGED, Acknowledged): act.acknowledge,
    (Status.ACKNOWLEDGED, Unacknowledged): act.unacknowledge,
    (Status.ACKNOWLEDGED, Escalated): act.escalate,
    (Status.ACKNOWLEDGED, Resolved): act.resolve,
    (Status.ACKNOWLEDGED, NoteAdded): act.write_note,
    (Status.ACKNOWLEDGED, SeveritySet): act.set_severity,
    (Status.ACKNOWLEDGED, ClockDue): due.act_on_clocks,
    (Status.ACKNOWLEDGED, PageAccepted): delivery.page_accepted,
    (Status.ACKNOWLEDGED, PageFailed): delivery.page_failed,
    (Status.ACKNOWLEDGED, PagingHeld): due.hold,
    (Status.MONITORING, AlertsReceived): message.wake_incident,
    (Status.MONITORING, Declared): ignore(DECLARED_BEFORE),
    (Status.MONITORING, Acknowledged): act.acknowledge,
    (Status.MONITORING, Unacknowledged): act.unacknowledge,
    (Status.MONITORING, Escalated): act.escalate,
    (Status.MONITORING, Resolved): act.resolve,
    (Status.MONITORING, NoteAdded): act.write_note,
    (Status.MONITORING, SeveritySet): act.set_severity,
    (Status.MONITORING, ClockDue): due.watch_stability,
    (Status.MONITORING, PageAccepted): delivery.page_accepted,
    (Status.MONITORING, PageFailed): delivery.page_failed,
    (Status.MONITORING, PagingHeld): ignore("nothing is paged in the stability window"),
    (Status.RESOLVED, AlertsReceived): message.reopen_incident,
    (Status.RESOLVED, Declared): ignore(DECLARED_BEFORE),
    (Status.RESOLVED, Acknowledged): over,
    (Status.RESOLVED, Unacknowledged): over,
    (Status.RESOLVED, Escalated): over,
    (Status.RESOLVED, Resolved): over,
    (Status.RESOLVED, NoteAdded): act.write_note,
    (Status.RESOLVED, SeveritySet): over,
    (Status.RESOLVED, ClockDue): ignore("no clock runs any more"),
    (Status.RESOLVED, PageAccepted): delivery.page_accepted,
    (Status.RESOLVED, PageFailed): delivery.page_failed,
    (Status.RESOLVED, PagingHeld): ignore("nothing is paged any more"),
}


def decide(situation: Situation, event: Event, now: datetime) -> Decision:
    """Decide what ``event`` means at ``now`` (aware, UTC).

    Pure: the same arguments give the same decision. The caller has loaded ``situation`` and will write the decision
    whole, in one transaction.
    """
    incident, policy = situation.incident, situation.policy
    if incident is None or policy is None:
        if isinstance(event, AlertsReceived):
            return message.open_incident(situation, event, now)
        if isinstance(event, Declared):
            return declare.declare(situation, event, now)
        return nothing(Outcome.INVALID, "there is no such incident")
    draft = Draft(situation, incident, policy, now)
    if isinstance(event, Act) and (refused := act.refusal(draft, event)) is not None:
        return refused
    return TABLE[incident.status, type(event)](draft, event)
