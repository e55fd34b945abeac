"""What a message of a source does to its incident: open it, join it, raise it, park it, wake it again.

Rules
-----
* The worst new alert decides the severity; inside an incident it only ratchets up by itself (requirements 3.11
  rules 10, 12). An upgrade restarts the paging clocks and ends the acknowledgement (rules 1 and A45).
* A new alert that joins an acknowledged incident informs the holder, unless they snooze, and pages nobody (rule 12).
* All alerts resolved → MONITORING with its stability window; a re-fire resumes the same cycle, after a quiet time that
  a flapping alert cannot renew (rule 7, A11).
* Within ``reopen_within`` of RESOLVED something new is the next cycle of the same incident; later it is a new incident.
  Repeats with the same ``startsAt`` are nothing new (rule 11).

May import: the value modules of the core, ``decision``, ``ladder``, ``lifecycle.ending``, ``lifecycle.events``,
``lifecycle.working``, ``opening``, ``parking``, ``upgrade`` and ``command.tick``.
"""

from datetime import datetime

from rungbell.domain.alert import GroupChange, KnownAlert, compare
from rungbell.domain.command.tick import doubt_recovery
from rungbell.domain.decision import Decision, Draft, Outcome, Reply, Situation, nothing
from rungbell.domain.duration import written
from rungbell.domain.events import AlertsReceived
from rungbell.domain.incident import Status
from rungbell.domain.ladder import notify, release
from rungbell.domain.lifecycle.ending import resolve_by_window
from rungbell.domain.lifecycle.events import PartLeft
from rungbell.domain.lifecycle.working import go_on, watch
from rungbell.domain.links import links_of
from rungbell.domain.opening import begin, name_for, names_of, opened, page_at_once, worst_of
from rungbell.domain.page import Purpose
from rungbell.domain.parking import park, stay_parked
from rungbell.domain.policy import Resolves
from rungbell.domain.severity import Mapped
from rungbell.domain.timeline import EntryKind
from rungbell.domain.upgrade import upgrade


def open_incident(situation: Situation, event: AlertsReceived, now: datetime) -> Decision:
    """Open an incident for a group that has none, if anything of it fires anew."""
    change = _compare(situation, event, now)
    if not change.fired:
        return remember(change)
    return opened(situation, event, change, now)


def join_incident(draft: Draft, event: AlertsReceived) -> Decision:
    """Take a message about an incident that somebody holds, or nobody yet."""
    change = attach(draft, event)
    over = change.all_resolved and bool(draft.situation.sightings) and not any(draft.incident.parts.values())
    if not change.to_store and not over:
        return nothing(Outcome.ALREADY, "nothing new")
    if change.fired:
        _tell_fired(draft, change)
        _raise_or_inform(draft, change, event)
    lost = _lost(draft.situation, change)
    if lost:
        still = f"; {change.firing_count} still firing" if change.firing_count else ""
        draft.tell(EntryKind.ALERTS, f"Alertmanager does not know it any more (resolve lost): {names_of(lost)}{still}")
    if over:
        monitor(draft)
    elif change.resolved and not lost:
        draft.tell(EntryKind.ALERTS, f"{len(change.resolved)} resolved, {change.firing_count} still firing")
    return draft.decided()


def wake_incident(draft: Draft, event: AlertsReceived) -> Decision:
    """Take a message about an incident in its stability window."""
    change = attach(draft, event)
    if not change.fired:
        return draft.decided() if change.to_store else nothing(Outcome.ALREADY, "nothing new")
    go_on(draft)
    draft.tell(EntryKind.REFIRED, f"firing again in the stability window: {names_of(change.fired)}")
    park(draft, event, change)
    _raise_or_inform(draft, change, event)
    return draft.decided()


def reopen_incident(draft: Draft, event: AlertsReceived) -> Decision:
    """Take a message about an incident that is over: its next cycle, a new incident, or nothing."""
    change = attach(draft, event)
    if not change.fired:
        return remember(change)
    whole = draft.situation.other if draft.incident.status is Status.MERGED else None
    ended_at = (whole or draft.incident).resolved_at or draft.now
    if draft.now - ended_at > draft.plan.reopen_within:
        return opened(draft.situation, event, change, draft.now)
    begin_cycle(draft)
    raise_severity(draft, worst_of(draft.situation, change).mapped)
    draft.tell(EntryKind.REOPENED, f"reopened as cycle {draft.incident.cycle}: {names_of(change.fired)}")
    park(draft, event, change)
    begin(draft)
    return draft.decided()


def _compare(situation: Situation, event: AlertsReceived, now: datetime) -> GroupChange:
    hidden = event.group.truncated > 0 and event.group.firing
    return compare(situation.known or {}, situation.sightings, now, hidden=hidden)


def attach(draft: Draft, event: AlertsReceived) -> GroupChange:
    """Hold a message against what is known of its group, and count what fires."""
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


def _lost(situation: Situation, change: GroupChange) -> tuple[KnownAlert, ...]:
    """Give what is resolved without its resolve ever having come."""
    unheard = {sighting.key for sighting in situation.sightings if sighting.alert.lost}
    return tuple(alert for alert in change.resolved if alert.key in unheard) if unheard else ()


def remember(change: GroupChange) -> Decision:
    """Keep what is known of the alerts current, although no incident changes."""
    if not change.to_store:
        return nothing(Outcome.ALREADY, "nothing new")
    return Decision(Reply(Outcome.DONE, "remembered"), alerts=change.to_store)


def raise_severity(draft: Draft, mapped: Mapped) -> None:
    """Let a cycle that has just begun be as bad as what began it, where that is worse."""
    incident = draft.incident
    if mapped.severity is not None and mapped.severity.worse_than(incident.severity):
        draft.change(
            highest=min(incident.worst, mapped.severity),
            severity=mapped.severity,
            severity_rule=mapped.rule,
            guessed=mapped.guessed,
            name=incident.name or name_for(mapped.severity, incident.detected_at),
        )
        draft.command(reclassified_at=draft.now, raised_at=draft.now)


def begin_cycle(draft: Draft) -> None:
    """Let an incident that was over begin anew, as if it had just opened; what people said of it stays.

    What it went on in hears that it leaves, with its parts.
    """
    incident = draft.incident
    if incident.merged_into is not None:
        left = PartLeft(
            incident=incident.merged_into,
            part=incident.id,
            called=f"#{incident.number}",
            along=tuple(incident.parts),
        )
        draft.follow.append(left)
    draft.change(
        status=Status.TRIGGERED,
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
        maintenance_until=None,
        suppressed="",
        progress=Status.ACKNOWLEDGED,
        merged_into=None,
        resolved_at=None,
        resolved_by=None,
    )
    doubt_recovery(draft)


def _raise_or_inform(draft: Draft, change: GroupChange, event: AlertsReceived) -> None:
    sighting = worst_of(draft.situation, change)
    worst = sighting.mapped
    was_held = draft.incident.held_since is not None or draft.incident.parked
    release(draft)
    parked = stay_parked(draft, event, change)
    if worst.severity is not None and worst.severity.worse_than(draft.incident.severity):
        draft.change(links={**draft.incident.links, **links_of(sighting.alert.annotations)})
        upgrade(draft, worst.severity, worst.rule, event.group.source)
        return
    if parked:
        return
    if draft.incident.holder is not None:
        inform(draft, f"{len(change.fired)} more firing: {names_of(change.fired)}")
    elif was_held:
        page_at_once(draft, Purpose.REPEAT if draft.incident.tiers else Purpose.AT_ONCE)


def inform(draft: Draft, text: str) -> None:
    """Tell the holder what joined, unless they snooze (rule 12)."""
    holder = draft.incident.holder
    if holder is not None and not holder.snoozed:
        notify(draft, holder.by, holder.tier, text)


def monitor(draft: Draft) -> None:
    """Begin the stability window, because no alert fires any more."""
    window = draft.plan.stable_for
    watch(draft)
    draft.change(suppressed="")
    draft.tell(EntryKind.MONITORING, f"no alert fires any more; stability window of {written(window)}")
    if draft.plan.resolves is Resolves.WINDOW and not window:
        resolve_by_window(draft)


def _tell_fired(draft: Draft, change: GroupChange) -> None:
    draft.tell(EntryKind.ALERTS, f"{len(change.fired)} more, {change.firing_count} firing: {names_of(change.fired)}")
