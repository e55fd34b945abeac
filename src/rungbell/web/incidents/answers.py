"""What the API answers about incidents, as models; ``views`` makes them from the core's values.

Rules
-----
* What a model says is what is sent, and what ``openapi`` describes; no answer is put together beside them.
* Others build on the names: a field that is here stays, new ones may join.

May import: ``domain``, ``command_answers``, ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.domain.clock import ClockName
from rungbell.domain.incident import Detection, Phase, Status
from rungbell.domain.page import PageKind, PageState, Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.web.incidents.command_answers import CommandView
from rungbell.web.wire.view import Moment, PageKey, PersonId, Sentence, View

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
    acknowledged_by: PersonId | None
    acknowledged_at: Moment | None
    acknowledged_until: Moment | None
    snoozed: bool = Field(description="The holder is left alone until then; at its end it rings as at an opening.")
    opened_at: Moment
    detected_at: Moment = Field(description="When its earliest alert began.")
    resolved_at: Moment | None
    resolved_by: PersonId | None
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
    acknowledged_by: PersonId | None


class PageView(View):
    """One row of the delivery ledger."""

    intent: PageKey = Field(description="The same for every attempt.")
    kind: PageKind
    purpose: Purpose
    tier: Tier
    person: PersonId
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

    severity_rule: Sentence
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
