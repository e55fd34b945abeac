"""An act of a test file as the event that it is to the engine.

May import: ``sections``, ``domain`` and the standard library.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rungbell.cli.test.sections import ActSection
from rungbell.domain.events import (
    Acknowledged,
    Declared,
    Escalated,
    Event,
    NoteAdded,
    Reason,
    Resolved,
    SeveritySet,
    Unacknowledged,
    Via,
)
from rungbell.domain.severity import Severity


def event_of(act: ActSection, incident: str) -> Event:
    """Give the event of a person's act on an incident; for `open`, ``incident`` is the identity it will have."""
    by_link = {"cycle": act.cycle, "via": Via.LINK} if act.cycle is not None else {}
    return _EVENTS[act.verb](act, {"incident": incident, "by": act.who, **by_link})


def _escalated(act: ActSection, who: dict[str, Any]) -> Event:
    return Escalated(**who, to=act.to, reason=Reason(act.because) if act.because else None)


def _declared(act: ActSection, who: dict[str, Any]) -> Event:
    return Declared(
        **who,
        title=act.open or "",
        severity=act.severity or Severity.P2,
        summary=act.summary or "",
        labels=act.labels or {},
        policy=act.policy,
    )


_EVENTS: Mapping[str, Callable[[ActSection, dict[str, Any]], Event]] = {
    "acknowledge": lambda act, who: Acknowledged(**who),
    "unacknowledge": lambda act, who: Unacknowledged(**who),
    "resolve": lambda act, who: Resolved(**who, reason=act.because or ""),
    "escalate": _escalated,
    "severity": lambda act, who: SeveritySet(**who, severity=act.severity or Severity.P2, reason=act.because or ""),
    "note": lambda act, who: NoteAdded(**who, text=act.note or ""),
    "open": _declared,
}
