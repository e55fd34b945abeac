"""The table of clocks: when each starts, when it is due, what stops it, what happens.

Clocks are derived, never stored: ``deadlines(incident, policy)`` reads them off the incident's facts, so a clock that
must stop cannot be forgotten. The API, ``wake_at`` and the decisions all read this one table. Its rows are those of
``paging_clocks`` and ``obligation_clocks``: together all of requirements 3.10.

Rules
-----
* A clock is due *at* its boundary: ``due <= now`` (reading A42).
* While paging holds, after a long absence or for maintenance, only the clock that ends or tells it runs.
* MONITORING parks all paging; after a re-fire no paging is due before ``quiet_until`` (rule 7).
* An open incident always has a next deadline; the store has a CHECK that says so.

May import: ``clock``, ``paging_clocks``, ``obligation_clocks``, ``incident``, ``policy`` and the standard library's
pure parts.
"""

from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from rungbell.domain.clock import Clock, ClockName, Deadline
from rungbell.domain.incident import Incident, Status
from rungbell.domain.obligation_clocks import OBLIGATION_CLOCKS, asked
from rungbell.domain.paging_clocks import PAGING_CLOCKS, PAGING_NAMES
from rungbell.domain.policy import Policy

CLOCKS: tuple[Clock, ...] = (*PAGING_CLOCKS, *OBLIGATION_CLOCKS)
_PAGING_IN = {status: tuple(clock for clock in PAGING_CLOCKS if status in clock.runs_in) for status in Status}
"""Asked once for each status: the hash of a member is a call, and this is asked for every row that is written."""
_QUIETENED = PAGING_NAMES - {ClockName.STABILITY}
"""What a re-fire puts off."""
_lately: dict[int, tuple[Incident, Policy, list[Deadline]]] = {}
LATELY = 32
"""Incidents of which is kept which clocks run."""
_WHEN = attrgetter("due")


def deadlines(incident: Incident, policy: Policy) -> tuple[Deadline, ...]:
    """Every running clock of an incident, the earliest first; empty once it is resolved."""
    return tuple(sorted(_all(incident, policy), key=_WHEN))


def due_at(now: datetime, incident: Incident, policy: Policy) -> list[Deadline]:
    """Those that are due at ``now``, the earliest first."""
    return sorted([deadline for deadline in _all(incident, policy) if deadline.due <= now], key=_WHEN)


def paging_deadlines(incident: Incident, policy: Policy) -> tuple[Deadline, ...]:
    """Those that ring somebody, the earliest first."""
    return tuple(sorted(_running(incident, policy, obligations=False), key=_WHEN))


def _all(incident: Incident, policy: Policy) -> list[Deadline]:
    """Every clock that runs; what was asked about lately is not worked out again, for an incident never changes."""
    known = _lately.get(id(incident))
    if known is not None and known[0] is incident and known[1] is policy:
        return known[2]
    if len(_lately) >= LATELY:
        _lately.clear()
    found = _running(incident, policy)
    _lately[id(incident)] = (incident, policy, found)
    return found


def _running(incident: Incident, policy: Policy, *, obligations: bool = True) -> list[Deadline]:
    alone = _alone(incident)
    found: list[Deadline] = []
    for clock in _PAGING_IN[incident.status]:
        if alone is None or clock.name is alone:
            found += clock.due(incident, policy)
    if alone is None and obligations:
        for _, clock in asked(incident, policy):
            found += clock.due(incident, policy)
    return found if incident.quiet_until is None else [_not_before(deadline, incident) for deadline in found]


def _alone(incident: Incident) -> ClockName | None:
    """Give the clock that runs alone, because it holds what the others would do."""
    if incident.held_since is not None:
        return ClockName.HELD
    return ClockName.MAINTENANCE if incident.parked else None


def _not_before(deadline: Deadline, incident: Incident) -> Deadline:
    quiet = incident.quiet_until
    if quiet is None or deadline.clock not in _QUIETENED or deadline.due >= quiet:
        return deadline
    return replace(deadline, due=quiet)


def wake_at(incident: Incident, policy: Policy) -> datetime | None:
    """When somebody must look at the incident again; ``None`` once it is resolved."""
    return min([deadline.due for deadline in _all(incident, policy)], default=None)
