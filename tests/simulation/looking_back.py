"""Second reading: the postmortem and its action items (requirements 68 to 79 of the playbook's own; A17, A31)."""

from collections.abc import Callable
from typing import Any, Final

from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld
from tests.simulation.commanded import Item, Postmortem
from tests.simulation.moments import milliseconds
from tests.simulation.ringing import ALREADY, DONE, INVALID, Draft

STATES: Final = ("none", "draft", "in_review", "published")


def move(draft: Draft, event: PostmortemMoved) -> str:
    facts = draft.facts
    if facts.open or (event.state is None and event.owner is None and event.url is None):
        return INVALID
    if event.owner is not None and event.owner not in draft.shop.people:
        return INVALID
    before = facts.postmortem or Postmortem("optional")
    state = before.state if event.state is None else str(event.state)
    if state == "published" and before.owed == "mandatory" and before.reviewed_at is None:
        return INVALID
    after = before._replace(state=state, owner=event.owner or before.owner, url=event.url or before.url)
    if after == facts.postmortem:
        return ALREADY
    if event.state is not None:
        times = zip(STATES[1:], (before.drafted_at, before.in_review_at, before.published_at), strict=True)
        reached = STATES.index(state)
        first = [(at or draft.now) if STATES.index(stage) <= reached else None for stage, at in times]
        after = after._replace(drafted_at=first[0], in_review_at=first[1], published_at=first[2])
    facts.postmortem = after
    return DONE


def hold_review(draft: Draft, event: ReviewHeld) -> str:
    at = draft.now if event.at is None else milliseconds(event.at)
    if draft.facts.open or not event.outcome or at > draft.now:
        return INVALID
    draft.facts.postmortem = (draft.facts.postmortem or Postmortem("optional"))._replace(reviewed_at=at)
    return DONE


def make_item(draft: Draft, event: ItemAdded) -> str:
    due = None if event.due is None else milliseconds(event.due)
    if not event.text or not event.owner or (due is not None and due < draft.now):
        return INVALID
    add_item(draft, event.owner, str(event.priority), due)
    return DONE


def add_item(draft: Draft, owner: str, priority: str, due: int | None) -> None:
    """A17: as late as its priority lets it be; the least of them where there is no rule for it."""
    within = draft.ladder.aftermath.items
    latest = draft.now + within.get(priority, max(within.values()))
    before = draft.facts.postmortem or Postmortem("optional")
    item = Item(owner, priority, draft.now, latest if due is None else due)
    draft.facts.postmortem = before._replace(items=(*before.items, item), reviewed_again_at=None)


def alter_item(draft: Draft, event: ItemChanged) -> str:
    postmortem = draft.facts.postmortem
    said = (event.status, event.owner, event.due)
    if postmortem is None or not 0 < event.number <= len(postmortem.items) or all(one is None for one in said):
        return INVALID
    before = postmortem.items[event.number - 1]
    status = before.status if event.status is None else str(event.status)
    due = before.due if event.due is None else milliseconds(event.due)
    after = before._replace(status=status, owner=event.owner or before.owner, due=due)
    if after == before:
        return ALREADY
    after = after._replace(done_at=None if after.open else before.done_at or draft.now)
    items = [after if place == event.number else item for place, item in enumerate(postmortem.items, 1)]
    draft.facts.postmortem = postmortem._replace(items=tuple(items))
    return DONE


def review_items(draft: Draft, event: ItemsReviewed) -> str:
    postmortem = draft.facts.postmortem
    if postmortem is None or not postmortem.items:
        return INVALID
    again = postmortem.reviewed_again_at if any(item.open for item in postmortem.items) else draft.now
    draft.facts.postmortem = postmortem._replace(items_reviewed_at=draft.now, reviewed_again_at=again)
    return DONE


ACTS: Final[dict[type[Any], Callable[[Draft, Any], str]]] = {
    PostmortemMoved: move,
    ReviewHeld: hold_review,
    ItemAdded: make_item,
    ItemChanged: alter_item,
    ItemsReviewed: review_items,
}
