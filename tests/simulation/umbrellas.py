"""Second reading: in a storm new incidents of a policy go on in one, the umbrella, which rings for them.

Rules
-----
* Once so many of a policy have begun within a time, further ones ring nobody and go on in the policy's umbrella, where
  it is open; else in a new one, which rings as whatever has just opened.
* Never P0, what maintenance holds, what is restricted, rungbell's own troubles.
* An umbrella is as bad as the worst of its parts; its holder hears each time that it has doubled.
"""

from collections.abc import Iterable
from typing import Final

from tests.simulation.merged import told_of
from tests.simulation.messages import go_on, tell_holder, upgrade
from tests.simulation.record import Facts
from tests.simulation.ringing import ALREADY, DONE, Draft, page_at_once, release
from tests.simulation.storms import Storm

OWN: Final = "rungbell"
"""The source of rungbell's own troubles."""
KEY: Final = "storm/"
"""How the keys of umbrellas begin."""


def rages(draft: Draft, storm: Storm | None, known: Iterable[Facts], name: str) -> bool:
    """Whether what has just begun is one too many of the policy of that name."""
    facts = draft.facts
    if storm is None or facts.severity == "P0" or facts.parked or facts.command.restricted or facts.source == OWN:
        return False
    lately = (
        one
        for one in known
        if one.policy == facts.policy and one.key != KEY + name and one.opened_at > draft.now - storm.within
    )
    return sum(1 for _ in lately) >= storm.opens


def shelter(draft: Draft, umbrella: Facts | None) -> None:
    """It goes on in an umbrella from its first moment on; ``None``: in one that it opens, which has no name yet."""
    facts = draft.facts
    facts.status, facts.resolved_at, facts.resolved_by = "merged", draft.now, OWN
    facts.merged_into = umbrella.id if umbrella is not None else ""
    draft.follow.append(("StormJoined", facts.merged_into))


def new_umbrella(identity: str, part: Facts, name: str, now: int) -> Facts:
    """It begins as bad as its first part."""
    return Facts(
        id=identity,
        key=KEY + name,
        source=part.source,
        policy=part.policy,
        severity=part.severity,
        detected_at=part.detected_at,
        paging_from=now,
        opened_at=now,
        worst=part.severity,
        storm=True,
    )


def begin_umbrella(draft: Draft, part: Facts) -> str:
    _count(draft.facts, part)
    page_at_once(draft, "at_once")
    return DONE


def join_umbrella(draft: Draft, part: Facts) -> str:
    whole = draft.facts
    if not whole.open:
        return ALREADY
    _count(whole, part)
    if whole.status == "monitoring":
        go_on(draft)
    was_held = whole.held_since is not None
    release(draft)
    if part.severity < whole.severity:
        upgrade(draft, part.severity)
    elif was_held and whole.holder is None:
        page_at_once(draft, "repeat" if whole.tiers else "at_once")
    elif len(whole.parts) in {1, 2, 4, 8, 16, 32}:
        tell_holder(draft)
    return DONE


def _count(whole: Facts, part: Facts) -> None:
    whole.detected_at, whole.worst = min(whole.detected_at, part.detected_at), min(whole.worst, part.worst)
    whole.parts = {**whole.parts, part.id: part.firing, **part.parts}
    whole.command = told_of(whole.command, part.command)
