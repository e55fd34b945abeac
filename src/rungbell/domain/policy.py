"""The policy: who is paged how urgently, as values.

Rules
-----
* An incident keeps the policy it was opened with, by content hash; a reload changes neither its ladder nor a due time
  (requirements 3.11 rule 18). Business hours are part of it for that reason.
* Who is on call and how people are reached is the ``roster``, and is always today's.
* Tiers are L1 to L5 (playbook L613-621). ``climb_to`` caps every climb by a clock; ``only`` closes a tier to other
  severities, even for a page by hand (reading A25).

May import: ``severity``, ``calendar``, ``communication.audience``, ``postmortem.record``, ``preference`` and the
standard library's pure parts.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from rungbell.domain.calendar import BusinessHours
from rungbell.domain.communication.audience import Audience
from rungbell.domain.postmortem.record import Owed
from rungbell.domain.preference import Through as Through  # noqa: PLC0414 -- tiers are made of it
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

POLICY_FORMAT = 2
"""Version of the pinned document; raise it, and teach the store the old one, when these classes change."""
READABLE_FORMATS = frozenset({1, POLICY_FORMAT})
"""Format 1 knew no obligations: incidents that keep such a policy owe none."""


class Tier(StrEnum):
    """The rungs of the ladder, L1 (first responder) to L5 (executive): playbook L617-621."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"

    @property
    def above(self) -> "tuple[Tier, ...]":
        """The tiers above this one, nearest first."""
        return tuple(tier for tier in TIERS if tier > self)


TIERS = tuple(Tier)
"""All of them, L1 first."""


class Resolves(StrEnum):
    """Who ends an incident when its alerts have been quiet for the stability window (rule 11)."""

    PERSON = "person"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class TierPlan:
    """A tier: its role in words, whom it reaches (people or schedules) and through which channels."""

    tier: Tier
    role: str
    reach: tuple[str, ...]
    through: tuple[Through, ...]
    only: frozenset[Severity] = frozenset(Severity)


@dataclass(frozen=True, slots=True)
class PostmortemRule:
    """When an incident of a severity must have a postmortem (playbook L385-387, A15)."""

    otherwise: Owed = Owed.OPTIONAL
    """What is owed where neither of the conditions holds."""
    mandatory_beyond: timedelta | None = None
    """It is mandatory where the incident lasted longer than this."""
    on_repeat: Owed | None = None
    """What is owed where the same happened within ``PostmortemPlan.repeat_within``."""


@dataclass(frozen=True, slots=True)
class Obligations:
    """What one severity demands beside the paging: the other rows of requirements 3.10; ``None``: nothing."""

    triaged_within: timedelta | None = None
    """Somebody has said that it is real, and how bad (L209)."""
    declared_within: timedelta | None = None
    """It is declared, and a commander is named; that long after it every role is filled (L743)."""
    executives_told_within: timedelta | None = None
    clients_told_within: timedelta | None = None
    clients_drafted_within: timedelta | None = None
    """The first text for clients is laid before whoever reviews it (A33)."""
    impacts_clients: bool = False
    """Whether clients count as affected until somebody says otherwise (A9)."""
    updates_every: Mapping[Audience, timedelta] = field(default_factory=dict)
    remind_of_updates_after: timedelta | None = None
    """The commander hears before an update is overdue (A10)."""
    sla_at_risk_after: timedelta | None = None
    ask_for_provider_after: timedelta | None = None
    """The commander is asked whether the provider must be called (A38)."""
    handoff_after: timedelta | None = None
    """How long one person commands (A30)."""
    postmortem: PostmortemRule = PostmortemRule()


NOTHING_OWED = Obligations()


@dataclass(frozen=True, slots=True)
class PostmortemPlan:
    """When the parts of a postmortem are due (playbook L87, L390-393, L941-943)."""

    draft_within: timedelta = timedelta(hours=48)
    """After the resolution."""
    review_business_days: int = 5
    """After the resolution; never later than it is published (A16)."""
    publish_within: timedelta = timedelta(days=7)
    """After the detection; never earlier than the draft is due (A16)."""
    repeat_within: timedelta = timedelta(days=30)
    """What happened again within that time is a repeat (A15)."""
    items_due_within: Mapping[Severity, timedelta] = field(
        default_factory=lambda: {
            Severity.P0: timedelta(days=7),
            Severity.P1: timedelta(days=7),
            Severity.P2: timedelta(days=14),
        }
    )
    """By priority, after an action item was made (A17)."""
    items_reviewed_every: timedelta = timedelta(days=7)
    repeats_by: tuple[str, ...] = ("alertname", "service")
    """The labels by which two incidents are of the same kind (A15)."""


@dataclass(frozen=True, slots=True)
class SeverityPlan:
    """What one severity demands: the paging rows of requirements 3.10 as numbers."""

    page: tuple[Tier, ...]
    """Paged at once."""
    acknowledge_within: timedelta
    climb_to: Tier
    """The highest tier a clock may page."""
    acknowledgement_lasts: timedelta | None
    """After it the incident is nobody's again; ``None`` means until the next business day opens (A45)."""
    stable_for: timedelta
    resolves: Resolves
    reopen_within: timedelta = timedelta(hours=1)
    engineering_within: timedelta | None = None
    """L3 or higher must have acknowledged by then (A1, A2)."""
    while_unresolved: Mapping[Tier, timedelta] = field(default_factory=dict)
    """Tiers that are paged however long somebody holds the incident (rule 4)."""
    business_hours_only: bool = False
    repage_unanswered: bool = True
    """Whether a lapse also rings the tiers again that stayed silent (rule 2)."""
    repeat_exhausted_every: timedelta | None = None
    """How often an exhausted ladder rings its ends again; ``None`` means every ``acknowledge_within`` (rule 9)."""
    obligations: Obligations = NOTHING_OWED
    bridge_url: str = ""
    """The call in which those who fight it meet (playbook L758); see ``command.war_room``."""

    @property
    def exhausted_every(self) -> timedelta:
        """How often an exhausted ladder rings its ends again."""
        return self.repeat_exhausted_every or self.acknowledge_within


@dataclass(frozen=True)
class Policy:
    """One team's ladder and what each severity demands of it.

    Without slots: its ladders are kept beside its fields.
    """

    name: str
    tiers: Mapping[Tier, TierPlan]
    severities: Mapping[Severity, SeverityPlan]
    hours: BusinessHours
    postmortems: PostmortemPlan = PostmortemPlan()
    hash: str = ""
    """Content hash, set by ``pinned``."""

    def plan(self, severity: Severity) -> SeverityPlan:
        """What ``severity`` demands."""
        return self.severities[severity]

    def allows(self, tier: Tier, severity: Severity) -> bool:
        """Whether the tier exists and may be paged for that severity at all."""
        plan = self.tiers.get(tier)
        return plan is not None and severity in plan.only

    def ladder(self, severity: Severity) -> tuple[Tier, ...]:
        """The tiers that clocks may page for that severity, lowest first."""
        return self._ladders[severity]

    @cached_property
    def _ladders(self) -> Mapping[Severity, tuple[Tier, ...]]:
        """By severity, worked out once: each clock asks for one."""
        plans = [(tier, self.tiers[tier]) for tier in TIERS if tier in self.tiers]
        return {
            severity: tuple(tier for tier, plan in plans if tier <= own.climb_to and severity in plan.only)
            for severity, own in self.severities.items()
        }

    def elapse(self, severity: Severity, start: datetime, duration: timedelta) -> datetime:
        """When ``duration`` has passed since ``start``, in business time where the severity asks for that."""
        if self.plan(severity).business_hours_only:
            return self.hours.elapse(start, duration)
        return start + duration

    def acknowledgement_ends(self, severity: Severity, start: datetime) -> datetime:
        """When an acknowledgement given at ``start`` ends (A45)."""
        lasts = self.plan(severity).acknowledgement_lasts
        return self.hours.next_business_day(start) if lasts is None else start + lasts


def pinned(policy: Policy) -> Policy:
    """Give the policy its content hash (SHA-256 over a canonical text), the name under which incidents keep it."""
    text = json.dumps([POLICY_FORMAT, _plain(replace(policy, hash=""))], sort_keys=True, separators=(",", ":"))
    return replace(policy, hash=hashlib.sha256(text.encode()).hexdigest())


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int) else str(value)
