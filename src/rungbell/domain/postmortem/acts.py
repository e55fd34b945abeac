"""What people do with a postmortem.

Rules
-----
* The document goes Draft, In review, Published, and a step back is said as such (A31). rungbell does not keep the
  document: it drafts it (``document``), and remembers where it lives and how far it has come.
* It can be begun for any incident, owed or not; before the end only action items can be made.
* It is published after its review, unless none is needed because it is not mandatory (playbook L391).

May import: the value modules of the core, ``decision``, ``command.roles``, ``postmortem.items`` and
``postmortem.events``.
"""

from dataclasses import replace
from datetime import datetime

from rungbell.domain.command.roles import unknown_person
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from rungbell.domain.postmortem.items import add_item, change_item, latest_due, unfit
from rungbell.domain.postmortem.record import DocumentState, ItemStatus, Owed, Postmortem, Review
from rungbell.domain.timeline import EntryKind

BY_HAND = "somebody began one"


def move(draft: Draft, event: PostmortemMoved) -> Decision:
    """Take the document further, give it an owner or a place."""
    if event.state is None and event.owner is None and event.url is None:
        return nothing(Outcome.INVALID, "say one of `state`, `owner` and `url`")
    if (unknown := unknown_person(draft.situation.book, event.owner)) is not None:
        return unknown
    before = draft.incident.postmortem or Postmortem(Owed.OPTIONAL, BY_HAND)
    state = event.state or before.state
    if state is DocumentState.PUBLISHED and before.owed is Owed.MANDATORY and before.review is None:
        return nothing(Outcome.INVALID, "it is published after its review: say who was there and what came of it first")
    moved = replace(before, state=state, owner=event.owner or before.owner, url=event.url or before.url)
    if moved == draft.incident.postmortem:
        return nothing(Outcome.ALREADY, f"it is {spoken(state)} already")
    if event.state is not None:
        moved = _timed(draft, moved)
    draft.change(postmortem=moved)
    owner = f", {moved.owner} owns it" if moved.owner else ""
    text = f"the postmortem is {spoken(moved.state)}{owner}{f': {moved.url}' if moved.url else ''}"
    draft.tell(EntryKind.POSTMORTEM, text, actor=event.by, state=moved.state)
    return draft.decided(text)


def spoken(state: DocumentState) -> str:
    """Give the state of a document in words."""
    return {
        DocumentState.NONE: "not begun",
        DocumentState.DRAFT: "a draft",
        DocumentState.IN_REVIEW: "in review",
        DocumentState.PUBLISHED: "published",
    }[state]


def _timed(draft: Draft, moved: Postmortem) -> Postmortem:
    """Write down when it first came so far; a step back takes the later times away."""
    order = list(DocumentState)
    reached = order.index(moved.state)

    def when(stage: DocumentState, before: datetime | None) -> datetime | None:
        return (before or draft.now) if order.index(stage) <= reached else None

    return replace(
        moved,
        drafted_at=when(DocumentState.DRAFT, moved.drafted_at),
        in_review_at=when(DocumentState.IN_REVIEW, moved.in_review_at),
        published_at=when(DocumentState.PUBLISHED, moved.published_at),
    )


def hold_review(draft: Draft, event: ReviewHeld) -> Decision:
    """Write down that it was gone through, by whom, and what came of it."""
    if not event.outcome.strip():
        return nothing(Outcome.INVALID, "a review needs an `outcome`")
    at = event.at or draft.now
    if at > draft.now:
        return nothing(Outcome.INVALID, f"{at:%Y-%m-%d %H:%M} UTC is still to come: say it once the review was held")
    before = draft.incident.postmortem or Postmortem(Owed.OPTIONAL, BY_HAND)
    review = Review(at, tuple(name.strip()[:80] for name in event.attendees[:100]), event.outcome.strip()[:2000])
    draft.change(postmortem=replace(before, review=review))
    there = f" with {', '.join(review.attendees)}" if review.attendees else ""
    text = f"the postmortem was reviewed{there}: {review.outcome}"
    draft.tell(EntryKind.POSTMORTEM, text, actor=event.by)
    return draft.decided("the review is written down")


def make_item(draft: Draft, event: ItemAdded) -> Decision:
    """Make an action item."""
    for name in ("text", "owner"):
        if not getattr(event, name).strip():
            return nothing(Outcome.INVALID, f"an action item needs `{name}`")
    if wrong := unfit(draft, event.due, another=True):
        return nothing(Outcome.INVALID, wrong)
    item = add_item(draft, event.text, event.owner, by=event.by, due=event.due, priority=event.priority)
    latest = latest_due(draft.policy.postmortems, item.priority, draft.now)
    late = f"; the rule for {item.priority} is {latest:%Y-%m-%d}" if item.due > latest else ""
    return draft.decided(f"action item {item.number}, due {item.due:%Y-%m-%d}{late}")


def alter_item(draft: Draft, event: ItemChanged) -> Decision:
    """Take an action item further, give it to somebody else, or move its day."""
    items = draft.incident.postmortem.items if draft.incident.postmortem else ()
    item = next((one for one in items if one.number == event.number), None)
    if item is None:
        known = f"there are 1 to {len(items)}" if items else "there is none"
        return nothing(Outcome.INVALID, f"there is no action item {event.number}; {known}")
    if event.status is None and event.owner is None and event.due is None:
        return nothing(Outcome.INVALID, "say one of `status`, `owner` and `due`")
    if event.owner is not None and not event.owner.strip():
        return nothing(Outcome.INVALID, "an action item needs `owner`")
    if wrong := unfit(draft, event.due, another=False):
        return nothing(Outcome.INVALID, wrong)
    same = (event.status or item.status, event.owner or item.owner, event.due or item.due)
    if same == (item.status, item.owner, item.due):
        return nothing(Outcome.ALREADY, f"action item {item.number} is so already")
    changed = change_item(draft, item, by=event.by, status=event.status, owner=event.owner, due=event.due)
    latest = latest_due(draft.policy.postmortems, item.priority, item.created_at)
    late = f"; the rule for {item.priority} is {latest:%Y-%m-%d}" if changed.due > latest else ""
    left = sum(one.open for one in draft.incident.postmortem.items) if draft.incident.postmortem else 0
    done = f"; {left} left" if changed.status is ItemStatus.DONE else ""
    return draft.decided(f"action item {item.number} is {changed.status.replace('_', ' ')}{late}{done}")


def review_items(draft: Draft, event: ItemsReviewed) -> Decision:
    """Go through the open items, or once more through the whole when none is open."""
    postmortem = draft.incident.postmortem
    if postmortem is None or not postmortem.items:
        return nothing(Outcome.INVALID, "there are no action items to go through")
    left = sum(item.open for item in postmortem.items)
    if left:
        draft.change(postmortem=replace(postmortem, items_reviewed_at=draft.now))
        text = f"action items reviewed: {left} of {len(postmortem.items)} open"
    else:
        draft.change(postmortem=replace(postmortem, items_reviewed_at=draft.now, reviewed_again_at=draft.now))
        text = "all action items are done, and the postmortem was gone through again"
    draft.tell(EntryKind.POSTMORTEM, text, actor=event.by)
    return draft.decided(text)
