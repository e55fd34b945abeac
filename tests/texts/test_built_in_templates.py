"""The built-in templates: each field of the playbook's, from the facts of one incident."""

import re
from dataclasses import replace

import pytest

from rungbell.domain.communication.kinds import CommunicationKind as Kind
from rungbell.domain.communication.kinds import Text
from rungbell.domain.communication.missing import missing
from rungbell.texts import Texts
from rungbell.texts.checking import tried
from rungbell.texts.samples import SAMPLES, sample_facts
from tests.texts.golden import FOLDER, HOSTILE, OVER, RESTRICTED, SILENT, STATED, golden, whole

TEXTS = Texts()


def text(kind: Kind, sample: str = STATED) -> Text:
    return TEXTS.write(kind, sample_facts(kind, SAMPLES[sample]))


def words(kind: Kind, sample: str = STATED) -> str:
    return whole(text(kind, sample))


FIELDS = {
    "47": (
        Kind.INTERNAL_DECLARATION,
        STATED,
        {
            "headline": "🚨 INCIDENT DECLARED: P0 DatabaseDown",
            "severity with its word": "Severity: 🔴 P0 (Critical)",
            "detected": "Detected: 2025-11-04 10:30 UTC",
            "commander with mention": "Incident commander: Jane Doe (Senior support engineer) @jane",
            "status": "Status: FIXING",
            "number of clients": "Clients affected: all 40",
            "functionality": "What does not work: Tickets are enriched more than 10 minutes late",
            "metric": "Measured: 4,200 tickets wait",
            "current actions": "Engineering paged at 10:31 UTC",
            "containment": "Containment: Twice as many workers",
            "timeline": "https://rungbell.example.com/api/v1/incidents/7/timeline",
            "next update": "within 30 minutes (by 11:32 UTC), or as soon as the status changes",
            "war room": "War room: #incident-20251104-1030",
            "call": "Call: https://meet.example.com/incident-20251104-1030",
            "engineers": "Engineers: @engineering-oncall",
        },
    ),
    "48": (
        Kind.CLIENT_NOTICE,
        STATED,
        {
            "subject": "[Example Cloud] Service Impact Notice - Tickets are enriched more than 10 minutes late\n",
            "client": "Dear Client A,",
            "severity": "Severity: P0 - Critical",
            "detected": "Detected: 2025-11-04 10:30 UTC",
            "impact on that client": "Impact on you: Tickets are enriched more than 10 minutes late",
            "status": "CURRENT STATUS\nThe cause is found, and the repair is under way.",
            "containment": "For now: Twice as many workers process what waits",
            "expected resolution": "EXPECTED RESOLUTION\nby 11:45 UTC",
            "workaround": "WORKAROUNDS\nTickets can be edited by hand",
            "next update": "within 30 minutes (by 11:32 UTC), or as soon as the status changes",
            "support by mail": "support@example.com",
            "hotline": "+44 20 7946 0000",
            "sign-off": "Kind regards\nExample Cloud support\n",
        },
    ),
    "49": (
        Kind.CLIENT_UPDATE,
        STATED,
        {
            "subject": "[Example Cloud] Service Impact Update - Tickets are enriched",
            "client": "Dear Client A,",
            "summary of the progress": "Update: Problem contained",
            "severity": "Severity: P0 - Critical",
            "detected": "Detected: 2025-11-04 10:30 UTC",
            "time elapsed": "Time elapsed: 0 hours 32 minutes",
            "progress": "• [10:45 UTC] Cause found: a wrong setting slowed the database down",
            "current impact": "CURRENT IMPACT\nTickets are enriched more than 10 minutes late",
            "updated estimate": "EXPECTED RESOLUTION\nby 11:45 UTC",
            "next update": "within 30 minutes (by 11:32 UTC), or as soon as it is resolved",
            "sign-off": "Kind regards\nExample Cloud support\n",
        },
    ),
    "50": (
        Kind.ALL_CLEAR,
        OVER,
        {
            "subject without a description": "[Example Cloud] RESOLVED - Service Impact Notice\n",
            "severity": "Severity: P0 - Critical",
            "detected": "Detected: 2025-11-04 10:30 UTC",
            "resolved": "Resolved: 2025-11-04 12:45 UTC",
            "total duration": "Total duration: 2 hours 15 minutes",
            "impact": "Impact: Tickets are enriched more than 10 minutes late",
            "cause in plain words": "ROOT CAUSE\na wrong setting slowed the database down",
            "resolution": "RESOLUTION\nWe corrected the setting",
            "validation": "✅ Monitoring shows that it runs stably",
            "postmortem": "• We examine in full how this came about",
            "further steps": "• The setting is checked before it takes effect",
            "normal operations": "• Support is available as usual",
            "contact": "please tell us at once: support@example.com or +44 20 7946 0000",
        },
    ),
    "51": (
        Kind.EXECUTIVE_NOTE,
        STATED,
        {
            "severity": "Severity: P0 (Critical)",
            "detected": "Detected: 2025-11-04 10:30 UTC",
            "commander with role": "Incident commander: Jane Doe (Senior support engineer)",
            "impact": "Tickets are enriched more than 10 minutes late (complete)",
            "clients": "Clients affected: all 40",
            "revenue": "Revenue: about 2,000 an hour",
            "SLA": "SLA: will be broken at 12:30 UTC",
            "cause so far": "ROOT CAUSE\nthe connection pool of db-1 is exhausted",
            "engineering paged": "Engineering paged at 10:31 UTC",
            "client notification": "Client notification: not yet sent, was due 11:00 UTC",
            "war room": "#incident-20251104-1030",
            "timeline": "Timeline: https://rungbell.example.com/api/v1/incidents/7/timeline",
            "next update": "within 15 minutes (by 11:17 UTC), or as soon as the status changes",
            "escalation": "If the database is away for more than 30 minutes, the provider must be called.",
        },
    ),
}
"""By requirement: the kind, the sample, and each field of the playbook's template with what says it."""


@pytest.mark.parametrize(
    ("kind", "sample", "expected"),
    [
        pytest.param(kind, sample, expected, id=f"{kind}: {name}", marks=pytest.mark.requirement(requirement))
        for requirement, (kind, sample, fields) in FIELDS.items()
        for name, expected in fields.items()
    ],
)
def test_a_text_has_each_field_of_the_playbooks_template(kind: Kind, sample: str, expected: str) -> None:
    assert expected in words(kind, sample)


def test_the_texts_are_these() -> None:
    written = dict(golden())
    assert {name: (FOLDER / name).read_text() for name in written} == written
    assert written.keys() == {file.name for file in FOLDER.iterdir()}


@pytest.mark.requirement("48")
def test_where_nothing_is_stated_the_client_hears_that_it_is_investigated_and_that_there_is_no_workaround() -> None:
    said = words(Kind.CLIENT_NOTICE, SILENT)
    assert "EXPECTED RESOLUTION\nWe are still investigating" in said
    assert "WORKAROUNDS\nThere is no workaround at this time." in said


@pytest.mark.requirement("50", "A27")
def test_the_all_clear_speaks_of_a_postmortem_only_where_one_is_due() -> None:
    facts = sample_facts(Kind.ALL_CLEAR, SAMPLES[OVER])
    said = TEXTS.write(Kind.ALL_CLEAR, replace(facts, postmortem_due=False)).body
    assert "how this came about" not in said
    assert "how this came about" in TEXTS.write(Kind.ALL_CLEAR, facts).body


@pytest.mark.requirement("50", "A27")
def test_the_all_clear_says_to_be_validated_what_was_attested_and_nothing_else() -> None:
    facts = sample_facts(Kind.ALL_CLEAR, SAMPLES[OVER])
    one = replace(facts, validations=facts.validations[:1])
    assert re.findall("✅.*", TEXTS.write(Kind.ALL_CLEAR, one).body) == [f"✅ {facts.validations[0]}"]
    assert "✅" not in TEXTS.write(Kind.ALL_CLEAR, replace(facts, validations=())).body


@pytest.mark.requirement("A28")
@pytest.mark.parametrize("kind", [Kind.CLIENT_NOTICE, Kind.CLIENT_UPDATE, Kind.ALL_CLEAR])
def test_clients_get_no_details_of_a_restricted_incident(kind: Kind) -> None:
    said = words(kind, RESTRICTED)
    impact = SAMPLES[RESTRICTED].command.impact
    for detail in (SAMPLES[RESTRICTED].title, impact.functionality, impact.containment, impact.workaround,
                   impact.expected_resolution, impact.plain_cause, impact.resolution, impact.next_steps,
                   impact.clients_affected, "contained", "Cause found"):  # fmt: skip
        assert detail not in said
    assert "Severity: P0 - Critical" in said


@pytest.mark.parametrize("kind", Kind)
def test_a_strangers_text_stays_on_its_line_and_is_no_template(kind: Kind) -> None:
    said, calm = text(kind, HOSTILE), text(kind, STATED)
    assert len(said.body.splitlines()) <= len(calm.body.splitlines())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\u2028]", whole(said))
    assert "\n" not in said.subject
    assert len(said.subject) <= 200
    assert "49" not in said.subject
    assert max(map(len, said.body.splitlines())) < 1_300


def test_every_built_in_template_renders_with_every_sample() -> None:
    assert tried(TEXTS) == ()


def test_what_nobody_has_stated_is_named() -> None:
    assert missing(Kind.CLIENT_NOTICE, sample_facts(Kind.CLIENT_NOTICE, SAMPLES[SILENT])) == (
        "functionality",
        "expected_resolution",
    )
    for kind in Kind:
        assert missing(kind, sample_facts(kind, SAMPLES[OVER if kind is Kind.ALL_CLEAR else STATED])) == ()
