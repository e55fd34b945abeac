"""Second reading: the life of an incident by hand, and incidents that go on in another.

Playbook L38-47, L251, L365; readings A8, A11, A12, A27, A28 and A43.

Rules
-----
* What one incident means for another follows in the same commit: ``Reading.follow`` says what must be decided next.
"""

from collections.abc import Callable
from typing import Any, Final

from rungbell.domain.events import Resolved
from rungbell.domain.lifecycle.events import (
    Closed,
    FalsePositiveFound,
    Reopened,
    RestrictionLifted,
    Snoozed,
    StatusSet,
)
from tests.simulation.commanded import COMMANDER
from tests.simulation.leading import tier_of
from tests.simulation.messages import begin_cycle, go_on, watch
from tests.simulation.moments import milliseconds
from tests.simulation.owing import still_owed
from tests.simulation.record import WORK
from tests.simulation.reminding import begin_postmortem
from tests.simulation.ringing import (
    ALREADY,
    DONE,
    EVERY_PAGE,
    INVALID,
    REFUSED,
    Draft,
    page_at_once,
    release,
    relieve,
    withdraw,
)
from tests.simulation.timetable import somebody_resolves

OWN: Final = "rungbell"
"""The source of rungbell's own troubles."""
ATTESTED: Final = {"recovery.restored", "recovery.end_to_end"}


def end(draft: Draft, status: str, by: str) -> None:
    facts = draft.facts
    relieve(facts, draft.now)
    release(draft)
    facts.status, facts.resolved_at, facts.resolved_by = status, draft.now, by
    facts.monitoring_since = facts.reminded_at = None
    withdraw(draft, EVERY_PAGE)


def settle(draft: Draft) -> None:
    """Every alert counts as over, with those of what was merged into it; their incidents hear of it."""
    draft.follow += [("WholeEnded", part) for part in draft.facts.parts]
    count_as_over(draft)


def count_as_over(draft: Draft) -> None:
    facts = draft.facts
    facts.firing, facts.parts = 0, dict.fromkeys(facts.parts, 0)
    draft.settled = True


def resolve(draft: Draft, event: Resolved) -> str:
    if speaks_against_it(draft, event.by) and not event.reason:
        return INVALID
    end(draft, "resolved", event.by)
    settle(draft)
    begin_postmortem(draft)
    return DONE


def speaks_against_it(draft: Draft, by: str) -> bool:
    """A43: what fires, the window, what nobody has attested, and who commands it."""
    facts, plan = draft.facts, draft.ladder.plans[draft.facts.severity]
    if facts.all_firing:
        return True
    if facts.source == OWN or not somebody_resolves(facts, plan):
        return False
    leader = facts.command.roles.get(COMMANDER)
    stable = facts.monitoring_since is not None and facts.monitoring_since + plan.stable <= draft.now
    if not stable or not facts.command.ticks.keys() >= ATTESTED:
        return True
    return leader is not None and leader.person != by and tier_of(draft, by) < "L2"


def mark_false_positive(draft: Draft, event: FalsePositiveFound) -> str:
    if not event.reason:
        return INVALID
    end(draft, "false_positive", event.by)
    settle(draft)
    triage(draft)
    return DONE


def triage(draft: Draft) -> None:
    command = draft.facts.command
    if command.triaged_at is None:
        draft.facts.command = command._replace(triaged_at=draft.now)


def set_status(draft: Draft, event: StatusSet) -> str:
    facts, status = draft.facts, str(event.status)
    if status not in {*WORK, "monitoring"} or facts.holder is None:
        return INVALID
    if status == facts.status:
        return ALREADY
    if status == "monitoring":
        if facts.all_firing:
            return INVALID
        watch(draft)
    else:
        if facts.status == "monitoring":
            go_on(draft)
        release(draft)
        facts.status = facts.progress = status
    triage(draft)
    return DONE


def snooze(draft: Draft, event: Snoozed) -> str:
    facts, until = draft.facts, milliseconds(event.until)
    holder = facts.holder
    if facts.status == "monitoring":
        return ALREADY
    if holder is None:
        return INVALID
    if holder.by != event.by:
        return REFUSED
    if not draft.now < until <= draft.ladder.acknowledgement_ends(facts.severity, draft.now):
        return INVALID
    after = holder._replace(ends=until, snoozed=True)
    if after == holder:
        return ALREADY
    facts.holder = after
    return DONE


def close(draft: Draft, event: Closed) -> str:
    facts = draft.facts
    if facts.open:
        return INVALID
    if facts.status != "resolved":
        return ALREADY
    if still_owed(facts, draft.ladder) and not event.reason:
        return INVALID
    facts.status = "closed"
    return DONE


def reopen(draft: Draft, _event: Reopened) -> str:
    facts = draft.facts
    if facts.status == "monitoring":
        go_on(draft)
        return DONE
    if facts.open:
        return ALREADY
    if draft.newest != facts.id:
        return INVALID
    begin_cycle(draft)
    page_at_once(draft, "at_once")
    return DONE


def lift(draft: Draft, event: RestrictionLifted) -> str:
    """A28: only who commands it lets others know."""
    command = draft.facts.command
    if not command.restricted or command.released_at is not None:
        return ALREADY
    leader = command.roles.get(COMMANDER)
    if leader is None:
        return INVALID
    if leader.person != event.by:
        return REFUSED
    draft.facts.command = command._replace(released_at=draft.now)
    return DONE


WHILE_OPEN: Final[dict[type[Any], Callable[[Draft, Any], str]]] = {
    Resolved: resolve,
    FalsePositiveFound: mark_false_positive,
    StatusSet: set_status,
    Snoozed: snooze,
}
ALWAYS: Final[dict[type[Any], Callable[[Draft, Any], str]]] = {
    Closed: close, Reopened: reopen, RestrictionLifted: lift,
}  # fmt: skip
"""Acts that mean something whether or not it is over."""
