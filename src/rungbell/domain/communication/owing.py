"""What the texts say of obligations: when the next update is due, whether clients were told, what is at risk.

Rules
-----
* Every time is that of the obligation's own clock, never worked out beside it.
* The next update counts from the text that promises it, as its clock does once the text is sent.

May import: ``incident``, ``policy``, ``clock``, ``obligation_clocks``, ``postmortem.record``, ``command.record``,
``communication.audience``, ``communication.times`` and the standard library's pure parts.
"""

from dataclasses import replace
from datetime import datetime

from rungbell.domain.clock import ClockName
from rungbell.domain.command.record import Told
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.times import MINUTE, in_words, time_of_day
from rungbell.domain.incident import Incident
from rungbell.domain.obligation_clocks import OBLIGATIONS
from rungbell.domain.policy import Policy
from rungbell.domain.postmortem.record import Owed

_DUE = {obligation.name: obligation.due for obligation in OBLIGATIONS}
_UPDATES = {
    Audience.INTERNAL: ClockName.INTERNAL_UPDATE,
    Audience.CLIENTS: ClockName.CLIENT_UPDATE,
    Audience.EXECUTIVES: ClockName.EXECUTIVE_UPDATE,
}


def next_update(incident: Incident, policy: Policy, audience: Audience, now: datetime) -> str:
    """Say when an audience hears more, if it is told something now; empty: nothing is promised (L425, L467, L603)."""
    if not incident.open:
        return ""
    command = incident.command
    told = {**command.told, audience: Told(now, now)}
    waived = {key: value for key, value in command.waived.items() if key is not audience}
    due = _DUE[_UPDATES[audience]](incident.changed(command=replace(command, told=told, waived=waived)), policy)
    return f"within {in_words(max(due - now, MINUTE))} (by {time_of_day(due, now)})" if due is not None else ""


def client_notification(incident: Incident, policy: Policy, now: datetime) -> str:
    """Say when clients were told, or are to be (L597, A36)."""
    command = incident.command
    told, waived = command.told.get(Audience.CLIENTS), command.waived.get(Audience.CLIENTS)
    if told is not None:
        return f"sent at {time_of_day(told.first_at, now)}"
    if waived is not None:
        return f"not sent: {waived.reason}"
    if not incident.open:
        return "not sent"
    due = _DUE[ClockName.CLIENT_NOTICE](incident, policy)
    if due is None:
        return "not required"
    return f"not yet sent, {'was ' if due < now else ''}due {time_of_day(due, now)}"


def service_level(incident: Incident, policy: Policy, now: datetime) -> str:
    """Say how the promise to clients stands, as far as its clock knows (L105)."""
    due = _DUE[ClockName.SLA_RISK](incident, policy) if incident.open else None
    if due is None:
        return ""
    return f"at risk {'since' if due <= now else 'from'} {time_of_day(due, now)}{'' if due <= now else ' on'}"


def escalation(incident: Incident, policy: Policy, now: datetime) -> str:
    """Say what would need executives to act, as far as a clock knows (L606, A38)."""
    due = _DUE[ClockName.PROVIDER](incident, policy) if incident.open else None
    if due is None:
        return ""
    if due <= now:
        return f"It has not been contained by {time_of_day(due, now)}: a provider may have to be called in."
    return f"If it is not contained by {time_of_day(due, now)}, a provider may have to be called in."


def postmortem_due(incident: Incident, policy: Policy, now: datetime) -> bool:
    """Whether a postmortem follows, or would if it ended now (A27)."""
    if incident.postmortem is not None:
        return incident.postmortem.wanted
    rule = policy.plan(incident.worst).obligations.postmortem
    if rule.otherwise is Owed.MANDATORY:
        return True
    lasted = (incident.resolved_at or now) - incident.detected_at
    return rule.mandatory_beyond is not None and lasted > rule.mandatory_beyond
