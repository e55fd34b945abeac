"""``tiers``, ``severities``, ``rules`` and ``policies`` as the writer of the file sees them: who is rung, and by when.

May import: ``domain``, ``hours``, ``people``, ``durations``, ``fields``, ``section``, ``times`` and pydantic.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from rungbell.config.durations import Duration
from rungbell.config.fields import Matchers, MeetingUrl, Name, Names, Severities, Text, Tiers
from rungbell.config.model.hours import HoursSection
from rungbell.config.model.people import ThroughSection
from rungbell.config.section import Section
from rungbell.config.times import Lasts, Wait
from rungbell.domain.communication.audience import Audience
from rungbell.domain.policy import Resolves, Tier
from rungbell.domain.postmortem.record import Owed
from rungbell.domain.severity import Severity


class TierSection(Section):
    """``tiers.<L1…L5>``: who stands on a rung, and how they are reached."""

    role: Text
    reach: Names
    through: Annotated[tuple[ThroughSection, ...], Field(min_length=1)]
    only: Severities = tuple(Severity)


class PostmortemRuleSection(Section):
    """``severities.<P0…P3>.postmortem``: what is owed; spelled short where it is the same whatever happened."""

    beyond: Duration | None = None
    repeat: Owed | None = None
    otherwise: Owed = Owed.OPTIONAL

    @model_validator(mode="before")
    @classmethod
    def _spelled_short(cls, value: object) -> object:
        return {"otherwise": value} if isinstance(value, str) else value


class PostmortemsSection(Section):
    """``postmortems``: when the parts of a postmortem are due."""

    draft_within: Wait = timedelta(hours=48)
    review_business_days: int = Field(default=5, ge=1, le=60)
    publish_within: Wait = timedelta(days=7)
    repeat_within: Wait = timedelta(days=30)
    items_due_within: dict[Severity, Wait] = Field(default_factory=dict)
    items_reviewed_every: Wait = timedelta(days=7)
    repeats_by: Names = ("alertname", "service")


class SeverityChanges(Section):
    """``policies[n].severities.<P0…P3>``: what a policy says differently, key by key."""

    page: Tiers = ()
    acknowledge_within: Wait = timedelta()
    climb_to: Tier = Tier.L1
    while_unresolved: dict[Tier, Wait] = Field(default_factory=dict)
    engineering_within: Wait | None = None
    acknowledgement_lasts: Lasts = None
    stable_for: Duration = timedelta()
    resolves: Resolves = Resolves.PERSON
    reopen_within: Duration = timedelta(hours=1)
    hours: Literal["always", "business"] = "always"
    repage_unanswered: bool = True
    repeat_exhausted_every: Wait | None = None
    triaged_within: Wait | None = None
    declared_within: Wait | None = None
    executives_told_within: Duration | None = None
    clients_told_within: Wait | None = None
    clients_drafted_within: Wait | None = None
    impacts_clients: bool = False
    updates_every: dict[Audience, Wait] = Field(default_factory=dict)
    remind_of_updates_after: Wait | None = None
    sla_at_risk_after: Wait | None = None
    ask_for_provider_after: Wait | None = None
    handoff_after: Wait | None = None
    bridge_url: MeetingUrl | None = None
    postmortem: PostmortemRuleSection = PostmortemRuleSection.model_construct()


class SeveritySection(SeverityChanges):
    """``severities.<P0…P3>``: what a severity demands; these keys have no default."""

    page: Tiers
    acknowledge_within: Wait
    climb_to: Tier
    acknowledgement_lasts: Lasts
    stable_for: Duration
    resolves: Resolves


class RuleSection(Section):
    """``rules[n]``: where all matchers hold, an alert has this severity; ``none`` never pages."""

    severity: Literal["P0", "P1", "P2", "P3", "none"]
    match: Matchers = ()


class PolicySection(Section):
    """``policies[n]``: what one team does differently from the top of the file."""

    name: Name
    match: Matchers = ()
    business_hours: HoursSection | None = None
    tiers: dict[Tier, TierSection] = Field(default_factory=dict)
    severities: dict[Severity, SeverityChanges] = Field(default_factory=dict)
