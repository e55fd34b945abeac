"""How incidents look over the API: JSON with names that others build on.

May import: ``domain``.
"""

from datetime import datetime
from typing import Any

from rungbell.domain.alert import KnownAlert
from rungbell.domain.clocks import CLOCKS, deadlines
from rungbell.domain.incident import Incident
from rungbell.domain.page import SentPage
from rungbell.domain.policy import Policy
from rungbell.domain.timeline import Entry


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def labels_of(incident: Incident) -> dict[str, str]:
    """Give what a filter can ask for: the group's labels, and the incident's own facts before them."""
    return {
        **incident.group_labels,
        "severity": incident.severity.value,
        "status": incident.status.value,
        "policy": incident.policy_name,
        "source": incident.source,
        "title": incident.title,
        "tier": incident.highest_tier.value if incident.highest_tier else "",
        "acknowledged_by": incident.holder.by if incident.holder else "",
    }


def incident_view(incident: Incident) -> dict[str, Any]:
    """Give an incident as a row of a list."""
    holder = incident.holder
    return {
        "id": incident.id,
        "number": incident.number,
        "name": incident.name,
        "title": incident.title,
        "summary": incident.summary,
        "severity": incident.severity.value,
        "severity_guessed": incident.guessed,
        "status": incident.status.value,
        "tier": incident.highest_tier.value if incident.highest_tier else None,
        "acknowledged_by": holder.by if holder else None,
        "acknowledged_at": moment(holder.at) if holder else None,
        "acknowledged_until": moment(holder.ends_at) if holder else None,
        "opened_at": moment(incident.opened_at),
        "detected_at": moment(incident.detected_at),
        "resolved_at": moment(incident.resolved_at),
        "resolved_by": incident.resolved_by,
        "source": incident.source,
        "policy": incident.policy_name,
        "cycle": incident.cycle,
        "alerts": incident.alert_count,
        "alerts_firing": incident.firing_count,
        "exhausted": incident.exhausted_at is not None,
        "held": incident.held_since is not None,
        "version": incident.version,
    }


def incident_detail(
    incident: Incident, policy: Policy, alerts: list[KnownAlert], pages: list[SentPage]
) -> dict[str, Any]:
    """Give an incident whole: with its running clocks, its ladder, its pages and its alerts."""
    happens = {clock.name: clock.happens for clock in CLOCKS}
    return incident_view(incident) | {
        "severity_rule": incident.severity_rule,
        "receiver": incident.receiver,
        "group_labels": dict(incident.group_labels),
        "policy_hash": incident.policy,
        "deadlines": [
            {
                "clock": deadline.clock.value,
                "due": moment(deadline.due),
                "tier": deadline.tier.value if deadline.tier else None,
                "happens": happens[deadline.clock],
            }
            for deadline in deadlines(incident, policy)
        ],
        "tiers": [
            {
                "tier": tier.value,
                "role": policy.tiers[tier].role,
                "paged_at": moment(state.paged_at),
                "cause": state.cause,
                "empty": state.empty,
                "acknowledged_at": moment(state.acknowledged_at),
                "acknowledged_by": state.acknowledged_by,
            }
            for tier, state in sorted(incident.tiers.items())
        ],
        "pages": [page_view(sent) for sent in pages],
        "alert_list": [
            {
                "labels": dict(alert.labels),
                "annotations": dict(alert.annotations),
                "firing": alert.firing,
                "severity": alert.severity.value if alert.severity else None,
                "starts_at": moment(alert.starts_at),
                "ends_at": moment(alert.ends_at),
            }
            for alert in alerts[:100]
        ],
    }


def page_view(sent: SentPage) -> dict[str, Any]:
    """Give one row of the delivery ledger."""
    page = sent.page
    return {
        "intent": page.intent,
        "kind": page.kind.value,
        "purpose": page.purpose.value,
        "tier": page.tier.value,
        "person": page.person,
        "channel": page.channel,
        "cycle": page.cycle,
        "created_at": moment(sent.created_at),
        "send_after": moment(page.send_after),
        "state": sent.state.value,
        "attempts": sent.attempts,
        "last_failure": sent.last_failure,
    }


def entry_view(entry: Entry) -> dict[str, Any]:
    """Give one line of the timeline."""
    return {
        "at": moment(entry.at),
        "kind": entry.kind.value,
        "actor": entry.actor,
        "tier": entry.tier.value if entry.tier else None,
        "channel": entry.channel,
        "text": entry.text,
        "facts": dict(entry.facts),
    }
