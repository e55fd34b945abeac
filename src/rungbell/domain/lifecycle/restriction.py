"""A security breach: L5 at once, and nobody else knows of it before the incident commander says so (A28).

Rules
-----
* ``Command.withheld`` says that what the incident is called and tells goes to nobody but those who are paged for it;
  whoever writes to others asks it first.
* Only the incident commander lifts it. A breach that is told again restricts it again.

May import: the value modules of the core, ``decision`` and ``lifecycle.events``.
"""

from rungbell.domain.command.record import Role
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.lifecycle.events import RestrictionLifted
from rungbell.domain.timeline import EntryKind


def restrict(draft: Draft, by: str) -> None:
    """Keep the incident among those who are paged for it."""
    if not draft.incident.command.withheld:
        draft.command(restricted=True, released_at=None)
        text = "restricted: nobody but those paged hears of it before the incident commander releases it"
        draft.tell(EntryKind.RESTRICTED, text, actor=by)


def lift(draft: Draft, event: RestrictionLifted) -> Decision:
    """Let others hear of it."""
    command = draft.incident.command
    if not command.restricted:
        return nothing(Outcome.ALREADY, "it is not restricted")
    if command.released_at is not None:
        return nothing(Outcome.ALREADY, f"it was released at {command.released_at:%Y-%m-%d %H:%M:%S} UTC")
    commander = command.roles.get(Role.INCIDENT_COMMANDER)
    if commander is None:
        return nothing(Outcome.INVALID, "nobody commands it: declare it, and its incident commander may release it")
    if commander.person != event.by:
        return nothing(Outcome.REFUSED, f"{commander.person} commands it; only the incident commander releases it")
    draft.command(released_at=draft.now)
    draft.tell(EntryKind.RELEASED, f"released by {event.by}: others may hear of it", actor=event.by)
    return draft.decided("released")
