"""Action items: what is to be done so that it does not happen again (playbook L904-912, L941-943, A17).

Rules
-----
* Each has an owner (a person or a team), a priority, and a day on which it is due: by its priority, from the day it was
  made. A later one is taken, and the answer says that it is later than the rule.
* Done, it is done; all done and gone through once more, nothing is left of it.

May import: the value modules of the core and ``decision``.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rungbell.domain.decision import Draft
from rungbell.domain.policy import PostmortemPlan
from rungbell.domain.postmortem.record import ActionItem, ItemStatus, Owed, Postmortem
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind

MOST = 100
"""Action items of one incident."""
FARTHEST = timedelta(days=3_650)
"""How far ahead an item may be due: behind it no calendar is asked."""


def latest_due(plan: PostmortemPlan, priority: Severity, made: datetime) -> datetime:
    """When an item of that priority is due at the latest; one of a priority without a rule as that of the least."""
    within = plan.items_due_within.get(priority) or max(plan.items_due_within.values())
    return made + within


def unfit(draft: Draft, due: datetime | None, *, another: bool) -> str:
    """Say why there cannot be an item of that day, or ``another`` one; empty where there can."""
    postmortem = draft.incident.postmortem
    if another and postmortem is not None and len(postmortem.items) >= MOST:
        return f"an incident has at most {MOST} action items"
    if another and due is not None and due < draft.now:
        return f"{due:%Y-%m-%d %H:%M} UTC has passed: give a later `due`"
    if due is not None and due > draft.now + FARTHEST:
        return f"{due:%Y-%m-%d} is too far away: give an earlier `due`"
    return ""


def add_item(
    draft: Draft, text: str, owner: str, *, by: str, due: datetime | None = None, priority: Severity | None = None
) -> ActionItem:
    """Add an action item; its priority is the incident's severity where none is given."""
    postmortem = draft.incident.postmortem or Postmortem(Owed.OPTIONAL, "it has action items")
    urgency = priority or draft.incident.severity
    item = ActionItem(
        number=len(postmortem.items) + 1,
        text=text.strip()[:500],
        owner=owner.strip()[:80],
        priority=urgency,
        created_at=draft.now,
        due=due or latest_due(draft.policy.postmortems, urgency, draft.now),
    )
    draft.change(postmortem=replace(postmortem, items=(*postmortem.items, item), reviewed_again_at=None))
    draft.tell(
        EntryKind.ACTION_ITEM,
        f"action item {item.number} for {item.owner}, {item.priority}, due {item.due:%Y-%m-%d}: {item.text}",
        actor=by,
        item=str(item.number),
    )
    return item


def change_item(
    draft: Draft,
    item: ActionItem,
    *,
    by: str,
    status: ItemStatus | None = None,
    owner: str | None = None,
    due: datetime | None = None,
) -> ActionItem:
    """Change what is given of an item."""
    became, named = status or item.status, owner.strip()[:80] if owner else item.owner
    done_at = (item.done_at or draft.now) if became is ItemStatus.DONE else None
    changed = replace(item, status=became, owner=named, due=due or item.due, done_at=done_at)
    postmortem = draft.incident.postmortem
    if postmortem is None:
        raise LookupError("an item belongs to a postmortem")
    items = tuple(changed if one.number == item.number else one for one in postmortem.items)
    draft.change(postmortem=replace(postmortem, items=items))
    spoken = became.replace("_", " ")
    text = f"action item {item.number}: {spoken}, {changed.owner}, due {changed.due:%Y-%m-%d}"
    draft.tell(EntryKind.ACTION_ITEM, text, actor=by, item=str(item.number), status=became)
    return changed
