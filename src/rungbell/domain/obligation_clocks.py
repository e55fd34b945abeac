"""The clocks of obligations: who must be told, asked or reminded, and by when (requirements 3.10).

Rules
-----
* An obligation is *owed* from its start to what meets it, and *overdue* from its due time on. Said to be overdue, it is
  said again every ``again`` until it is met; with none, once.
* Response times run from the detection, or from the moment the severity was last changed, or from that at which it was
  reopened, for what was over in time is not late then. Durations always run from the detection (A21, A39).
* While maintenance holds its paging nobody is reminded of it either.
* What follows the end of an incident is told in business hours; due it is all the same.
* ``Prompt`` rows ask a question and break nothing; the others are broken when they are overdue.

May import: ``clock``, ``incident``, ``policy``, ``command.record``, ``communication.audience``, ``postmortem.record``
and the standard library's pure parts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rungbell.domain.clock import Clock, ClockName, Deadline
from rungbell.domain.command.record import Role
from rungbell.domain.communication.audience import Audience
from rungbell.domain.incident import OVER, PAGING, Incident, Status
from rungbell.domain.policy import Obligations, Policy
from rungbell.domain.postmortem.record import DocumentState, Postmortem

AGAIN = timedelta(minutes=15)
"""How often somebody is told again of what is overdue while the incident is fought."""
HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)
OPEN = PAGING | {Status.MONITORING}
AFTER = frozenset({Status.RESOLVED})
"""Where a postmortem is owed; CLOSED owes nothing any more."""
UNDERSTOOD = frozenset({Status.IDENTIFIED, Status.CONTAINED, Status.FIXING})
"""Where the work has come so far that no provider has to be asked for."""
LEADS = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Obligation:
    """One row: what is owed, from when to when, and how often it is said to be overdue."""

    name: ClockName
    runs_in: frozenset[Status]
    starts: str
    stops: str
    happens: str
    due: Callable[[Incident, Policy], datetime | None]
    """When it is to be met; ``None``: it is not owed, or met."""
    again: timedelta | None = AGAIN
    breaks: bool = True
    """Whether it counts as broken once it is overdue; false: a prompt."""

    @property
    def clock(self) -> Clock:
        """The row of the table of clocks."""
        return Clock(self.name, self.runs_in, self.starts, self.stops, self.happens, self._deadlines)

    def _deadlines(self, incident: Incident, policy: Policy) -> Iterator[Deadline]:
        due = self.due(incident, policy)
        if due is None:
            return
        told = incident.command.alarms.get(self.name)
        if told is not None and told.last_at >= due:
            if self.again is None:
                return
            due = told.last_at + self.again
        if incident.maintenance_until is not None:
            due = max(due, incident.maintenance_until)
        if incident.status in OVER:
            due = policy.hours.next_open(due)
        yield Deadline(self.name, due)

    def overdue_since(self, incident: Incident, policy: Policy, now: datetime) -> datetime | None:
        """Give since when it is broken at ``now``; ``None``: it is not."""
        if not self.breaks or incident.status not in self.runs_in:
            return None
        due = self.due(incident, policy)
        return due if due is not None and due <= now else None


def _obligations(incident: Incident, policy: Policy) -> Obligations:
    return policy.plan(incident.severity).obligations


def answers_from(incident: Incident) -> datetime:
    """When response times began: at the detection, when the severity was last changed (A21), or with this cycle."""
    since = incident.command.reclassified_at or incident.detected_at
    return since if incident.cycle == 1 else max(since, incident.opened_at)


def _after(start: datetime, within: timedelta | None) -> datetime | None:
    return None if within is None else start + within


def impacts_clients(incident: Incident, policy: Policy) -> bool:
    """Whether clients must be told of it: somebody said so, a client asked, or the severity has it so (A9)."""
    command = incident.command
    if command.client_impacting is not None:
        return command.client_impacting or command.clients_asked
    return command.clients_asked or bool(command.impact.clients) or _obligations(incident, policy).impacts_clients


def _triage(incident: Incident, policy: Policy) -> datetime | None:
    if incident.command.triaged_at is not None:
        return None
    return _after(max(incident.opened_at, answers_from(incident)), _obligations(incident, policy).triaged_within)


def _declaration(incident: Incident, policy: Policy) -> datetime | None:
    if incident.command.declared_at is not None:
        return None
    return _after(max(incident.opened_at, answers_from(incident)), _obligations(incident, policy).declared_within)


def _roles(incident: Incident, policy: Policy) -> datetime | None:
    command = incident.command
    unfilled = LEADS - command.roles.keys()
    if command.declared_at is None or not unfilled:
        return None
    begun = max(command.declared_at, answers_from(incident))
    since = min(max(begun, command.vacated.get(role, begun)) for role in unfilled)
    return _after(since, _obligations(incident, policy).declared_within)


def waived(incident: Incident, audience: Audience) -> bool:
    """Whether somebody decided that an audience need not be told, since the severity was last raised (A21)."""
    waiver = incident.command.waived.get(audience)
    raised = incident.command.raised_at
    return waiver is not None and (raised is None or waiver.at >= raised)


def _told(incident: Incident, audience: Audience) -> bool:
    return audience in incident.command.told or waived(incident, audience)


def _executive_note(incident: Incident, policy: Policy) -> datetime | None:
    if _told(incident, Audience.EXECUTIVES):
        return None
    return _after(incident.detected_at, _obligations(incident, policy).executives_told_within)


def _owes_clients(incident: Incident, policy: Policy) -> bool:
    return impacts_clients(incident, policy) and not _told(incident, Audience.CLIENTS)


def _client_draft(incident: Incident, policy: Policy) -> datetime | None:
    command = incident.command
    if command.drafted_at is not None or command.withheld or not _owes_clients(incident, policy):
        return None
    start = max(incident.opened_at, answers_from(incident))
    return _after(start, _obligations(incident, policy).clients_drafted_within)


def client_notice_due(incident: Incident, policy: Policy) -> datetime | None:
    """When clients must have been told first; ``None``: they need not be, or were."""
    if not _owes_clients(incident, policy):
        return None
    obligations = _obligations(incident, policy)
    start = answers_from(incident) if obligations.impacts_clients else incident.detected_at
    return _after(start, obligations.clients_told_within)


def news_since(incident: Incident, audience: Audience) -> datetime | None:
    """When an audience last heard something, or the status changed after that; ``None``: it was never told (52)."""
    told = incident.command.told.get(audience)
    if told is None or waived(incident, audience):
        return None
    return max(told.last_at, incident.command.status_changed_at or told.last_at)


def _update(audience: Audience) -> Callable[[Incident, Policy], datetime | None]:
    def due(incident: Incident, policy: Policy) -> datetime | None:
        since = news_since(incident, audience)
        every = _obligations(incident, policy).updates_every.get(audience)
        return None if since is None else _after(since, every)

    return due


def _update_soon(incident: Incident, policy: Policy) -> datetime | None:
    """When the next audience has waited for so long, of those that nobody was reminded of since (A10)."""
    obligations = _obligations(incident, policy)
    after = obligations.remind_of_updates_after
    if after is None:
        return None
    reminded = incident.command.alarms.get(ClockName.UPDATE_SOON)
    soon = [
        since + after
        for audience, every in obligations.updates_every.items()
        if every > after and (since := news_since(incident, audience)) is not None
    ]
    return min((due for due in soon if reminded is None or due > reminded.last_at), default=None)


def told_since_the_end(incident: Incident) -> bool:
    """Whether the all clear was sent since the incident last ended."""
    sent, ended = incident.command.all_clear_at, incident.resolved_at
    return sent is not None and ended is not None and sent >= ended


def _all_clear(incident: Incident, policy: Policy) -> datetime | None:
    command = incident.command
    if Audience.CLIENTS not in command.told or incident.resolved_at is None or told_since_the_end(incident):
        return None
    waiver = command.waived.get(Audience.CLIENTS)
    if waiver is not None and waiver.at >= incident.resolved_at:
        return None
    every = policy.plan(incident.worst).obligations.updates_every.get(Audience.CLIENTS)
    return _after(incident.resolved_at, every)


def _sla_risk(incident: Incident, policy: Policy) -> datetime | None:
    return _after(incident.detected_at, _obligations(incident, policy).sla_at_risk_after)


def _provider(incident: Incident, policy: Policy) -> datetime | None:
    if incident.command.cause_found_at is not None or incident.progress in UNDERSTOOD:
        return None
    return _after(incident.opened_at, _obligations(incident, policy).ask_for_provider_after)


def _handoff(incident: Incident, policy: Policy) -> datetime | None:
    commander = incident.command.roles.get(Role.INCIDENT_COMMANDER)
    after = _obligations(incident, policy).handoff_after
    if commander is None or after is None:
        return None
    by_tenure = commander.since + after
    return by_tenure if commander.shift_ends_at is None else min(by_tenure, commander.shift_ends_at)


def _wanted(incident: Incident) -> Postmortem | None:
    postmortem = incident.postmortem
    return postmortem if postmortem is not None and postmortem.wanted and incident.resolved_at else None


def draft_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the draft is to stand (A16, A41)."""
    return _after(incident.resolved_at, policy.postmortems.draft_within) if incident.resolved_at else None


def publication_due(incident: Incident, policy: Policy) -> datetime | None:
    """When it is to be published: a week after the detection, never before the draft is due (A16)."""
    draft = draft_due(incident, policy)
    return None if draft is None else max(incident.detected_at + policy.postmortems.publish_within, draft)


def review_due(incident: Incident, policy: Policy) -> datetime | None:
    """When it is to be gone through: so many business days after the end, never after the publication (A16, A34)."""
    publication = publication_due(incident, policy)
    if publication is None or incident.resolved_at is None:
        return None
    days = policy.postmortems.review_business_days
    return min(policy.hours.after_business_days(incident.resolved_at, days), publication)


def _postmortem_draft(incident: Incident, policy: Policy) -> datetime | None:
    postmortem = _wanted(incident)
    if postmortem is None or postmortem.state is not DocumentState.NONE:
        return None
    return draft_due(incident, policy)


def _postmortem_review(incident: Incident, policy: Policy) -> datetime | None:
    postmortem = _wanted(incident)
    if postmortem is None or postmortem.review is not None or postmortem.state is DocumentState.PUBLISHED:
        return None
    return review_due(incident, policy)


def _postmortem_publication(incident: Incident, policy: Policy) -> datetime | None:
    postmortem = _wanted(incident)
    if postmortem is None or postmortem.state is DocumentState.PUBLISHED:
        return None
    return publication_due(incident, policy)


def _action_items(incident: Incident, policy: Policy) -> datetime | None:
    postmortem = incident.postmortem
    return min((item.due for item in postmortem.items if item.open), default=None) if postmortem else None


def _item_review(incident: Incident, policy: Policy) -> datetime | None:
    postmortem = incident.postmortem
    if postmortem is None or not any(item.open for item in postmortem.items):
        return None
    begun = min(item.created_at for item in postmortem.items)
    return (postmortem.items_reviewed_at or begun) + policy.postmortems.items_reviewed_every


def _review_again(incident: Incident, policy: Policy) -> datetime | None:
    postmortem = incident.postmortem
    if postmortem is None or not postmortem.items or postmortem.reviewed_again_at is not None:
        return None
    if any(item.open for item in postmortem.items):
        return None
    done = max(item.done_at or item.created_at for item in postmortem.items)
    return done + policy.postmortems.items_reviewed_every


OBLIGATIONS: tuple[Obligation, ...] = (
    Obligation(
        name=ClockName.TRIAGE,
        runs_in=PAGING,
        starts="opening or upgrade",
        stops="somebody says that it is real and how bad (L209)",
        happens="the holder is reminded",
        due=_triage,
    ),
    Obligation(
        name=ClockName.DECLARATION,
        runs_in=PAGING,
        starts="opening or upgrade",
        stops="it is declared, which names a commander (L230, L743)",
        happens="the holder is reminded to declare it",
        due=_declaration,
    ),
    Obligation(
        name=ClockName.ROLES,
        runs_in=PAGING,
        starts="declaration or upgrade, or somebody gives up a role",
        stops="commander, technical lead, communication lead and scribe are named (L749-751)",
        happens="the commander hears which roles nobody holds",
        due=_roles,
    ),
    Obligation(
        name=ClockName.EXECUTIVE_NOTE,
        runs_in=OPEN,
        starts="detection",
        stops="a note was sent to executives, or somebody waived it (A5, A6)",
        happens="the note goes by itself where the file says so; else the commander is reminded",
        due=_executive_note,
    ),
    Obligation(
        name=ClockName.CLIENT_DRAFT,
        runs_in=OPEN,
        starts="opening or upgrade, where clients are affected",
        stops="the draft was laid out, or clients were told",
        happens="the first text for clients is drafted, and the commander hears that it is to be reviewed (A33)",
        due=_client_draft,
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.CLIENT_NOTICE,
        runs_in=OPEN,
        starts="detection or upgrade, where clients are affected or ask (A9)",
        stops="clients were told, somebody waived it, or the incident ended before (A44)",
        happens="the commander hears that clients are still untold",
        due=client_notice_due,
    ),
    Obligation(
        name=ClockName.UPDATE_SOON,
        runs_in=OPEN,
        starts="the last update to an audience, or a change of the status",
        stops="an update, a change of the status, the end",
        happens="the commander is reminded before an update is overdue (A10)",
        due=_update_soon,
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.INTERNAL_UPDATE,
        runs_in=OPEN,
        starts="the last internal update, or a change of the status",
        stops="an update, a change of the status, the end",
        happens="it goes by itself where the file says so; else the commander hears that it is overdue",
        due=_update(Audience.INTERNAL),
    ),
    Obligation(
        name=ClockName.CLIENT_UPDATE,
        runs_in=OPEN,
        starts="the last message to clients, or a change of the status",
        stops="an update, a change of the status, the end",
        happens="it is drafted, and the commander hears that it is overdue",
        due=_update(Audience.CLIENTS),
    ),
    Obligation(
        name=ClockName.EXECUTIVE_UPDATE,
        runs_in=OPEN,
        starts="the last note to executives, or a change of the status",
        stops="a note, a change of the status, the end",
        happens="it goes by itself where the file says so; else the commander hears that it is overdue",
        due=_update(Audience.EXECUTIVES),
    ),
    Obligation(
        name=ClockName.ALL_CLEAR,
        runs_in=AFTER | {Status.FALSE_POSITIVE},
        starts="the end, where clients had been told",
        stops="the all clear was sent, or somebody waived it (A27)",
        happens="whoever commanded hears that clients do not know yet",
        due=_all_clear,
    ),
    Obligation(
        name=ClockName.SLA_RISK,
        runs_in=PAGING,
        starts="detection",
        stops="the end",
        happens="the commander hears that a promise to clients is at risk (L105)",
        due=_sla_risk,
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.PROVIDER,
        runs_in=PAGING,
        starts="opening",
        stops="the cause is known, or it is contained",
        happens="the commander is asked whether a provider has to be called (A38)",
        due=_provider,
        again=None,
        breaks=False,
    ),
    Obligation(
        name=ClockName.HANDOFF,
        runs_in=OPEN,
        starts="somebody takes command",
        stops="a handoff",
        happens="the commander is asked to hand over (A30)",
        due=_handoff,
        again=HOURLY,
        breaks=False,
    ),
    Obligation(
        name=ClockName.POSTMORTEM_DRAFT,
        runs_in=AFTER,
        starts="the end, where a postmortem is mandatory or begun",
        stops="the draft stands",
        happens="its owner hears that it is overdue",
        due=_postmortem_draft,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.POSTMORTEM_REVIEW,
        runs_in=AFTER,
        starts="the end, where a postmortem is mandatory or begun",
        stops="it was gone through in a meeting",
        happens="its owner hears that it is overdue",
        due=_postmortem_review,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.POSTMORTEM_PUBLICATION,
        runs_in=AFTER,
        starts="detection, where a postmortem is mandatory or begun",
        stops="it is published",
        happens="its owner hears that it is overdue",
        due=_postmortem_publication,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.ACTION_ITEMS,
        runs_in=OPEN | AFTER | {Status.FALSE_POSITIVE, Status.MERGED},
        starts="an action item is made",
        stops="it is done",
        happens="the postmortem's owner hears which are overdue",
        due=_action_items,
        again=DAILY,
    ),
    Obligation(
        name=ClockName.ITEM_REVIEW,
        runs_in=AFTER,
        starts="the first action item, then each review",
        stops="all items are done",
        happens="the postmortem's owner is asked to go through the open ones (L941)",
        due=_item_review,
        again=DAILY,
        breaks=False,
    ),
    Obligation(
        name=ClockName.REVIEW_AGAIN,
        runs_in=AFTER,
        starts="the last action item is done",
        stops="the postmortem was gone through again (L943)",
        happens="its owner is asked to",
        due=_review_again,
        again=DAILY,
        breaks=False,
    ),
)
OBLIGATION_CLOCKS: tuple[Clock, ...] = tuple(obligation.clock for obligation in OBLIGATIONS)


def overdue(incident: Incident, policy: Policy, now: datetime) -> dict[ClockName, datetime]:
    """Every obligation of an incident that is broken at ``now``, and since when."""
    if incident.held_since is not None or incident.parked:
        return {}
    return {
        obligation.name: since
        for obligation in OBLIGATIONS
        if (since := obligation.overdue_since(incident, policy, now)) is not None
    }
