"""Second reading: an incident goes on in another (playbook L251; A12, A27, A28).

Rules
-----
* Its alerts still count: the whole is quiet only when they are, and they wake it. What fires anew and is worse than the
  whole is an incident of its own again.
* What was merged keeps its own parts, counts what they say, and passes it on; it leaves together with them.
* Whom it harms, when it was detected and how bad it ever was go with it.
"""

from rungbell.domain.lifecycle.events import Merged, PartLeft, PartSpoke
from tests.simulation.commanded import Command, Told
from tests.simulation.living import count_as_over, end
from tests.simulation.messages import begin_monitoring, go_on, tell_holder, upgrade
from tests.simulation.parking import unpark
from tests.simulation.record import PAGING, Facts
from tests.simulation.ringing import ALREADY, DONE, INVALID, Draft


def merge(draft: Draft, event: Merged, whole: Facts | None) -> str:
    part = draft.facts
    if whole is None or whole.id == part.id or not whole.open or part.severity < whole.severity:
        return INVALID
    end(draft, "merged", event.by)
    part.merged_into = whole.id
    draft.follow.append(("PartJoined", whole.id))
    return DONE


def take_in(draft: Draft, part: Facts, by: str) -> str:
    """``part``: as it stood before."""
    whole = draft.facts
    if not whole.open:
        return ALREADY
    whole.detected_at, whole.worst = min(whole.detected_at, part.detected_at), min(whole.worst, part.worst)
    whole.parts = {**whole.parts, part.id: part.firing, **part.parts}
    whole.command = told_of(whole.command, part.command)
    if not part.parked:
        unpark(draft)
    if whole.status == "monitoring" and part.all_firing:
        go_on(draft)
    if whole.holder is not None and whole.holder.by != by:
        tell_holder(draft)
    return DONE


def told_of(ours: Command, theirs: Command) -> Command:
    """What people must not forget of a part."""
    return ours._replace(
        clients=tuple(dict.fromkeys((*ours.clients, *theirs.clients))),
        client_impacting=True if theirs.client_impacting else ours.client_impacting,
        clients_asked=ours.clients_asked or theirs.clients_asked,
        restricted=ours.restricted or theirs.restricted,
        released_at=None if theirs.withheld else ours.released_at,
        told={
            audience: _joined([one.told[audience] for one in (ours, theirs) if audience in one.told])
            for audience in {**theirs.told, **ours.told}
        },
    )


def _joined(told: list[Told]) -> Told:
    recipients = dict.fromkeys(who for one in told for who in one.recipients)
    return Told(min(one.first for one in told), max(one.last for one in told), tuple(recipients))


def hear_of_part(draft: Draft, event: PartSpoke, worst: str) -> str:
    """``worst``: of what fires anew, where that may raise the whole."""
    whole = draft.facts
    if not whole.open and whole.merged_into is None:
        return ALREADY
    whole.parts = {**whole.parts, event.part: event.firing}
    if whole.merged_into is not None:
        draft.follow.append(("PartSpoke", whole.merged_into))
        return DONE
    if event.fired:
        if whole.status == "monitoring":
            go_on(draft)
        if worst < whole.severity:
            upgrade(draft, worst)
        else:
            tell_holder(draft)
    elif not whole.all_firing and whole.status != "monitoring":
        begin_monitoring(draft)
    return DONE


def let_part_go(draft: Draft, event: PartLeft, left: Facts) -> str:
    """``left``: the part."""
    whole, gone = draft.facts, {event.part, *left.parts}
    fired = sum(firing for part, firing in whole.parts.items() if part in gone)
    whole.parts = {part: firing for part, firing in whole.parts.items() if part not in gone}
    if whole.merged_into is not None:
        draft.follow.append(("PartLeft", whole.merged_into))
        return DONE
    if fired and (whole.alerts or whole.storm) and whole.status in PAGING and not whole.all_firing:
        begin_monitoring(draft)
    return DONE


def end_with_whole(draft: Draft) -> str:
    if draft.facts.status != "merged" or not draft.facts.all_firing:
        return ALREADY
    count_as_over(draft)
    return DONE
