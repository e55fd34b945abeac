"""Parking: the paging of an incident waits for the end of a maintenance window.

Rules
-----
* Paging is held, never dropped: at the window's end it begins, with every clock running from then. What has resolved by
  then has woken nobody, and nobody is asked to resolve it.
* Only an incident of which everything that fired anew was held is parked, and it stays so only while all that joins it
  is held too. What pages already goes on.
* A person who declares it, escalates or raises the severity ends it; so does an alert that is not held. A reload does
  not.
* rungbell's own troubles and what a person declares are never held.

May import: the value modules of the core, ``decision`` and ``ladder``.
"""

from rungbell.domain.alert import GroupChange
from rungbell.domain.decision import Draft
from rungbell.domain.events import AlertsReceived
from rungbell.domain.ladder import OWN_SOURCE, restart_clocks
from rungbell.domain.maintenance import Hold, held
from rungbell.domain.timeline import EntryKind


def park(draft: Draft, event: AlertsReceived, change: GroupChange) -> None:
    """Let an incident that begins or comes back wait, where all that fires anew is under maintenance."""
    hold = _hold(draft, event, change)
    if hold is not None:
        draft.change(maintenance_until=hold.until)
        windows = ", ".join(hold.windows)
        draft.tell(
            EntryKind.MAINTENANCE, f"maintenance ({windows}): paging is held until {hold.until:%Y-%m-%d %H:%M} UTC"
        )


def stay_parked(draft: Draft, event: AlertsReceived, change: GroupChange) -> bool:
    """Let what joins a parked incident end its wait, or shorten it; false where it was not parked or is no longer."""
    if not draft.incident.parked:
        return False
    hold = _hold(draft, event, change)
    if hold is None:
        unpark(draft, "not all that fires is under maintenance")
    elif draft.incident.maintenance_until is not None and hold.until < draft.incident.maintenance_until:
        draft.change(maintenance_until=hold.until)
    return draft.incident.parked


def unpark(draft: Draft, why: str) -> None:
    """End the wait: the paging clocks run from now."""
    if draft.incident.maintenance_until is not None:
        draft.change(maintenance_until=None)
        restart_clocks(draft)
        draft.tell(EntryKind.MAINTENANCE, f"paging is held no longer: {why}")


def _hold(draft: Draft, event: AlertsReceived, change: GroupChange) -> Hold | None:
    windows = draft.situation.book.maintenance
    if not windows or event.group.source == OWN_SOURCE:
        return None
    if event.group.truncated and event.group.firing:
        return None  # what the sender cut off may be worse, or under no maintenance
    return held(windows, change.fired, event.group.group_labels, draft.now)
