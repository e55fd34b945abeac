"""An act of a test file as the event that it is to the engine.

May import: ``verbs``, ``domain`` and the standard library.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rungbell.cli.test.verbs import ActSection
from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.command.record import Role
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.events import (
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    Waived,
)
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.communication.record import Communication
from rungbell.domain.events import (
    Acknowledged,
    Declared,
    Escalated,
    Event,
    NoteAdded,
    Reason,
    Resolved,
    SeveritySet,
    Unacknowledged,
    Via,
)
from rungbell.domain.incident import Incident, Status
from rungbell.domain.lifecycle.events import Closed, FalsePositiveFound, Reopened, Snoozed, StatusSet
from rungbell.domain.postmortem.events import ItemAdded, PostmortemMoved
from rungbell.domain.severity import Severity


def event_of(act: ActSection, incident: str, until: datetime | None) -> Event:
    """Give the event of a person's act on an incident; for `open`, ``incident`` is the identity it will have.

    ``until`` is the time of the act's `until`, where it has one.
    """
    by_link = {"cycle": act.cycle, "via": Via.LINK} if act.cycle is not None else {}
    if act.verb == "snooze" and until is not None:
        return Snoozed(incident=incident, by=act.who or "", until=until)
    return _EVENTS[act.verb](act, {"incident": incident, "by": act.who, **by_link})


def telling(act: ActSection, incident: Incident) -> Iterator[Callable[[Communication | None], Event]]:
    """Give the events by which a person tells somebody: it is drafted unless a draft waits, reviewed for clients, sent.

    Each is made of the communication as it then stands.
    """
    kind, about, by = act.tell or CommunicationKind.CLIENT_NOTICE, incident.id, act.who or ""
    if kind not in incident.command.drafts:
        yield lambda _: CommunicationDrafted(incident=about, by=by, kind=kind)
    if kind.audience is Audience.CLIENTS:
        yield lambda one: CommunicationReviewed(
            incident=about,
            by=by,
            communication=one.number if one else 0,
            texts={name: Text("a subject", "a text") for name in (one.recipients if one else ())},
        )
    yield lambda one: CommunicationSent(incident=about, by=by, communication=one.number if one else 0)


def _escalated(act: ActSection, who: dict[str, Any]) -> Event:
    return Escalated(**who, to=act.to, reason=Reason(act.because) if act.because else None)


def _role(act: ActSection) -> Role:
    return act.role or Role.INCIDENT_COMMANDER


def _stated(act: ActSection, who: dict[str, Any]) -> Event:
    said = dict(act.impact or {})
    impacting = said.pop("client_impacting", None)
    asked = said.pop("clients_asked", None)
    return ImpactStated(
        **who,
        words={name: str(text) for name, text in said.items()},
        client_impacting=None if impacting is None else impacting is True,
        clients_asked=None if asked is None else asked is True,
        reason=act.because or "",
    )


def _declared(act: ActSection, who: dict[str, Any]) -> Event:
    return Declared(
        **who,
        title=act.open or "",
        severity=act.severity or Severity.P2,
        summary=act.summary or "",
        labels=act.labels or {},
        policy=act.policy,
        commander=act.commander,
    )


_EVENTS: Mapping[str, Callable[[ActSection, dict[str, Any]], Event]] = {
    "acknowledge": lambda act, who: Acknowledged(**who),
    "unacknowledge": lambda act, who: Unacknowledged(**who),
    "resolve": lambda act, who: Resolved(**who, reason=act.because or ""),
    "escalate": _escalated,
    "severity": lambda act, who: SeveritySet(**who, severity=act.severity or Severity.P2, reason=act.because or ""),
    "note": lambda act, who: NoteAdded(**who, text=act.note or ""),
    "open": _declared,
    "declare": lambda act, who: Declared(**who, severity=act.severity, commander=act.commander),
    "assume": lambda act, who: RoleAssumed(**who, role=_role(act), person=act.assume),
    "give_up": lambda act, who: RoleGivenUp(**who, role=_role(act)),
    "handoff": lambda act, who: HandedOff(**who, to=act.handoff or "", reason=act.because or ""),
    "tick": lambda act, who: Ticked(**who, line=act.tick or ""),
    "impact": _stated,
    "status": lambda act, who: StatusSet(**who, status=act.status or Status.ACKNOWLEDGED),
    "false_positive": lambda act, who: FalsePositiveFound(**who, reason=act.because or ""),
    "close": lambda act, who: Closed(**who, reason=act.because or ""),
    "reopen": lambda act, who: Reopened(**who, reason=act.because or ""),
    "waive": lambda act, who: Waived(**who, audience=act.waive or Audience.CLIENTS, reason=act.because or ""),
    "postmortem": lambda act, who: PostmortemMoved(**who, state=act.postmortem),
    "item": lambda act, who: ItemAdded(
        **who, text=act.item or "", owner=act.owner or "", priority=act.priority or Severity.P1
    ),
}
