"""Second reading: what a maintenance window does to the paging of an incident.

It is held and never dropped: at the window's end it begins as at an opening. What pages already goes on.
"""

from tests.simulation.maintenance import held_until
from tests.simulation.record import Fired
from tests.simulation.ringing import Draft, restart_paging


def park(draft: Draft, fired: Fired) -> None:
    """What begins or comes back waits, where all that fires anew is held."""
    until = _until(draft, fired)
    if until is not None:
        draft.facts.maintenance_until = until


def stay_parked(draft: Draft, fired: Fired) -> bool:
    """What joins a parked incident ends its wait, or shortens it; says whether it waits on."""
    facts = draft.facts
    if not facts.parked:
        return False
    until = _until(draft, fired)
    if until is None:
        unpark(draft)
    else:
        facts.maintenance_until = min(until, facts.maintenance_until or until)
    return facts.parked


def unpark(draft: Draft) -> None:
    """The wait is over: the paging clocks run from now."""
    if draft.facts.maintenance_until is not None:
        draft.facts.maintenance_until = None
        restart_paging(draft)


def _until(draft: Draft, fired: Fired) -> int | None:
    if fired.never_held:
        return None
    return held_until(draft.shop.windows, fired.alerts, draft.now)
