"""The test file as its writer sees it: every key, its type and its default; those of its acts are in ``verbs``.

Rules
-----
* Keys that are not named here are mistakes.
* A list of names or times is short for several lines, one for each of them.

May import: ``moments``, ``verbs``, ``config``, ``domain`` and pydantic.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from rungbell.cli.test.moments import Start, When, Whens
from rungbell.cli.test.verbs import ActSection, Number
from rungbell.config.fields import Names, Text, Tiers
from rungbell.config.mistakes import did_you_mean, wrong
from rungbell.config.readers import After
from rungbell.config.section import Section
from rungbell.config.times import Zone
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.incident import Phase, Status
from rungbell.domain.obligation_clocks import OBLIGATIONS
from rungbell.domain.policy import Tier
from rungbell.domain.postmortem.record import Owed
from rungbell.domain.severity import Severity

NOBODY = "nobody"
"""How a state says that nobody holds the incident."""

Entries = TypeVar("Entries", bound=tuple[object, ...])


def _some(value: Entries) -> Entries:
    """Refuse an empty list; only of sound entries, so that one mistake is not told as two."""
    if not value:
        raise wrong("must not be empty")
    return value


BROKEN = tuple(obligation.name.value for obligation in OBLIGATIONS if obligation.breaks)
"""The obligations that can be overdue."""


def _obligations(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if name not in BROKEN:
            raise wrong(f"there is no obligation {name!r}", did_you_mean(name, BROKEN))
    return value


def _kinds(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if name not in set(CommunicationKind):
            raise wrong(f"there is no text {name!r}", did_you_mean(name, [*CommunicationKind]))
    return value


Obligations = Annotated[Names, After(_obligations)]
Kinds = Annotated[Names, After(_kinds)]


class AlertSection(Section):
    """``alerts[]``: an alert that fires for a while."""

    labels: Annotated[dict[str, str], Field(min_length=1)]
    annotations: dict[str, str] = Field(default_factory=dict)
    since: When | None = Field(default=None, alias="from")
    until: When | None = None
    source: str | None = None


class OverrideSection(Section):
    """``overrides[]``: somebody is on call for a schedule in the place of others, for a while."""

    schedule: Text
    person: Text
    since: When | None = Field(default=None, alias="from")
    """Without it, from the test's start on."""
    until: When
    instead_of: Text | None = None


class PageSection(Section):
    """``expect.pages[]`` and its like: all pages of a moment that fit; what is left out may be anything."""

    at: Whens
    tier: Tiers | None = None
    person: Names | None = None
    channel: Names | None = None
    incident: Number | None = None
    together: Number | None = None
    """How many pages left in the same message, where a budget had held them back; 1: it left by itself."""


class StateSection(Section):
    """``expect.states[]``: how an incident stands once everything of that moment has happened."""

    at: When
    incident: Number | None = None
    status: Status | None = None
    severity: Severity | None = None
    holder: Text | None = None
    tier: Tier | None = None
    exhausted: bool | None = None
    cycle: Number | None = None
    declared: bool | None = None
    phase: Phase | None = None
    commander: Text | None = None
    postmortem: Owed | Literal["none"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "StateSection":
        if not self.model_fields_set - {"at", "incident"}:
            raise wrong("expects nothing", f"say one of {', '.join(STATE_FACTS)}")
        return self


STATE_FACTS = tuple(name for name in StateSection.model_fields if name not in {"at", "incident"})
"""What a state can say of an incident."""


class OverdueSection(Section):
    """``expect.overdue[]``: obligations that become overdue at these times."""

    at: Whens
    obligation: Obligations
    incident: Number | None = None


class ToldSection(Section):
    """``expect.told[]``: a text that goes to somebody; what is left out may be anything."""

    at: Whens
    kind: Kinds
    to: Names | None = None
    incident: Number | None = None


class ExpectSection(Section):
    """``expect``: what must be so; what is not named may be anything."""

    severity: Severity | None = None
    guessed: bool | None = None
    policy: Text | None = None
    incidents: Annotated[int, Field(ge=0)] | None = None
    pages: tuple[PageSection, ...] | None = None
    pages_include: Annotated[tuple[PageSection, ...], After(_some)] | None = None
    notifications: tuple[PageSection, ...] | None = None
    reminders: tuple[PageSection, ...] | None = None
    overdue: tuple[OverdueSection, ...] | None = None
    told: tuple[ToldSection, ...] | None = None
    operator_pages: tuple[PageSection, ...] | None = None
    states: tuple[StateSection, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "ExpectSection":
        if not self.model_fields_set or (self.model_fields_set == {"states"} and not self.states):
            raise wrong("expects nothing", "say one of severity, policy, incidents, pages, notifications, states")
        if self.pages is not None and self.pages_include is not None:
            raise wrong("says both `pages` and `pages_include`", "`pages` are all of them already")
        return self


class CaseSection(Section):
    """``tests[]``: one test."""

    name: Text
    at: Start
    zone: Zone | None = None
    until: When | None = None
    group_by: Names = ("alertname",)
    overrides: tuple[OverrideSection, ...] = ()
    alerts: tuple[AlertSection, ...] = ()
    acts: tuple[ActSection, ...] = ()
    expect: ExpectSection


class CaseFileSection(Section):
    """A whole test file."""

    config: Text
    tests: Annotated[tuple[CaseSection, ...], After(_some)]


PageList = Literal["pages", "pages_include", "notifications", "reminders", "operator_pages"]
PAGE_LISTS: tuple[PageList, ...] = ("pages", "pages_include", "notifications", "reminders", "operator_pages")
