"""What a clock does when it is due.

Rules
-----
* At most one climb per commit (requirements 3.11 rules 2 and 8). Where several clocks are due at once, as after an
  outage, of unresolved and engagement only the highest tier is paged; the lower ones count as done.
* A lapse that is due together with such a climb rings the silent tiers again and starts anew without a climb of its
  own, so that the tier just paged gets its whole time; after an outage it rings nobody (A39).
* A look that comes late does not ring in the night what rings in business hours only (A22).
* The holder of an acknowledgement that ends is paged, and the lapse clock starts again (A45). Was it a snooze, the
  tiers of `page` ring with them.

May import: the value modules of the core, ``broken``, ``decision``, ``clocks``, ``ladder``, ``lifecycle.ending``,
``obligations``, ``opening`` and ``parking``.
"""

from datetime import timedelta

from rungbell.domain.broken import note_lapse
from rungbell.domain.clock import ClockName, Deadline
from rungbell.domain.clocks import due_at
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.duration import written
from rungbell.domain.events import ClockDue, PagingHeld
from rungbell.domain.incident import Status
from rungbell.domain.ladder import PersonRequest, ends_of_ladder, exhaust, held, ring, tell_unasked
from rungbell.domain.lifecycle.ending import resolve_by_window
from rungbell.domain.obligations import meet_or_remind
from rungbell.domain.opening import page_at_once
from rungbell.domain.page import EVERY_PAGE, PERSISTENT_PURPOSES, PageRequest, Purpose
from rungbell.domain.paging_clocks import (
    ENGAGEMENT_CAP,
    ENGINEERING,
    PAGING_NAMES,
    asks_to_resolve,
    next_unpaged,
)
from rungbell.domain.parking import unpark
from rungbell.domain.policy import Tier
from rungbell.domain.timeline import EntryKind

LATE = timedelta(minutes=1)
"""From here on the timeline says that rungbell was late, and why fewer tiers are paged than were due (A39)."""


def act_on_clocks(draft: Draft, event: ClockDue) -> Decision:
    """Do what the due clocks of a paging incident say, in one commit."""
    due = _due(draft)
    if not due:
        return nothing(Outcome.ALREADY, "no clock is due")
    if ClockName.HELD in due:
        return _remind_operator(draft)
    if ClockName.MAINTENANCE in due:
        return _end_maintenance(draft)
    if not PAGING_NAMES.isdisjoint(due):
        _ring_what_is_due(draft, due)
    if not PAGING_NAMES.issuperset(due):
        meet_or_remind(draft, due)
    return draft.decided()


def _ring_what_is_due(draft: Draft, due: dict[ClockName, list[Deadline]]) -> None:
    due = {name: found for name, found in due.items() if name in PAGING_NAMES}
    opens = draft.policy.elapse(draft.incident.severity, draft.now, timedelta())
    if opens > draft.now:
        draft.change(quiet_until=opens)
        return
    late = _tell_if_late(draft, due)
    snoozed = draft.incident.holder is not None and draft.incident.holder.snoozed
    person = _end_acknowledgement(draft) if ClockName.ACKNOWLEDGEMENT_ENDS in due else None
    if person is not None:
        due = _due(draft)
    requests = [
        PageRequest(deadline.tier, Purpose.AT_ONCE)
        for deadline in due.get(ClockName.AT_ONCE, ())
        if deadline.tier is not None
    ]
    if snoozed and person is not None:
        requests = [PageRequest(tier, Purpose.AT_ONCE) for tier in draft.plan.page]
    limit = None
    forced = _forced(draft, due)
    climbs = any(request.tier not in draft.incident.tiers for request in forced)
    requests += forced
    if forced and all(request.purpose is Purpose.ENGAGEMENT for request in forced):
        limit = min(ENGAGEMENT_CAP, draft.plan.climb_to)
    if ClockName.LAPSE in due:
        requests += _lapsed(draft, climbs=climbs, late=late)
        limit = limit if climbs else None
    if ClockName.EXHAUSTED in due:
        note_lapse(draft)  # a ladder that was exhausted at once has no lapse of its own
        draft.change(repeated_at=draft.now)
        requests += ends_of_ladder(draft)
    if requests or person:
        ring(draft, _one_per_tier(requests), person=person, limit=limit)


def _end_maintenance(draft: Draft) -> Decision:
    unpark(draft, "the maintenance is over")
    if draft.incident.holder is None:
        page_at_once(draft, Purpose.REPEAT if draft.incident.tiers else Purpose.AT_ONCE)
    return draft.decided()


def _due(draft: Draft) -> dict[ClockName, list[Deadline]]:
    due: dict[ClockName, list[Deadline]] = {}
    for deadline in due_at(draft.now, draft.incident, draft.policy):
        due.setdefault(deadline.clock, []).append(deadline)
    return due


def _tell_if_late(draft: Draft, due: dict[ClockName, list[Deadline]]) -> bool:
    late = draft.now - min(deadline.due for found in due.values() for deadline in found)
    if late >= LATE:
        draft.tell(EntryKind.CAUGHT_UP, f"{written(late)} late; of the tiers due only the highest is paged, once")
    return late >= LATE


def _end_acknowledgement(draft: Draft) -> PersonRequest | None:
    holder = draft.incident.holder
    if holder is None:
        return None
    draft.change(holder=None, status=Status.TRIGGERED, lapse_from=draft.now)
    what = "snooze" if holder.snoozed else "acknowledgement"
    draft.tell(EntryKind.ACKNOWLEDGEMENT_ENDED, f"the {what} by {holder.by} has ended; nobody holds the incident")
    return PersonRequest(holder.by, holder.tier, Purpose.ACKNOWLEDGEMENT_ENDED)


def _forced(draft: Draft, due: dict[ClockName, list[Deadline]]) -> list[PageRequest]:
    """Give the requests of the highest unresolved or engagement clock that is due, and mark all of them as done."""
    found = [_engagement(draft) for _ in due.get(ClockName.ENGAGEMENT, ())]
    found += [
        [PageRequest(deadline.tier, Purpose.UNRESOLVED)]
        for deadline in due.get(ClockName.UNRESOLVED, ())
        if deadline.tier is not None
    ]
    if not found:
        return []
    chosen = max(found, key=lambda requests: max(request.tier for request in requests))
    for requests in found:
        _mark(draft, requests, chosen=requests is chosen)
    return chosen


def _engagement(draft: Draft) -> list[PageRequest]:
    requests = [PageRequest(ENGINEERING, Purpose.ENGAGEMENT)]
    if ENGINEERING in draft.incident.tiers and draft.plan.climb_to >= ENGAGEMENT_CAP:
        requests.append(PageRequest(ENGAGEMENT_CAP, Purpose.ENGAGEMENT))
    return requests


def _mark(draft: Draft, requests: list[PageRequest], *, chosen: bool) -> None:
    """Write down that clocks have acted; what was passed over, or is left to the lapse clock, acts no second time."""
    times = 1 if chosen else 2
    for request in requests:
        if request.purpose is Purpose.UNRESOLVED:
            once = chosen and draft.incident.holder is not None
            acted = draft.incident.unresolved.get(request.tier, ()) + (draft.now,) * (1 if once else 2)
            draft.change(unresolved={**draft.incident.unresolved, request.tier: acted})
    if any(request.purpose is Purpose.ENGAGEMENT for request in requests):
        draft.change(engaged=draft.incident.engaged + (draft.now,) * times)


def _lapsed(draft: Draft, *, climbs: bool, late: bool) -> list[PageRequest]:
    note_lapse(draft)
    draft.change(lapse_from=draft.now)
    requests: list[PageRequest] = []
    if draft.plan.repage_unanswered and not (climbs and late):
        ladder = draft.policy.ladder(draft.incident.severity)
        requests = [PageRequest(tier, Purpose.REPEAT) for tier in ladder if tier in draft.incident.tiers]
    if climbs:
        return requests
    following = next_unpaged(draft.incident, draft.policy)
    if following is not None:
        draft.tell(EntryKind.CLIMBED, f"nobody acknowledged in time: on to {following}", tier=following)
        return [*requests, PageRequest(following, Purpose.LAPSE)]
    exhaust(draft)
    return requests + ends_of_ladder(draft)


def _one_per_tier(requests: list[PageRequest]) -> list[PageRequest]:
    """Where two clocks ask for the same tier, an acknowledgement must not withdraw what either may keep (rule 5)."""
    chosen: dict[Tier, PageRequest] = {}
    for request in requests:
        before = chosen.get(request.tier)
        if before is None or request.purpose in PERSISTENT_PURPOSES:
            chosen[request.tier] = request
    return list(chosen.values())


def watch_stability(draft: Draft, event: ClockDue) -> Decision:
    """End the stability window: resolve, or ask the holder to (rule 11)."""
    due = _due(draft)
    if not due:
        return nothing(Outcome.ALREADY, "no clock is due")
    if ClockName.STABILITY in due:
        _end_stability(draft)
    if draft.incident.open:
        meet_or_remind(draft, due)
    return draft.decided()


def remind_of_what_is_owed(draft: Draft, event: ClockDue) -> Decision:
    """Say what is overdue after the end of an incident."""
    due = _due(draft)
    if not due:
        return nothing(Outcome.ALREADY, "no clock runs any more")
    meet_or_remind(draft, due)
    return draft.decided()


def _end_stability(draft: Draft) -> None:
    if not asks_to_resolve(draft.incident, draft.policy):
        resolve_by_window(draft)
        return
    draft.change(reminded_at=draft.now)
    holder = draft.incident.holder
    if holder is not None:
        ring(draft, [], person=PersonRequest(holder.by, holder.tier, Purpose.RESOLUTION))
    else:
        ring(draft, [PageRequest(draft.policy.ladder(draft.incident.severity)[0], Purpose.RESOLUTION)])
    if not draft.pages:
        tell_unasked(draft)


def hold(draft: Draft, event: PagingHeld) -> Decision:
    """Stop an old ladder after a long absence; the operator hears of all of them at once (rule 20)."""
    draft.change(held_since=draft.now)
    draft.withdraw(EVERY_PAGE)
    away = draft.now - event.away_since
    draft.tell(
        EntryKind.HELD,
        f"rungbell was away for {written(away)}: paging holds until a person acts or something new fires",
    )
    return draft.decided()


def _remind_operator(draft: Draft) -> Decision:
    draft.change(held_since=draft.now)
    draft.tell(EntryKind.HELD, "paging still holds; the operator is told again")
    text = f"Paging still holds for {draft.incident.title!r} since rungbell was away."
    draft.troubles.append(held(draft.incident, text))
    return draft.decided()
