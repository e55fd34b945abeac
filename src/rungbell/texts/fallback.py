"""What is sent where a template cannot be used: the facts, one a line, without any template.

May import: ``domain`` and the standard library.
"""

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.facts import TextFacts
from rungbell.domain.communication.kinds import CommunicationKind, Text

_NAMES = {
    CommunicationKind.INTERNAL_DECLARATION: "INCIDENT DECLARED",
    CommunicationKind.INTERNAL_UPDATE: "Incident update",
    CommunicationKind.CLIENT_NOTICE: "Service Impact Notice",
    CommunicationKind.CLIENT_UPDATE: "Service Impact Update",
    CommunicationKind.ALL_CLEAR: "RESOLVED - Service Impact Notice",
    CommunicationKind.EXECUTIVE_NOTE: "Incident",
    CommunicationKind.EXECUTIVE_UPDATE: "Incident update",
}
_LABELS = {
    "title": "About",
    "status": "Status",
    "detected": "Detected",
    "resolved": "Resolved",
    "duration": "Duration",
    "commander": "Incident commander",
    "functionality": "Impact",
    "clients_affected": "Clients affected",
    "metric": "Measured",
    "business": "Revenue",
    "sla": "SLA",
    "cause": "Cause",
    "resolution": "Resolution",
    "containment": "Containment",
    "actions": "Done",
    "progress": "Progress",
    "workaround": "Workaround",
    "expected_resolution": "Expected resolution",
    "validations": "Validated",
    "next_steps": "Next steps",
    "client_notification": "Clients told",
    "next_update": "Next update",
    "escalation": "Needed",
    "war_room": "War room",
    "bridge": "Call",
    "timeline": "Timeline",
    "engineers": "Engineers",
    "support_email": "Support by mail",
    "support_phone": "Support by telephone",
}
_NOT_INTERNAL = {"support_email", "support_phone", "progress"}


def written(kind: CommunicationKind, facts: TextFacts) -> Text:
    """Write down what is known."""
    clients = kind.audience is Audience.CLIENTS
    product = f"[{facts.product}] " if facts.product and clients else ""
    about = "" if kind is CommunicationKind.ALL_CLEAR else f" - {facts.title}" if clients else f": {facts.title}"
    subject = f"{product}{_NAMES[kind]}{about}" if clients else f"{facts.icon} {facts.severity} {_NAMES[kind]}{about}"
    lines = [f"Dear {facts.recipient or 'client'},", ""] if clients else [subject, ""]
    lines.append(f"Severity: {facts.severity} ({facts.severity_word})")
    for name, label in _LABELS.items():
        if clients or name not in _NOT_INTERNAL:
            lines += _said(label, getattr(facts, name))
    if clients:
        lines += ["", facts.sign_off or "Your support team"]
    return Text(subject[:200], "\n".join(lines) + "\n")


def _said(label: str, value: str | tuple[str, ...]) -> list[str]:
    if isinstance(value, str):
        return [f"{label}: {value}"] if value else []
    return [f"{label}:", *(f"• {line}" for line in value)] if value else []
