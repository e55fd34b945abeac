"""Opening an incident: how bad, which policy, what it is called, and who is paged at once.

Rules
-----
* The worst new alert of the message decides severity, policy and title; among equals the first (requirements 3.11
  rule 10). The policy is the first whose matchers hold for that alert's labels and the group's.
* In a storm it is opened as a part of its policy's umbrella (``lifecycle.umbrella``) and pages nobody by itself.
* Paging waits for business hours where the severity asks for that (A22), and for the end of a maintenance window.

May import: the value modules of the core, ``decision``, ``ladder``, ``parking`` and ``lifecycle.events``.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rungbell.domain.alert import Alert, AlertGroup, GroupChange, KnownAlert, Sighting
from rungbell.domain.book import Book
from rungbell.domain.decision import Decision, Draft, Situation
from rungbell.domain.events import AlertsReceived
from rungbell.domain.incident import Incident, Status
from rungbell.domain.ladder import OWN_SOURCE, ring
from rungbell.domain.lifecycle.events import StormJoined
from rungbell.domain.links import links_of
from rungbell.domain.matchers import all_match
from rungbell.domain.page import PageRequest, Purpose
from rungbell.domain.parking import park
from rungbell.domain.policy import Policy
from rungbell.domain.severity import Mapped, Severity
from rungbell.domain.timeline import SYSTEM, EntryKind

TITLE_LENGTH = 200
LIKENESS_LENGTH = 300
OBSERVED = 500
"""Characters of a first observation that the timeline keeps."""


def opened(situation: Situation, event: AlertsReceived, change: GroupChange, now: datetime) -> Decision:
    """Open an incident for what fires anew in a group, and page whom its severity demands."""
    worst = worst_of(situation, change)
    policy = _route(situation, event, worst)
    incident = _new_incident(event, change, worst, policy, now)
    draft = Draft(situation if situation.incident is None else replace(situation, incident=None), incident, policy, now)
    draft.alerts = change.to_store
    guessed = ", guessed" if incident.guessed else ""
    draft.tell(
        EntryKind.OPENED,
        f"{incident.severity} ({worst.mapped.rule}{guessed}), policy {policy.name}: {names_of(change.fired)}",
        source=event.group.source,
        receiver=event.group.receiver,
        detected_at=detection_time(incident),
        severity=incident.severity,
        observed=incident.summary[:OBSERVED],
    )
    park(draft, event, change)
    begin(draft)
    return draft.decided("opened")


def begin(draft: Draft) -> None:
    """Page whom the severity demands, or go on in the umbrella of a storm."""
    shelter = draft.situation.shelter
    if shelter is None:
        page_at_once(draft, Purpose.AT_ONCE)
        return
    draft.change(status=Status.MERGED, merged_into=shelter.umbrella, resolved_at=draft.now, resolved_by=SYSTEM)
    where = f"#{shelter.known.number}" if shelter.known else "an umbrella that it opens"
    draft.tell(EntryKind.MERGED, f"a storm: it pages nobody by itself and goes on in {where}", into=shelter.umbrella)
    draft.follow.append(
        StormJoined(
            incident=shelter.umbrella,
            policy=draft.policy.hash,
            before=shelter.rule.opens,
            within=shelter.rule.within,
        )
    )


def detection_time(incident: Incident) -> str:
    """Give when it was detected, as the first line of its timeline has it (playbook L244-246)."""
    return f"{incident.detected_at.isoformat(timespec='seconds')[:19]}Z"


def page_at_once(draft: Draft, purpose: Purpose) -> None:
    """Ring the tiers of `page`, unless business hours or maintenance make them wait; then their clock does it."""
    if not waits(draft):
        ring(draft, [PageRequest(tier, purpose) for tier in draft.plan.page])


def waits(draft: Draft) -> bool:
    """Whether paging waits for business hours, or for the end of a maintenance window."""
    severity = draft.incident.severity
    return draft.incident.parked or draft.policy.elapse(severity, draft.incident.paging_from, timedelta()) > draft.now


def _new_incident(
    event: AlertsReceived, change: GroupChange, worst: Sighting, policy: Policy, now: datetime
) -> Incident:
    mapped: Mapped = worst.mapped
    severity = mapped.severity or Severity.P3
    detected_at = min(now, *(alert.starts_at for alert in change.fired))
    group: AlertGroup = event.group
    return Incident(
        id=event.new_id,
        key=group.key,
        source=group.source,
        receiver=group.receiver,
        group_labels=group.group_labels,
        policy=policy.hash,
        policy_name=policy.name,
        title=_title(worst.alert),
        summary=worst.alert.summary,
        severity=severity,
        severity_rule=mapped.rule,
        guessed=mapped.guessed,
        detected_at=detected_at,
        opened_at=now,
        paging_from=now,
        firing_count=change.firing_count,
        alert_count=change.alert_count,
        name=name_for(severity, detected_at),
        likeness=likeness(policy, {**group.group_labels, **worst.alert.labels}),
        links=links_of(worst.alert.annotations),
    )


def likeness(policy: Policy, labels: Mapping[str, str]) -> str:
    """Give what incidents of the same kind have in common; nothing where no postmortem asks for it (A15)."""
    if all(plan.obligations.postmortem.on_repeat is None for plan in policy.severities.values()):
        return ""
    found = {name: labels[name] for name in policy.postmortems.repeats_by if labels.get(name)}
    return ",".join(f"{name}={value}" for name, value in found.items())[:LIKENESS_LENGTH]


def _route(situation: Situation, event: AlertsReceived, worst: Sighting) -> Policy:
    book = situation.book
    if event.group.source == OWN_SOURCE and book.operator is not None:
        return book.operator
    return policy_for(book, {**event.group.group_labels, **worst.alert.labels})


def policy_for(book: Book, labels: Mapping[str, str]) -> Policy:
    """Give the first policy whose matchers hold for these labels; the last one always does."""
    return next(route.policy for route in book.routes if all_match(route.match, labels))


def worst_of(situation: Situation, change: GroupChange) -> Sighting:
    """Give the sighting that decides: the worst severity, then the first of the message."""
    fired = {alert.key for alert in change.fired}
    return min(
        (sighting for sighting in situation.sightings if sighting.key in fired),
        key=lambda sighting: sighting.mapped.severity or Severity.P3,
    )


def _title(alert: Alert) -> str:
    return shortened(f"{alert.name}: {alert.summary}" if alert.summary else alert.name)


def shortened(title: str) -> str:
    """Cut a title to the length that incidents show."""
    return title if len(title) <= TITLE_LENGTH else f"{title[: TITLE_LENGTH - 1]}…"


def name_for(severity: Severity, detected_at: datetime) -> str | None:
    """``INC-YYYYMMDD-HHMM`` from the detection time in UTC, for P0 and P1 (A18, rule 17)."""
    return declared_name(detected_at) if severity <= Severity.P1 else None


def declared_name(detected_at: datetime) -> str:
    """``INC-YYYYMMDD-HHMM``, which a declared incident has whatever its severity (A18, rule 17)."""
    return f"INC-{detected_at:%Y%m%d-%H%M}"


def full_name(base: str | None, count: int | None) -> str | None:
    """``INC-20261123-0300``, and ``INC-20261123-0300-2`` for the second of the same minute (A18)."""
    return base if base is None or count in {None, 1} else f"{base}-{count}"


def names_of(alerts: tuple[KnownAlert, ...]) -> str:
    """Give the names of alerts for a line of the timeline."""
    names = sorted({alert.labels.get("alertname") or "(unnamed)" for alert in alerts})
    shown = ", ".join(name[:80] for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} others"
