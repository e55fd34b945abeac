"""Declaring: a person opens an incident by hand, for what no alert has told.

Rules
-----
* From then on it is an incident as any other: the tiers of its severity are paged at once and every clock runs.
* The severity is the person's word, never guessed. It has an ``INC-…`` name whatever the severity (requirements 3.11
  rule 17).
* It has no alerts, and no message ever joins it: its key is its own identity. So nothing but a person resolves it, and
  without a reason, for nothing fires.

May import: the value modules of the core, ``act``, ``decision`` and ``opening``.
"""

from dataclasses import replace
from datetime import datetime

from rungbell.domain.act import stranger
from rungbell.domain.decision import Decision, Draft, Outcome, Situation, nothing
from rungbell.domain.events import Declared
from rungbell.domain.incident import Incident
from rungbell.domain.opening import declared_name, page_at_once, policy_for, shortened
from rungbell.domain.page import Purpose
from rungbell.domain.policy import Book, Policy
from rungbell.domain.timeline import EntryKind

BY_HAND = "by_hand"
"""The source of declared incidents."""


def declare(situation: Situation, event: Declared, now: datetime) -> Decision:
    """Open the incident and page whom its severity demands, if the person and the policy are known."""
    book = situation.book
    if (unknown := stranger(book, event)) is not None:
        return unknown
    if not event.title.strip():
        return nothing(Outcome.INVALID, "an incident needs a `title`")
    policy = _policy(book, event)
    if policy is None:
        known = ", ".join(route.policy.name for route in book.routes)
        return nothing(Outcome.INVALID, f"there is no policy {(event.policy or '')[:80]!r}; there are {known}")
    incident = _new_incident(event, policy, now)
    draft = Draft(replace(situation, incident=None), incident, policy, now)
    draft.tell(
        EntryKind.OPENED,
        f"{incident.severity} declared by {event.by}, policy {policy.name}: {incident.title}",
        actor=event.by,
        source=BY_HAND,
    )
    page_at_once(draft, Purpose.AT_ONCE)
    paged = ", ".join(sorted({page.tier for page in draft.pages}))
    told = f"paging {paged}" if paged else "nobody is paged now"
    return draft.decided(f"declared {incident.severity}; {told}")


def _policy(book: Book, event: Declared) -> Policy | None:
    if event.policy is None:
        return policy_for(book, event.labels)
    return next((route.policy for route in book.routes if route.policy.name == event.policy), None)


def _new_incident(event: Declared, policy: Policy, now: datetime) -> Incident:
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
        severity=event.severity,
        severity_rule=f"declared by {event.by}",
        detected_at=now,
        opened_at=now,
        paging_from=now,
        name=declared_name(now),
    )
