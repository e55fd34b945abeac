"""What the API answers, as models; ``views`` makes them from the core's values.

Rules
-----
* What a model says is what is sent, and what ``openapi`` describes; no answer is put together beside them; only
  ``alertmanager`` writes ``Taken`` by hand, for speed.
* Others build on the names: a field that is here stays, new ones may join.

May import: ``domain``, ``view``, ``command_answers``, pydantic.
"""

from typing import Literal

from pydantic import Field

from rungbell.domain.clock import ClockName
from rungbell.domain.decision import Outcome
from rungbell.domain.incident import Detection, Phase, Status
from rungbell.domain.page import PageKind, PageState, Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from rungbell.domain.token import Scope
from rungbell.web.command_answers import CommandView
from rungbell.web.review_answers import ReviewDueView
from rungbell.web.view import Moment, View

SHOWN_ALERTS = 100
"""Alerts that an incident is shown with; it may have ten thousand."""


class IncidentView(View):
    """An incident as a row of a list."""

    id: str
    number: int
    name: str | None
    title: str
    summary: str
    severity: Severity
    severity_guessed: bool = Field(description="No rule knew it; it is the configured fallback.")
    status: Status
    phase: Phase = Field(description="Where the work stands, as PICERL has it.")
    detection: Detection = Field(description="How it was found.")
    tier: Tier | None = Field(description="The highest that was paged.")
    acknowledged_by: str | None
    acknowledged_at: Moment | None
    acknowledged_until: Moment | None
    snoozed: bool = Field(description="The holder is left alone until then; at its end it rings as at an opening.")
    opened_at: Moment
    detected_at: Moment = Field(description="When its earliest alert began.")
    resolved_at: Moment | None
    resolved_by: str | None
    source: str
    policy: str
    cycle: int = Field(description="How often it has opened.")
    alerts: int
    alerts_firing: int
    exhausted: bool = Field(description="The ladder ran out of tiers.")
    held: bool = Field(description="Paging is held, after an outage or a restored backup, until somebody acts.")
    maintenance_until: Moment | None = Field(description="A maintenance window holds its paging until then.")
    suppressed: str = Field(
        description="What keeps Alertmanager silent about all of its firing alerts, in words; it holds no page."
    )
    links: dict[str, str] = Field(
        description="Where to read on, by name: `runbook`, `dashboard`, `trace`, `logs`, as its worst alert says."
    )
    merged_into: str | None = Field(description="The incident that it goes on in, by its identity.")
    parts: int = Field(description="How many incidents go on in it, as in the umbrella of a storm.")
    restricted: bool = Field(description="A security breach of which only those paged may hear, until it is released.")
    version: int = Field(description="What `as_of` of an act is compared with.")


class IncidentRow(IncidentView):
    """An incident, and what it owes by now."""

    overdue: dict[str, Moment] = Field(
        description="The obligations that it breaks, by name, and since when: `response`, `engineering`, or a clock."
    )


class DeadlineView(View):
    """A clock of an incident that runs."""

    clock: ClockName
    due: Moment
    tier: Tier | None
    happens: str = Field(description="What it does when it is due, in words.")


class TierView(View):
    """A tier that was paged."""

    tier: Tier
    role: str
    paged_at: Moment
    cause: str
    empty: bool = Field(description="Nobody on it could be reached.")
    acknowledged_at: Moment | None
    acknowledged_by: str | None


class PageView(View):
    """One row of the delivery ledger."""

    intent: str = Field(description="The same for every attempt.")
    kind: PageKind
    purpose: Purpose
    tier: Tier
    person: str
    channel: str
    cycle: int
    created_at: Moment
    send_after: Moment
    state: PageState
    attempts: int
    last_failure: str | None


class AlertView(View):
    """An alert of an incident."""

    labels: dict[str, str]
    annotations: dict[str, str]
    firing: bool
    severity: Severity | None
    starts_at: Moment
    ends_at: Moment | None


class IncidentDetail(IncidentRow):
    """An incident whole: with its running clocks, its ladder, its pages and its alerts."""

    severity_rule: str
    receiver: str
    group_labels: dict[str, str]
    policy_hash: str
    deadlines: list[DeadlineView]
    command: CommandView
    tiers: list[TierView]
    pages: list[PageView]
    alert_list: list[AlertView] = Field(description=f"At most {SHOWN_ALERTS}.")


class IncidentList(View):
    """A page of incidents, newest first."""

    incidents: list[IncidentRow]
    next: str | None = Field(description="The `after` of the following page; null on the last one.")


class EntryView(View):
    """One line of the timeline."""

    at: Moment
    kind: EntryKind
    actor: str
    tier: Tier | None
    channel: str | None
    text: str
    facts: dict[str, str]


class Timeline(View):
    """What happened to an incident, oldest first."""

    timeline: list[EntryView]


class HeadView(View):
    """Where the chain of a timeline ends."""

    seq: int = Field(description="How many entries were written.")
    hash: str


class SealedEntry(View):
    """One line of the timeline as it was sealed: its place, its hash, and the words that were hashed."""

    seq: int
    hash: str
    at: str
    kind: str
    actor: str
    tier: str | None
    channel: str | None
    text: str
    facts: dict[str, str]


class TimelineExport(View):
    """A whole timeline, to be kept elsewhere and verified without rungbell."""

    format: Literal["rungbell timeline 1"] = Field(description="How the hashes are made.")
    exported_at: Moment
    incident: IncidentView
    head: HeadView | None = Field(description="null: nothing was ever written.")
    entries: list[SealedEntry]


class BreakView(View):
    """The first place where a timeline is not what was written."""

    seq: int
    what: str


class Verification(View):
    """Whether a timeline is what was written, whole and in order."""

    incident: int
    entries: int
    head: HeadView | None
    whole: bool
    broken: BreakView | None


class ActAnswer(View):
    """What came of an act, and the incident as it now stands."""

    outcome: Outcome
    message: str
    incident: IncidentView


class PageAheadView(View):
    """A page that leaves if nobody acts."""

    at: Moment
    tier: Tier
    role: str
    person: str = Field(description="Who stands on the tier then, as far as is known today.")
    schedule: str | None = Field(description="The schedule that puts them there; null: by name, or as the holder.")
    instead_of: list[str] = Field(description="Who would stand there, were it not for an override.")
    channel: str
    purpose: Purpose
    why: str = Field(description="The purpose, in words.")


class EventAheadView(View):
    """What the timeline will tell beside the pages, if nobody acts."""

    at: Moment
    kind: EntryKind
    tier: Tier | None
    text: str


class RoundView(View):
    """What goes on, again and again, until a person acts."""

    clock: ClockName
    next_at: Moment
    every_seconds: float | None = Field(description="null: on each next business day.")
    business_hours: bool = Field(description="Whether that is time in which business is open.")
    tiers: list[Tier] = Field(description="Those that are rung each time.")


class PagedView(PageView):
    """A page of the present cycle, and why it was sent."""

    why: str = Field(description="The purpose, in words.")


class Outlook(View):
    """Why people were paged for an incident, and what happens next if nobody acts."""

    incident: IncidentView
    at: Moment = Field(description="When this was so.")
    severity_rule: str
    policy_hash: str = Field(description="Of the policy it keeps since it was opened.")
    zone: str = Field(description="The time zone of that policy.")
    paged: list[PagedView] = Field(description="Oldest first.")
    told: list[EntryView] = Field(description="What else happened, of that which starts, stops or moves the paging.")
    next: list[PageAheadView] = Field(
        description="What leaves, in order; of the rounds of an exhausted ladder only the first two."
    )
    events: list[EventAheadView]
    exhausted_at: Moment | None
    goes_round: RoundView | None = Field(description="null where it ends by itself, or is over.")
    cut_off: bool = Field(description="More would happen than anybody looks ahead.")


class Taken(View):
    """A webhook that is on disk."""

    status: Literal["ok"]
    incident: int | None = Field(description="The number of the incident its alerts belong to, where there is one.")


class TokenView(View):
    """A token, without its secret."""

    id: str = Field(description="What names it; part of its secret.")
    name: str
    scopes: list[Scope]
    person: str | None
    source: str | None
    state: Literal["live", "expired", "revoked"]
    created_at: Moment
    created_by: str
    expires_at: Moment | None
    revoked_at: Moment | None


class TokenList(View):
    """Every token there ever was, oldest first."""

    tokens: list[TokenView]


class NewToken(View):
    """A token that was just made, and its secret: shown here and never again."""

    token: TokenView
    secret: str


class PersonView(View):
    """A person of the configuration, or one who was forgotten."""

    id: str
    name: str = Field(description="Of whoever is forgotten, `forgotten person` and a number.")
    forgotten: bool


class PeopleList(View):
    """Everybody of the configuration, and everybody who was forgotten."""

    people: list[PersonView]


class ForgottenView(View):
    """What became of what the store held of a person."""

    id: str
    name: str = Field(description="What stands where names are shown.")
    tokens: int = Field(description="Revoked now.")
    overrides: int = Field(description="Ended now.")
    handover_notes: int = Field(description="Blanked now.")


class OpenCount(View):
    """How many incidents are open with this status and severity."""

    status: Status
    severity: Severity
    count: int


class OverdueCount(View):
    """How many incidents of this severity break an obligation."""

    obligation: str
    severity: Severity
    count: int


class Acknowledged(View):
    """One incident that somebody has acknowledged."""

    person: str
    number: int
    severity: Severity
    title: str
    until: Moment


class Heartbeat(View):
    """When a source's Watchdog was seen, and how often it is expected."""

    source: str
    seen_at: Moment | None
    age_seconds: float | None
    expected_within_seconds: float | None


class PagedTwice(View):
    """An Alertmanager that pages PagerDuty by itself although rungbell does."""

    source: str
    receivers: list[str] = Field(description="Through which of its receivers, as it calls them.")


class Reload(View):
    """The configuration in use; ``successful`` is false where a later file could not be used."""

    at: Moment
    successful: bool
    hash: str


class StoreView(View):
    """Whether the store can be read and written; ``failing`` says what is wrong with it."""

    reachable: bool
    failing: str


class StatusView(View):
    """How the daemon stands."""

    version: str
    at: Moment
    ready: bool
    why_not: str = Field(description="Why it is not ready; empty where it is.")
    open: list[OpenCount] | None = None
    acknowledged: list[Acknowledged] | None = None
    overdue: list[OverdueCount] | None = None
    reviews: list[ReviewDueView] | None = None
    clock_lag_seconds: float | None = Field(
        default=None, description="Age of the oldest due clock that nobody has served yet."
    )
    oldest_unsent_page_seconds: float | None = Field(
        default=None, description="How overdue the most overdue unsent page is."
    )
    heartbeats: list[Heartbeat] | None = None
    paged_twice: list[PagedTwice]
    reload: Reload
    store: StoreView
    people: list[str] = Field(description="Who may act, by id in the configuration.")


class Problem(View):
    """What is wrong, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What, where, and how to mend it; for people.")
    scope: Scope | None = Field(default=None, description="With 403: the scope that the token lacks.")
    incident: IncidentView | None = Field(default=None, description="With a refused act: how the incident stands.")
