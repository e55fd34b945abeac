"""What follows from the result of an attempt to send a page.

Rules
-----
* Acceptance by a provider is not an answer: it stops no clock (reliability row 17).
* A permanent refusal, or the last attempt, is a failure: the person's other channels that still wait for their delay go
  at once; with none left, somebody else of the tier; with nobody left, the next tier, all in the commit that records
  the failure (requirements 3.11 rule 14, A35). Where a tier above is being rung already, that one leads on.
* Where the last way to a person fails, that counts for the highest tier on which they were rung with it, whichever of
  their ways failed first: their other ways stood in for it until then.
* Before anybody else is rung, whoever chose how they are reached is, by what they left out of the channels of the tiers
  on which they were rung with it.
* Where a provider that took a page says later that it reached nobody, that is a failure too (a bounce, a busy line).
* A page that an acknowledgement has made pointless is not tried again.
* What a provider says may hold an address or a number: the timeline keeps the id in its place.

May import: the value modules of the core, ``decision``, ``clocks`` and ``ladder``.
"""

from dataclasses import replace

from rungbell.domain.decision import Decision, Delivery, Draft, Outcome, nothing
from rungbell.domain.events import PageAccepted, PageFailed, PageUndelivered
from rungbell.domain.incident import HELD, Incident, Status
from rungbell.domain.ladder import exhaust, ring, stands_in_for, tell_unasked
from rungbell.domain.page import (
    WITHDRAWN_BY_ACKNOWLEDGEMENT,
    Page,
    PageKind,
    PageRequest,
    PageState,
    Purpose,
    SentPage,
    next_attempt,
)
from rungbell.domain.paging_clocks import ENGAGEMENT_CAP, next_unpaged
from rungbell.domain.plain_text import without_contacts
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.timeline import EntryKind


def page_accepted(draft: Draft, event: PageAccepted) -> Decision:
    """Write down that a provider took the page."""
    sent = _sent(draft, event)
    if sent is None:
        return nothing(Outcome.ALREADY, "the lease of this attempt is over")
    draft.delivery = Delivery(event.intent, event.attempt, PageState.ACCEPTED, reference=event.reference[:200])
    seconds = (draft.now - sent.page.send_after).total_seconds()
    others = f", held back and sent together with {event.together - 1} others" if event.together > 1 else ""
    draft.tell(
        EntryKind.PAGE_ACCEPTED,
        f"{sent.page.channel} took the {sent.page.kind} to {sent.page.person} after {seconds:.1f} s{others}",
        tier=sent.page.tier,
        channel=sent.page.channel,
        intent=event.intent,
    )
    return draft.decided()


def page_failed(draft: Draft, event: PageFailed) -> Decision:
    """Try again later, or give up on this way and take the next."""
    sent = _sent(draft, event)
    if sent is None:
        return nothing(Outcome.ALREADY, "the lease of this attempt is over")
    page = sent.page
    detail = _without_contacts(draft, page, event.detail)
    told = f"{page.channel} did not take the {page.kind} to {page.person} ({event.reason}: {detail})"
    if pointless(draft.incident, draft.policy, sent):
        draft.delivery = Delivery(event.intent, event.attempt, PageState.WITHDRAWN, failure=event.reason)
        draft.tell(EntryKind.WITHDRAWN, f"{told}; not needed any more", tier=page.tier, channel=page.channel)
        return draft.decided()
    again = next_attempt(event.attempt, event.permanent, event.retry_after, draft.now)
    if again is not None:
        draft.delivery = Delivery(event.intent, event.attempt, PageState.WAITING, again, event.reason)
        seconds = (again - draft.now).total_seconds()
        text = f"{told}; attempt {event.attempt + 1} in {seconds:.0f} s"
        draft.tell(EntryKind.PAGE_RETRIED, text, tier=page.tier, channel=page.channel)
        return draft.decided()
    draft.delivery = Delivery(event.intent, event.attempt, PageState.FAILED, failure=event.reason)
    draft.tell(EntryKind.PAGE_FAILED, told, tier=page.tier, channel=page.channel, reason=event.reason)
    if page.kind is PageKind.PAGE and draft.incident.open:
        _go_on(draft, sent)
    return draft.decided()


def page_undelivered(draft: Draft, event: PageUndelivered) -> Decision:
    """Take the next way, although a provider had taken the page: it says that it reached nobody."""
    sent = next((one for one in draft.situation.pages if one.intent == event.intent), None)
    if sent is None or sent.state is not PageState.ACCEPTED:
        return nothing(Outcome.ALREADY, "the page is not one that counts as taken")
    page = sent.page
    detail = _without_contacts(draft, page, event.detail)
    draft.delivery = Delivery(event.intent, sent.attempts, PageState.FAILED, failure=event.reason, taken_back=True)
    told = f"{page.channel} took the {page.kind} to {page.person}, but it reached nobody ({event.reason}: {detail})"
    draft.tell(EntryKind.PAGE_FAILED, told, tier=page.tier, channel=page.channel, reason=event.reason)
    asks = page.kind is PageKind.PAGE and draft.incident.open and not pointless(draft.incident, draft.policy, sent)
    if asks:
        _go_on(draft, sent)
    return draft.decided()


def _go_on(draft: Draft, failed: SentPage) -> None:
    """Take the next way: the person's own that waits, what they left out, somebody else of the tier, the next tier."""
    if not (_forward(draft, failed) or _by_what_was_left_out(draft, failed)):
        _next_tier(draft, failed)


def _without_contacts(draft: Draft, page: Page, detail: str) -> str:
    known = draft.situation.book.roster.people.get(page.person)
    return without_contacts(detail, known.contacts.values() if known else (), f"({page.person})")[:200]


def _sent(draft: Draft, event: PageAccepted | PageFailed) -> SentPage | None:
    """Give the page of the attempt, unless its lease was lost to somebody else."""
    for sent in draft.situation.pages:
        if sent.page.intent == event.intent and sent.attempts == event.attempt and sent.state is PageState.LEASED:
            return sent
    return None


def pointless(incident: Incident, policy: Policy, sent: SentPage) -> bool:
    """Whether a page that did not leave, or may not have, need not leave any more."""
    page = sent.page
    if page.kind is PageKind.NOTIFICATION:
        return not incident.open and page.purpose is not Purpose.REMINDER
    over = page.cycle != incident.cycle or not incident.open
    if over or incident.held_since is not None or incident.parked:
        return True
    if not policy.allows(page.tier, incident.severity):
        return True
    if page.purpose is Purpose.RESOLUTION or incident.status is Status.MONITORING:
        return incident.status is not Status.MONITORING or page.purpose not in {Purpose.RESOLUTION, Purpose.MANUAL}
    holder = incident.holder
    if holder is not None and holder.by == page.person and sent.created_at <= holder.at:
        return True
    return incident.status in HELD and page.purpose in WITHDRAWN_BY_ACKNOWLEDGEMENT


def _others(draft: Draft, failed: SentPage) -> list[SentPage]:
    """Give the pages of the same commit that may still reach somebody, or have."""
    return [
        sent
        for sent in draft.situation.pages
        if sent.alive and sent.page.intent != failed.page.intent and sent.page.kind is PageKind.PAGE
    ]


def _forward(draft: Draft, failed: SentPage) -> bool:
    """Send what waits for the same person at once; false where nothing else reaches them."""
    own = [sent for sent in _others(draft, failed) if sent.page.person == failed.page.person]
    draft.forward = tuple(sent.page.intent for sent in own if sent.state is PageState.WAITING and not sent.attempts)
    return bool(own)


def _by_what_was_left_out(draft: Draft, failed: SentPage) -> bool:
    """Ring the person through what their tiers have beside their choice; false where that is nothing new."""
    person, roster = failed.page.person, draft.situation.book.roster
    known = roster.people.get(person)
    if known is None or not known.reached.get(draft.incident.severity):
        return False
    own = [sent.page for sent in draft.situation.pages if sent.page.person == person]
    tried = {page.channel for page in own}
    for tier, page in sorted({page.tier: page for page in own if page.kind is PageKind.PAGE}.items(), reverse=True):
        plan = draft.policy.tiers.get(tier)
        ways = roster.ways(person, plan.through) if plan is not None else ()
        if left := [way.channel for way in ways if way.channel not in tried]:
            tried.update(left)
            draft.pages += [replace(page, channel=channel, send_after=draft.now) for channel in left]
            text = f"{tier}: {person} by {', '.join(left)} too, for nothing that they chose has worked"
            draft.tell(EntryKind.PAGED, text, tier=tier)
    return bool(draft.pages)


def _next_tier(draft: Draft, last: SentPage) -> None:
    """Ring the next tier, where nobody else of the person's tier or above is being rung."""
    failed = _highest(draft, last)
    page = failed.page
    if any(sent.page.tier >= page.tier for sent in _others(draft, failed)):
        return
    if draft.incident.status is Status.MONITORING:
        _ask_somebody_else(draft, page)
        return
    holder = draft.incident.holder
    if (holder is not None and holder.tier >= page.tier) or _rung_since(draft, failed):
        return
    following = next_unpaged(draft.incident, draft.policy)
    limit = ENGAGEMENT_CAP if page.purpose is Purpose.ENGAGEMENT else Tier.L5
    if following is not None and following <= limit:
        draft.tell(EntryKind.TIER_EMPTY, f"{page.tier}: nobody could be reached; {following} at once", tier=page.tier)
        ring(draft, [PageRequest(following, stands_in_for(page.purpose))])
    elif draft.incident.status is Status.TRIGGERED and draft.incident.exhausted_at is None:
        draft.tell(EntryKind.TIER_EMPTY, f"{page.tier}: nobody could be reached; no tier is left", tier=page.tier)
        exhaust(draft)


def _highest(draft: Draft, last: SentPage) -> SentPage:
    """Give the highest page that failed to reach the person, of those that left with the last of their ways."""
    failed = [
        sent
        for sent in draft.situation.pages
        if sent.state is PageState.FAILED and sent.page.kind is PageKind.PAGE and sent.page.person == last.page.person
    ]
    return max([last, *failed], key=lambda sent: sent.page.tier)


def _rung_since(draft: Draft, failed: SentPage) -> bool:
    """Whether a tier above was entered with the page or after it: where that fails too, it leads on by itself.

    Else it would depend on the order in which two tiers fail whether the ladder skips a tier.
    """
    return any(
        tier > failed.page.tier and not state.empty and state.paged_at >= failed.created_at
        for tier, state in draft.incident.tiers.items()
    )


def _ask_somebody_else(draft: Draft, page: Page) -> None:
    """In the stability window: who cannot be asked to resolve, or was rung by hand in vain, has tiers above them."""
    ladder = draft.policy.ladder(draft.incident.severity)
    above = next((tier for tier in ladder if tier > page.tier), None)
    if above is not None:
        draft.tell(EntryKind.TIER_EMPTY, f"{page.tier}: nobody could be reached; {above} at once", tier=page.tier)
        ring(draft, [PageRequest(above, page.purpose)])
    if not draft.pages:
        tell_unasked(draft)
