"""``rungbell incidents`` for its command, typed as people type it."""

import json
from pathlib import Path

import pytest

from rungbell.cli.incident_command import FIELDS, LISTS, POINTS, ROLES
from rungbell.domain.command.checklists import CHECKLISTS, HANDOFF
from rungbell.domain.command.record import Role
from rungbell.web.incidents.command_answers import ImpactView
from tests.cli.conftest import Type
from tests.web.running import Running, running
from tests.web.test_command import TEAM


def test_what_can_be_typed_is_what_there_is() -> None:
    assert set(ROLES.values()) == set(Role)
    assert [one.name for one in CHECKLISTS] == list(LISTS)
    assert [line.id.removeprefix("handoff.") for line in HANDOFF.lines] == list(POINTS)
    assert FIELDS.keys() == ImpactView.model_fields.keys()


@pytest.mark.requirement("60", "61", "62", "67")
async def test_an_incident_is_declared_its_roles_filled_and_its_command_handed_over(
    typed: Type, tmp_path: Path
) -> None:
    async with running(tmp_path, TEAM) as daemon:
        number = str(await daemon.opened("DiskFull", severity="critical"))
        me = ("--url", daemon.url, "--as", "alice")

        async def done(*words: str) -> str:
            found = await typed("incidents", *words, *me)
            assert found.exit_code == 0, found.output
            return str(found.stdout)

        assert "bob commands" in await done("declare", number, "--commander", "bob")
        refused = await typed("incidents", "assume", number, "commander", *me)
        assert refused.exit_code == 1
        assert "bob is incident commander since" in refused.stderr
        nobody = await typed("incidents", "assume", number, "scribe", "--url", daemon.url)
        assert "who is scribe? say it with `--person`" in nobody.stderr
        await done("assume", number, "Technical_Lead", "--person", "chen")
        await done("assume", number, "scribe")
        await done("give-up", number, "scribe")
        table = [line.split() for line in (await done("roles", number)).splitlines()]
        assert [row[:3] for row in table[1:]] == [
            ["incident", "commander", "bob"],
            ["technical", "lead", "chen"],
            ["communication", "lead", "nobody"],
            ["scribe", "nobody"],
        ]
        assert (await done("roles", number, "-o", "name")).split() == ["bob", "chen"]
        early = await typed("incidents", "handoff", number, "alice", "--point", "handoff.status", *me)
        assert early.exit_code == 1
        assert "--because" in early.stderr, "it names what can be typed"
        await done("handoff", number, "alice", "--everything")
        shown = await done("show", number)
    assert "incident commander alice, technical lead chen; nobody is communication lead, scribe" in shown
    assert "https://meet.example.com/incident-" in shown
    assert "recipes: full disk" in shown


@pytest.mark.requirement("34", "44")
async def test_lines_are_ticked_several_at_once_and_the_open_ones_are_listed(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("One"))
    me = ("--url", daemon.url, "--as", "alice")
    done = await typed("incidents", "tick", number, "triage.verified", "triage.severity", "triage.coffee", *me)
    assert done.exit_code == 5
    assert "triage.coffee: there is no line" in done.stderr
    await typed("incidents", "tick", number, "triage.severity", "--undo", *me)
    still = await typed("incidents", "checklist", number, "triage", "-o", "name", "--url", daemon.url)
    assert still.stdout.split() == ["triage.severity", "triage.declared", "triage.commander", "triage.told"]
    shown = (await typed("incidents", "checklist", number, "--url", daemon.url)).stdout
    assert "No to all of them" in shown
    ticked = next(line for line in shown.splitlines() if "triage.verified" in line)
    assert ticked.split()[:3] == ["x", "triage.verified", "alice"]


@pytest.mark.requirement("30", "37")
async def test_the_harm_is_said_field_by_field_and_shown(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("One"))
    me = ("--url", daemon.url, "--as", "alice")
    words = ("scope=partial", "clients=acme, beta", "clients_asked=yes", "impact_started_at=2026-01-05T10:00Z")
    assert (await typed("incidents", "impact", number, *words, *me)).exit_code == 0
    refused = await typed("incidents", "impact", number, "client_impacting=no", *me)
    assert refused.exit_code == 1
    assert "--because" in refused.stderr
    assert (await typed("incidents", "impact", number, "scope=", *me)).exit_code == 0
    said = json.loads((await typed("incidents", "impact", number, "-o", "json", *me)).stdout)
    assert (said["scope"], said["clients"], said["clients_asked"]) == ("", ["acme", "beta"], True)
    shown = (await typed("incidents", "show", number, *me)).stdout
    assert "clients: acme, beta; clients asked: yes; impact started at: 01-05 10:00:00 UTC" in shown
    assert "clients" in (await typed("incidents", "impact", number, *me)).stdout


@pytest.mark.requirement("35", "38")
async def test_recipes_show_their_commands_and_the_causes(typed: Type, tmp_path: Path) -> None:
    async with running(tmp_path, TEAM) as daemon:
        number = str(await daemon.opened("DiskFull"))
        shown = (await typed("incidents", "recipes", number, "--url", daemon.url)).stdout
        names = (await typed("incidents", "recipes", number, "--url", daemon.url, "-o", "name")).stdout
    assert "full disk: make room\n    du -sh /var/*\n" in shown
    assert "rotate them" in shown
    assert names == "full disk\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("assume", "7", "king"), "'commander', 'technical-lead'"),
        (("handoff", "7", "bob", "--point", "coffee"), "'timeline'"),
        (("checklist", "7", "coffee"), "'triage'"),
        (("tick", "7"), "LINE"),
        (("impact", "7", "scope"), "FIELD=VALUE"),
        (("impact", "7", "scpe=partial"), "did you mean scope?"),
        (("impact", "7", "clients_asked=maybe"), "yes or no"),
    ],
    ids=str,
)
async def test_what_is_typed_wrong_is_said(words: tuple[str, ...], said: str, typed: Type) -> None:
    done = await typed("incidents", *words)
    assert done.exit_code == 2
    assert said in done.stderr
