"""Reopening by hand: what was said to be over is not (A12).

Rules
-----
* From the stability window the same cycle goes on; from every end the next cycle begins, and pages as an opening does.
* Of one group of alerts only the newest incident wakes: the messages go to that one. Where it is restricted, it is not
  named (A28).

May import: the value modules of the core, ``decision``, ``opening`` and the rest of this package.
"""

from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.lifecycle.events import Reopened
from rungbell.domain.lifecycle.working import go_on
from rungbell.domain.message import begin_cycle
from rungbell.domain.opening import page_at_once
from rungbell.domain.page import Purpose
from rungbell.domain.timeline import EntryKind


def reopen_from_window(draft: Draft, event: Reopened) -> Decision:
    """Let the same cycle go on, as after a re-fire."""
    go_on(draft)
    draft.tell(EntryKind.REFIRED, f"not over, says {event.by}{_why(event)}", actor=event.by)
    return draft.decided(f"{draft.incident.status} again")


def reopen(draft: Draft, event: Reopened) -> Decision:
    """Begin the next cycle of what is over."""
    incident, newest = draft.incident, draft.situation.other
    if newest is not None and newest.id != incident.id:
        which = "another" if newest.command.withheld else f"#{newest.number}"
        return nothing(Outcome.INVALID, f"{which} is newer and of the same alerts: that one can be reopened")
    begin_cycle(draft)
    text = f"reopened as cycle {draft.incident.cycle} by {event.by}{_why(event)}"
    draft.tell(EntryKind.REOPENED, text, actor=event.by)
    page_at_once(draft, Purpose.AT_ONCE)
    return draft.decided(f"reopened as cycle {draft.incident.cycle}")


def _why(event: Reopened) -> str:
    return f": {event.reason.strip()[:500]}" if event.reason.strip() else ""
