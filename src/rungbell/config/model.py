"""The file as its writer sees it: every key, its type and its default.

Rules
-----
* Keys that are not named here are mistakes. Values of one key never depend on another file.
* What can be said about one value is checked by its type; what spans several is checked in ``crosscheck``.
* ``X: SecretStr`` can also be written as ``X_file`` (see ``secrets``); no model says so twice.

May import: ``domain``, ``ical.people``, ``communication_model``, ``fields``, ``durations``, ``holidays``, ``http``,
``mistakes``, ``readers``, ``section`` and pydantic.
"""

from datetime import date, time, timedelta
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from rungbell.config.communication_model import ClientSection, CommunicationSection
from rungbell.config.durations import Duration, format_duration
from rungbell.config.fields import (
    Addresses,
    Command,
    Country,
    Dates,
    Days,
    Email,
    Handover,
    HeaderName,
    Hours,
    InTurn,
    Lasts,
    Matchers,
    MeetingUrl,
    Name,
    Names,
    PersonId,
    Phone,
    ReceiverNames,
    Scheme,
    Scopes,
    Severities,
    Starts,
    Text,
    Tiers,
    Together,
    TurnLength,
    Wait,
    Wall,
    Window,
    Zone,
    at_least,
    at_most,
    dates,
    not_empty,
    one_or_many,
)
from rungbell.config.holidays import country_named, holidays_of
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong
from rungbell.config.readers import Before
from rungbell.config.section import Section
from rungbell.domain.communication.audience import Audience
from rungbell.domain.hours import EVERY_DAY, MIDNIGHT
from rungbell.domain.language import Language
from rungbell.domain.maintenance import HELD_SEVERITIES
from rungbell.domain.policy import Resolves, Tier
from rungbell.domain.postmortem.record import Owed
from rungbell.domain.severity import Severity
from rungbell.domain.token import Scope
from rungbell.ical.people import NamedBy


class HolidaysSection(Section):
    """``business_hours.holidays``: those of a country, and other dates; spelled short, a country or a list of dates."""

    country: Country | None = None
    subdivision: Text | None = None
    also: Dates = ()
    without: Dates = ()

    @model_validator(mode="after")
    def _of_a_country(self) -> "HolidaysSection":
        if self.country is not None:
            holidays_of(self.country, self.subdivision)  # says what is wrong with the subdivision
        elif self.subdivision is not None or self.without:
            raise wrong("needs a `country`", "such as {country: GB, subdivision: ENG}")
        return self

    @property
    def dates(self) -> frozenset[date]:
        """Every day that is a holiday."""
        public = holidays_of(self.country, self.subdivision) if self.country else frozenset[date]()
        return (public | frozenset(self.also)) - frozenset(self.without)


def _spelled_short(value: object, read: ValidatorFunctionWrapHandler) -> object:
    if isinstance(value, str):
        return HolidaysSection.model_construct(country=country_named(value))
    if isinstance(value, list):
        return HolidaysSection.model_construct(also=dates(value))
    if not isinstance(value, dict):
        raise wrong("must be dates, or a country", "such as [2026-12-25], or GB")
    return read(value)


class HoursSection(Section):
    """``business_hours``: when a business day is open, in the file's zone."""

    days: Days = frozenset(range(5))
    hours: Hours = (time(9), time(17))
    holidays: Annotated[HolidaysSection, WrapValidator(_spelled_short)] = HolidaysSection.model_construct()


class ThroughSection(Section):
    """One item of ``through``: a channel's name, or ``{name: how long it waits}``."""

    channel: str
    after: Duration = timedelta()

    @model_validator(mode="before")
    @classmethod
    def _spelled_short(cls, value: object) -> object:
        if isinstance(value, str):
            return {"channel": value}
        if isinstance(value, dict) and len(value) == 1:
            ((channel, after),) = value.items()
            return {"channel": channel, "after": after}
        raise wrong("must be a channel", "write `chat`, or `{chat: 2m}` for one that waits two minutes")


ChosenWays = Annotated[tuple[ThroughSection, ...], Before(one_or_many), not_empty]


class ReachedSection(Section):
    """``people.<id>.reached``: through which channels somebody wants to be rung; spelled short for all severities."""

    P0: ChosenWays | None = None
    P1: ChosenWays | None = None
    P2: ChosenWays | None = None
    P3: ChosenWays | None = None
    otherwise: ChosenWays | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled_short(cls, value: object) -> object:
        return {"otherwise": value} if isinstance(value, str | list) else value

    def key_for(self, severity: Severity) -> str | None:
        """Under which key it stands what is wanted for that severity; ``None`` where the tier decides alone."""
        return next((key for key in (severity.value, "otherwise") if getattr(self, key, None)), None)

    def ways_for(self, severity: Severity) -> tuple[ThroughSection, ...]:
        """What is wanted for that severity; empty where the tier decides alone."""
        key = self.key_for(severity)
        ways: tuple[ThroughSection, ...] = getattr(self, key) if key else ()
        return ways


class PersonSection(Section):
    """``people.<id>``: a person, how channels reach them, and how they want to be reached."""

    name: Text | None = None
    email: Email | None = None
    phone: Phone | None = None
    contacts: dict[str, Text] = Field(default_factory=dict)
    zone: Zone | None = None
    language: Language = Language.EN
    reached: ReachedSection = ReachedSection.model_construct()

    @model_validator(mode="after")
    def _said_once(self) -> "PersonSection":
        for key in ("email", "phone"):
            if key in self.contacts:
                raise wrong(f"`{key}` stands among the contacts", f"write `{key}:` beside `name:`")
        return self


class RotationSection(Section):
    """``rotation``: people take turns of one length; ``starts`` says when the first one begins."""

    people: InTurn
    every: TurnLength = timedelta(weeks=1)
    handover: Handover | None = None
    starts: Starts
    together: Together = 1
    zone: Zone | None = None

    @model_validator(mode="after")
    def _possible(self) -> "RotationSection":
        weekday = self.handover[0] if self.handover else None
        if weekday is not None and self.every % timedelta(weeks=1):
            raise wrong(
                f"turns of {format_duration(self.every)} do not all begin on one weekday",
                "leave the weekday out of `handover`; the first turn begins on the day `starts`",
            )
        if self.together > len(set(self.people)):
            raise wrong(f"has fewer people than the {self.together} that are on call together")
        return self


class CalendarSection(HttpSettings):
    """``calendar``: who is on call is what a calendar says, which is read at a ``url`` or in a ``file``."""

    url: SecretStr | None = None
    file: Text | None = None
    by: NamedBy = NamedBy.SUMMARY
    aliases: dict[Text, str] = Field(default_factory=dict)
    zone: Zone | None = None
    refresh: Annotated[Duration, at_least(timedelta(minutes=1))] = timedelta(minutes=15)
    stale_after: Annotated[Duration, at_least(timedelta(minutes=5))] = timedelta(hours=6)

    @model_validator(mode="after")
    def _one_place(self) -> "CalendarSection":
        if (self.url is None) == (self.file is None):
            raise wrong("needs exactly one of `url_file`, `url` and `file`")
        if self.stale_after < self.refresh:
            raise wrong("`stale_after` is shorter than `refresh`", "a calendar is read again every `refresh`")
        return self


class Duties(Section):
    """What says who is on call: people always, a rotation, people to whom incidents go in turn, or a calendar."""

    people: Names | None = None
    rotation: RotationSection | None = None
    round_robin: InTurn | None = None
    calendar: CalendarSection | None = None

    @property
    def given(self) -> int:
        """How many of these it has."""
        return sum(part is not None for part in (self.people, self.rotation, self.round_robin, self.calendar))


class LayerSection(Duties):
    """``schedules.<name>.layers[n]``: somebody is on call, within hours of the week or always."""

    days: Days | None = None
    hours: Window | None = None
    zone: Zone | None = None

    @model_validator(mode="after")
    def _one_of_four(self) -> "LayerSection":
        if self.given != 1:
            raise wrong("needs exactly one of `people`, `rotation`, `round_robin` and `calendar`")
        if self.zone and not (self.days or self.hours or self.rotation or self.calendar):
            raise wrong("`zone` does nothing here", "add `hours`, `days` or a `rotation`, or leave it out")
        return self


class TellSection(Section):
    """``schedules.<name>.tell``: through which channels people hear of their shifts."""

    through: Names
    starts: bool = True
    ends: bool = True
    before: Annotated[Duration, at_least(timedelta(minutes=1)), at_most(timedelta(weeks=1))] | None = None

    @model_validator(mode="after")
    def _something(self) -> "TellSection":
        if not (self.starts or self.ends or self.before):
            raise wrong("tells of nothing", "leave `tell` out, or one of `starts`, `ends` and `before` in")
        return self


class ScheduleSection(Duties):
    """``schedules.<name>``: who is on call, in one way or in layers of which the first that has somebody decides."""

    layers: Annotated[tuple[LayerSection, ...], not_empty] | None = None
    tell: TellSection | None = None

    @model_validator(mode="after")
    def _one_of_five(self) -> "ScheduleSection":
        if self.given + (self.layers is not None) != 1:
            raise wrong("needs exactly one of `people`, `rotation`, `round_robin`, `calendar` and `layers`")
        return self


class ChannelSection(BaseModel):
    """``channels.<name>``: ``type`` names a notifier, the other keys are that notifier's own settings."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    type: str


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


class MaintenanceSection(Section):
    """``maintenance[n]``: paging of what matches is held within hours of the week, a time once, or both together."""

    name: Text
    match: Annotated[Matchers, not_empty]
    only: Severities = tuple(sorted(HELD_SEVERITIES))
    days: Days | None = None
    hours: Window | None = None
    from_: Wall | None = Field(default=None, alias="from")
    until: Wall | None = None
    zone: Zone | None = None

    @model_validator(mode="after")
    def _ends(self) -> "MaintenanceSection":
        weekly = self.days is not None or self.hours is not None
        if not weekly and (self.from_ is None or self.until is None):
            raise wrong("says no time", "give `from` and `until`, or `days` and `hours` that come back every week")
        opens, closes = self.hours or (MIDNIGHT, MIDNIGHT)
        if self.until is None and (self.days or EVERY_DAY) == EVERY_DAY and opens == closes:
            raise wrong("never ends", "leave out a day, shorten `hours`, or say `until`")
        if self.from_ is not None and self.until is not None and self.from_ >= self.until:
            raise wrong(f"`until` ({self.until:%Y-%m-%d %H:%M}) is not after `from` ({self.from_:%Y-%m-%d %H:%M})")
        return self


class UmbrellaSection(Section):
    """``storms.umbrella``: from when on the new incidents of a policy go on in one."""

    opens: int = Field(ge=2, le=10_000)
    within: Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(hours=1))] = timedelta(minutes=1)


BudgetTime = Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(days=1))]


class BudgetSection(Section):
    """``storms.pages``, ``storms.channels.<name>``: how many pages may leave one by one to one person."""

    at_most: int = Field(ge=1, le=10_000)
    within: BudgetTime = timedelta(minutes=10)


class StormsSection(Section):
    """``storms``: what is done where too much happens at once; what is left out is not done."""

    umbrella: UmbrellaSection | None = None
    pages: BudgetSection | None = None
    channels: dict[str, BudgetSection] = Field(default_factory=dict)


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


class BasicAuthSection(Section):
    """``sources.<name>.basic_auth``: a name and a password."""

    username: Text
    password: SecretStr


class AlertmanagerSection(HttpSettings):
    """``sources.<name>.alertmanager``: where the source's Alertmanager is asked what still fires."""

    url: Addresses
    bearer_token: SecretStr | None = None
    basic_auth: BasicAuthSection | None = None
    receivers: ReceiverNames = ()
    every: Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(hours=1))] = timedelta(minutes=1)
    settle_after: Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(days=1))] = timedelta(
        minutes=10
    )
    silence_while_acknowledged: bool = False

    @model_validator(mode="after")
    def _possible(self) -> "AlertmanagerSection":
        if self.bearer_token is not None and self.basic_auth is not None:
            raise wrong("takes one of `bearer_token_file` and `basic_auth`, not both")
        if self.settle_after < self.every:
            raise wrong("`settle_after` is shorter than `every`", "what differs must differ in two looks at least")
        return self


class HmacSection(Section):
    """``sources.<name>.hmac``: the secret by which Grafana signs its webhooks, and the headers in which it does."""

    secret: SecretStr
    header: HeaderName = "X-Grafana-Alerting-Signature"
    timestamp_header: HeaderName | None = None


class SourceSection(Section):
    """``sources.<name>``: who may send alerts, and what is known of them."""

    bearer_token: SecretStr | None = None
    basic_auth: BasicAuthSection | None = None
    hmac: HmacSection | None = None
    anonymous: bool = False
    scheme: Scheme | None = None
    watchdog_within: Annotated[Duration, at_least(timedelta(minutes=1))] | None = None
    alertmanager: AlertmanagerSection | None = None

    @model_validator(mode="after")
    def _one_credential(self) -> "SourceSection":
        given = (self.bearer_token is not None, self.basic_auth is not None, self.hmac is not None, self.anonymous)
        if sum(given) != 1:
            raise wrong("needs exactly one of `bearer_token_file`, `basic_auth`, `hmac` and `anonymous: true`")
        return self


class TokenSection(Section):
    """``api_tokens.<person>``: the bearer token with which a person uses the API, and what for."""

    token: SecretStr
    scopes: Scopes = (Scope.READ, Scope.ACT, Scope.ADMIN)

    @model_validator(mode="after")
    def _no_source(self) -> "TokenSection":
        if Scope.INGEST in self.scopes:
            raise wrong("`ingest` is for sources, and a person is none", "give the source a `bearer_token_file`")
        return self


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
    sources: dict[Name, SourceSection] = Field(default_factory=dict)
    api_tokens: dict[str, TokenSection] = Field(default_factory=dict)
