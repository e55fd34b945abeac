"""What PagerDuty is told: events of version 2, and change events, within its limits.

Limits and fields: PagerDuty, Events API v2 (summary 1,024 characters, ``dedup_key`` 255, the whole body 512 KB).

May import: ``domain``, ``notifiers`` (the port, ``fitting``, ``following``), pydantic.
"""

from typing import Any

from pydantic_core import to_json

from rungbell.clock import written
from rungbell.domain.severity import Severity
from rungbell.notifiers import IncidentView, Message
from rungbell.notifiers.fitting import fit, heading_and_body
from rungbell.notifiers.following import Change

SUMMARY = 1_024
"""Characters."""
LEAST = 255
"""Characters of the summary of the least event."""
DETAILS = 100_000
"""Characters of the other lines; with every one escaped the body stays below its limit."""
BODY = 512_000
"""Bytes."""
SEVERITIES = {Severity.P0: "critical", Severity.P1: "error", Severity.P2: "warning", Severity.P3: "info"}
CLIENT = "rungbell"


def dedup_key(incident: str, cycle: int) -> str:
    """By what PagerDuty knows a cycle of an incident."""
    return f"{incident}:{cycle}"


def incident_and_cycle(key: str) -> tuple[str, int] | None:
    """Read such a key; ``None`` where it is none of ours: another tool's may look like the number of an incident."""
    incident, _, cycle = key.rpartition(":")
    known = incident and not incident.isdigit() and cycle.isascii() and cycle.isdigit() and len(cycle) < 7
    return (incident, int(cycle)) if known else None


def trigger(message: Message, incident: IncidentView, routing_key: str) -> dict[str, Any]:
    """Give the event that rings."""
    heading, body = heading_and_body(message)
    links = [(message.acknowledge_url, "Acknowledge"), (incident.url, f"#{incident.number}")]
    event = {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": dedup_key(incident.id, incident.cycle),
        "payload": {
            "summary": fit(heading, SUMMARY, len),
            "source": CLIENT,
            "severity": SEVERITIES[incident.severity],
            "timestamp": written(message.sent_at),
            "group": incident.policy,
            "custom_details": {
                "text": fit(body, DETAILS, len),
                "tier": message.tier or "",
                "person": message.person.id,
                "intent": message.intent,
            },
        },
        "links": [{"href": href, "text": text} for href, text in links if href],
        "client": CLIENT,
        "client_url": incident.url,
    }
    return event if len(to_json(event)) <= BODY else least(event)


def least(event: dict[str, Any]) -> dict[str, Any]:
    """Give the least there is of an event that rings: what must be, in plain characters, and short."""
    told = event["payload"]
    summary = told["summary"].encode("ascii", "replace").decode()[:LEAST]
    return {
        **{name: event[name] for name in ("routing_key", "event_action", "dedup_key")},
        "payload": {"summary": summary, "source": CLIENT, "severity": told["severity"]},
    }


def change_event(message: Message, routing_key: str) -> dict[str, Any]:
    """Give the event that notifies nobody."""
    heading, body = heading_and_body(message)
    where = message.incident.url if message.incident is not None else ""
    return {
        "routing_key": routing_key,
        "payload": {
            "summary": fit(heading, SUMMARY, len),
            "source": CLIENT,
            "timestamp": written(message.sent_at),
            "custom_details": {
                "text": fit(body, DETAILS, len),
                "person": message.person.id,
                "intent": message.intent,
            },
        },
        "links": [{"href": where, "text": "incident"}] if where else [],
    }


def follow_up(change: Change, routing_key: str) -> dict[str, Any] | None:
    """Give the event that tells what became of an incident; ``None`` where PagerDuty has no word for it."""
    incident = change.incident
    if not incident.open:
        return resolve(incident.id, incident.cycle, routing_key)
    if not incident.holder:
        return None
    key = dedup_key(incident.id, incident.cycle)
    return {"routing_key": routing_key, "event_action": "acknowledge", "dedup_key": key}


def resolve(incident: str, cycle: int, routing_key: str) -> dict[str, Any]:
    """Give the event that tells the end of a cycle."""
    return {"routing_key": routing_key, "event_action": "resolve", "dedup_key": dedup_key(incident, cycle)}
