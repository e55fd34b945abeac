"""Declaring: a person says that it is an incident, of one that alerts opened or of what no alert has told.

Rules
-----
* Opened is not declared: every firing group opens an incident; P0 and P1 are declared within their time, others by
  hand (A8, playbook L230-233). Declared, it has an ``INC-…`` name whatever its severity (requirements 3.11 rule 17),
  and one incident commander: whom the person names, else whom the playbook's rule names (A7).
* What nobody has opened yet is opened by hand and pages the tiers of its severity at once, as alerts would. The
  severity is the person's word, never guessed.
* Paging that was held, for maintenance or after a long absence, goes on with the declaration. A worse severity counts
  as if it had been set, in the stability window too.
* It has no alerts then, and no message ever joins it: its key is its own identity. So nothing but a person resolves it,
  and without a reason, for nothing fires.

May import: the value modules of the core, ``act``, ``decision``, ``ladder``, ``opening``, ``parking``,
``command.roles`` and ``communication.automatic``.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from rungbell.domain.act import set_severity, stranger
from rungbell.domain.book import Book
from rungbell.domain.command.record import Role
from rungbell.domain.command.roles import assume, commander_by_rule, give, unknown_person
from rungbell.domain.communication.automatic import announce_declaration
from rungbell.domain.decision import Decision, Draft, Outcome, Situation, nothing
from rungbell.domain.events import Declared, SeveritySet
from rungbell.domain.incident import Incident
from rungbell.domain.ladder import release
from rungbell.domain.opening import OBSERVED, declared_name, detection_time, page_at_once, policy_for, shortened
from rungbell.domain.page import PageKind, Purpose
from rungbell.domain.parking import unpark
from rungbell.domain.policy import Policy
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind

BY_HAND = "by_hand"
"""The source of incidents that a person opened."""


def declare(draft: Draft, event: Declared) -> Decision:
    """Say of an open incident that it is one, and who leads."""
    incident = draft.incident
    if incident.command.declared_at is not None:
        at = f"{incident.command.declared_at:%H:%M:%S}"
        return nothing(Outcome.ALREADY, f"declared by {incident.command.declared_by} at {at} UTC")
    severity = event.severity or incident.severity
    if incident.severity.worse_than(severity):
        return nothing(Outcome.INVALID, f"it is {incident.severity}; a lower severity is set by itself, with a reason")
    if (unknown := unknown_person(draft.situation.book, event.commander)) is not None:
        return unknown
    release(draft)
    unpark(draft, f"{event.by} declares it")
    if severity.worse_than(incident.severity):
        set_severity(draft, SeveritySet(incident=event.incident, by=event.by, severity=severity))
    _declared(draft, event, tell=give)
    leader = draft.incident.command.roles.get(Role.INCIDENT_COMMANDER)
    leads = f"{leader.person} commands" if leader else "nobody commands it yet"
    return draft.decided(f"declared {draft.incident.severity}; {leads}")


def open_by_hand(situation: Situation, event: Declared, now: datetime) -> Decision:
    """Open the incident and page whom its severity demands, if the person and the policy are known."""
    book = situation.book
    if (unknown := stranger(book, event) or unknown_person(book, event.commander)) is not None:
        return unknown
    if not event.title.strip():
        return nothing(Outcome.INVALID, "an incident needs a `title`")
    if event.severity is None:
        return nothing(Outcome.INVALID, f"an incident needs a `severity`: {', '.join(Severity)}")
    policy = _policy(book, event)
    if policy is None:
        known = ", ".join(route.policy.name for route in book.routes)
        return nothing(Outcome.INVALID, f"there is no policy {(event.policy or '')[:80]!r}; there are {known}")
    incident = _new_incident(event, event.severity, policy, now)
    draft = Draft(replace(situation, incident=None), incident, policy, now)
    draft.tell(
        EntryKind.OPENED,
        f"{incident.severity} declared by {event.by} ({event.detection}), policy {policy.name}: {incident.title}",
        actor=event.by,
        source=BY_HAND,
        detection=event.detection,
        detected_at=detection_time(incident),
        severity=incident.severity,
        observed=incident.summary[:OBSERVED],
    )
    page_at_once(draft, Purpose.AT_ONCE)
    _declared(draft, event, tell=assume)  # their page says so, or will
    paged = ", ".join(sorted({page.tier for page in draft.pages if page.kind is PageKind.PAGE}))
    told = f"paging {paged}" if paged else "nobody is paged now"
    return draft.decided(f"declared {incident.severity}; {told}")


def _declared(draft: Draft, event: Declared, tell: Callable[[Draft, Role, str, str], None]) -> None:
    incident = draft.incident
    draft.change(name=incident.name or declared_name(incident.detected_at))
    draft.command(declared_at=draft.now, declared_by=event.by, triaged_at=incident.command.triaged_at or draft.now)
    draft.tell(EntryKind.DECLARED, f"declared {incident.severity} by {event.by}", actor=event.by)
    leader = commander_by_rule(draft) if event.commander is None else event.commander
    if leader is not None:
        tell(draft, Role.INCIDENT_COMMANDER, leader, event.by)
    announce_declaration(draft)


def _policy(book: Book, event: Declared) -> Policy | None:
    if event.policy is None:
        return policy_for(book, event.labels)
    return next((route.policy for route in book.routes if route.policy.name == event.policy), None)


def _new_incident(event: Declared, severity: Severity, policy: Policy, now: datetime) -> Incident:
    return Incident(
        id=event.incident,
        key=event.incident,
        source=BY_HAND,
        receiver="",
        group_labels=event.labels,
        policy=policy.hash,
        policy_name=policy.name,
        title=shortened(event.title.strip()),
        summary=event.summary,
        severity=severity,
        severity_rule=f"declared by {event.by}",
        detected_at=now,
        opened_at=now,
        paging_from=now,
        name=declared_name(now),
        detection=event.detection,
    )
