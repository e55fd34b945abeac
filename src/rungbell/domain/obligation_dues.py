"""When each obligation is to be met, read off the facts of an incident; ``None``: it is not owed, or it is met.

Rules
-----
* Response times run from the detection, or from the moment the severity was last changed, or from that at which it was
  reopened, for what was over in time is not late then. Durations always run from the detection (A21, A39).
* A waiver counts until the severity is raised.

May import: ``clock``, ``incident``, ``policy``, ``command.record``, ``communication.audience``, ``postmortem.record``
and the standard library's pure parts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from rungbell.domain.clock import ClockName
from rungbell.domain.command.record import Role
from rungbell.domain.communication.audience import Audience
from rungbell.domain.incident import Incident, Status
from rungbell.domain.policy import Obligations, Policy
from rungbell.domain.postmortem.record import DocumentState, Postmortem

Due = Callable[[Incident, Policy], datetime | None]

UNDERSTOOD = frozenset({Status.IDENTIFIED, Status.CONTAINED, Status.FIXING})
"""Where the work has come so far that no provider has to be asked for."""


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


def triage_due(incident: Incident, policy: Policy) -> datetime | None:
    """When somebody must have said that it is real and how bad (L209)."""
    if incident.command.triaged_at is not None:
        return None
    return _after(max(incident.opened_at, answers_from(incident)), _obligations(incident, policy).triaged_within)


def declaration_due(incident: Incident, policy: Policy) -> datetime | None:
    """When it must be declared, which names a commander (L743)."""
    if incident.command.declared_at is not None:
        return None
    return _after(max(incident.opened_at, answers_from(incident)), _obligations(incident, policy).declared_within)


def roles_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the role that is nobody's longest must be filled (L749-751)."""
    command = incident.command
    if command.declared_at is None or not command.unfilled:
        return None
    begun = max(command.declared_at, answers_from(incident))
    since = min(max(begun, command.vacated.get(role, begun)) for role in command.unfilled)
    return _after(since, _obligations(incident, policy).declared_within)


def waived(incident: Incident, audience: Audience) -> bool:
    """Whether somebody decided that an audience need not be told, since the severity was last raised (A21)."""
    waiver = incident.command.waived.get(audience)
    raised = incident.command.raised_at
    return waiver is not None and (raised is None or waiver.at >= raised)


def _told(incident: Incident, audience: Audience) -> bool:
    return audience in incident.command.told or waived(incident, audience)


def executive_note_due(incident: Incident, policy: Policy) -> datetime | None:
    """When executives must have been told first (A5, A6)."""
    if _told(incident, Audience.EXECUTIVES):
        return None
    return _after(incident.detected_at, _obligations(incident, policy).executives_told_within)


def _owes_clients(incident: Incident, policy: Policy) -> bool:
    return impacts_clients(incident, policy) and not _told(incident, Audience.CLIENTS)


def client_draft_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the first text for clients is laid out (A33)."""
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


def update_due(audience: Audience) -> Due:
    """Give when an audience that was told before must hear again (52)."""

    def due(incident: Incident, policy: Policy) -> datetime | None:
        since = news_since(incident, audience)
        every = _obligations(incident, policy).updates_every.get(audience)
        return None if since is None else _after(since, every)

    return due


def update_soon_due(incident: Incident, policy: Policy) -> datetime | None:
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


def all_clear_due(incident: Incident, policy: Policy) -> datetime | None:
    """When clients who were told must know that it is over (A27)."""
    command = incident.command
    if Audience.CLIENTS not in command.told or incident.resolved_at is None or told_since_the_end(incident):
        return None
    waiver = command.waived.get(Audience.CLIENTS)
    if waiver is not None and waiver.at >= incident.resolved_at:
        return None
    every = policy.plan(incident.worst).obligations.updates_every.get(Audience.CLIENTS)
    return _after(incident.resolved_at, every)


def sla_risk_due(incident: Incident, policy: Policy) -> datetime | None:
    """When a promise to clients is at risk (L105)."""
    return _after(incident.detected_at, _obligations(incident, policy).sla_at_risk_after)


def provider_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the commander is asked whether a provider has to be called (A38)."""
    if incident.command.cause_found_at is not None or incident.progress in UNDERSTOOD:
        return None
    return _after(incident.opened_at, _obligations(incident, policy).ask_for_provider_after)


def handoff_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the commander is asked to hand over: by tenure, or at the end of the shift (A30)."""
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


def postmortem_draft_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the draft is to stand, where one is wanted and there is none."""
    postmortem = _wanted(incident)
    if postmortem is None or postmortem.state is not DocumentState.NONE:
        return None
    return draft_due(incident, policy)


def postmortem_review_due(incident: Incident, policy: Policy) -> datetime | None:
    """When it is to be gone through, where it was not yet."""
    postmortem = _wanted(incident)
    if postmortem is None or postmortem.review is not None or postmortem.state is DocumentState.PUBLISHED:
        return None
    return review_due(incident, policy)


def postmortem_publication_due(incident: Incident, policy: Policy) -> datetime | None:
    """When it is to be published, where it is not."""
    postmortem = _wanted(incident)
    if postmortem is None or postmortem.state is DocumentState.PUBLISHED:
        return None
    return publication_due(incident, policy)


def action_items_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the first of the open action items is due."""
    postmortem = incident.postmortem
    return min((item.due for item in postmortem.items if item.open), default=None) if postmortem else None


def item_review_due(incident: Incident, policy: Policy) -> datetime | None:
    """When the open action items are to be gone through again (L941)."""
    postmortem = incident.postmortem
    if postmortem is None or not any(item.open for item in postmortem.items):
        return None
    begun = min(item.created_at for item in postmortem.items)
    return (postmortem.items_reviewed_at or begun) + policy.postmortems.items_reviewed_every


def review_again_due(incident: Incident, policy: Policy) -> datetime | None:
    """When all of it is to be gone through once more, with every action item done (L943)."""
    postmortem = incident.postmortem
    if postmortem is None or not postmortem.items or postmortem.reviewed_again_at is not None:
        return None
    if any(item.open for item in postmortem.items):
        return None
    done = max(item.done_at or item.created_at for item in postmortem.items)
    return done + policy.postmortems.items_reviewed_every
