"""The rows of the table of decisions that belong to communication.

May import: ``answers``, ``events`` and the rules of this package.
"""

from rungbell.domain.answers import Answers, answers
from rungbell.domain.communication import acts, results
from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
    CopyAccepted,
    CopyFailed,
    Waived,
)

_LATE = acts.after_the_end
ANSWERS: Answers = {
    **answers(
        CommunicationDrafted,
        triggered=acts.draft_communication,
        resolved=acts.draft_communication,
        ended=_LATE,
    ),
    **answers(
        CommunicationReviewed,
        triggered=acts.review_communication,
        resolved=acts.review_communication,
        ended=_LATE,
    ),
    **answers(
        CommunicationSent,
        triggered=acts.send_communication,
        resolved=acts.send_communication,
        ended=_LATE,
    ),
    **answers(CommunicationDiscarded, triggered=acts.discard_communication, resolved=acts.discard_communication),
    **answers(Waived, triggered=acts.waive, resolved=acts.waive, ended=_LATE),
    **answers(CopyAccepted, triggered=results.copy_accepted, resolved=results.copy_accepted),
    **answers(CopyFailed, triggered=results.copy_failed, resolved=results.copy_failed),
}
