"""The policy: who is paged how urgently, as values.

Rules
-----
* An incident keeps the policy it was opened with, by content hash; a reload changes neither its ladder nor a due time
  (requirements 3.11 rule 18). Business hours are part of it for that reason.
* Who is on call and how people are reached is the *roster*, and is always today's.
* Tiers are L1 to L5 (playbook L613-621). ``climb_to`` caps every climb by a clock; ``only`` closes a tier to other
  severities, even for a page by hand (reading A25).

May import: ``severity``, ``matchers``, ``calendar``, ``language``, ``oncall``, ``override``, ``maintenance``,
``shifts``, ``storms``, ``preference``, ``command.recipes``, ``communication.audience``, ``communication.plan``,
``postmortem.record`` and the standard library's pure parts.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from rungbell.domain.calendar import BusinessHours
from rungbell.domain.command.recipes import NO_RECIPES, Recipes
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.plan import NOTHING_PLANNED, CommunicationPlan
from rungbell.domain.language import Language
from rungbell.domain.maintenance import MaintenanceWindow
from rungbell.domain.matchers import Matcher
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.override import Override, in_order
from rungbell.domain.postmortem.record import Owed
from rungbell.domain.preference import Through as Through  # noqa: PLC0414 -- tiers are made of it
from rungbell.domain.preference import Ways, chosen, one_at_once
from rungbell.domain.severity import Severity, SeverityRules
from rungbell.domain.shifts import Shifts
from rungbell.domain.storms import NO_STORMS, Storms
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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be paged; ``contacts`` holds what channels need (``email``, ``phone`` …)."""

    id: str
    name: str
    contacts: Mapping[str, str] = field(default_factory=dict)
    reached: Mapping[Severity, Ways] = field(default_factory=dict)
    """What they chose, by severity; without one the tier decides alone (see ``preference``)."""
    zone: str | None = None
    """By whose clocks they live, where they said so: times are told in UTC, and beside it in theirs."""
    language: Language = Language.EN


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured notifier; ``needs`` names the contact a person must have to be reached through it."""

    name: str
    needs: str | None = None
    follows: bool = False
    """It hears what becomes of the incidents that it was told of; see ``echo``."""
    calls: bool = False
    """It rings a telephone: news go another way, see ``preference``."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Today's people, schedules and channels."""

    people: Mapping[str, Person]
    schedules: Mapping[str, Schedule]
    channels: Mapping[str, Channel]
    round_robins: frozenset[str] = field(init=False)
    """The schedules with which incidents take turns."""

    def __post_init__(self) -> None:
        names = frozenset(name for name, schedule in self.schedules.items() if schedule.round_robin)
        object.__setattr__(self, "round_robins", names)

    def with_overrides(self, overrides: Iterable[Override]) -> "Roster":
        """Give the roster in which exactly these overrides count, the one made last before all others.

        One for a schedule or a person that is unknown today is left out: who is on call without it stays so.
        """
        of: dict[str, list[Override]] = {name: [] for name in self.schedules}
        for override in in_order(overrides):
            if override.schedule in of and override.person in self.people:
                of[override.schedule].append(override)
        schedules = {name: replace(schedule, overrides=tuple(of[name])) for name, schedule in self.schedules.items()}
        return replace(self, schedules=schedules)

    def with_calendars(self, calendars: Mapping[str, Shifts]) -> "Roster":
        """Give the roster in which these are the shifts of the calendars with those names."""

        def filled(layer: Layer) -> Layer:
            known = calendars.get(layer.shifts.calendar) if layer.shifts else None
            return layer if known is None else replace(layer, shifts=known)

        schedules = {
            name: replace(schedule, layers=tuple(filled(layer) for layer in schedule.layers))
            for name, schedule in self.schedules.items()
        }
        return replace(self, schedules=schedules)

    def on_tier(
        self,
        plan: TierPlan,
        now: datetime,
        nth: Mapping[str, int] | None = None,
        *,
        severity: Severity | None = None,
    ) -> tuple[tuple[str, Ways], ...]:
        """Who stands on a tier now, each with the ways that really reach them, for ``severity`` as they chose.

        ``nth`` holds the number that an incident has in each schedule with a round robin; without it everybody of that
        schedule stands there. People who are unknown today or have no usable way are left out; an empty answer is an
        empty tier.
        """
        found: dict[str, Ways] = {}
        for name in plan.reach:
            schedule = self.schedules.get(name)
            for person in schedule.on_call(now, nth.get(name) if nth else None) if schedule else (name,):
                ways = self.ways(person, plan.through, severity)
                if ways:
                    found[person] = ways
        return tuple(found.items())

    def ways(self, person: str, through: Ways, severity: Severity | None = None) -> Ways:
        """Those of ``through`` that reach ``person``, for ``severity`` as they chose; the first leaves at once."""
        known = self.people.get(person)
        if known is None:
            return ()
        channels = self.channels
        usable = tuple([way for way in through if (channel := channels.get(way.channel)) and self._has(known, channel)])
        wanted = known.reached.get(severity, ()) if severity is not None else ()
        return one_at_once(chosen(usable, wanted))

    def ways_for_news(self, person: str, through: Ways, severity: Severity | None = None) -> Ways:
        """The ways by which ``person`` hears what asks for no answer: none that calls, where there is another."""
        wanted = self.ways(person, through, severity)
        for ways in (wanted, self.ways(person, through)):
            quiet = tuple(way for way in ways if not self.channels[way.channel].calls)
            if quiet:
                return one_at_once(quiet)
        return wanted

    @staticmethod
    def _has(person: Person, channel: Channel) -> bool:
        return channel.needs is None or bool(person.contacts.get(channel.needs))


@dataclass(frozen=True, slots=True)
class PolicyRoute:
    """Where all matchers hold for the worst alert of a group, its incident follows this policy."""

    match: tuple[Matcher, ...]
    policy: Policy
    label: str = ""
    """What a person is shown as the reason, for example ``policies[0].match (line 92)``."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Through which channels people hear of their shifts of a schedule: that one begins, ends, or does so soon."""

    through: tuple[str, ...]
    starts: bool = True
    ends: bool = True
    before: timedelta | None = None
    """How long before it begins it is also told; ``None``: not at all."""


@dataclass(frozen=True, slots=True)
class Book:
    """Everything of the configuration that decisions read; replaced as a whole by a reload."""

    rules: SeverityRules
    routes: tuple[PolicyRoute, ...]
    """In order; the last one matches everything."""
    roster: Roster
    operator: Policy | None = None
    """The policy of rungbell's own troubles (rule 19)."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    tellings: Mapping[str, Telling] = field(default_factory=dict)
    """By schedule; without one nobody is told of shifts of it."""
    communication: CommunicationPlan = NOTHING_PLANNED
    recipes: Recipes = NO_RECIPES
    followers: tuple[str, ...] = ()
    """The channels that hear what becomes of every incident."""
    storms: Storms = NO_STORMS
    silenced: frozenset[str] = frozenset()
    """The sources whose Alertmanager is silent about what is acknowledged."""

    @property
    def zone(self) -> str:
        """The zone of the file, in which the office keeps its hours."""
        return self.routes[-1].policy.hours.zone

    def policy(self, hash_: str) -> Policy | None:
        """Give the policy with that content hash, if it is one of today's."""
        policies = [route.policy for route in self.routes]
        if self.operator is not None:
            policies.append(self.operator)
        return next((policy for policy in policies if policy.hash == hash_), None)
