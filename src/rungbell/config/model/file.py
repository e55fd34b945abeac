"""The whole file as its writer sees it, with what is short enough: ``channels``, ``heartbeat`` and ``recipes``.

May import: the rest of the package, ``domain``, ``durations``, ``fields``, ``http``, ``section``, ``times``, pydantic.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rungbell.config.durations import Duration
from rungbell.config.fields import Command, Matchers, Name, Names, PersonId, Text, not_empty
from rungbell.config.http import HttpSettings
from rungbell.config.model.communication import ClientSection, CommunicationSection
from rungbell.config.model.holding import MaintenanceSection, StormsSection
from rungbell.config.model.hours import HoursSection
from rungbell.config.model.ladders import PolicySection, PostmortemsSection, RuleSection, SeveritySection, TierSection
from rungbell.config.model.people import PersonSection
from rungbell.config.model.schedules import ScheduleSection
from rungbell.config.model.sources import SourceSection, TokenSection
from rungbell.config.section import Section
from rungbell.config.times import Zone, at_least, at_most
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity


class ChannelSection(BaseModel):
    """``channels.<name>``: ``type`` names a notifier, the other keys are that notifier's own settings."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    type: str


class HeartbeatSection(HttpSettings):
    """``heartbeat``: who is told again and again that rungbell lives."""

    url: SecretStr
    every: Annotated[Duration, at_least(timedelta(seconds=10)), at_most(timedelta(hours=1))] = timedelta(minutes=1)


class RecipeSection(Section):
    """``recipes.containment[n]``: what helps against what its matchers hold for; shown, never executed."""

    name: Text
    match: Annotated[Matchers, not_empty]
    text: Text
    commands: tuple[Command, ...] = ()


class RemedySection(Section):
    """``recipes.eradication[n]``: what removes one kind of cause, and how one sees that it did."""

    cause: Text
    fix: Text
    validation: Text


class RecipesSection(Section):
    """``recipes``: what has helped before, laid beside incidents."""

    containment: tuple[RecipeSection, ...] = ()
    eradication: tuple[RemedySection, ...] = ()


class FileSection(Section):
    """The whole file."""

    zone: Zone
    business_hours: HoursSection = HoursSection.model_construct()
    people: Annotated[dict[PersonId, PersonSection], Field(min_length=1)]
    schedules: dict[Name, ScheduleSection] = Field(default_factory=dict)
    channels: Annotated[dict[Name, ChannelSection], Field(min_length=1)]
    tiers: dict[Tier, TierSection]
    severities: dict[Severity, SeveritySection]
    rules: tuple[RuleSection, ...] = ()
    fallback_severity: Severity = Severity.P2
    policies: tuple[PolicySection, ...] = ()
    maintenance: tuple[MaintenanceSection, ...] = ()
    operator: str | None = None
    follow: Names = ()
    postmortems: PostmortemsSection = PostmortemsSection.model_construct()
    recipes: RecipesSection = RecipesSection.model_construct()
    storms: StormsSection = StormsSection.model_construct()
    clients: dict[Name, ClientSection] = Field(default_factory=dict)
    communication: CommunicationSection = CommunicationSection.model_construct()
    heartbeat: HeartbeatSection | None = None
    sources: dict[Name, SourceSection] = Field(default_factory=dict)
    api_tokens: dict[str, TokenSection] = Field(default_factory=dict)
