"""Incident command over the API: who leads, what is attested, what helps, and what the harm is."""

import asyncio
from pathlib import Path

import pytest

from rungbell.domain.command.checklists import HANDOFF
from rungbell.domain.command.impact import WORDS
from rungbell.web.acts.command import ImpactBody
from rungbell.web.incidents.command_answers import ImpactView
from tests.harness.webhooks import firing
from tests.web.running import INCIDENTS, POLICY, Answer, Json, Running, running

TEAM = (
    POLICY.replace("  P0: &plan\n", '  P0: &plan\n    bridge_url: "https://meet.example.com/{incident}"\n')
    + """
recipes:
  containment:
    - {name: full disk, match: ['alertname="DiskFull"'], text: make room, commands: ["du -sh /var/*"]}
    - {name: slow, match: ['alertname="Slow"'], text: wait}
  eradication:
    - {cause: logs grow, fix: rotate them, validation: df says so}
"""
)
SEVEN = [line.id for line in HANDOFF.lines]


async def declared(daemon: Running, commander: str = "alice") -> int:
    number = await daemon.opened("DiskFull", severity="critical")
    assert (await daemon.act(number, "declare", {"by": "alice", "commander": commander})).status == 200
    return number


async def roles(daemon: Running, number: int) -> dict[str, str]:
    command = (await daemon.incident(number))["command"]
    return {one["role"]: one["person"] for one in command["roles"] if one["person"]}


@pytest.mark.requirement("60", "31")
async def test_of_two_who_take_the_command_at_once_one_has_it_and_the_other_hears_who(daemon: Running) -> None:
    number = await daemon.opened("DiskFull", severity="warning")
    assert (await daemon.act(number, "declare", {"by": "alice"})).status == 200
    take: Json = {"role": "incident_commander"}
    answers: list[Answer] = await asyncio.gather(
        *(daemon.act(number, "assume", take | {"by": person}) for person in ("alice", "bob"))
    )
    assert sorted(answer.status for answer in answers) == [200, 403]
    (refused,) = (answer for answer in answers if answer.status == 403)
    (held,) = (await roles(daemon, number)).values()
    assert refused.problem.startswith(f"{held} is incident commander since ")
    assert "`handoff`" in refused.problem


@pytest.mark.requirement("61", "62", "A18")
async def test_an_incident_shows_who_leads_where_they_meet_and_what_helps(tmp_path: Path) -> None:
    async with running(tmp_path, TEAM) as daemon:
        number = await declared(daemon)
        await daemon.act(number, "assume", {"by": "alice", "role": "scribe", "person": "bob"})
        command = (await daemon.incident(number))["command"]
        name = (await daemon.incident(number))["name"]
    place = f"incident-{name.removeprefix('INC-')}"
    assert (command["war_room"], command["bridge_url"]) == (f"#{place}", f"https://meet.example.com/{place}")
    assert (command["declared_by"], command["owner"]) == ("alice", "alice")
    assert [(one["role"], one["person"]) for one in command["roles"]] == [
        ("incident_commander", "alice"),
        ("technical_lead", None),
        ("communication_lead", None),
        ("scribe", "bob"),
    ]
    assert command["recipes"] == [{"name": "full disk", "text": "make room", "commands": ["du -sh /var/*"]}]


@pytest.mark.requirement("A7")
async def test_who_acknowledges_what_is_not_declared_answers_for_it(daemon: Running) -> None:
    number = await daemon.opened("DiskFull", severity="warning")
    await daemon.act(number, "acknowledge", {"by": "bob"})
    assert (await daemon.incident(number))["command"]["owner"] == "bob"


@pytest.mark.requirement("67")
async def test_a_handoff_is_refused_until_its_seven_points_are_attested(daemon: Running) -> None:
    number = await declared(daemon)
    refused = await daemon.act(number, "handoff", {"by": "alice", "to": "bob", "attested": SEVEN[1:]})
    assert refused.status == 422
    assert "handoff.timeline" in refused.problem
    assert (await daemon.act(number, "tick", {"by": "bob", "line": "handoff.timeline"})).status == 200
    assert (await daemon.act(number, "handoff", {"by": "alice", "to": "bob", "attested": SEVEN[1:]})).status == 200
    assert await roles(daemon, number) == {"incident_commander": "bob"}
    assert "handoff" in {entry["kind"] for entry in await daemon.timeline(number)}


@pytest.mark.requirement("34", "44")
async def test_the_checklists_tell_who_ticked_what_and_when(daemon: Running) -> None:
    number = await declared(daemon)
    assert (await daemon.act(number, "tick", {"by": "bob", "line": "triage.verified"})).status == 200
    found = await daemon.get(f"{INCIDENTS}/{number}/checklists")
    lines = {line["id"]: line for one in found["checklists"] for line in one["lines"]}
    assert len(lines) == 28
    assert lines["triage.verified"]["ticked_by"] == "bob"
    assert lines["triage.verified"]["ticked_at"]
    assert lines["eradication.cause"]["ticked_by"] is None
    assert (await daemon.act(number, "tick", {"by": "bob", "line": "triage.verified", "undone": True})).status == 200


@pytest.mark.requirement("35", "38")
async def test_recipes_are_those_that_fit_and_all_the_causes(tmp_path: Path) -> None:
    async with running(tmp_path, TEAM) as daemon:
        number = await daemon.opened_by(firing("Slow", severity="warning"))
        found = await daemon.get(f"{INCIDENTS}/{number}/recipes")
    assert [one["name"] for one in found["containment"]] == ["slow"]
    assert found["eradication"] == [{"cause": "logs grow", "fix": "rotate them", "validation": "df says so"}]


@pytest.mark.requirement("30", "A9", "A26")
async def test_what_is_said_of_the_harm_is_shown_with_the_incident(daemon: Running) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    said = {
        "scope": "partial", "clients": ["acme"], "impact_started_at": "2026-01-05T10:00:00+01:00",
        "client_impacting": False, "reason": "staging only",
    }  # fmt: skip
    assert (await daemon.act(number, "impact", said | {"by": "alice"})).status == 200
    impact = (await daemon.incident(number))["command"]["impact"]
    assert (impact["scope"], impact["clients"], impact["client_impacting"]) == ("partial", ["acme"], False)
    assert impact["impact_started_at"] == "2026-01-05T09:00:00.000Z"


def test_every_field_of_the_harm_can_be_said_and_is_answered() -> None:
    assert set(WORDS) <= ImpactBody.model_fields.keys()
    assert ImpactView.model_fields.keys() == ImpactBody.model_fields.keys() - {"by", "as_of", "reason"}


@pytest.mark.parametrize(
    ("act", "body", "status", "says"),
    [
        ("assume", {"role": "king"}, 400, "role"),
        ("assume", {"role": "scribe", "person": "mallory"}, 422, "'mallory' is nobody"),
        ("assume", {"role": "incident_commander", "person": "bob"}, 403, "alice is incident commander"),
        ("assume", {"role": "scribe", "by": "mallory"}, 403, "'mallory' is nobody"),
        ("assume", {"role": "scribe", "as_of": 1}, 409, "moved on"),
        ("give-up", {"role": "incident_commander"}, 403, "not left without a commander"),
        ("handoff", {"to": "mallory", "reason": "x"}, 422, "'mallory' is nobody"),
        ("handoff", {"to": "bob", "attested": ["coffee"]}, 422, "no point 'coffee'"),
        ("handoff", {}, 400, "to"),
        ("tick", {"line": "triage.coffee"}, 422, "triage has triage.verified"),
        ("tick", {"line": "recovery.no_alerts"}, 403, "still fire"),
        ("impact", {}, 422, "say at least one of"),
        ("impact", {"colour": "red"}, 400, "colour"),
        ("impact", {"client_impacting": False}, 422, "`reason`"),
        ("impact", {"impact_started_at": "2026-01-05T10:00:00"}, 400, "impact_started_at"),
        ("impact", {"impact_started_at": "0001-01-01T00:00:00+14:00"}, 400, "too far away"),
        ("impact", {"impact_started_at": "2226-01-05T10:00:00Z"}, 422, "in the future"),
        ("declare", {"commander": "mallory"}, 200, "declared by alice"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said_and_changes_nothing(
    act: str, body: Json, status: int, says: str, daemon: Running
) -> None:
    number = await declared(daemon)
    before = await daemon.incident(number)
    answer = await daemon.act(number, act, {"by": "alice"} | body)
    assert answer.status == status, answer.text
    assert says in (answer.json["message"] if status == 200 else answer.problem)
    assert (await daemon.incident(number))["version"] == before["version"]


async def test_an_act_with_a_key_is_done_once_however_often_it_arrives(daemon: Running) -> None:
    number = await declared(daemon)
    for expected in ("done", "already"):
        answer = await daemon.act(
            number, "assume", {"by": "bob", "role": "scribe"}, headers={"Idempotency-Key": "4f2c"}
        )
        assert answer.json["outcome"] == expected


async def test_nothing_of_it_is_done_to_what_is_over(daemon: Running) -> None:
    number = await declared(daemon)
    await daemon.act(number, "resolve", {"by": "alice", "reason": "known"})
    for act, body in (
        ("assume", {"role": "scribe"}),
        ("give-up", {"role": "scribe"}),
        ("handoff", {"to": "bob", "reason": "x"}),
    ):
        assert (await daemon.act(number, act, {"by": "alice"} | body)).status == 409
