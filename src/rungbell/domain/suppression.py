"""What Alertmanager keeps silent about, shown where people look at the incident.

Rules
-----
* It is shown and nothing more: it changes no status and holds no page. Whoever silences in Alertmanager has not
  answered, and what must not ring is a maintenance window.

May import: ``decision``, ``events``, ``timeline``.
"""

from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.events import SuppressionSeen
from rungbell.domain.timeline import EntryKind


def note(draft: Draft, event: SuppressionSeen) -> Decision:
    """Write down that all firing alerts of the incident are silenced or inhibited, or that they are no more."""
    if event.by == draft.incident.suppressed:
        return nothing(Outcome.ALREADY, "that is known")
    draft.change(suppressed=event.by)
    draft.tell(EntryKind.SUPPRESSED, event.by or "no longer silenced or inhibited in Alertmanager")
    return draft.decided()
