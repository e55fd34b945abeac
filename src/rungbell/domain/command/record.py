"""What an incident remembers of its command: roles, impact, what was told, what was ticked, what was overdue.

Rules
-----
* Facts only, each with its time: every obligation's clock is derived from them (``obligation_dues``).
* People are named by their id. Words of people are kept as they were said, cut in length.
* Exactly one person holds a role at a time (playbook L728).

May import: ``policy``, ``communication.audience`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from rungbell.domain.communication.audience import Audience
from rungbell.domain.policy import Tier
from rungbell.domain.values import Changing, dataclass


class Role(StrEnum):
    """Who does what while an incident is fought (playbook L51, L749-751)."""

    INCIDENT_COMMANDER = "incident_commander"
    TECHNICAL_LEAD = "technical_lead"
    COMMUNICATION_LEAD = "communication_lead"
    SCRIBE = "scribe"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who holds a role, on which tier they stand, and since when."""

    person: str
    tier: Tier
    since: datetime
    shift_ends_at: datetime | None = None
    """When their shift ends, as was known when they took it; ``None``: they stand in no schedule."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an audience has been told so far."""

    first_at: datetime
    last_at: datetime
    recipients: tuple[str, ...] = ()
    """Everybody to whom something was sent, whether or not it arrived: the all clear goes to exactly these (A27)."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody decided that an audience need not be told."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of a checklist that somebody attests."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Impact:
    """What people say of the harm and of the work, as the texts to others and the postmortem use it.

    Empty means: nobody has said so yet.
    """

    clients_affected: str = ""
    """How many, or who: "all", "3 of 40"."""
    clients: tuple[str, ...] = ()
    """Those of the configuration that are affected, by id."""
    scope: str = ""
    """Partial or complete (playbook L225)."""
    functionality: str = ""
    metric: str = ""
    """The error rate, the queue depth or what else tells how bad it is."""
    technicians: str = ""
    business: str = ""
    """For executives: revenue, an estimate."""
    sla: str = ""
    """Whether a promise to clients is broken, or will be."""
    containment: str = ""
    workaround: str = ""
    expected_resolution: str = ""
    cause: str = ""
    plain_cause: str = ""
    """For clients, not technical."""
    resolution: str = ""
    next_steps: str = ""
    condition: str = ""
    """For executives: what would need them to act (playbook L605-606)."""


NOTHING_STATED = Impact()


@dataclass(frozen=True, slots=True)
class Alarm:
    """When an obligation was said to be overdue, or a prompt was given: first and last."""

    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, eq=False)
class Command(Changing):
    """All of it. Nothing of it survives into another incident; a new cycle keeps it.

    Without slots, as the incident is: a dictionary is copied as a whole.
    """

    declared_at: datetime | None = None
    declared_by: str | None = None
    reclassified_at: datetime | None = None
    """When the severity was last changed: response times restart from there (A21)."""
    raised_at: datetime | None = None
    """When it was last raised: what was waived before that counts no more (A21)."""
    status_changed_at: datetime | None = None
    """When the work last came further, or was thrown back; who holds it does not count."""
    triaged_at: datetime | None = None
    """When somebody first said that it is real and how bad (playbook L209)."""
    mitigated_at: datetime | None = None
    """When it first stopped to spread and grow (A14)."""
    cause_found_at: datetime | None = None
    impact_started_at: datetime | None = None
    """When the harm began, as people say: earlier than any alert (A26)."""
    roles: Mapping[Role, Assignment] = field(default_factory=dict)
    vacated: Mapping[Role, datetime] = field(default_factory=dict)
    """Since when somebody who held a role does no more; those that nobody ever held are not here."""
    impact: Impact = NOTHING_STATED
    client_impacting: bool | None = None
    """Whether clients feel it, as somebody said; ``None``: as the severity has it (A9)."""
    clients_asked: bool = False
    """A client wants to be told (playbook L143)."""
    restricted: bool = False
    """A security breach: none but those paged hear of it before the incident commander releases it (A28)."""
    released_at: datetime | None = None
    told: Mapping[Audience, Told] = field(default_factory=dict)
    waived: Mapping[Audience, Waiver] = field(default_factory=dict)
    all_clear_at: datetime | None = None
    drafted_at: datetime | None = None
    """When the first draft for clients was laid out."""
    communications: int = 0
    """How many there were; the number of the last one."""
    drafts: Mapping[str, int] = field(default_factory=dict)
    """By kind, the number of the one that still waits for a review or to be sent."""
    ticks: Mapping[str, Tick] = field(default_factory=dict)
    """By the id of the checklist's line."""
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    """By the name of the clock."""

    @property
    def withheld(self) -> bool:
        """Whether what happened is known to nobody but those who were paged for it (A28)."""
        return self.restricted and self.released_at is None

    @property
    def unfilled(self) -> tuple[Role, ...]:
        """The roles that nobody holds."""
        return tuple(role for role in Role if role not in self.roles)


NOTHING_COMMANDED = Command()
