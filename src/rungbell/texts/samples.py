"""Incidents that never were, by which templates are tried before they are needed.

Rules
-----
* They are what a template meets in its life: everything stated, nothing stated, over, restricted, and strangers' text
  at its worst. What renders with all of them renders.

May import: ``domain`` and the standard library.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rungbell.domain.book import Book, PolicyRoute
from rungbell.domain.calendar import BusinessHours
from rungbell.domain.command.record import Assignment, Command, Impact, Role, Tick
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.facts import TextFacts, text_facts
from rungbell.domain.communication.kinds import CommunicationKind, Recipient
from rungbell.domain.communication.plan import CommunicationPlan
from rungbell.domain.communication.progress import VALIDATED
from rungbell.domain.incident import Incident, Status, TierState
from rungbell.domain.policy import Obligations, Policy, PostmortemRule, Resolves, SeverityPlan, Tier, TierPlan
from rungbell.domain.postmortem.record import Owed
from rungbell.domain.roster import Person, Roster
from rungbell.domain.severity import Severity, SeverityRules
from rungbell.domain.timeline import Entry

DETECTED = datetime(2025, 11, 4, 10, 30, tzinfo=UTC)
"""The day of the playbook's own example (L810-845)."""
NOW = DETECTED + timedelta(minutes=32)
URL = "https://rungbell.example.com"
HOSTILE = "<b>{{ 7*7 }} {% raw %}\x1b[31m\u202ereversed\u2028line\r\nBcc: all@example.com" + "W" * 2_000

_PLAN = SeverityPlan(
    page=(Tier.L1,),
    acknowledge_within=timedelta(minutes=5),
    climb_to=Tier.L3,
    acknowledgement_lasts=timedelta(hours=1),
    stable_for=timedelta(minutes=30),
    resolves=Resolves.PERSON,
    bridge_url="https://meet.example.com/{incident}",
    obligations=Obligations(
        executives_told_within=timedelta(),
        clients_told_within=timedelta(minutes=30),
        impacts_clients=True,
        updates_every={
            Audience.INTERNAL: timedelta(minutes=30),
            Audience.CLIENTS: timedelta(minutes=30),
            Audience.EXECUTIVES: timedelta(minutes=15),
        },
        ask_for_provider_after=timedelta(minutes=30),
        postmortem=PostmortemRule(Owed.MANDATORY),
    ),
)
_POLICY = Policy(
    name="sample",
    tiers={
        Tier.L2: TierPlan(Tier.L2, "Senior support engineer", ("jane",), ()),
        Tier.L3: TierPlan(Tier.L3, "Engineering on-call", ("sam",), ()),
    },
    severities=dict.fromkeys(Severity, _PLAN),
    hours=BusinessHours("UTC"),
)
_BOOK = Book(
    rules=SeverityRules(),
    routes=(PolicyRoute((), _POLICY),),
    roster=Roster({"jane": Person("jane", "Jane Doe"), "sam": Person("sam", "Sam Roe")}, {}, {}),
    communication=CommunicationPlan(
        product="Example Cloud",
        support_email="support@example.com",
        support_phone="+44 20 7946 0000",
        sign_off="Example Cloud support",
        engineers="@engineering-oncall",
    ),
)
_SILENT = Incident(
    id="sample",
    key="sample",
    source="sample",
    receiver="",
    group_labels={},
    policy="",
    policy_name="sample",
    title="DatabaseDown: the database of tickets is not reachable",
    summary="",
    severity=Severity.P0,
    severity_rule="",
    detected_at=DETECTED,
    opened_at=DETECTED,
    paging_from=DETECTED,
    number=7,
    name="INC-20251104-1030",
)
_IMPACT = Impact(
    clients_affected="all 40",
    scope="complete",
    functionality="Tickets are enriched more than 10 minutes late",
    metric="4,200 tickets wait",
    business="about 2,000 an hour",
    sla="will be broken at 12:30 UTC",
    containment="Twice as many workers process what waits",
    workaround="Tickets can be edited by hand",
    expected_resolution="by 11:45 UTC",
    cause="the connection pool of db-1 is exhausted",
    plain_cause="a wrong setting slowed the database down",
    resolution="We corrected the setting and processed what had waited",
    next_steps="The setting is checked before it takes effect",
    condition="If the database is away for more than 30 minutes, the provider must be called.",
)
_COMMAND = Command(
    declared_at=DETECTED + timedelta(minutes=4),
    declared_by="jane",
    cause_found_at=DETECTED + timedelta(minutes=15),
    mitigated_at=DETECTED + timedelta(minutes=20),
    roles={Role.INCIDENT_COMMANDER: Assignment("jane", Tier.L2, DETECTED + timedelta(minutes=4))},
    impact=_IMPACT,
    ticks={line: Tick("jane", DETECTED + timedelta(minutes=130)) for line in VALIDATED},
)
STATED = replace(
    _SILENT,
    status=Status.FIXING,
    command=_COMMAND,
    tiers={Tier.L3: TierState(DETECTED + timedelta(minutes=1), "at once")},
)
"""An incident in the middle, of which everything is known."""
_OVER = replace(STATED, status=Status.RESOLVED, resolved_at=DETECTED + timedelta(minutes=135))
_WORST: dict[str, Any] = dict.fromkeys(Impact.__slots__, HOSTILE) | {"clients": (HOSTILE,)}
_HOSTILE = replace(
    STATED,
    title=HOSTILE,
    summary=HOSTILE,
    command=replace(_COMMAND, impact=Impact(**_WORST)),
)

SAMPLES: Mapping[str, Incident] = {
    "everything is stated": STATED,
    "nothing is stated": _SILENT,
    "it is over": _OVER,
    "it is restricted": replace(STATED, command=replace(_COMMAND, restricted=True)),
    "strangers wrote the worst": _HOSTILE,
}
"""By what is special about each."""


def sample_facts(kind: CommunicationKind, incident: Incident, entries: tuple[Entry, ...] = ()) -> TextFacts:
    """Give what a text of that kind is written from."""
    name = {Audience.CLIENTS: "Client A", Audience.EXECUTIVES: "Grace Mbeki", Audience.INTERNAL: "#incidents-p0"}
    recipient = Recipient("sample", name[kind.audience], {}, kind.audience)
    now = incident.resolved_at or NOW
    return text_facts(incident, _POLICY, _BOOK, entries, recipient, now, url=URL)
