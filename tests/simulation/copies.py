"""Second reading: what becomes of the copies of texts to others (readings A27 and A28).

A copy is tried again as pages are; it changes no clock, for sent counts as told.
"""

from rungbell.domain.communication.events import CopyAccepted, CopyFailed
from tests.simulation.record import Facts, PageRow
from tests.simulation.reminding import tell_responders
from tests.simulation.results import tried_again
from tests.simulation.ringing import ALREADY, DONE, Draft
from tests.simulation.telling import AUDIENCES


def copy_accepted(draft: Draft, event: CopyAccepted) -> str:
    row = _leased(draft, event)
    if row is None:
        return ALREADY
    row.state, row.due_at = "accepted", None
    return DONE


def copy_failed(draft: Draft, event: CopyFailed) -> str:
    """Given up, who responds hears that somebody does not know what they should."""
    row = _leased(draft, event)
    if row is None:
        return ALREADY
    again = tried_again(draft, event)
    if again is not None and not must_not_leave(draft.facts, row):
        row.state, row.due_at = "waiting", again
    else:
        row.state, row.due_at = "failed", None
        tell_responders(draft)
    return DONE


def must_not_leave(facts: Facts, row: PageRow) -> bool:
    """A28: whether clients must not get it, whoever had reviewed it."""
    return row.kind == "copy" and AUDIENCES[row.purpose] == "clients" and facts.command.withheld


def _leased(draft: Draft, event: CopyAccepted | CopyFailed) -> PageRow | None:
    row = draft.pages.get(event.intent)
    leased = row is not None and row.state == "leased" and row.attempts == event.attempt
    return row if leased else None
