"""The timeline: what happened to an incident, in order, never changed afterwards (playbook L34, L244-246).

May import: ``policy`` and the standard library's pure parts.
"""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from rungbell.domain.policy import Tier
from rungbell.domain.values import dataclass

SYSTEM = "rungbell"
"""The actor of what no person did."""


class EntryKind(StrEnum):
    """The closed list of things a timeline tells."""

    OPENED = "opened"
    REOPENED = "reopened"
    ALERTS = "alerts"
    SEVERITY = "severity"
    PAGED = "paged"
    NOTIFIED = "notified"
    TIER_EMPTY = "tier_empty"
    CLIMBED = "climbed"
    EXHAUSTED = "exhausted"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGEMENT_ENDED = "acknowledgement_ended"
    ESCALATED = "escalated"
    MONITORING = "monitoring"
    REFIRED = "refired"
    RESOLVED = "resolved"
    NOTE = "note"
    OBSERVATION = "observation"
    """What somebody sees."""
    DECISION = "decision"
    ACTION = "action"
    """What somebody does about it."""
    CONTAINMENT = "containment"
    WORKAROUND = "workaround"
    AFFECTED = "affected"
    """Which clients or functions feel it."""
    CAUSE = "cause"
    PAGE_ACCEPTED = "page_accepted"
    PAGE_RETRIED = "page_retried"
    PAGE_FAILED = "page_failed"
    WITHDRAWN = "withdrawn"
    CAUGHT_UP = "caught_up"
    HELD = "held"
    MAINTENANCE = "maintenance"
    SUPPRESSED = "suppressed"
    """Alertmanager silences or inhibits all of its alerts, or does so no more."""
    DECLARED = "declared"
    ROLE = "role"
    HANDOFF = "handoff"
    """The command passes; ``facts`` hold ``before`` and ``to``."""
    TICKED = "ticked"
    """A line of a checklist, in ``facts["line"]``, is attested, or no more where ``facts`` hold ``undone``."""
    IMPACT = "impact"
    """Somebody says what the harm is; ``facts`` hold what is new, by its name."""
    STATUS = "status"
    PHASE = "phase"
    """The work enters another phase, ``facts["phase"]`` (PICERL)."""
    SNOOZED = "snoozed"
    FALSE_POSITIVE = "false_positive"
    MERGED = "merged"
    """It goes on in another incident, or another one in it; ``facts`` name the other by ``into`` or ``part``."""
    CLOSED = "closed"
    RESTRICTED = "restricted"
    RELEASED = "released"
    OVERDUE = "overdue"
    """An obligation is broken; ``facts["obligation"]`` names its clock."""
    POSTMORTEM = "postmortem"
    ACTION_ITEM = "action_item"
    REMINDED = "reminded"
    """Somebody is asked or reminded of something that is not overdue."""
    DRAFTED = "drafted"
    """A text to an audience was laid out; ``facts["communication"]`` is its number, as in the next five."""
    REVIEWED = "reviewed"
    TOLD = "told"
    """It left; ``facts["kind"]`` and ``facts["audience"]`` say what for whom."""
    DISCARDED = "discarded"
    COPY_ACCEPTED = "copy_accepted"
    COPY_RETRIED = "copy_retried"
    COPY_FAILED = "copy_failed"
    WAIVED = "waived"
    """Somebody decided that ``facts["audience"]`` need not be told."""
    NOT_REQUIRED = "not_required"
    """It was over before ``facts["audience"]`` had to be told (A44)."""


class NoteKind(StrEnum):
    """What people write down (playbook L34, L244-246, L297-299)."""

    NOTE = EntryKind.NOTE.value
    OBSERVATION = EntryKind.OBSERVATION.value
    DECISION = EntryKind.DECISION.value
    ACTION = EntryKind.ACTION.value
    CONTAINMENT = EntryKind.CONTAINMENT.value
    WORKAROUND = EntryKind.WORKAROUND.value
    AFFECTED = EntryKind.AFFECTED.value
    CAUSE = EntryKind.CAUSE.value


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. It names people by their id, never by a name or how they are reached.

    Of ``facts``, ``client_visible`` ("true") says that clients may read it, ``after_s`` how many seconds after the
    detection and ``after_page_s`` how many after the page of that tier an answer came, ``happened_at`` when it was
    that somebody tells of later.
    """

    at: datetime
    kind: EntryKind
    text: str
    actor: str = SYSTEM
    """A person's id, or ``rungbell``."""
    tier: Tier | None = None
    """The tier that it is about; of what people do, the one that the person was paged on."""
    channel: str | None = None
    """The channel by which a page went, or the way by which an act came."""
    facts: dict[str, str] = field(default_factory=dict)
