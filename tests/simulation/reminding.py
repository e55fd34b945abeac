"""Second reading: what happens when something is owed for too long, and what the end of an incident makes owed.

Readings A14, A15 and A41.

Rules
-----
* Only who already works on it is told: nobody is ever paged for any of it.
"""

from collections.abc import Iterable, Iterator

from tests.simulation.commanded import COMMANDER, Alarm, Postmortem
from tests.simulation.owed import STRICTNESS
from tests.simulation.owing import NAMES
from tests.simulation.record import Facts
from tests.simulation.ringing import Draft, inform
from tests.simulation.telling import meet


def say_what_is_owed(draft: Draft, names: Iterable[str]) -> None:
    """What such a clock does: texts leave or are laid out, the rest is told to who responds, in one message."""
    due = NAMES.intersection(names)
    facts = draft.facts
    due -= meet(draft, due)
    if not due:
        return
    alarms = facts.command.alarms
    said = {name: Alarm(alarms[name].first if name in alarms else draft.now, draft.now) for name in due}
    facts.command = facts.command._replace(alarms={**alarms, **said})
    tell_responders(draft)


def tell_responders(draft: Draft) -> None:
    """Tell the first of those who work on it whom anything reaches."""
    for person, tier in _responders(draft.facts):
        if inform(draft, person, tier, "reminder"):
            return


def _responders(facts: Facts) -> Iterator[tuple[str, str]]:
    """Who works on it: after the end the postmortem's owner; the commander; who holds it. The first who is reached."""
    if not facts.open and facts.postmortem is not None and facts.postmortem.owner is not None:
        owner = facts.postmortem.owner
        yield owner, facts.paged.get(owner, "L1")
    leader = facts.command.roles.get(COMMANDER)
    if leader is not None:
        yield leader.person, leader.tier
    if facts.holder is not None:
        yield facts.holder.by, facts.holder.tier


def begin_postmortem(draft: Draft) -> None:
    """The end: whether a postmortem is owed, by the worst severity that it ever had (A14, A15)."""
    facts = draft.facts
    words = draft.ladder.plans[facts.worst].owed.postmortem
    reasons = [words.otherwise]
    if words.beyond is not None and draft.now - facts.detected_at > words.beyond:
        reasons.append("mandatory")
    if words.on_repeat is not None and draft.repeated:
        reasons.append(words.on_repeat)
    before = facts.postmortem
    owed = max(reasons if before is None else [*reasons, before.owed], key=STRICTNESS.index)
    if before is None and owed == "optional":
        return
    leader = facts.command.roles.get(COMMANDER)
    begun = before or Postmortem(owed)
    owner = begun.owner or (leader.person if leader else None)
    facts.postmortem = begun._replace(owed=owed, owner=owner, repeated=draft.repeated or begun.repeated)
