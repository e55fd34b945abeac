"""What a clock is: its name, when it is due, and the row that describes it.

May import: ``incident``, ``policy`` and the standard library's pure parts.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from rungbell.domain.incident import Incident, Status
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.values import dataclass


class ClockName(StrEnum):
    """The rows of the table, as the API and the metrics name them."""

    AT_ONCE = "at_once"
    LAPSE = "lapse"
    EXHAUSTED = "exhausted"
    ENGAGEMENT = "engagement"
    UNRESOLVED = "unresolved"
    ACKNOWLEDGEMENT_ENDS = "acknowledgement_ends"
    STABILITY = "stability"
    HELD = "held"
    MAINTENANCE = "maintenance"
    TRIAGE = "triage"
    DECLARATION = "declaration"
    ROLES = "roles"
    EXECUTIVE_NOTE = "executive_note"
    CLIENT_DRAFT = "client_draft"
    CLIENT_NOTICE = "client_notice"
    UPDATE_SOON = "update_soon"
    INTERNAL_UPDATE = "internal_update"
    CLIENT_UPDATE = "client_update"
    EXECUTIVE_UPDATE = "executive_update"
    ALL_CLEAR = "all_clear"
    SLA_RISK = "sla_risk"
    PROVIDER = "provider"
    HANDOFF = "handoff"
    POSTMORTEM_DRAFT = "postmortem_draft"
    POSTMORTEM_REVIEW = "postmortem_review"
    POSTMORTEM_PUBLICATION = "postmortem_publication"
    ACTION_ITEMS = "action_items"
    ITEM_REVIEW = "item_review"
    REVIEW_AGAIN = "review_again"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One running clock of one incident: due when, and for which tier where it has one."""

    clock: ClockName
    due: datetime
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One row of the table."""

    name: ClockName
    runs_in: frozenset[Status]
    starts: str
    stops: str
    happens: str
    due: Callable[[Incident, Policy], Iterable[Deadline]]
