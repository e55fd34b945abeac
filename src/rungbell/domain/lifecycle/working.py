"""How far the work has come: investigating, identified, contained, fixing, and watched (A12).

Rules
-----
* Whoever says so says also that it is real: it counts as triaged. Somebody must hold the incident; whoever says how far
  it has come need not be the one.
* MONITORING by hand is for an incident of which no alert fires, such as one that no alert opened: so it gets its
  stability window. Back from there by hand, as after a re-fire, nothing is due before one ``acknowledge_within``.
* A re-fire, or a person who goes back, takes away what was attested of the recovery.

May import: the value modules of the core, ``decision``, ``ladder``, ``command.tick`` and ``lifecycle.events``.
"""

from datetime import datetime

from rungbell.domain.command.tick import doubt_recovery
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.incident import HELD, Status
from rungbell.domain.ladder import release, stop_asking
from rungbell.domain.lifecycle.events import StatusSet
from rungbell.domain.page import EVERY_PAGE, Purpose
from rungbell.domain.timeline import EntryKind

SETTABLE = (*HELD, Status.MONITORING)


def set_status(draft: Draft, event: StatusSet) -> Decision:
    """Say how far the work has come."""
    incident, status = draft.incident, event.status
    if status not in SETTABLE:
        return nothing(Outcome.INVALID, f"{status} is not set by hand; one of {', '.join(SETTABLE)} is")
    if incident.holder is None:
        return nothing(Outcome.INVALID, "nobody holds the incident: acknowledge it first")
    if status is incident.status:
        return nothing(Outcome.ALREADY, f"it is {status} already")
    if status is Status.MONITORING and incident.firing:
        return nothing(Outcome.INVALID, f"{incident.firing} alerts still fire: it is watched once they are quiet")
    note = f": {event.note.strip()[:500]}" if event.note.strip() else ""
    text = f"{incident.status} → {status} by {event.by}{note}"
    draft.tell(EntryKind.STATUS, text, actor=event.by, status=status, before=incident.status)
    if status is Status.MONITORING:
        watch(draft)
        told = f"{status}: stable at {draft.now + draft.plan.stable_for:%H:%M:%S} UTC if nothing fires"
    else:
        if incident.status is Status.MONITORING:
            go_on(draft)
        release(draft)
        draft.change(status=status, progress=status)
        told = str(status)
    draft.command(triaged_at=draft.incident.command.triaged_at or draft.now)
    return draft.decided(told)


def watch(draft: Draft) -> None:
    """Begin the stability window: nobody is rung meanwhile."""
    draft.change(status=Status.MONITORING, monitoring_since=draft.now, reminded_at=None)
    release(draft)
    draft.withdraw(EVERY_PAGE)


def go_on(draft: Draft) -> None:
    """End the stability window because it is not over: the same cycle resumes."""
    draft.change(
        status=draft.incident.progress if draft.incident.holder else Status.TRIGGERED,
        quiet_until=_quiet_until(draft),
        monitoring_since=None,
    )
    stop_asking(draft)
    draft.withdraw(frozenset({Purpose.RESOLUTION}))
    if draft.incident.lapse_from is None:
        draft.change(lapse_from=draft.now)
    doubt_recovery(draft)


def _quiet_until(draft: Draft) -> datetime:
    """Give the time before which nothing is due after a re-fire.

    One quiet time a cycle, and a new one only after a whole quiet window: an alert that flaps must not push the ladder
    before it for ever.
    """
    incident = draft.incident
    stable = incident.monitoring_since is not None and draft.now - incident.monitoring_since >= draft.plan.stable_for
    if incident.quiet_until is not None and not stable:
        return incident.quiet_until
    return draft.policy.elapse(incident.severity, draft.now, draft.plan.acknowledge_within)
