"""What a message of a source does to its incident: open it, join it, raise it, park it, wake it again.

Rules
-----
* The worst new alert decides the severity; inside an incident it only ratchets up by itself (requirements 3.11
  rules 10, 12). An upgrade restarts the paging clocks and ends the acknowledgement (rules 1 and A45).
* A new alert that joins an acknowledged incident informs the holder and pages nobody (rule 12).
* All alerts resolved → MONITORING with its stability window; a re-fire resumes the same cycle (rule 7, A11).
* Within ``reopen_within`` of RESOLVED something new is the next cycle of the same incident; later it is a new incident.
  Repeats with the same ``startsAt`` are nothing new (rule 11).

May import: the value modules of the core, ``decision`` and ``ladder``.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rungbell.domain.alert import Alert, AlertGroup, GroupChange, KnownAlert, Sighting, compare
from rungbell.domain.decision import Decision, Draft, Outcome, Reply, Situation, nothing
from rungbell.domain.events import AlertsReceived
from rungbell.domain.incident import Incident, Status
from rungbell.domain.ladder import OWN_SOURCE, notify, release, relieve, ring
from rungbell.domain.page import EVERY_PAGE, PageRequest, Purpose
from rungbell.domain.policy import Policy, Resolves
from rungbell.domain.severity import Mapped, Severity
from rungbell.domain.timeline import EntryKind

TITLE_LENGTH = 200


def open_incident(situation: Situation, event: AlertsReceived, now: datetime) -> Decision:
    """Open an incident for a group that has none, if anything of it fires anew."""
    change = _compare(situation, event, now)
    if not change.fired:
        return _remember(change)
    return _open(situation, event, change, now)


def join_incident(draft: Draft, event: AlertsReceived) -> Decision:
    """Take a message about an incident that somebody holds, or nobody yet."""
    change = _attach(draft, event)
    over = change.all_resolved and bool(draft.situation.sightings)
    if not change.to_store and not over:
        return nothing(Outcome.ALREADY, "nothing new")
    if change.fired:
        _tell_fired(draft, change)
        _raise_or_inform(draft, change, event)
    if over:
        _monitor(draft)
    elif change.resolved:
        draft.tell(EntryKind.ALERTS, f"{len(change.resolved)} resolved, {change.firing_count} still firing")
    return draft.decided()


def wake_incident(draft: Draft, event: AlertsReceived) -> Decision:
    """Take a message about an incident in its stability window."""
    change = _attach(draft, event)
    if not change.fired:
        return draft.decided() if change.to_store else nothing(Outcome.ALREADY, "nothing new")
    within = draft.plan.acknowledge_within
    draft.change(
        status=Status.ACKNOWLEDGED if draft.incident.holder else Status.TRIGGERED,
        monitoring_since=None,
        reminded_at=None,
        quiet_until=draft.policy.elapse(draft.incident.severity, draft.now, within),
    )
    if draft.incident.lapse_from is None:
        draft.change(lapse_from=draft.now)
    draft.tell(EntryKind.REFIRED, f"firing again in the stability window: {_names(change.fired)}")
    _raise_or_inform(draft, change, event)
    return draft.decided()


def reopen_incident(draft: Draft, event: AlertsReceived) -> Decision:
    """Take a message about an incident that is resolved: its next cycle, a new incident, or nothing."""
    change = _attach(draft, event)
    if not change.fired:
        return _remember(change)
    resolved_at = draft.incident.resolved_at or draft.now
    if draft.now - resolved_at > draft.plan.reopen_within:
        return _open(draft.situation, event, change, draft.now)
    worst = _worst(draft.situation, change)
    _next_cycle(draft, min(draft.incident.severity, worst.mapped.severity or draft.incident.severity))
    draft.tell(EntryKind.REOPENED, f"reopened as cycle {draft.incident.cycle}: {_names(change.fired)}")
    _page_at_once(draft, Purpose.AT_ONCE)
    return draft.decided()


def upgrade(draft: Draft, severity: Severity, why: str, actor: str) -> None:
    """Raise the severity: clocks start anew, the acknowledgement ends, the tiers it demands ring at once."""
    before, holder = draft.incident.severity, draft.incident.holder
    draft.tell(EntryKind.SEVERITY, f"{before} → {severity}: {why}", actor=actor)
    relieve(draft)
    draft.change(
        severity=severity,
        severity_rule=why,
        guessed=False,
        status=Status.TRIGGERED,
        quiet_until=None,
        monitoring_since=None,
        reminded_at=None,
        held_since=None,
    )
    restart_paging(draft)
    draft.change(lapse_from=None)
    if holder is not None:
        draft.tell(EntryKind.ACKNOWLEDGEMENT_ENDED, f"the acknowledgement by {holder.by} ends with the upgrade (A45)")
    requests = [PageRequest(tier, Purpose.UPGRADE) for tier in draft.plan.page]
    if _waits(draft):
        draft.change(tiers={tier: state for tier, state in draft.incident.tiers.items() if tier not in draft.plan.page})
        return
    ring(draft, requests)
    if draft.incident.lapse_from is None:
        draft.change(lapse_from=draft.now)


def restart_paging(draft: Draft) -> None:
    """After an upgrade the paging clocks run from now, and nobody holds the incident (rules 1 and 6, A45)."""
    incident = draft.incident
    draft.change(
        holder=None,
        paging_from=draft.now,
        lapse_from=draft.now,
        engaged=(),
        unresolved={},
        name=incident.name or _name(incident.severity, incident.detected_at),
    )


def resolve_by_window(draft: Draft) -> None:
    """End the incident because it was stable for its window."""
    relieve(draft)
    draft.change(status=Status.RESOLVED, resolved_at=draft.now, resolved_by="window", monitoring_since=None)
    draft.withdraw(EVERY_PAGE)
    draft.tell(EntryKind.RESOLVED, "resolved: stable for the whole window")


def _compare(situation: Situation, event: AlertsReceived, now: datetime) -> GroupChange:
    hidden = event.group.truncated > 0 and event.group.firing
    return compare(situation.known or {}, situation.sightings, now, hidden=hidden)


def _attach(draft: Draft, event: AlertsReceived) -> GroupChange:
    change = _compare(draft.situation, event, draft.now)
    draft.alerts = change.to_store
    if change.to_store:
        earliest = min((alert.starts_at for alert in change.fired), default=draft.incident.detected_at)
        draft.change(
            firing_count=change.firing_count,
            alert_count=change.alert_count,
            detected_at=min(draft.incident.detected_at, earliest)
            if draft.incident.open
            else draft.incident.detected_at,
        )
    return change


def _remember(change: GroupChange) -> Decision:
    """Keep what is known of the alerts current, although no incident changes."""
    if not change.to_store:
        return nothing(Outcome.ALREADY, "nothing new")
    return Decision(Reply(Outcome.DONE, "remembered"), alerts=change.to_store)


def _worst(situation: Situation, change: GroupChange) -> Sighting:
    """Give the sighting that decides: the worst severity, then the first of the message."""
    fired = {alert.key for alert in change.fired}
    return min(
        (sighting for sighting in situation.sightings if sighting.key in fired),
        key=lambda sighting: sighting.mapped.severity or Severity.P3,
    )


def _route(situation: Situation, event: AlertsReceived, worst: Sighting) -> Policy:
    book = situation.book
    if event.group.source == OWN_SOURCE and book.operator is not None:
        return book.operator
    labels = {**event.group.group_labels, **worst.alert.labels}
    return next(route.policy for route in book.routes if all(matcher.matches(labels) for matcher in route.match))


def _open(situation: Situation, event: AlertsReceived, change: GroupChange, now: datetime) -> Decision:
    worst = _worst(situation, change)
    policy = _route(situation, event, worst)
    incident = _new_incident(event, change, worst, policy, now)
    draft = Draft(replace(situation, incident=None), incident, policy, now)
    draft.alerts = change.to_store
    guessed = ", guessed" if incident.guessed else ""
    draft.tell(
        EntryKind.OPENED,
        f"{incident.severity} ({worst.mapped.rule}{guessed}), policy {policy.name}: {_names(change.fired)}",
        source=event.group.source,
        receiver=event.group.receiver,
    )
    _page_at_once(draft, Purpose.AT_ONCE)
    if change.all_resolved:
        _monitor(draft)
    return draft.decided("opened")


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
        name=_name(severity, detected_at),
    )


def _title(alert: Alert) -> str:
    title = f"{alert.name}: {alert.summary}" if alert.summary else alert.name
    return title if len(title) <= TITLE_LENGTH else f"{title[: TITLE_LENGTH - 1]}…"


def _name(severity: Severity, detected_at: datetime) -> str | None:
    """``INC-YYYYMMDD-HHMM`` from the detection time in UTC, for P0 and P1 (A18, rule 17)."""
    return f"INC-{detected_at:%Y%m%d-%H%M}" if severity <= Severity.P1 else None


def _next_cycle(draft: Draft, severity: Severity) -> None:
    incident = draft.incident
    draft.change(
        status=Status.TRIGGERED,
        severity=severity,
        name=incident.name or _name(severity, incident.detected_at),
        cycle=incident.cycle + 1,
        round=0,
        opened_at=draft.now,
        paging_from=draft.now,
        tiers={},
        paged={},
        holder=None,
        lapse_from=None,
        engaged=(),
        unresolved={},
        exhausted_at=None,
        repeated_at=None,
        quiet_until=None,
        reminded_at=None,
        held_since=None,
        resolved_at=None,
        resolved_by=None,
    )


def _waits(draft: Draft) -> bool:
    """Whether paging waits for business hours."""
    severity = draft.incident.severity
    return draft.policy.elapse(severity, draft.incident.paging_from, timedelta()) > draft.now


def _page_at_once(draft: Draft, purpose: Purpose) -> None:
    if not _waits(draft):
        ring(draft, [PageRequest(tier, purpose) for tier in draft.plan.page])


def _raise_or_inform(draft: Draft, change: GroupChange, event: AlertsReceived) -> None:
    worst = _worst(draft.situation, change).mapped
    was_held = draft.incident.held_since is not None
    release(draft)
    if worst.severity is not None and worst.severity.worse_than(draft.incident.severity):
        upgrade(draft, worst.severity, worst.rule, event.group.source)
        return
    text = f"{len(change.fired)} more firing: {_names(change.fired)}"
    if draft.incident.holder is not None:
        notify(draft, draft.incident.holder.by, draft.incident.holder.tier, text)
    elif was_held:
        _page_at_once(draft, Purpose.REPEAT)


def _monitor(draft: Draft) -> None:
    window = draft.plan.stable_for
    draft.change(
        status=Status.MONITORING, monitoring_since=draft.now, reminded_at=None, quiet_until=None, held_since=None
    )
    draft.withdraw(EVERY_PAGE)
    draft.tell(EntryKind.MONITORING, f"no alert fires any more; stability window of {window}")
    if draft.plan.resolves is Resolves.WINDOW and not window:
        resolve_by_window(draft)


def _tell_fired(draft: Draft, change: GroupChange) -> None:
    draft.tell(EntryKind.ALERTS, f"{len(change.fired)} more, {change.firing_count} firing: {_names(change.fired)}")


def _names(alerts: tuple[KnownAlert, ...]) -> str:
    names = sorted({alert.labels.get("alertname") or "(unnamed)" for alert in alerts})
    shown = ", ".join(name[:80] for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} others"
