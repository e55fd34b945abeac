"""How incidents look over the API: from the core's values to ``answers``.

May import: ``domain``, ``answers``, ``timeline_answers``, ``command_views``.
"""

from datetime import datetime

from rungbell.domain.alert import KnownAlert
from rungbell.domain.broken import overdue
from rungbell.domain.clocks import CLOCKS, deadlines
from rungbell.domain.command.recipes import Recipes
from rungbell.domain.incident import Incident
from rungbell.domain.page import SentPage
from rungbell.domain.policy import Policy
from rungbell.domain.timeline import Entry
from rungbell.web.incidents.answers import (
    SHOWN_ALERTS,
    AlertView,
    DeadlineView,
    IncidentDetail,
    IncidentRow,
    IncidentView,
    PageView,
    TierView,
)
from rungbell.web.incidents.command_views import command_view
from rungbell.web.incidents.timeline_answers import EntryView


def labels_of(incident: Incident) -> dict[str, str]:
    """Give what a filter can ask for: the group's labels, and the incident's own facts before them."""
    return {
        **incident.group_labels,
        "severity": incident.severity.value,
        "status": incident.status.value,
        "phase": incident.phase.value,
        "detection": incident.detection.value,
        "policy": incident.policy_name,
        "source": incident.source,
        "title": incident.title,
        "tier": incident.highest_tier.value if incident.highest_tier else "",
        "acknowledged_by": incident.holder.by if incident.holder else "",
    }


def incident_view(incident: Incident) -> IncidentView:
    """Give an incident as a row of a list."""
    holder = incident.holder
    return IncidentView(
        id=incident.id,
        number=incident.number,
        name=incident.name,
        title=incident.title,
        summary=incident.summary,
        severity=incident.severity,
        severity_guessed=incident.guessed,
        status=incident.status,
        phase=incident.phase,
        detection=incident.detection,
        tier=incident.highest_tier,
        acknowledged_by=holder.by if holder else None,
        acknowledged_at=holder.at if holder else None,
        acknowledged_until=holder.ends_at if holder else None,
        snoozed=holder is not None and holder.snoozed,
        opened_at=incident.opened_at,
        detected_at=incident.detected_at,
        resolved_at=incident.resolved_at,
        resolved_by=incident.resolved_by,
        source=incident.source,
        policy=incident.policy_name,
        cycle=incident.cycle,
        alerts=incident.alert_count,
        alerts_firing=incident.firing_count,
        exhausted=incident.exhausted_at is not None,
        held=incident.held_since is not None,
        maintenance_until=incident.maintenance_until if incident.parked else None,
        suppressed=incident.suppressed if incident.open else "",
        links=dict(incident.links),
        merged_into=incident.merged_into,
        parts=len(incident.parts),
        restricted=incident.command.withheld,
        version=incident.version,
    )


def incident_row(incident: Incident, policy: Policy, now: datetime) -> IncidentRow:
    """Give an incident with what it owes at ``now``."""
    found = overdue(incident, policy, now)
    return IncidentRow(**dict(incident_view(incident)), overdue=dict(sorted(found.items())))


def incident_detail(
    incident: Incident,
    policy: Policy,
    alerts: list[KnownAlert],
    pages: list[SentPage],
    recipes: Recipes,
    now: datetime,
) -> IncidentDetail:
    """Give an incident whole."""
    happens = {clock.name: clock.happens for clock in CLOCKS}
    return IncidentDetail(
        **dict(incident_row(incident, policy, now)),
        severity_rule=incident.severity_rule,
        receiver=incident.receiver,
        group_labels=dict(incident.group_labels),
        policy_hash=incident.policy,
        deadlines=[
            DeadlineView(clock=deadline.clock, due=deadline.due, tier=deadline.tier, happens=happens[deadline.clock])
            for deadline in deadlines(incident, policy)
        ],
        command=command_view(incident, policy, (dict(alert.labels) for alert in alerts), recipes),
        tiers=[
            TierView(
                tier=tier,
                role=policy.tiers[tier].role,
                paged_at=state.paged_at,
                cause=state.cause,
                empty=state.empty,
                acknowledged_at=state.acknowledged_at,
                acknowledged_by=state.acknowledged_by,
            )
            for tier, state in sorted(incident.tiers.items())
        ],
        pages=[page_view(sent) for sent in pages],
        alert_list=[alert_view(alert) for alert in alerts[:SHOWN_ALERTS]],
    )


def alert_view(alert: KnownAlert) -> AlertView:
    """Give an alert."""
    return AlertView(
        labels=dict(alert.labels),
        annotations=dict(alert.annotations),
        firing=alert.firing,
        severity=alert.severity,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
    )


def page_view(sent: SentPage) -> PageView:
    """Give one row of the delivery ledger."""
    page = sent.page
    return PageView(
        intent=page.intent,
        kind=page.kind,
        purpose=page.purpose,
        tier=page.tier,
        person=page.person,
        channel=page.channel,
        cycle=page.cycle,
        created_at=sent.created_at,
        send_after=page.send_after,
        state=sent.state,
        attempts=sent.attempts,
        last_failure=sent.last_failure,
    )


def entry_view(entry: Entry) -> EntryView:
    """Give one line of the timeline."""
    return EntryView(
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        tier=entry.tier,
        channel=entry.channel,
        text=entry.text,
        facts=dict(entry.facts),
    )
