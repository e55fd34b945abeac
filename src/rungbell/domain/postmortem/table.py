"""The rows of the table of decisions that belong to the postmortem.

May import: ``answers`` and the rules and events of this package.
"""

from rungbell.domain.answers import Answers, Handler, answers
from rungbell.domain.decision import Decision, Draft, Outcome, nothing
from rungbell.domain.events import Act
from rungbell.domain.postmortem import acts
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged, ItemsReviewed, PostmortemMoved, ReviewHeld


def _not_yet(draft: Draft, event: Act) -> Decision:
    return nothing(Outcome.INVALID, "the incident is not over yet; its postmortem begins when it is")


def _after(event: type[Act], handler: Handler) -> Answers:
    return answers(event, triggered=_not_yet, resolved=handler)


ANSWERS: Answers = {
    **_after(PostmortemMoved, acts.move),
    **_after(ReviewHeld, acts.hold_review),
    **answers(ItemAdded, triggered=acts.make_item, resolved=acts.make_item),
    **answers(ItemChanged, triggered=acts.alter_item, resolved=acts.alter_item),
    **answers(ItemsReviewed, triggered=acts.review_items, resolved=acts.review_items),
}
