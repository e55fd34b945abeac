"""Which obligations an incident breaks: response and engineering, which the ladder watches, and every overdue one.

Rules
-----
* **Response** is broken once ``acknowledge_within`` has passed and nobody had acknowledged since paging began;
  **engineering** once the engagement clock acts. Both run anew with an upgrade or another cycle (A13, A21).
* A lapse is counted once: what is told again every so often was broken before.

May import: ``clock``, ``decision``, ``incident``, ``obligation_clocks``, ``paging_clocks``, ``policy``,
``command.record``, ``timeline`` and the standard library's pure parts.
"""

from collections.abc import Iterator
from datetime import datetime

from rungbell.domain.clock import ClockName
from rungbell.domain.command.record import Alarm
from rungbell.domain.decision import Decision, Draft
from rungbell.domain.incident import PAGING, Incident, Status
from rungbell.domain.obligation_clocks import OBLIGATIONS
from rungbell.domain.obligation_clocks import overdue as overdue_clocks
from rungbell.domain.paging_clocks import ENGINEERING, engaged
from rungbell.domain.policy import Policy
from rungbell.domain.timeline import EntryKind

RESPONSE = "response"
ENGAGEMENT = "engineering"
BREAKABLE: tuple[str, ...] = (RESPONSE, ENGAGEMENT, *(str(one.name) for one in OBLIGATIONS if one.breaks))
"""Every name of what can be broken, as the API and the metrics have it."""


def note_lapse(draft: Draft) -> None:
    """Write down that nobody has answered in time, the first time since paging began."""
    incident = draft.incident
    if _lapsed_at(incident) is not None or _answered(incident):
        return
    due = draft.policy.elapse(incident.severity, incident.paging_from, draft.plan.acknowledge_within)
    if due <= draft.now:
        alarms = incident.command.alarms
        draft.command(alarms={**alarms, ClockName.LAPSE: Alarm(draft.now, draft.now)})


def _lapse(incident: Incident) -> Alarm | None:
    return incident.command.alarms.get(ClockName.LAPSE)


def _lapsed_at(incident: Incident) -> datetime | None:
    """When the response was broken since paging began; ``None``: it is not."""
    alarm = _lapse(incident)
    return alarm.last_at if alarm is not None and alarm.last_at > incident.paging_from else None


def _answered(incident: Incident) -> bool:
    """Whether somebody has acknowledged since paging began."""
    times = [state.acknowledged_at for state in incident.tiers.values() if state.acknowledged_at is not None]
    return incident.holder is not None or (bool(times) and max(times) >= incident.paging_from)


def overdue(incident: Incident, policy: Policy, now: datetime) -> dict[str, datetime]:
    """Every obligation that is broken at ``now`` and not made good, and since when."""
    found: dict[str, datetime] = {str(name): since for name, since in overdue_clocks(incident, policy, now).items()}
    if incident.status not in PAGING or incident.held_since is not None or incident.parked:
        return found
    lapsed = _lapsed_at(incident)
    if lapsed is not None and incident.status is Status.TRIGGERED and not _answered(incident):
        found[RESPONSE] = lapsed
    if incident.engaged and not engaged(incident, ENGINEERING):
        found[ENGAGEMENT] = incident.engaged[0]
    return found


def newly_broken(before: Incident | None, decision: Decision) -> Iterator[str]:
    """Name what a decision has found broken, each lapse once."""
    after = decision.incident
    if after is None:
        return
    if _lapsed_at(after) is not None and (before is None or _lapse(before) != _lapse(after)):
        yield RESPONSE
    if after.engaged and (before is None or not before.engaged or before.paging_from != after.paging_from):
        yield ENGAGEMENT
    for entry in decision.entries:
        if entry.kind is EntryKind.OVERDUE and "again" not in entry.facts:
            yield entry.facts["obligation"]
