"""The clocks of obligations: who must be told, asked or reminded, and by when (requirements 3.10).

Rules
-----
* An obligation is *owed* from its start to what meets it, and *overdue* from its due time on (``obligation_dues``).
  Said to be overdue, it is said again every ``again`` until it is met; with none, once.
* While maintenance holds its paging nobody is reminded of it either.
* What follows the end of an incident is told in business hours; due it is all the same.
* A row with ``breaks=False`` asks a question and breaks nothing; the others are broken when they are overdue.

May import: ``clock``, ``incident``, ``policy``, ``obligation_dues``, ``communication.audience`` and the standard
library's pure parts.
"""

from datetime import datetime, timedelta

from rungbell.domain import obligation_dues as dues
from rungbell.domain.clock import Clock, ClockName, Deadline
from rungbell.domain.communication.audience import Audience
from rungbell.domain.incident import OVER, PAGING, Incident, Status
from rungbell.domain.policy import Obligations, Policy
from rungbell.domain.values import dataclass

AGAIN = timedelta(minutes=15)
"""How often somebody is told again of what is overdue while the incident is fought."""
HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)
OPEN = PAGING | {Status.MONITORING}
AFTER = frozenset({Status.RESOLVED})
"""Where a postmortem is owed; CLOSED owes nothing any more."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One row: what is owed, from when to when, and how often it is said to be overdue."""

    name: ClockName
    runs_in: frozenset[Status]
    starts: str
    stops: str
    happens: str
    due: dues.Due
    """When it is to be met; ``None``: it is not owed, or met."""
    again: timedelta | None = AGAIN
    breaks: bool = True
    """Whether it counts as broken once it is overdue; false: a prompt."""
    asked_by: str = ""
    """The field of ``Obligations`` without which it is never owed; empty: there is none."""

    @property
    def clock(self) -> Clock:
        """The row of the table of clocks."""
        return Clock(self.name, self.runs_in, self.starts, self.stops, self.happens, self._deadlines)

    def _deadlines(self, incident: Incident, policy: Policy) -> tuple[Deadline, ...]:
        due = self.due(incident, policy)
        if due is None:
            return ()
        told = incident.command.alarms.get(self.name)
        if told is not None and told.last_at >= due:
            if self.again is None:
                return ()
            due = told.last_at + self.again
        if incident.maintenance_until is not None:
            due = max(due, incident.maintenance_until)
        if incident.status in OVER:
            due = policy.hours.next_open(due)
        return (Deadline(self.name, due),)

    def overdue_since(self, incident: Incident, policy: Policy, now: datetime) -> datetime | None:
        """Give since when it is broken at ``now``; ``None``: it is not."""
        if not self.breaks or incident.status not in self.runs_in:
            return None
        due = self.due(incident, policy)
        return due if due is not None and due <= now else None


OBLIGATIONS: tuple[Obligation, ...] = (
    Obligation(
        name=ClockName.TRIAGE,
        runs_in=PAGING,
        starts="opening or upgrade",
        stops="somebody says that it is real and how bad (L209)",
        happens="the holder is reminded",
        due=dues.triage_due,
        asked_by="triaged_within",
    ),
    Obligation(
        name=ClockName.DECLARATION,
        runs_in=PAGING,
        starts="opening or upgrade",
        stops="it is declared, which names a commander (L230, L743)",
        happens="the holder is reminded to declare it",
        due=dues.declaration_due,
        asked_by="declared_within",
    ),
    Obligation(
        name=ClockName.ROLES,
        runs_in=PAGING,
        starts="declaration or upgrade, or somebody gives up a role",
        stops="commander, technical lead, communication lead and scribe are named (L749-751)",
        happens="the commander hears which roles nobody holds",
        due=dues.roles_due,
        asked_by="declared_within",
    ),
    Obligation(
        name=ClockName.EXECUTIVE_NOTE,
        runs_in=OPEN,
        starts="detection",
        stops="a note was sent to executives, or somebody waived it (A5, A6)",
        happens="the note goes by itself where the file says so; else the commander is reminded",
        due=dues.executive_note_due,
        asked_by="executives_told_within",
    ),
    Obligation(
        name=ClockName.CLIENT_DRAFT,
        runs_in=OPEN,
        starts="opening or upgrade, where clients are affected",
        stops="the draft was laid out, or clients were told",
        happens="the first text for clients is drafted, and the commander hears that it is to be reviewed",
        due=dues.client_draft_due,
        asked_by="clients_drafted_within",
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.CLIENT_NOTICE,
        runs_in=OPEN,
        starts="detection or upgrade, where clients are affected or ask (A9)",
        stops="clients were told, somebody waived it, or the incident ended before (A44)",
        happens="the commander hears that clients are still untold",
        due=dues.client_notice_due,
        asked_by="clients_told_within",
    ),
    Obligation(
        name=ClockName.UPDATE_SOON,
        runs_in=OPEN,
        starts="the last update to an audience, or a change of the status",
        stops="an update, a change of the status, the end",
        happens="the commander is reminded before an update is overdue",
        due=dues.update_soon_due,
        asked_by="remind_of_updates_after",
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.INTERNAL_UPDATE,
        runs_in=OPEN,
        starts="the last internal update, or a change of the status",
        stops="an update, a change of the status, the end",
        happens="it goes by itself where the file says so; else the commander hears that it is overdue",
        due=dues.update_due(Audience.INTERNAL),
        asked_by="updates_every",
    ),
    Obligation(
        name=ClockName.CLIENT_UPDATE,
        runs_in=OPEN,
        starts="the last message to clients, or a change of the status",
        stops="an update, a change of the status, the end",
        happens="it is drafted, and the commander hears that it is overdue",
        due=dues.update_due(Audience.CLIENTS),
        asked_by="updates_every",
    ),
    Obligation(
        name=ClockName.EXECUTIVE_UPDATE,
        runs_in=OPEN,
        starts="the last note to executives, or a change of the status",
        stops="a note, a change of the status, the end",
        happens="it goes by itself where the file says so; else the commander hears that it is overdue",
        due=dues.update_due(Audience.EXECUTIVES),
        asked_by="updates_every",
    ),
    Obligation(
        name=ClockName.ALL_CLEAR,
        runs_in=AFTER | {Status.FALSE_POSITIVE},
        starts="the end, where clients had been told",
        stops="the all clear was sent, or somebody waived it (A27)",
        happens="whoever commanded hears that clients do not know yet",
        due=dues.all_clear_due,
    ),
    Obligation(
        name=ClockName.SLA_RISK,
        runs_in=PAGING,
        starts="detection",
        stops="the end",
        happens="the commander hears that a promise to clients is at risk",
        due=dues.sla_risk_due,
        asked_by="sla_at_risk_after",
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.PROVIDER,
        runs_in=PAGING,
        starts="opening",
        stops="the cause is known, or it is contained",
        happens="the commander is asked whether a provider has to be called",
        due=dues.provider_due,
        asked_by="ask_for_provider_after",
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.HANDOFF,
        runs_in=OPEN,
        starts="somebody takes command",
        stops="a handoff",
        happens="the commander is asked to hand over",
        due=dues.handoff_due,
        asked_by="handoff_after",
        again=HOURLY,
        breaks=False,
    ),
    Obligation(
        name=ClockName.POSTMORTEM_DRAFT,
        runs_in=AFTER,
        starts="the end, where a postmortem is mandatory or begun",
        stops="the draft stands",
        happens="its owner hears that it is overdue",
        due=dues.postmortem_draft_due,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.POSTMORTEM_REVIEW,
        runs_in=AFTER,
        starts="the end, where a postmortem is mandatory or begun",
        stops="it was gone through in a meeting",
        happens="its owner hears that it is overdue",
        due=dues.postmortem_review_due,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.POSTMORTEM_PUBLICATION,
        runs_in=AFTER,
        starts="detection, where a postmortem is mandatory or begun",
        stops="it is published",
        happens="its owner hears that it is overdue",
        due=dues.postmortem_publication_due,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.ACTION_ITEMS,
        runs_in=OPEN | AFTER | {Status.FALSE_POSITIVE, Status.MERGED},
        starts="an action item is made",
        stops="it is done",
        happens="the postmortem's owner hears which are overdue",
        due=dues.action_items_due,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.ITEM_REVIEW,
        runs_in=AFTER,
        starts="the first action item, then each review",
        stops="all items are done",
        happens="the postmortem's owner is asked to go through the open ones",
        due=dues.item_review_due,
        again=DAILY,
        breaks=False,
    ),
    Obligation(
        name=ClockName.REVIEW_AGAIN,
        runs_in=AFTER,
        starts="the last action item is done",
        stops="the postmortem was gone through again (L943)",
        happens="its owner is asked to",
        due=dues.review_again_due,
        again=DAILY,
        breaks=False,
    ),
)
OBLIGATION_CLOCKS: tuple[Clock, ...] = tuple(obligation.clock for obligation in OBLIGATIONS)
Rows = tuple[tuple[Obligation, Clock], ...]
_asked: dict[int, tuple[Obligations, dict[Status, Rows]]] = {}
ASKED = 500
"""Plans of which is kept what they ask for; every policy that is pinned has a few."""


def asked(incident: Incident, policy: Policy) -> Rows:
    """The rows that may run for an incident as its plan has it: whatever is written asks for them, most of them never.

    What a plan asks for is found once; a plan never changes.
    """
    plan = policy.plan(incident.severity).obligations
    known = _asked.get(id(plan))
    if known is None or known[0] is not plan:
        if len(_asked) >= ASKED:
            _asked.clear()
        rows = [
            (row, clock)
            for row, clock in zip(OBLIGATIONS, OBLIGATION_CLOCKS, strict=True)
            if not row.asked_by or getattr(plan, row.asked_by) not in (None, {})
        ]
        in_status = {status: tuple(one for one in rows if status in one[0].runs_in) for status in Status}
        known = _asked[id(plan)] = (plan, in_status)
    return known[1][incident.status]


def overdue(incident: Incident, policy: Policy, now: datetime) -> dict[ClockName, datetime]:
    """Every obligation of an incident that is broken at ``now``, and since when."""
    if incident.held_since is not None or incident.parked:
        return {}
    return {
        obligation.name: since
        for obligation, _ in asked(incident, policy)
        if (since := obligation.overdue_since(incident, policy, now)) is not None
    }
