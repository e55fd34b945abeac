"""What happens when the clock of an obligation is due: it is met by itself, or somebody hears that it is owed.

Rules
-----
* Only who already works on the incident is told: the commander, else the holder; after the end the postmortem's owner,
  else whoever commanded. Whoever nothing reaches any more is passed over. Where nobody is left, the timeline and the
  metrics tell it: the ladder is ringing anyway.
* All that is due in one moment is told in one message.

May import: the value modules of the core, ``decision``, ``ladder``, ``obligation_clocks``, ``command.roles`` and
``communication.automatic``.
"""

from collections.abc import Iterable, Iterator

from rungbell.domain.clock import ClockName
from rungbell.domain.command.record import Alarm, Role
from rungbell.domain.command.roles import spoken
from rungbell.domain.communication.automatic import meet
from rungbell.domain.decision import Draft
from rungbell.domain.incident import Incident
from rungbell.domain.ladder import notify
from rungbell.domain.obligation_clocks import OBLIGATIONS, Obligation
from rungbell.domain.page import Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.timeline import EntryKind

OWED = {
    ClockName.TRIAGE: "nobody has said yet that it is real and how bad",
    ClockName.DECLARATION: "it is not declared yet: declare it, or lower its severity",
    ClockName.ROLES: "not every role is filled",  # and which, see ``_said``
    ClockName.EXECUTIVE_NOTE: "executives have not been told",
    ClockName.CLIENT_DRAFT: "the first text for clients is ready to be reviewed",
    ClockName.CLIENT_NOTICE: "clients have not been told",
    ClockName.UPDATE_SOON: "an update is due soon",
    ClockName.INTERNAL_UPDATE: "the internal update is overdue",
    ClockName.CLIENT_UPDATE: "the update to clients is overdue",
    ClockName.EXECUTIVE_UPDATE: "the update to executives is overdue",
    ClockName.ALL_CLEAR: "clients do not know yet that it is over",
    ClockName.SLA_RISK: "the promise to clients is at risk",
    ClockName.PROVIDER: "if a provider is at fault, escalate to L4 because of the vendor",
    ClockName.HANDOFF: "hand over the command: the shift is over, or long enough",
    ClockName.POSTMORTEM_DRAFT: "the draft of the postmortem is overdue",
    ClockName.POSTMORTEM_REVIEW: "the review of the postmortem is overdue",
    ClockName.POSTMORTEM_PUBLICATION: "the postmortem is not published",
    ClockName.ACTION_ITEMS: "action items are overdue",
    ClockName.ITEM_REVIEW: "go through the open action items",
    ClockName.REVIEW_AGAIN: "all action items are done: go through the postmortem once more",
}
"""What is said of each, to people who know the incident."""


def meet_or_remind(draft: Draft, due: Iterable[ClockName]) -> None:
    """Do what the due obligations say, in one message."""
    names = frozenset(due)
    names -= meet(draft, names)
    found = [obligation for obligation in OBLIGATIONS if obligation.name in names]
    if not found:
        return
    for obligation in found:
        _note(draft, obligation)
    remind(draft, "; ".join(_said(draft.incident, one) for one in found))


def remind(draft: Draft, text: str) -> None:
    """Tell the first of those who work on the incident whom anything reaches."""
    for person, tier in _responders(draft.incident):
        if notify(draft, person, tier, text, Purpose.REMINDER):
            return


def _responders(incident: Incident) -> Iterator[tuple[str, Tier]]:
    """Give who is told what is owed, and the tier whose channels reach them."""
    commander = incident.command.roles.get(Role.INCIDENT_COMMANDER)
    owner = incident.postmortem.owner if incident.postmortem is not None and not incident.open else None
    if owner is not None:
        yield owner, incident.paged.get(owner, Tier.L1)
    if commander is not None:
        yield commander.person, commander.tier
    if incident.holder is not None:
        yield incident.holder.by, incident.holder.tier


def _note(draft: Draft, obligation: Obligation) -> None:
    command = draft.incident.command
    before = command.alarms.get(obligation.name)
    alarm = Alarm(before.first_at if before else draft.now, draft.now)
    draft.command(alarms={**command.alarms, obligation.name: alarm})
    kind = EntryKind.OVERDUE if obligation.breaks else EntryKind.REMINDED
    said = _said(draft.incident, obligation)
    if _told_before(draft, obligation, before):
        draft.tell(kind, said, obligation=obligation.name, again="yes")
    else:
        draft.tell(kind, said, obligation=obligation.name)


def _told_before(draft: Draft, obligation: Obligation, before: Alarm | None) -> bool:
    """Whether this very lapse was told before, and not an earlier one of the same name."""
    due = obligation.due(draft.incident, draft.policy)
    return before is not None and due is not None and before.last_at >= due


def _said(incident: Incident, obligation: Obligation) -> str:
    if obligation.name is ClockName.ROLES:
        return f"nobody is {' or '.join(map(spoken, incident.command.unfilled))}"
    return OWED[obligation.name]
