"""Second reading: what follows from the result of an attempt to send a page.

Rules 5 and 14 of requirements 3.11; reading A35.
"""

from rungbell.domain.communication.events import CopyFailed
from rungbell.domain.events import PageAccepted, PageFailed, PageUndelivered
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
    again = tried_again(draft, event)
    if pointless(draft.facts, draft.ladder, row):
        row.state, row.due_at = "withdrawn", None
    elif again is not None:
        row.state, row.due_at = "waiting", again
    else:
        row.state, row.due_at = "failed", None
        if row.kind == "page" and draft.facts.open:
            _next_way(draft, row)
    return DONE


def page_undelivered(draft: Draft, event: PageUndelivered) -> str:
    """Whoever took it says that it reached nobody: the next way is taken, unless nobody need be rung any more."""
    row = draft.pages.get(event.intent)
    if row is None or row.state != "accepted":
        return ALREADY
    row.state = "failed"
    if row.kind == "page" and draft.facts.open and not pointless(draft.facts, draft.ladder, row):
        _next_way(draft, row)
    return DONE


def tried_again(draft: Draft, event: PageFailed | CopyFailed) -> int | None:
    """When it is tried again; ``None``: that was the last attempt."""
    retry = 0 if event.retry_after is None else round(event.retry_after.total_seconds() * SECOND)
    if event.permanent or event.attempt >= ATTEMPTS or retry > LONGEST_RETRY:
        return None
    pause: int = min(SECOND * 2 ** (event.attempt - 1), 30 * SECOND)
    return draft.now + max(pause, retry)


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
    if own:
        return
    failed = _highest(draft, failed)
    if any(row.tier >= failed.tier for row in others):
        return
    if facts.status == "monitoring":
        above = next((tier for tier in ladder.climbable(facts.severity) if tier > failed.tier), None)
        if above is not None:
            ring(draft, [(above, failed.purpose)])
        return
    held = facts.holder is not None and facts.holder.tier >= failed.tier
    if held or _led_on_above(draft, failed):
        return
    following = next_rung(facts, ladder)
    if following is not None and following <= ("L4" if failed.purpose == "engagement" else "L5"):
        ring(draft, [(following, stands_in_for(failed.purpose))])
    elif facts.status == "triggered" and facts.exhausted_at is None:
        facts.exhausted_at = facts.repeated_at = draft.now


def _led_on_above(draft: Draft, failed: PageRow) -> bool:
    """Whether a tier above was entered with it or since: where that fails too, it leads on."""
    return any(
        tier > failed.tier and not standing.empty and standing.paged_at >= failed.created_at
        for tier, standing in draft.facts.tiers.items()
    )


def _highest(draft: Draft, last: PageRow) -> PageRow:
    """The person's highest page of the round: as long as another way to them was left, it had not failed altogether."""
    round_ = (last.cycle, last.round, last.person, "page")
    rows = [row for row in draft.pages.values() if (row.cycle, row.round, row.person, row.kind) == round_]
    return max((row for row in rows if row is last or row.state == "failed"), key=lambda row: row.tier)


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
