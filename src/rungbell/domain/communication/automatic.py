"""What is told, or laid out for a review, without anybody asking for it.

Rules
-----
* Internally and to executives a text leaves by itself where the file says so: with the declaration, when its clock is
  due, and when a person changes how the incident stands, or ends it. What alerts change is told with the next update,
  so that a flapping alert mails nobody every minute.
* To clients nothing leaves by itself: the first text is drafted when it is to lie before its reviewer (A33), an update
  when it is due, the all clear at the end; only where clients were told (A27).
* Over before clients had to be told, and never told: no mail is due and no all clear (A44).

May import: the value modules of the core, ``decision``, ``obligation_dues``, ``communication.recipients`` and
``communication.telling``.
"""

from rungbell.domain.clock import ClockName
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.communication.recipients import recipients_of
from rungbell.domain.communication.record import Communication
from rungbell.domain.communication.telling import (
    ALL_CLEAR_IN,
    lay_out,
    send_at_once,
    tell_of_draft,
    why_not,
)
from rungbell.domain.decision import Draft
from rungbell.domain.events import Act, Event
from rungbell.domain.incident import Incident, Status
from rungbell.domain.obligation_dues import client_notice_due, told_since_the_end
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import SYSTEM, EntryKind

UPDATES = {
    Audience.INTERNAL: CommunicationKind.INTERNAL_UPDATE,
    Audience.EXECUTIVES: CommunicationKind.EXECUTIVE_UPDATE,
}
SENT_WHEN_DUE = {
    ClockName.EXECUTIVE_NOTE: CommunicationKind.EXECUTIVE_NOTE,
    ClockName.INTERNAL_UPDATE: CommunicationKind.INTERNAL_UPDATE,
    ClockName.EXECUTIVE_UPDATE: CommunicationKind.EXECUTIVE_UPDATE,
}
DRAFTED_WHEN_DUE = {
    ClockName.CLIENT_DRAFT: CommunicationKind.CLIENT_NOTICE,
    ClockName.CLIENT_UPDATE: CommunicationKind.CLIENT_UPDATE,
    ClockName.ALL_CLEAR: CommunicationKind.ALL_CLEAR,
}


def meet(draft: Draft, due: frozenset[ClockName]) -> frozenset[ClockName]:
    """Send or lay out what is due, and give the clocks of which nobody has to hear any more."""
    met: set[ClockName] = set()
    for clock, kind in SENT_WHEN_DUE.items():
        if clock in due and _leaves(draft, kind) and send_at_once(draft, kind, SYSTEM) is not None:
            met.add(clock)
    for clock, kind in DRAFTED_WHEN_DUE.items():
        if clock in due:
            laid = _lay_out(draft, kind)
            if clock is ClockName.CLIENT_DRAFT and laid is None:
                draft.command(drafted_at=draft.now)  # whether or not there is anybody to draft it for, once is enough
                met.add(clock)
    return frozenset(met)


def announce_declaration(draft: Draft) -> None:
    """Tell the team that it is declared."""
    kind = CommunicationKind.INTERNAL_DECLARATION
    if _leaves(draft, kind):
        send_at_once(draft, kind, SYSTEM)
    elif Audience.INTERNAL not in draft.situation.book.communication.automatic:
        _lay_out(draft, kind)


def follow_changes(draft: Draft, event: Event) -> str | None:
    """Tell what a person has changed, lay out the all clear; what it gives is said to that person.

    ``None``: nothing was to be done.
    """
    before = draft.situation.incident
    if before is None or _stands(before) == _stands(draft.incident):
        return None
    if draft.incident.open and not before.open:
        _begin_again(draft, before)
    if isinstance(event, Act) or not draft.incident.open:
        for audience, kind in UPDATES.items():
            if audience in before.command.told and _leaves(draft, kind):
                send_at_once(draft, kind, SYSTEM)
    if draft.incident.status in ALL_CLEAR_IN and before.status not in ALL_CLEAR_IN:
        return _end(draft, before)
    return ""


def _begin_again(draft: Draft, before: Incident) -> None:
    """What was not over needs another all clear, and a waiver of the one before says nothing of what happens now."""
    command, ended = draft.incident.command, before.resolved_at
    draft.command(
        drafts={kind: number for kind, number in command.drafts.items() if kind != CommunicationKind.ALL_CLEAR},
        waived={one: waiver for one, waiver in command.waived.items() if ended is None or waiver.at < ended},
    )


def _stands(incident: Incident) -> tuple[Severity, Status]:
    """What people want to hear of: who holds it just now is not a part of it."""
    return incident.severity, incident.stage


def _leaves(draft: Draft, kind: CommunicationKind) -> bool:
    automatic = draft.situation.book.communication.automatic
    return kind.audience in automatic and not why_not(draft.incident, kind)


def _lay_out(draft: Draft, kind: CommunicationKind) -> Communication | None:
    """Draft it, unless one waits already or nobody is to get it."""
    incident = draft.incident
    recipients = recipients_of(incident, kind, draft.situation.book, draft.now)
    if not recipients or kind in incident.command.drafts or why_not(incident, kind):
        return None
    begun = lay_out(draft, kind, recipients, SYSTEM)
    tell_of_draft(draft, begun)
    return begun


def _end(draft: Draft, before: Incident) -> str:
    if Audience.CLIENTS in before.command.told:
        laid = None if told_since_the_end(draft.incident) else _lay_out(draft, CommunicationKind.ALL_CLEAR)
        return f"the all clear ({laid.number}) waits for a review" if laid else ""
    due = client_notice_due(before, draft.policy)
    if due is not None and Audience.CLIENTS not in before.command.waived:
        if due > draft.now:
            text = f"clients: not required, for it was resolved before {due:%H:%M} UTC, when they had to be told"
            draft.tell(EntryKind.NOT_REQUIRED, text, audience=Audience.CLIENTS)
        else:
            text = f"clients were never told; that was due at {due:%H:%M} UTC"
            alarm = before.command.alarms.get(ClockName.CLIENT_NOTICE)
            if alarm is not None and alarm.last_at >= due:
                draft.tell(EntryKind.OVERDUE, text, obligation=ClockName.CLIENT_NOTICE, again="yes")
            else:
                draft.tell(EntryKind.OVERDUE, text, obligation=ClockName.CLIENT_NOTICE)
    return ""
