"""An incident: the facts from which every clock is derived.

Rules
-----
* Opened is not declared; an incident is *opened* by alerts and *declared* by a person (A8). ``cycle`` counts
  re-openings, ``round`` counts commits that paged somebody within the cycle.
* ``detected_at`` is the earliest ``startsAt`` and serves reports; paging clocks run from ``paging_from``: the cycle's
  opening, or the latest upgrade (requirements 3.11 rule 1).
* Facts only: no due time is stored here. The store keeps the earliest one beside the row, as ``wake_at``.

May import: ``severity``, ``policy``, ``command.record``, ``postmortem.record`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from rungbell.domain.command.record import NOTHING_COMMANDED, Command
from rungbell.domain.policy import Tier
from rungbell.domain.postmortem.record import Postmortem
from rungbell.domain.severity import Severity
from rungbell.domain.values import Changing, dataclass


class Status(StrEnum):
    """Where an incident stands; what is not in ``OVER`` is open (A12)."""

    TRIGGERED = "triggered"
    """Nobody holds it."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody does."""
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    """The cause is known."""
    CONTAINED = "contained"
    """It spreads and grows no more."""
    FIXING = "fixing"
    MONITORING = "monitoring"
    """No alert fires; the stability window runs (A11)."""
    RESOLVED = "resolved"
    CLOSED = "closed"
    """Resolved, and nothing is owed any more."""
    FALSE_POSITIVE = "false_positive"
    """There was nothing (playbook L251)."""
    MERGED = "merged"
    """It goes on as a part of another incident."""


HELD = (Status.ACKNOWLEDGED, Status.INVESTIGATING, Status.IDENTIFIED, Status.CONTAINED, Status.FIXING)
"""Where somebody holds it, in the order of the work (A12)."""
PAGING = frozenset({Status.TRIGGERED, *HELD})
"""Where people are paged; in the stability window they are not."""
OVER = frozenset({Status.RESOLVED, Status.CLOSED, Status.FALSE_POSITIVE, Status.MERGED})
"""Where it asks nobody for an answer any more."""


class Phase(StrEnum):
    """Where the work on an incident stands (PICERL, playbook L38-47)."""

    IDENTIFICATION = "identification"
    CONTAINMENT = "containment"
    ERADICATION = "eradication"
    RECOVERY = "recovery"
    LESSONS_LEARNED = "lessons_learned"
    PREPARATION = "preparation"
    """Nothing is left of it but what was learnt."""


_PHASES = {
    Status.IDENTIFIED: Phase.CONTAINMENT,
    Status.CONTAINED: Phase.ERADICATION,
    Status.FIXING: Phase.ERADICATION,
    Status.MONITORING: Phase.RECOVERY,
    Status.RESOLVED: Phase.LESSONS_LEARNED,
    Status.CLOSED: Phase.PREPARATION,
    Status.FALSE_POSITIVE: Phase.PREPARATION,
    Status.MERGED: Phase.PREPARATION,
}


class Detection(StrEnum):
    """How it was found (playbook L204-207)."""

    ALERT = "alert"
    CLIENT_REPORT = "client_report"
    PROACTIVE_MONITORING = "proactive_monitoring"
    INTERNAL_DISCOVERY = "internal_discovery"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who holds the incident, for which tier, since when and until when."""

    by: str
    tier: Tier
    at: datetime
    ends_at: datetime
    snoozed: bool = False
    """The holder chose ``ends_at``: until then nothing disturbs them, at it the ladder rings as at an opening."""


@dataclass(frozen=True, slots=True)
class TierState:
    """What happened on one tier in this cycle."""

    paged_at: datetime
    """When it was paged first."""
    cause: str
    empty: bool = False
    """Nobody was reachable there when it was its turn."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


@dataclass(frozen=True, slots=True)
class Storm:
    """What an umbrella was opened for: see ``lifecycle.umbrella``."""

    before: int
    """How many incidents had begun by themselves before it."""
    since: datetime
    """Within which time."""


@dataclass(frozen=True, eq=False)
class Incident(Changing):
    """One incident. ``version`` grows with every change; 0 is an incident not stored yet.

    Without slots, unlike the other values: each decision makes several of it, and a dictionary is copied as a whole.
    """

    id: str
    key: str
    source: str
    receiver: str
    group_labels: Mapping[str, str]
    policy: str
    """Content hash of the pinned policy."""
    policy_name: str
    title: str
    summary: str
    severity: Severity
    severity_rule: str
    detected_at: datetime
    opened_at: datetime
    """When this cycle began."""
    paging_from: datetime
    status: Status = Status.TRIGGERED
    guessed: bool = False
    """The severity is the fallback, because no rule knew better."""
    number: int = 0
    """Given by the store; what people say aloud."""
    name: str | None = None
    """``INC-YYYYMMDD-HHMM``, for P0 and P1 (rule 17, A18)."""
    version: int = 0
    cycle: int = 1
    round: int = 0
    firing_count: int = 0
    alert_count: int = 0
    tiers: Mapping[Tier, TierState] = field(default_factory=dict)
    paged: Mapping[str, Tier] = field(default_factory=dict)
    """Each person paged in this cycle, with the highest tier they were paged on (rule 15)."""
    holder: Acknowledgement | None = None
    lapse_from: datetime | None = None
    """When the running lapse clock began; ``None`` before the first page."""
    engaged: tuple[datetime, ...] = ()
    """When the engagement clock has acted since ``paging_from`` (at most twice, rule 3)."""
    unresolved: Mapping[Tier, tuple[datetime, ...]] = field(default_factory=dict)
    """When each unresolved clock has acted since ``paging_from`` (at most twice, rule 4)."""
    exhausted_at: datetime | None = None
    repeated_at: datetime | None = None
    """When an exhausted ladder last rang its ends again."""
    quiet_until: datetime | None = None
    """After a re-fire in the stability window nothing is due before this (rule 7)."""
    monitoring_since: datetime | None = None
    reminded_at: datetime | None = None
    """When the holder was last asked to resolve what has been stable (rule 11)."""
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    round_robin: Mapping[str, int] = field(default_factory=dict)
    """Its number, counted from 0, in each round robin that it has rung; it keeps it to the end."""
    held_since: datetime | None = None
    """Paging holds after a long downtime or a restore, until somebody or something new speaks (rule 20)."""
    maintenance_until: datetime | None = None
    """A maintenance window held the paging of this cycle until then; ``None``: no longer, or never."""
    progress: Status = Status.ACKNOWLEDGED
    """How far the work of this cycle has come: one of ``HELD``, where whoever takes it on goes on."""
    highest: Severity | None = None
    """The worst it ever was, where that is not ``severity`` (A15)."""
    detection: Detection = Detection.ALERT
    likeness: str = ""
    """What incidents of the same kind have in common; empty: nothing is like it (A15)."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Where to read on, by name: the runbook of its worst alert, a dashboard, a trace."""
    merged_into: str | None = None
    """The identity of the incident that it goes on in."""
    parts: Mapping[str, int] = field(default_factory=dict)
    """The incidents that were merged into it, by identity: how many alerts of each still fire."""
    storm: Storm | None = None
    """It is the umbrella of a storm: its parts were opened as such."""
    told: frozenset[str] = frozenset()
    """The channels that follow and through which it has paged, in any cycle."""
    suppressed: str = ""
    """What keeps Alertmanager from speaking of any of its firing alerts, in words; it holds no page."""
    command: Command = field(default_factory=lambda: NOTHING_COMMANDED)  # a mere default is copied at every reading
    """What people have said, decided and told."""
    postmortem: Postmortem | None = None
    """What is owed and done after its end."""

    @property
    def open(self) -> bool:
        """Whether it still wants something from somebody."""
        return self.status not in OVER

    @property
    def worst(self) -> Severity:
        """The worst it ever was."""
        return self.highest or self.severity

    @property
    def stage(self) -> Status:
        """How far it has come, whoever holds it at the moment."""
        return self.progress if self.status in PAGING else self.status

    @property
    def phase(self) -> Phase:
        """Where the work on it stands."""
        return _PHASES.get(self.stage, Phase.IDENTIFICATION)

    @property
    def firing(self) -> int:
        """How many alerts fire: its own, and those of what was merged into it."""
        return self.firing_count + sum(self.parts.values())

    @property
    def parked(self) -> bool:
        """Whether its paging waits for the end of a maintenance window."""
        return self.maintenance_until is not None and self.status in PAGING

    @property
    def highest_tier(self) -> Tier | None:
        """The highest tier paged in this cycle."""
        return max(self.tiers, default=None)
