"""Second reading: what a clock does when it is due.

Rules 2, 3, 4, 8, 9 and 11 of requirements 3.11; readings A22, A39 and A45.
"""

from collections.abc import Iterable

from tests.simulation.commanded import Alarm
from tests.simulation.messages import over_by_window
from tests.simulation.moments import MINUTE
from tests.simulation.owing import NAMES
from tests.simulation.parking import unpark
from tests.simulation.reminding import say_what_is_owed
from tests.simulation.ringing import ALREADY, DONE, ENDED_BY_ACKNOWLEDGEMENT, Draft, Request, page_at_once, ring
from tests.simulation.timetable import ENGINEERING, Due, dues, next_rung, somebody_resolves

LATE = MINUTE
"""From here on a look comes late."""


def clock_due(draft: Draft) -> str:
    due = _due(draft)
    names = {one.clock for one in due}
    if not due:
        return ALREADY
    if "stability" in names:
        _stability(draft)
        if not draft.facts.open:
            return DONE
    elif (paging := [one for one in due if one.clock not in NAMES]) and _act_on_paging(draft, paging):
        return DONE
    say_what_is_owed(draft, names)
    return DONE


def _act_on_paging(draft: Draft, due: list[Due]) -> bool:
    """Do what the clocks of paging say; says whether that was the end of a hold, or a reminder of it."""
    facts, ladder, now = draft.facts, draft.ladder, draft.now
    names = {one.clock for one in due}
    if _paging_waits(draft, names):
        return bool(names & {"held", "maintenance"})
    late = now - due[0].at >= LATE
    person, snoozed = None, False
    if "acknowledgement_ends" in names and facts.holder is not None:
        person = (facts.holder.by, facts.holder.tier, "acknowledgement_ended")
        snoozed = facts.holder.snoozed
        facts.holder, facts.status, facts.lapse_from = None, "triggered", now
        due = [one for one in _due(draft) if one.clock not in NAMES]
        names = {one.clock for one in due}
    requests: list[Request] = [(one.tier, "at_once") for one in due if one.clock == "at_once" and one.tier]
    if snoozed:  # it is loudly there again
        requests = [(tier, "at_once") for tier in ladder.plans[facts.severity].page]
    forced = _forced(draft, due)
    climbs = any(tier not in facts.tiers for tier, _ in forced)
    requests += forced
    limit = None
    if forced and all(purpose == "engagement" for _, purpose in forced):
        limit = min("L4", ladder.plans[facts.severity].climb_to)
    if "lapse" in names:
        requests += _lapsed(draft, climbs=climbs, late=late)
        limit = limit if climbs else None
    if "exhausted" in names:
        note_lapse(draft)
        facts.repeated_at = now
        requests += _ends(draft)
    if requests or person:
        ring(draft, list(_one_per_tier(requests).items()), person=person, limit=limit)
    return False


def _paging_waits(draft: Draft, names: set[str]) -> bool:
    """What holds all paging has its own clocks, and so has its end; outside of business hours nothing else happens."""
    facts = draft.facts
    opens = draft.ladder.elapse(facts.severity, draft.now, 0)
    if "held" in names:
        facts.held_since = draft.now
    elif "maintenance" in names:
        unpark(draft)
        if facts.holder is None:
            page_at_once(draft, "repeat" if facts.tiers else "at_once")
    elif opens > draft.now:
        facts.quiet_until = opens
    else:
        return False
    return True


def _due(draft: Draft) -> list[Due]:
    return [due for due in dues(draft.facts, draft.ladder) if due.at <= draft.now]


def _forced(draft: Draft, due: list[Due]) -> list[Request]:
    """Rules 3, 4 and 8: of engagement and unresolved only the highest tier that is due is paged."""
    facts, ladder, now = draft.facts, draft.ladder, draft.now
    found: list[list[Request]] = []
    for one in due:
        if one.clock == "engagement":
            both = ENGINEERING in facts.tiers and ladder.plans[facts.severity].climb_to >= "L4"
            found.insert(0, [(tier, "engagement") for tier in ((ENGINEERING, "L4") if both else (ENGINEERING,))])
    found += [[(one.tier, "unresolved")] for one in due if one.clock == "unresolved" and one.tier]
    if not found:
        return []
    chosen = max(found, key=lambda requests: max(requests)[0])
    for requests in found:
        tier, purpose = requests[0]
        if purpose == "engagement":
            facts.engaged += (now,) * (1 if requests is chosen else 2)
        else:
            once = requests is chosen and facts.holder is not None
            facts.unresolved = {**facts.unresolved, tier: facts.unresolved.get(tier, ()) + (now,) * (1 if once else 2)}
    return chosen


def _lapsed(draft: Draft, *, climbs: bool, late: bool) -> list[Request]:
    """Rule 2: silent tiers again, and one climb; rule 9 where none is left."""
    facts, ladder = draft.facts, draft.ladder
    note_lapse(draft)
    facts.lapse_from = draft.now
    requests: list[Request] = []
    if ladder.plans[facts.severity].repage and not (climbs and late):
        requests = [(tier, "repeat") for tier in ladder.climbable(facts.severity) if tier in facts.tiers]
    if climbs:
        return requests
    following = next_rung(facts, ladder)
    if following is not None:
        return [*requests, (following, "lapse")]
    facts.exhausted_at = facts.repeated_at = draft.now
    return requests + _ends(draft)


def _ends(draft: Draft) -> list[Request]:
    climbable = draft.ladder.climbable(draft.facts.severity)
    return [(tier, "exhausted") for tier in sorted({climbable[0], climbable[-1]})]


def _one_per_tier(requests: Iterable[Request]) -> dict[str, str]:
    """Rule 5: an acknowledgement must not withdraw what one of two clocks may keep."""
    chosen: dict[str, str] = {}
    for tier, purpose in requests:
        if tier not in chosen or purpose not in ENDED_BY_ACKNOWLEDGEMENT:
            chosen[tier] = purpose
    return chosen


def _stability(draft: Draft) -> None:
    """Rule 11."""
    facts, ladder = draft.facts, draft.ladder
    if not somebody_resolves(facts, ladder.plans[facts.severity]):
        over_by_window(draft)
        return
    facts.reminded_at = draft.now
    if facts.holder is not None:
        ring(draft, [], person=(facts.holder.by, facts.holder.tier, "resolution"))
    else:
        ring(draft, [(ladder.climbable(facts.severity)[0], "resolution")])


def note_lapse(draft: Draft) -> None:
    """Nobody has answered in time since paging began: that is remembered once."""
    facts, alarms = draft.facts, draft.facts.command.alarms
    due = draft.ladder.elapse(facts.severity, facts.paging_from, draft.ladder.plans[facts.severity].within)
    answered = facts.holder is not None or any(
        (standing.acknowledged_at or 0) >= facts.paging_from for standing in facts.tiers.values()
    )
    if due <= draft.now and not answered and not ("lapse" in alarms and alarms["lapse"].last > facts.paging_from):
        facts.command = facts.command._replace(alarms={**alarms, "lapse": Alarm(draft.now, draft.now)})
