"""Whether an incident must have a postmortem, decided when it ends (playbook L385-387, A15, A41).

Rules
-----
* The worst severity that it ever had decides, by the rule of its policy: what is owed in any case, what beyond a
  duration, what where the same happened before.
* The duration is that from the detection to the resolution (A14); "longer than" is strict (A15).
* Of several that hold, the strictest counts. What had begun before, such as action items, stays.
* Whoever commanded owns it, until somebody else does (playbook L779).

May import: the value modules of the core and ``decision``.
"""

from collections.abc import Iterator
from dataclasses import replace

from rungbell.domain.command.record import Role
from rungbell.domain.decision import Draft
from rungbell.domain.postmortem.record import Owed, Postmortem
from rungbell.domain.timeline import EntryKind

STRICTNESS = (Owed.OPTIONAL, Owed.RECOMMENDED, Owed.MANDATORY)


def owe(draft: Draft) -> None:
    """Write down whether the incident, which ends now, must have a postmortem."""
    incident = draft.incident
    owed, because = max(_reasons(draft), key=lambda reason: STRICTNESS.index(reason[0]))
    before = incident.postmortem
    if owed is Owed.OPTIONAL and before is None:
        return
    commander = incident.command.roles.get(Role.INCIDENT_COMMANDER)
    begun = before or Postmortem(owed, because)
    if STRICTNESS.index(begun.owed) > STRICTNESS.index(owed):
        owed, because = begun.owed, begun.because
    draft.change(
        postmortem=replace(
            begun,
            owed=owed,
            because=because,
            owner=begun.owner or (commander.person if commander else None),
            repeats=draft.situation.repeats or begun.repeats,
        )
    )
    if owed is not Owed.OPTIONAL and (before is None or before.owed is not owed):
        owner = draft.incident.postmortem.owner if draft.incident.postmortem else None
        by = f", {owner} owns it" if owner else ", nobody owns it yet"
        draft.tell(EntryKind.POSTMORTEM, f"a postmortem is {owed}: {because}{by}", owed=owed)


def _reasons(draft: Draft) -> Iterator[tuple[Owed, str]]:
    incident = draft.incident
    rule = draft.policy.plan(incident.worst).obligations.postmortem
    yield rule.otherwise, f"it was {incident.worst}"
    lasted = draft.now - incident.detected_at
    if rule.mandatory_beyond is not None and lasted > rule.mandatory_beyond:
        yield Owed.MANDATORY, f"it was {incident.worst} and lasted longer than {rule.mandatory_beyond}"
    if rule.on_repeat is not None and draft.situation.repeats:
        days = draft.policy.postmortems.repeat_within.days
        yield rule.on_repeat, f"the same happened within {days} days: {', '.join(draft.situation.repeats[:5])}"
