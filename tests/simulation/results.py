"""Second reading: what follows from the result of an attempt to send a page.

Rules 5 and 14 of requirements 3.11; reading A35.
"""

from rungbell.domain.events import PageAccepted, PageFailed
from tests.simulation.ladders import Ladder
from tests.simulation.moments import MINUTE, SECOND
from tests.simulation.record import HELD, Facts, PageRow
from tests.simulation.ringing import ALREADY, DONE, ENDED_BY_ACKNOWLEDGEMENT, Draft, ring, stands_in_for
from tests.simulation.timetable import next_rung

ATTEMPTS, LONGEST_RETRY = 8, 2 * MINUTE


def page_accepted(draft: Draft, event: PageAccepted) -> str:
    row = draft.pages.get(event.intent)
    if row is None or row.state != "leased" or row.attempts != event.attempt:
        return ALREADY
    row.state, row.due_at = "accepted", None
    return DONE


def page_failed(draft: Draft, event: PageFailed) -> str:
    row = draft.pages.get(event.intent)
    if row is None or row.state != "leased" or row.attempts != event.attempt:
        return ALREADY
    retry = 0 if event.retry_after is None else round(event.retry_after.total_seconds() * SECOND)
    if pointless(draft.facts, draft.ladder, row):
        row.state, row.due_at = "withdrawn", None
    elif not event.permanent and event.attempt < ATTEMPTS and retry <= LONGEST_RETRY:
        pause = min(SECOND * 2 ** (event.attempt - 1), 30 * SECOND)
        row.state, row.due_at = "waiting", draft.now + max(pause, retry)
    else:
        row.state, row.due_at = "failed", None
        if row.kind == "page" and draft.facts.open:
            _next_way(draft, row)
    return DONE


def _next_way(draft: Draft, failed: PageRow) -> None:
    """Rule 14 and A35: the person's other ways, else somebody else of the tier or above, else the next tier."""
    facts, ladder = draft.facts, draft.ladder
    others = [
        row
        for row in draft.pages.values()
        if row is not failed
        and (row.cycle, row.round) == (failed.cycle, failed.round)
        and row.kind == "page"
        and row.state in {"waiting", "leased", "accepted"}
    ]
    own = [row for row in others if row.person == failed.person]
    for row in own:
        if row.state == "waiting" and not row.attempts:
            row.due_at = draft.now
    if own or any(row.tier >= failed.tier for row in others):
        return
    if facts.status == "monitoring":
        above = next((tier for tier in ladder.climbable(facts.severity) if tier > failed.tier), None)
        if above is not None:
            ring(draft, [(above, failed.purpose)])
        return
    if facts.holder is not None and facts.holder.tier >= failed.tier:
        return
    if any(
        tier > failed.tier and not standing.empty and standing.paged_at >= failed.created_at
        for tier, standing in facts.tiers.items()
    ):
        return  # a tier above was entered with it or since; where that fails too, it leads on
    following = next_rung(facts, ladder)
    if following is not None and following <= ("L4" if failed.purpose == "engagement" else "L5"):
        ring(draft, [(following, stands_in_for(failed.purpose))])
    elif facts.status == "triggered" and facts.exhausted_at is None:
        facts.exhausted_at = facts.repeated_at = draft.now


def pointless(facts: Facts, ladder: Ladder, row: PageRow) -> bool:
    """Rules 5 to 7: whether a page that did not leave need not leave any more."""
    if row.kind == "notification":
        return not facts.open and row.purpose != "reminder"
    if row.cycle != facts.cycle or not facts.open or facts.held_since is not None or facts.parked:
        return True
    if not ladder.allows(row.tier, facts.severity):
        return True
    if facts.status == "monitoring" or row.purpose == "resolution":
        return facts.status != "monitoring" or row.purpose not in {"resolution", "manual"}
    holder = facts.holder
    if holder is not None and holder.by == row.person and row.created_at <= holder.at:
        return True
    return facts.status in HELD and row.purpose in ENDED_BY_ACKNOWLEDGEMENT
