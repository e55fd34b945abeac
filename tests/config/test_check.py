"""``rungbell check config`` says what is in a file, or what is wrong with it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rungbell.cli.check import check
from rungbell.clock import SystemClock
from tests.config.sample import NOTIFIERS, SOUND, spoiled, write
from tests.harness.certificates import Authority
from tests.harness.ports import free_port
from tests.ical.calendars import calendar, shift

ROTATION = "{rotation: {people: [alice, bob], starts: 2026-01-05}}"
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
        "  0 maintenance windows",
        "  0 recipes",
        "  0 clients",
        "  2 channels: chat (console), pager (webhook)",
        "  1 source: cluster-a",
        "  2 rules: P0 at rules[0] (line 21), P3 at rules[1] (line 22)",
    ]


def test_it_says_which_alertmanager_is_asked_and_what_for(tmp_path: Path) -> None:
    asked = "alertmanager: {url: [http://am-0:9093/, http://am-1:9093], receivers: team-x}"
    path = write(tmp_path, spoiled("bearer_token: sample-token-1", f"bearer_token: sample-token-1, {asked}"))
    assert run(path).stdout.splitlines()[-1] == (
        "  source cluster-a: asks http://am-0:9093 and http://am-1:9093 every 1m what fires by team-x; "
        "repairs what differs for 10m"
    )
    found = json.loads(run(path, "-o", "json").stdout)["files"][0]["found"]
    assert found["alertmanagers"] == {"cluster-a": ["http://am-0:9093", "http://am-1:9093"]}


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


def test_the_lint_says_what_it_finds_with_its_id_and_why_it_hurts(tmp_path: Path) -> None:
    path = write(tmp_path, spoiled("operator: default\n", ""))
    found = run(path, "--lint").stdout
    assert (
        f"  warning: {path}:1: no `operator` policy: nobody is paged about rungbell's own troubles [no-operator]\n"
        "      at 3 a.m.: rungbell cannot do its work, and nobody hears of it\n"
        "      hint: operator: default\n"
    ) in found
    assert "[same-person-next-tier]" in found
    assert (run(path, "--lint").exit_code, run(path, "--lint", "--lint-fatal").exit_code) == (0, 3)


def test_the_lint_explains_a_mistake_of_a_kind_that_it_knows(tmp_path: Path) -> None:
    found = run(write(tmp_path, spoiled("Flapping", "(a+)+")), "--lint")
    assert found.exit_code == 1
    assert "[slow-regex]\n      at 3 a.m.: one alert with an odd label would hold up every page\n" in found.stdout


def test_machines_get_ids_and_reasons_of_the_lint(tmp_path: Path) -> None:
    (one,) = json.loads(run(write(tmp_path, SOUND), "--lint", "-o", "json").stdout)["files"]
    found = {warning["id"]: warning for warning in one["warnings"]}
    assert found.keys() == {"p0-slower-than-p1", "same-person-next-tier"}
    assert all(warning["why"] and warning["hint"] and warning["line"] for warning in found.values())


def test_without_the_lint_nothing_is_said_that_serve_would_not_log(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    (one,) = json.loads(run(path, "-o", "json").stdout)["files"]
    assert [warning["id"] for warning in one["warnings"]] == ["p0-slower-than-p1"]
    assert "[" not in run(path).stdout.splitlines()[1].replace("policies[0]", "")


def test_check_lint_is_short_for_check_config_lint(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    short = CliRunner().invoke(check, ["--lint", str(path), "--lint-fatal"])
    assert (short.exit_code, short.stdout) == (3, run("--lint", path).stdout)
    assert CliRunner().invoke(check, ["--lint"]).exit_code == 2


def test_no_file_is_wrong_usage() -> None:
    assert run().exit_code == 2


def test_what_is_not_printed_on_a_terminal_has_no_colours(tmp_path: Path) -> None:
    assert "\x1b" not in run(write(tmp_path, SOUND)).stdout


# -- where links lead -----------------------------------------------------------------------------------------------


def test_a_channel_that_reaches_others_needs_the_external_url_that_serve_gets(tmp_path: Path) -> None:
    path = write(tmp_path, spoiled("http://127.0.0.1:9911/page", "https://pager.example.com/page"))
    told = run(path)
    assert told.exit_code == 1
    assert told.stdout.splitlines()[1] == (
        f"  {path}:9: channels.pager: reaches people elsewhere, but the links in its pages would lead to "
        "http://127.0.0.1:11911"
    )
    assert "--web.external-url" in told.stdout
    assert run(path, "--web.external-url=https://rungbell.example.com").exit_code == 0
    assert run(path, "--web.external-url=http://localhost:11911").exit_code == 1
    assert run(path, "--web.external-url=rungbell").exit_code == 2


# -- web-config -----------------------------------------------------------------------------------------------------


def run_web(*arguments: object) -> Result:
    return CliRunner().invoke(check, ["web-config", *map(str, arguments)])


@pytest.fixture
def web_file(tmp_path: Path) -> Path:
    Authority(tmp_path).issue("localhost")
    path = tmp_path / "web.yml"
    path.write_text(
        "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
        "http_server_config: {headers: {X-Frame-Options: deny}}\n"
    )
    return path


def test_a_sound_web_file_is_listed(web_file: Path) -> None:
    told = run_web(web_file)
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        f"Checking {web_file} … SUCCESS",
        "  TLS: TLS12 to TLS13",
        "  1 header: X-Frame-Options",
        "  0 users",
    ]


def test_a_bad_web_file_fails_with_its_line_and_a_hint(web_file: Path) -> None:
    bad = web_file.with_name("bad.yml")
    bad.write_text("http_server_config:\n  http2: true\n")
    told = run_web(web_file, bad)
    assert told.exit_code == 1
    assert told.stdout.splitlines()[-3:] == [
        f"Checking {bad} … FAILED",
        f"  {bad}:2: http_server_config.http2: rungbell speaks HTTP/1.1 only",
        "      hint: write `http2: false`, or leave it out",
    ]


def test_web_files_are_told_to_machines_and_warnings_fail_on_demand(web_file: Path) -> None:
    web_file.with_name("server.key").chmod(0o644)
    (one,) = json.loads(run_web(web_file, "-o", "json").stdout)["files"]
    assert (one["valid"], one["found"], len(one["warnings"])) == (
        True, {"tls": True, "headers": ["X-Frame-Options"], "users": []}, 1,
    )  # fmt: skip
    assert (run_web(web_file).exit_code, run_web(web_file, "--lint-fatal").exit_code) == (0, 3)
    assert run_web().exit_code == 2


def test_calendars_in_files_are_read_and_it_says_who_is_on_call_and_when_nobody_is(tmp_path: Path) -> None:
    today = SystemClock().now().replace(hour=0, minute=0)
    days = [f"{today + timedelta(days=number):%Y%m%dT000000Z}" for number in (-1, 3, 10, 60)]
    (tmp_path / "team.ics").write_bytes(calendar(shift("alice", *days[:2]), shift("bob", *days[2:])))
    path = write(tmp_path, spoiled(ROTATION, "{calendar: {file: team.ics, zone: UTC}}"))
    result = run(path)
    assert result.exit_code == 0, result.output
    ends, begins = (f"{today + timedelta(days=number):%a %Y-%m-%d} 00:00" for number in (3, 10))
    assert result.stdout.splitlines()[-2:] == [
        f"  calendar support: alice on call until {ends}; 2 shifts in 14 days",
        f"    nobody from {ends} to {begins}",
    ]
    (found,) = json.loads(run(path, "-o", "json").stdout)["files"][0]["found"]["calendars"]
    assert (found["name"], found["on_call"], len(found["gaps"])) == ("support", ["alice"], 1)


def test_a_broken_calendar_fails_the_check_and_one_behind_a_url_is_read_on_request(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_text("<html>")
    result = run(write(tmp_path, spoiled(ROTATION, "{calendar: {file: team.ics}}")))
    assert result.exit_code == 1
    assert "schedules.support.calendar.file: the calendar cannot be used: is a page of HTML" in result.stdout
    path = write(tmp_path, spoiled(ROTATION, f"{{calendar: {{url: 'http://127.0.0.1:{free_port()}/secret'}}}}"))
    assert run(path).stdout.splitlines()[-1] == "  calendar support: not read; --fetch-calendars asks its URL"
    asked = run(path, "--fetch-calendars")
    assert asked.exit_code == 1
    assert "schedules.support.calendar.url: the calendar cannot be used: cannot be reached" in asked.stdout
    assert "secret" not in asked.output
