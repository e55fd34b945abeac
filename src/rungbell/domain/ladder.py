"""Ringing: from the wish to page tiers to pages for people, with everything that follows from nobody being there.

Rules
-----
* Nobody reachable on a tier → the next tier at once, and the timeline says why.
* A cap reached that way, with nobody reached at all, exhausts the ladder at once (requirements 3.11 rule 9).
* An exhausted ladder rings its two ends, tells the operator once, and goes on ringing them until a person acts.
* That nobody answers for the operator's own incident, or can be asked to resolve it, is told to nobody: those to whom
  it would be told are the same.
* An incident takes its turn in a round robin when it rings it first, and keeps it.
* Whoever is paged is remembered with the highest tier they were paged on (rule 15).

May import: the value modules of the core, ``clocks`` and ``decision``.
"""

from dataclasses import replace

from rungbell.domain.decision import Draft
from rungbell.domain.duration import written
from rungbell.domain.events import Trouble, TroubleKind
from rungbell.domain.incident import Incident, Status, TierState
from rungbell.domain.page import Page, PageKind, PageRequest, Purpose, merge_ways
from rungbell.domain.paging_clocks import next_unpaged
from rungbell.domain.policy import Policy, Through, Tier
from rungbell.domain.timeline import EntryKind
from rungbell.domain.values import dataclass

OWN_SOURCE = "rungbell"
"""The source of rungbell's own troubles."""

_Wish = tuple[PageRequest, str, tuple[Through, ...]]


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """The wish to ring one person (the holder) the way their tier is rung."""

    person: str
    tier: Tier
    purpose: Purpose


def ring(
    draft: Draft, requests: list[PageRequest], *, person: PersonRequest | None = None, limit: Tier | None = None
) -> None:
    """Page the people on the requested tiers, and on the next one where a tier is empty.

    ``limit`` is the highest tier an empty one may lead to (default: the cap of the severity). ``person`` is rung in
    the same commit, or their whole tier where they cannot be reached any more.
    """
    wishes: list[_Wish] = []
    if person is not None:
        allowed = draft.policy.allows(person.tier, draft.incident.severity)
        ways = _ways(draft, person.person, person.tier) if allowed else ()
        tier = person.tier if allowed else max(draft.policy.ladder(draft.incident.severity), default=Tier.L1)
        request = PageRequest(tier, person.purpose)
        if ways:
            wishes.append((request, person.person, ways))
        else:
            requests = [*requests, request]
    found, top_is_empty = _who(draft, requests, limit or draft.plan.climb_to)
    wishes += found
    _enter(draft, wishes)
    _send(draft, wishes)
    nobody_left = (not wishes or top_is_empty) and next_unpaged(draft.incident, draft.policy) is None
    if nobody_left and draft.incident.status is Status.TRIGGERED and draft.incident.exhausted_at is None:
        exhaust(draft)
    if draft.incident.lapse_from is None and draft.incident.exhausted_at is None:
        draft.change(lapse_from=draft.now)


def stands_in_for(purpose: Purpose) -> Purpose:
    """Give the purpose of a page to the next tier: an acknowledgement withdraws it like the one it stands in for."""
    return purpose if purpose is Purpose.LAPSE else Purpose.TIER_EMPTY


def _who(draft: Draft, requests: list[PageRequest], limit: Tier) -> tuple[list[_Wish], bool]:
    """Give who stands on the tiers, and whether the last tier a clock may ring was asked for and is empty."""
    wishes: list[_Wish] = []
    top_is_empty = False
    ladder = draft.policy.ladder(draft.incident.severity)
    queue = {request.tier: request for request in sorted(requests, key=lambda request: request.tier, reverse=True)}
    asked = dict(queue)
    while queue:
        tier = min(queue)
        request = queue.pop(tier)
        people = _on_tier(draft, tier)
        if people:
            wishes.extend((request, person, ways) for person, ways in people)
            continue
        following = next((above for above in tier.above if draft.policy.allows(above, draft.incident.severity)), None)
        _tell_empty(draft, tier, request, following, limit)
        top_is_empty = top_is_empty or tier == max(ladder, default=None)
        if following is not None and following <= limit and following not in asked:
            asked[following] = queue[following] = PageRequest(following, stands_in_for(request.purpose))
    return wishes, top_is_empty


def _on_tier(draft: Draft, tier: Tier) -> tuple[tuple[str, tuple[Through, ...]], ...]:
    if not draft.policy.allows(tier, draft.incident.severity):
        return ()
    roster, plan = draft.situation.book.roster, draft.policy.tiers[tier]
    for schedule in roster.round_robins.intersection(plan.reach):
        draft.take_turn(schedule)
    return roster.on_tier(plan, draft.now, draft.incident.round_robin, severity=draft.incident.severity)


def _tell_empty(draft: Draft, tier: Tier, request: PageRequest, following: Tier | None, limit: Tier) -> None:
    on = f"{following} at once" if following is not None and following <= limit else "no tier is left above it"
    draft.tell(EntryKind.TIER_EMPTY, f"{tier}: nobody on call can be reached; {on}", tier=tier)
    if tier not in draft.incident.tiers:
        state = TierState(paged_at=draft.now, cause=request.purpose, empty=True)
        draft.change(tiers={**draft.incident.tiers, tier: state})


def _enter(draft: Draft, wishes: list[_Wish]) -> None:
    incident = draft.incident
    tiers, paged, lapse_from = dict(incident.tiers), dict(incident.paged), incident.lapse_from
    for request, person, _ in wishes:
        state = tiers.get(request.tier)
        if state is None:
            lapse_from = draft.now
            tiers[request.tier] = TierState(paged_at=draft.now, cause=request.purpose)
        elif state.empty:
            tiers[request.tier] = replace(state, paged_at=draft.now, empty=False)
        paged[person] = max(request.tier, paged.get(person, request.tier))
    if wishes:
        draft.change(tiers=tiers, paged=paged, lapse_from=lapse_from, round=incident.round + 1)


def _send(draft: Draft, wishes: list[_Wish]) -> None:
    told: dict[PageRequest, list[str]] = {}
    for request, person, way in merge_ways(wishes):
        _add(draft, request.tier, person, way, request.purpose, PageKind.PAGE)
        later = f" in {written(way.after)}" if way.after else ""
        told.setdefault(request, []).append(f"{person} by {way.channel}{later}")
    for request, people in sorted(told.items(), key=lambda item: item[0].tier):
        draft.tell(EntryKind.PAGED, f"{request.tier} paged ({request.purpose}): {', '.join(people)}", tier=request.tier)


def _add(
    draft: Draft, tier: Tier, person: str, way: Through, purpose: Purpose, kind: PageKind, about: str = ""
) -> None:
    incident = draft.incident
    channel = draft.situation.book.roster.channels[way.channel]
    if channel.follows and way.channel not in incident.told:
        draft.change(told=incident.told | {way.channel})
    draft.pages.append(
        Page(
            incident=incident.id,
            cycle=incident.cycle,
            round=incident.round,
            tier=tier,
            person=person,
            channel=way.channel,
            purpose=purpose,
            kind=kind,
            severity=incident.severity,
            send_after=draft.now + way.after,
            about=about,
        )
    )


def notify(draft: Draft, person: str, tier: Tier, text: str, purpose: Purpose = Purpose.NEWS) -> bool:
    """Tell one person something that asks for no acknowledgement; false where nothing reaches them."""
    plan = draft.policy.tiers.get(tier)
    roster, severity = draft.situation.book.roster, draft.incident.severity
    ways = roster.ways_for_news(person, plan.through, severity) if plan else ()
    if ways:
        told_already = any(page.person == person and page.purpose is purpose for page in draft.pages)
        if told_already or not draft.pages:  # what leaves with one commit is one round, as long as intents differ
            draft.change(round=draft.incident.round + 1)
        for way in ways:
            _add(draft, tier, person, way, purpose, PageKind.NOTIFICATION, text)
        draft.tell(EntryKind.NOTIFIED, f"{person} told: {text}", tier=tier)
    return bool(ways)


def _ways(draft: Draft, person: str, tier: Tier) -> tuple[Through, ...]:
    plan = draft.policy.tiers.get(tier)
    return draft.situation.book.roster.ways(person, plan.through, draft.incident.severity) if plan else ()


def exhaust(draft: Draft) -> None:
    """Say that the ladder has no tier left, tell the operator once, and ring both ends of it."""
    incident = draft.incident
    draft.change(exhausted_at=draft.now, repeated_at=draft.now)
    draft.tell(EntryKind.EXHAUSTED, f"the ladder is exhausted at {draft.plan.climb_to}: nobody has answered")
    _tell_operator(draft, _exhausted(incident, draft.policy))


def relieve(draft: Draft) -> None:
    """End the exhaustion, because a person acted or the incident is over; the operator's alarm ends with it."""
    if draft.incident.exhausted_at is not None:
        draft.change(exhausted_at=None, repeated_at=None)
        _tell_operator(draft, replace(_exhausted(draft.incident, draft.policy), text="somebody acts", over=True))
    stop_asking(draft)


def stop_asking(draft: Draft) -> None:
    """End the question to resolve, and the operator's alarm that nobody could be asked.

    Where the window goes on, whoever answers is asked again from their answer on, not at once.
    """
    if draft.incident.reminded_at is not None:
        draft.change(reminded_at=draft.now if draft.incident.status is Status.MONITORING else None)
        _tell_operator(draft, replace(_unasked(draft.incident), text="nobody need be asked any more", over=True))


def tell_unasked(draft: Draft) -> None:
    """Tell the operator that nobody can be asked to resolve what has been stable."""
    _tell_operator(draft, _unasked(draft.incident))


def _tell_operator(draft: Draft, trouble: Trouble) -> None:
    if draft.incident.source != OWN_SOURCE:
        draft.troubles.append(trouble)


def lasting(incident: Incident, policy: Policy) -> Trouble | None:
    """Give what an incident told the operator of itself, where it lasts and no clock tells it again."""
    told = incident.exhausted_at is not None and incident.source != OWN_SOURCE
    return _exhausted(incident, policy) if told else None


def all_over(incident: Incident, policy: Policy, text: str) -> tuple[Trouble, ...]:
    """Give the ends of all that an incident may have told the operator of itself."""
    told = (_exhausted(incident, policy), _unasked(incident), held(incident, ""))
    return tuple(replace(trouble, text=text, over=True) for trouble in told)


def held(incident: Incident, text: str, *, over: bool = False) -> Trouble:
    """Word that the paging of one incident still holds, or does no more."""
    about = f"{incident.id}/{incident.cycle}"
    return Trouble(kind=TroubleKind.PAGING_HELD, source=incident.source, about=about, text=text, over=over)


def _unasked(incident: Incident) -> Trouble:
    text = f"Nobody can be reached to resolve {incident.title!r}, stable for its whole window."
    about = f"{incident.id}/{incident.cycle}/resolve"
    return Trouble(kind=TroubleKind.LADDER_EXHAUSTED, source=incident.source, about=about, text=text)


def _exhausted(incident: Incident, policy: Policy) -> Trouble:
    highest = policy.plan(incident.severity).climb_to
    text = f"Nobody answered for {incident.title!r} ({incident.severity}); paged up to {highest}."
    about = f"{incident.id}/{incident.cycle}"
    return Trouble(kind=TroubleKind.LADDER_EXHAUSTED, source=incident.source, about=about, text=text)


def ends_of_ladder(draft: Draft) -> list[PageRequest]:
    """The two tiers an exhausted ladder keeps ringing: the last one and L1 (rule 9)."""
    ladder = draft.policy.ladder(draft.incident.severity)
    return [PageRequest(tier, Purpose.EXHAUSTED) for tier in sorted({ladder[0], ladder[-1]})] if ladder else []


def release(draft: Draft) -> None:
    """End a hold (rule 20): the paging clocks run from now, so that nothing of the time away is replayed."""
    if draft.incident.held_since is not None:
        draft.change(held_since=None)
        restart_clocks(draft)
        draft.troubles.append(held(draft.incident, "paging goes on", over=True))


def restart_clocks(draft: Draft) -> None:
    """Let the paging clocks run from now, after paging was held."""
    draft.change(paging_from=draft.now, lapse_from=draft.now, engaged=(), unresolved={})
    if draft.incident.exhausted_at is not None:
        draft.change(repeated_at=draft.now)
