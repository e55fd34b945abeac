"""The one decision: ``decide(situation, event, now)``, over a total table of (status, event).

Rules
-----
* The table is total: every pair has a handler or an explicit ``ignore(reason)``; a test proves that none is missing.
  Late and repeated events are normal in a life of at-least-once.
* ``None`` as status means that there is no incident yet; a message can open one, a person who declares it, or
  a storm.
* Acts of people pass ``refusal`` first, whatever the status.
* The places that were told hear of what is decided (``echo``).
* What is resolved and owes nothing any more is closed by the decision that met the last of it.

May import: everything of the core.
"""

from datetime import datetime

from rungbell.domain import act, delivery, due, message, notes, suppression
from rungbell.domain.answers import Answers, answers, ignore
from rungbell.domain.command import table as command
from rungbell.domain.command.declare import open_by_hand
from rungbell.domain.communication import table as communication
from rungbell.domain.communication.automatic import follow_changes
from rungbell.domain.decision import Decision, Draft, Outcome, Situation, nothing
from rungbell.domain.echo import echoed
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
    PageUndelivered,
    PagingHeld,
    SeveritySet,
    SuppressionSeen,
    Unacknowledged,
)
from rungbell.domain.lifecycle import table as lifecycle
from rungbell.domain.lifecycle.ending import close_what_is_done
from rungbell.domain.lifecycle.events import StormJoined
from rungbell.domain.lifecycle.umbrella import open_umbrella
from rungbell.domain.postmortem import table as postmortem

ANSWERS: Answers = {
    **answers(
        AlertsReceived,
        triggered=message.join_incident,
        monitoring=message.wake_incident,
        resolved=message.reopen_incident,
    ),
    **answers(Acknowledged, triggered=act.acknowledge),
    **answers(Unacknowledged, triggered=act.unacknowledge),
    **answers(Escalated, triggered=act.escalate),
    **answers(NoteAdded, triggered=notes.write_note, resolved=notes.write_note),
    **answers(SeveritySet, triggered=act.set_severity),
    **answers(
        ClockDue, triggered=due.act_on_clocks, monitoring=due.watch_stability, resolved=due.remind_of_what_is_owed
    ),
    **answers(PageAccepted, triggered=delivery.page_accepted, resolved=delivery.page_accepted),
    **answers(PageFailed, triggered=delivery.page_failed, resolved=delivery.page_failed),
    **answers(PageUndelivered, triggered=delivery.page_undelivered, resolved=delivery.page_undelivered),
    **answers(
        SuppressionSeen,
        triggered=suppression.note,
        resolved=ignore("it is over"),
    ),
    **answers(
        PagingHeld,
        triggered=due.hold,
        monitoring=ignore("nothing is paged in the stability window"),
        resolved=ignore("nothing is paged any more"),
    ),
}
TABLE: Answers = {
    **ANSWERS,
    **command.ANSWERS,
    **communication.ANSWERS,
    **lifecycle.ANSWERS,
    **postmortem.ANSWERS,
}


def decide(situation: Situation, event: Event, now: datetime) -> Decision:
    """Decide what ``event`` means at ``now`` (aware, UTC).

    Pure: the same arguments give the same decision. The caller has loaded ``situation`` and will write the decision
    whole, in one transaction.
    """
    return echoed(situation.incident, _decided(situation, event, now), situation.book, now)


def _decided(situation: Situation, event: Event, now: datetime) -> Decision:
    incident, policy = situation.incident, situation.policy
    if incident is None or policy is None:
        if isinstance(event, AlertsReceived):
            return message.open_incident(situation, event, now)
        if isinstance(event, Declared):
            return open_by_hand(situation, event, now)
        if isinstance(event, StormJoined):
            return open_umbrella(situation, event, now)
        return nothing(Outcome.INVALID, "there is no such incident")
    return _about(Draft(situation, incident, policy, now), event)


def _about(draft: Draft, event: Event) -> Decision:
    """Decide what is about an incident that there is."""
    if isinstance(event, Act) and (refused := act.refusal(draft, event)) is not None:
        return refused
    decision = TABLE[draft.incident.status, type(event)](draft, event)
    if decision.incident is None:
        return decision  # nothing of it has changed
    said = follow_changes(draft, event)
    if said is not None:
        text = "; ".join(part for part in (decision.reply.text, said) if part)
        decision = draft.decided(text, decision.reply.outcome)
    return close_what_is_done(draft, decision)
