"""``rungbell incidents`` as people and programs use it, against a real daemon."""

import asyncio
import json
from pathlib import Path

import pytest

from rungbell import __version__
from tests.cli.conftest import Type
from tests.harness.ports import LOOPBACK, free_port
from tests.web.running import TOKEN_ALICE, Running


async def test_the_list_says_number_severity_status_and_title(daemon: Running, typed: Type) -> None:
    number = await daemon.opened("DiskFull", severity="warning")
    listed = await typed("incidents", "--url", daemon.url, "list")
    assert listed.exit_code == 0, listed.output
    assert "DiskFull" in listed.output
    assert f"{number} " in listed.output
    assert "P2" in listed.output
    assert "triggered" in listed.output


async def test_an_empty_list_says_that_all_is_quiet_and_prints_no_data(daemon: Running, typed: Type) -> None:
    listed = await typed("incidents", "--url", daemon.url, "list")
    assert listed.exit_code == 0
    assert listed.stdout == ""
    assert "quiet" in listed.stderr


async def test_programs_get_json_lines_and_numbers(daemon: Running, typed: Type) -> None:
    numbers = [await daemon.opened(name) for name in ("One", "Two", "Three")]
    found = json.loads((await typed("incidents", "--url", daemon.url, "list", "-o", "json")).stdout)
    assert [one["number"] for one in found] == numbers[::-1]
    lines = (await typed("incidents", "--url", daemon.url, "list", "-o", "jsonl")).stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == numbers[::-1]
    names = (await typed("incidents", "--url", daemon.url, "list", "-o", "name", "--limit", "2")).stdout
    assert names.split() == [str(number) for number in numbers[:0:-1]]


async def test_acknowledging_several_at_once_names_who_holds_them(daemon: Running, typed: Type) -> None:
    numbers = [str(await daemon.opened(name)) for name in ("One", "Two")]
    done = await typed("incidents", "--url", daemon.url, "--as", "alice", "ack", *numbers)
    assert done.exit_code == 0, done.output
    assert {one["acknowledged_by"] for one in await daemon.incidents()} == {"alice"}
    assert done.output.count("alice holds the incident") == 2


async def test_where_some_of_several_fail_the_others_are_done_and_the_exit_code_says_so(
    daemon: Running, typed: Type
) -> None:
    number = str(await daemon.opened("One"))
    done = await typed("incidents", "--url", daemon.url, "--as", "alice", "ack", number, "4711")
    assert done.exit_code == 5
    assert "4711" in done.stderr
    assert (await daemon.incident(number))["acknowledged_by"] == "alice"


async def test_where_all_of_several_fail_the_answer_is_no(daemon: Running, typed: Type) -> None:
    done = await typed("incidents", "--url", daemon.url, "--as", "alice", "ack", "4711", "4712")
    assert done.exit_code == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines() if line.startswith("471")] == ["4711", "4712"]


async def test_what_is_no_http_is_not_reached(typed: Type) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    async with await asyncio.start_server(greet, LOOPBACK, 0) as server:
        port = server.sockets[0].getsockname()[1]
        done = await typed("incidents", "--url", f"http://{LOOPBACK}:{port}", "list")
    assert done.exit_code == 4, done.output


async def test_the_ladder_by_hand_a_note_the_end_and_what_happened(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("One", severity="warning"))
    me = ("incidents", "--url", daemon.url, "--as", "alice")
    assert (await typed(*me, "escalate", number, "--to", "L2", "--because", "code_fix")).exit_code == 0
    assert (await typed(*me, "note", number, "-", stdin="from a pipe")).exit_code == 0
    refused = await typed(*me, "resolve", number)
    assert refused.exit_code == 1
    assert "--because" in refused.stderr, "it names what can be typed"
    assert (await typed(*me, "resolve", number, "--because", "turned off")).exit_code == 0
    told = (await typed(*me, "timeline", number)).output
    for words in ("code_fix", "from a pipe", "turned off", "L2 paged"):
        assert words in told
    assert (await typed(*me, "unack", number)).exit_code == 1, "it is over"


async def test_showing_one_says_what_happens_next(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("One"))
    shown = (await typed("incidents", "--url", daemon.url, "show", number)).output
    assert "lapse" in shown
    assert "alice" in shown


async def test_a_token_says_who_acts_and_without_one_nobody_is_let_in(
    closed: Running, typed: Type, tmp_path: Path
) -> None:
    number = str(await closed.opened("One"))
    token = tmp_path / "token"
    token.write_text(TOKEN_ALICE + "\n")
    assert (await typed("incidents", "--url", closed.url, "list")).exit_code == 4
    done = await typed("incidents", "--url", closed.url, "--token-file", str(token), "ack", number)
    assert done.exit_code == 0, done.output
    assert (await closed.incident(number))["acknowledged_by"] == "alice"


@pytest.mark.parametrize("where", ["file", "environment"])
async def test_a_token_file_below_the_home_is_found(
    where: str, closed: Running, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text(TOKEN_ALICE + "\n")
    if where == "file":
        (tmp_path / "home" / "rungbell").mkdir(parents=True)
        (tmp_path / "home" / "rungbell" / "cli.yml").write_text("token_file: ~/token\n")
    else:
        monkeypatch.setenv("RUNGBELL_TOKEN_FILE", "~/token")
    done = await typed("incidents", "--url", closed.url, "list")
    assert done.exit_code == 0, done.output


async def test_defaults_come_from_a_file_then_the_environment_then_flags(
    daemon: Running, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "rungbell"
    home.mkdir(parents=True)
    (home / "cli.yml").write_text(f"url: {daemon.url}\nas: bob\n")
    number = str(await daemon.opened("One"))
    assert (await typed("incidents", "ack", number)).exit_code == 0
    assert (await daemon.incident(number))["acknowledged_by"] == "bob"
    monkeypatch.setenv("RUNGBELL_URL", f"http://127.0.0.1:{free_port()}")
    assert (await typed("incidents", "list")).exit_code == 4
    assert (await typed("incidents", "--url", daemon.url, "list")).exit_code == 0


async def test_how_to_print_comes_from_a_file_then_the_environment_then_the_flag(
    daemon: Running, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "rungbell"
    home.mkdir(parents=True)
    (home / "cli.yml").write_text(f"url: {daemon.url}\noutput: name\n")
    number = str(await daemon.opened("One"))
    assert (await typed("incidents", "list")).stdout.split() == [number]
    assert number in (await typed("incidents", "list", "-o", "table")).stdout.splitlines()[1]
    monkeypatch.setenv("RUNGBELL_OUTPUT", "json")
    assert json.loads((await typed("incidents", "list")).stdout)[0]["number"] == int(number)
    assert "Usage:" in (await typed("incidents", "list", "--help")).stdout


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("output: xml", "'xml', of RUNGBELL_OUTPUT or cli.yml, is none of table, wide, json, jsonl, name"),
        ("tokenfile: a", "nobody knows `tokenfile`; there are `url`, `as`, `token_file`, `output`"),
        ("- url", "are expected"),
    ],
)
async def test_a_file_of_defaults_that_is_wrong_is_said(written: str, said: str, typed: Type, tmp_path: Path) -> None:
    home = tmp_path / "home" / "rungbell"
    home.mkdir(parents=True)
    (home / "cli.yml").write_text(written)
    done = await typed("incidents", "list")
    assert done.exit_code == 2, done.output
    assert said in done.output


async def test_the_version_is_a_verb_too(typed: Type) -> None:
    assert (await typed("version")).stdout.startswith(f"rungbell, version {__version__} (Python 3.")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("incidents", "--url", "nowhere", "list"), 2, "not a URL"),
        (("incidents", "--token-file", "/does/not/exist", "list"), 2, "token file"),
        (("incidents", "--token-file", "~nobody-of-that-name/token", "list"), 2, "token file"),
        (("incidents", "ack"), 2, "INCIDENT"),
        (("incidents", "list", "--limit", "0"), 2, "limit"),
        (("nonsense",), 2, "nonsense"),
    ],
)
async def test_what_is_typed_wrong_is_said(words: tuple[str, ...], code: int, said: str, typed: Type) -> None:
    done = await typed(*words)
    assert done.exit_code == code
    assert said in done.output


async def test_a_daemon_that_is_not_there_is_said_with_the_way_to_mend_it(typed: Type) -> None:
    done = await typed("incidents", "--url", f"http://127.0.0.1:{free_port()}", "list")
    assert done.exit_code == 4
    assert "rungbell serve" in done.stderr


async def test_the_health_check_is_silent_and_speaks_by_its_exit_code(daemon: Running, typed: Type) -> None:
    await daemon.opened("One")
    done = await typed("healthcheck", "--url", daemon.url)
    assert (done.exit_code, done.output) == (0, "")
    gone = await typed("healthcheck", "--url", f"http://127.0.0.1:{free_port()}")
    assert gone.exit_code == 1
    assert "cannot be reached: Connection refused; is `rungbell serve` running there?" in gone.stderr


async def test_the_health_check_says_why_a_daemon_is_not_ready(
    daemon: Running, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon.services, "draining", True)
    done = await typed("healthcheck", "--url", daemon.url)
    assert (done.exit_code, done.stderr) == (1, "rungbell is stopping (HTTP 503)\n")
    assert (await typed("healthcheck", "--live", "--url", daemon.url)).exit_code == 0


async def test_matchers_choose_what_is_listed(daemon: Running, typed: Type) -> None:
    urgent = await daemon.opened("DiskFull", severity="critical")
    await daemon.opened("DiskSlow", severity="warning")
    listed = await typed("incidents", "--url", daemon.url, "list", 'severity="P1"', 'alertname=~"Disk.*"', "-o", "name")
    assert listed.stdout.split() == [str(urgent)]
    refused = await typed("incidents", "--url", daemon.url, "list", "severity=")
    assert refused.exit_code == 1
    assert "filter" in refused.stderr


async def test_an_incident_is_opened_by_hand_and_told_to_pipes_by_its_number(daemon: Running, typed: Type) -> None:
    done = await typed(
        "incidents", "open", "phones are down", "--severity", "p0", "--label", "site=york", "--summary", "-",
        "--url", daemon.url, "--as", "bob", "-o", "name", stdin="all of them",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = await daemon.incident(done.stdout.strip())
    assert (found["severity"], found["summary"], found["severity_rule"]) == ("P0", "all of them", "declared by bob")
    assert found["group_labels"] == {"site": "york"}
    shown = (await typed("incidents", "show", str(found["number"]), "--url", daemon.url)).stdout
    assert "declared by bob" in shown
    assert "0 of 0" not in shown


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("phones",), 2, "--severity"),
        (("phones", "--severity", "P9"), 2, "P9"),
        (("phones", "--severity", "P1", "--label", "york"), 2, "NAME=VALUE"),
        (("phones", "--severity", "P1", "--policy", "nowhere"), 1, "there are default"),
        ((" ", "--severity", "P1"), 1, "title"),
    ],
)
async def test_what_cannot_be_opened_is_said(
    words: tuple[str, ...], code: int, said: str, daemon: Running, typed: Type
) -> None:
    done = await typed("incidents", "open", *words, "--url", daemon.url)
    assert (done.exit_code, await daemon.incidents()) == (code, [])
    assert said in done.stderr


async def test_the_severity_goes_up_and_down_again_for_a_reason(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("One", severity="warning"))
    me = ("--url", daemon.url, "--as", "alice")
    assert (await typed("incidents", "severity", number, "P1", *me)).exit_code == 0
    refused = await typed("incidents", "severity", number, "P3", *me)
    assert refused.exit_code == 1
    assert "--because" in refused.stderr
    assert (await typed("incidents", "severity", number, "P3", "--because", "a test", *me)).exit_code == 0
    assert (await daemon.incident(number))["severity"] == "P3"


async def test_who_asks_whom_may_stand_at_the_group_or_at_the_verb_and_the_last_counts(
    daemon: Running, typed: Type
) -> None:
    number = str(await daemon.opened("One"))
    done = await typed("incidents", "--url", "http://127.0.0.1:9", "--as", "bob", "ack", number, "--url", daemon.url)
    assert done.exit_code == 0, done.output
    assert (await daemon.incident(number))["acknowledged_by"] == "bob"


async def test_many_at_once_are_asked_about_and_no_is_an_answer(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("One"))
    words = ("incidents", "ack", *[number] * 21, "--url", daemon.url, "--as", "alice")
    assert (await typed(*words, stdin="n\n")).exit_code == 1
    assert (await daemon.incident(number))["acknowledged_by"] is None
    assert (await typed(*words, "--yes")).exit_code == 0
