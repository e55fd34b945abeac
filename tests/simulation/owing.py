"""Second reading: what an incident owes, and when somebody must be told of it (requirements 3.10).

Rules 1 and 20 of 3.11; readings A7, A9, A10, A16, A21, A30, A33, A34, A38, A39, A41. Nothing here asks rungbell's own
table of clocks.

Rules
-----
* Said to be overdue, it is said again every so often until it is met; a few are only asked once.
* Response times run from the detection, from when the severity was last changed, or from when it was reopened; others
  from the detection.
* While paging is held, and under maintenance, nobody is told. After the end, in business hours only.
"""

from collections.abc import Iterator
from typing import Final

from tests.simulation.commanded import COMMANDER, ROLES, Command, Postmortem
from tests.simulation.ladders import Ladder
from tests.simulation.moments import DAY, HOUR, MINUTE
from tests.simulation.owed import Owed
from tests.simulation.record import OVER, PAGING, Facts

AGAIN: Final = 15 * MINUTE
UNDERSTOOD: Final = frozenset({"identified", "contained", "fixing"})
"""How far the work must have come for nobody to ask for a provider; what fires again is not contained any more."""
ASKED_ONCE: Final = frozenset({"client_draft", "update_soon", "sla_risk", "provider"})
AFTER_THE_END: Final = (
    "postmortem_draft", "postmortem_review", "postmortem_publication", "action_items", "item_review", "review_again",
)  # fmt: skip
HOW_OFTEN: Final = {"handoff": HOUR, **dict.fromkeys(AFTER_THE_END, DAY)}
WHILE_FOUGHT: Final = (
    "triage", "declaration", "roles", "executive_note", "client_draft", "client_notice", "sla_risk", "provider",
    "handoff", "update_soon", "internal_update", "client_update", "executive_update",
)  # fmt: skip
UPDATES: Final = {"internal": "internal_update", "clients": "client_update", "executives": "executive_update"}
NAMES: Final = frozenset((*WHILE_FOUGHT, "all_clear", *AFTER_THE_END))


def owing(facts: Facts, ladder: Ladder) -> list[tuple[int, str]]:
    """When somebody must be told of each thing that is owed, and of what."""
    if not ladder.owes and facts.postmortem is None:
        return []
    found = []
    for name, due in (*_while_fought(facts, ladder.plans[facts.severity].owed), *_afterwards(facts, ladder)):
        told = facts.command.alarms.get(name)
        if told is not None and told.last >= due and name in ASKED_ONCE:
            continue
        again = told is not None and told.last >= due
        when = told.last + HOW_OFTEN.get(name, AGAIN) if told is not None and again else due
        when = max(when, facts.maintenance_until or when)
        found.append((ladder.hours.elapse(when, 0) if facts.status in OVER else when, name))
    return found


def still_owed(facts: Facts, ladder: Ladder) -> bool:
    """Whether anything is left to do after the end."""
    return any(_afterwards(facts, ladder))


def _while_fought(facts: Facts, owed: Owed) -> Iterator[tuple[str, int]]:
    if facts.status in OVER:
        return
    command = facts.command
    answers = facts.detected_at if command.reclassified_at is None else command.reclassified_at  # A21
    if facts.cycle > 1:
        answers = max(answers, facts.opened_at)
    if facts.status in PAGING:
        opening = max(facts.opened_at, answers)
        if owed.triaged is not None and command.triaged_at is None:
            yield "triage", opening + owed.triaged
        if owed.declared is not None and command.declared_at is None:
            yield "declaration", opening + owed.declared
        yield from _unfilled(facts, owed, answers)
        if owed.sla is not None:
            yield "sla_risk", facts.detected_at + owed.sla
        if owed.provider is not None and command.cause_found_at is None and facts.progress not in UNDERSTOOD:
            yield "provider", facts.opened_at + owed.provider
    yield from _others_untold(facts, owed, answers)
    yield from _others_waiting(command, owed)
    leader = command.roles.get(COMMANDER)
    if leader is not None and owed.handoff is not None:  # A30: so long, or until the shift ends
        ends = leader.since + owed.handoff
        yield "handoff", ends if leader.shift_ends is None else min(ends, leader.shift_ends)


def _others_untold(facts: Facts, owed: Owed, answers: int) -> Iterator[tuple[str, int]]:
    command = facts.command
    if owed.executives is not None and not _heard(command, "executives"):
        yield "executive_note", facts.detected_at + owed.executives
    if _clients_feel_it(facts, owed) and not _heard(command, "clients"):
        if owed.drafted is not None and command.drafted_at is None and not command.withheld:  # A28
            yield "client_draft", max(facts.opened_at, answers) + owed.drafted
        if owed.clients is not None:
            yield "client_notice", (answers if owed.impacts else facts.detected_at) + owed.clients


def _heard(command: Command, audience: str) -> bool:
    return audience in command.told or command.counts(audience)


def _others_waiting(command: Command, owed: Owed) -> Iterator[tuple[str, int]]:
    """A10: who was told hears more in time, and a reminder of it comes before."""
    waiting = [(who, every, since) for who, every in owed.updates if (since := command.news_since(who)) is not None]
    for who, every, since in waiting:
        yield UPDATES[who], since + every
    if owed.remind is not None:
        told = command.alarms.get("update_soon")
        soon = [since + owed.remind for _, every, since in waiting if every > owed.remind]
        left = [at for at in soon if told is None or at > told.last]
        if left:
            yield "update_soon", min(left)


def _all_clear(facts: Facts, worst: Owed) -> Iterator[tuple[str, int]]:
    """A27: clients who were told must know that it is over, as soon as they would have heard of it next."""
    command, ended = facts.command, facts.resolved_at
    every = dict(worst.updates).get("clients")
    if facts.status not in {"resolved", "false_positive"} or every is None or ended is None:
        return
    waived = command.waived.get("clients", ended - 1) >= ended
    if "clients" in command.told and not facts.told_that_it_is_over and not waived:
        yield "all_clear", ended + every


def _unfilled(facts: Facts, owed: Owed, answers: int) -> Iterator[tuple[str, int]]:
    command = facts.command
    if owed.declared is None or command.declared_at is None:
        return
    begun = max(command.declared_at, answers)
    empty = [max(begun, command.vacated.get(role, begun)) for role in ROLES if role not in command.roles]
    if empty:
        yield "roles", min(empty) + owed.declared


def _clients_feel_it(facts: Facts, owed: Owed) -> bool:
    """A9: as somebody said, or because a client asks; else as the severity has it, or because clients are named."""
    command = facts.command
    if command.clients_asked or command.client_impacting:
        return True
    return command.client_impacting is None and (owed.impacts or bool(command.clients))


def _afterwards(facts: Facts, ladder: Ladder) -> Iterator[tuple[str, int]]:
    postmortem, plan = facts.postmortem, ladder.aftermath
    yield from _all_clear(facts, ladder.plans[facts.worst].owed)
    if postmortem is None:
        return
    left = [item.due for item in postmortem.items if item.open]
    if left and facts.status != "closed":
        yield "action_items", min(left)
    if facts.status != "resolved" or facts.resolved_at is None:
        return
    if postmortem.wanted and postmortem.state != "published":
        draft = facts.resolved_at + plan.draft
        publication = max(facts.detected_at + plan.publish, draft)  # A16
        if postmortem.state == "none":
            yield "postmortem_draft", draft
        if postmortem.reviewed_at is None:
            review = ladder.hours.close_after(facts.resolved_at, plan.review_days)
            yield "postmortem_review", min(review, publication)
        yield "postmortem_publication", publication
    yield from _looked_at_again(postmortem, plan.items_reviewed)


def _looked_at_again(postmortem: Postmortem, every: int) -> Iterator[tuple[str, int]]:
    """Open items are gone through every week, and all of it once more a week after the last is done."""
    items = postmortem.items
    if any(item.open for item in items):
        first = min(item.made_at for item in items)
        yield "item_review", (first if postmortem.items_reviewed_at is None else postmortem.items_reviewed_at) + every
    elif items and postmortem.reviewed_again_at is None:
        yield "review_again", max(item.done_at or item.made_at for item in items) + every
