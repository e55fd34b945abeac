"""The rows of the table of decisions that belong to the life of an incident.

May import: ``answers``, ``events``, ``incident`` and the rules of this package.
"""

from rungbell.domain.answers import Answers, answers, ignore
from rungbell.domain.events import AlertsReceived, Resolved
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle import ending, merging, reopening, restriction, snoozing, umbrella, working
from rungbell.domain.lifecycle.events import (
    Closed,
    FalsePositiveFound,
    Merged,
    PartJoined,
    PartLeft,
    PartSpoke,
    Reopened,
    RestrictionLifted,
    Snoozed,
    StatusSet,
    StormJoined,
    WholeEnded,
)

_OPEN = ignore("it is open")
_OVER = ignore("it is over")
ANSWERS: Answers = {
    (Status.MERGED, AlertsReceived): merging.hear_part,
    **answers(Resolved, triggered=ending.resolve),
    **answers(StatusSet, triggered=working.set_status),
    **answers(
        Snoozed, triggered=snoozing.snooze, monitoring=ignore("nobody is disturbed in the stability window anyway")
    ),
    **answers(FalsePositiveFound, triggered=ending.mark_false_positive),
    **answers(Merged, triggered=merging.merge),
    **answers(
        Closed, triggered=ending.refuse_to_close, resolved=ending.close, ended=ignore("nothing is left to do here")
    ),
    **answers(Reopened, triggered=_OPEN, monitoring=reopening.reopen_from_window, resolved=reopening.reopen),
    **answers(RestrictionLifted, triggered=restriction.lift, resolved=restriction.lift),
    **answers(PartJoined, triggered=merging.take_in, resolved=_OVER),
    **answers(StormJoined, triggered=umbrella.join_storm, resolved=_OVER),
    **answers(PartSpoke, triggered=merging.hear_of_part, monitoring=merging.wake_for_part, resolved=_OVER),
    (Status.MERGED, PartSpoke): merging.pass_on,
    **answers(PartLeft, triggered=merging.let_part_go, resolved=merging.let_part_go),
    (Status.MERGED, PartLeft): merging.pass_on,
    **answers(WholeEnded, triggered=_OPEN, resolved=_OVER),
    (Status.MERGED, WholeEnded): ending.end_with_whole,
}
