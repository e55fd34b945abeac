"""``rungbell check config`` says what is in a file, or what is wrong with it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rungbell.cli.check import check
from tests.config.sample import NOTIFIERS, SOUND, spoiled, write

PLAYBOOK = Path(__file__).parents[2] / "config" / "rungbell.yml"


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rungbell.notifiers.registry", lambda: NOTIFIERS)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(check, ["config", *map(str, arguments)])


def test_a_sound_file_is_listed(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    result = run(path)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"Checking {path} … SUCCESS"
    assert result.stdout.splitlines()[2:] == [
        "  4 severities: P0, P1, P2, P3",
        "  2 policies: database, default",
        "  4 tiers: L1, L2, L3, L4",
        "  2 people: alice, bob",
        "  1 schedule: support",
        "  2 channels: chat (console), pager (webhook)",
        "  1 source: cluster-a",
        "  2 rules: P0 at rules[0] (line 21), P3 at rules[1] (line 22)",
    ]


def test_every_mistake_of_every_file_is_printed_with_its_hint(tmp_path: Path) -> None:
    path = write(tmp_path, spoiled("reach: support", "reach: suport"))
    result = run(PLAYBOOK, path, tmp_path / "nowhere.yml")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-5:] == [
        f"Checking {path} … FAILED",
        f"  {path}:11: tiers.L1.reach: there is no person or schedule `suport`",
        "      hint: did you mean `support`?",
        f"Checking {tmp_path}/nowhere.yml … FAILED",
        f"  {tmp_path}/nowhere.yml: cannot be read: No such file or directory",
    ]


def test_machines_get_one_document(tmp_path: Path) -> None:
    path = write(tmp_path, spoiled("operator: default", "operator: defualt"))
    result = run(PLAYBOOK, path, "-o", "json")
    sound, broken = json.loads(result.stdout)["files"]
    assert result.exit_code == 1
    assert (sound["valid"], sound["mistakes"], sound["found"]["tiers"]) == (True, [], ["L1", "L2", "L3", "L4", "L5"])
    assert (broken["valid"], broken["mistakes"][0]["line"], broken["mistakes"][0]["field"]) == (False, 25, "operator")


def test_warnings_fail_only_on_demand(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    assert "  warning: " in run(path).stdout
    assert (run(path).exit_code, run(path, "--lint-fatal").exit_code) == (0, 3)


def test_no_file_is_wrong_usage() -> None:
    assert run().exit_code == 2


def test_what_is_not_printed_on_a_terminal_has_no_colours(tmp_path: Path) -> None:
    assert "\x1b" not in run(write(tmp_path, SOUND)).stdout
