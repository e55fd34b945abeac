"""``rungbell explain N``: why people were paged for an incident, and what happens next if nobody acts."""

import json
from pathlib import Path

import pytest

from rungbell.cli.simulate.live import show_outlook
from tests.cli.conftest import Type
from tests.harness.ports import free_port
from tests.web.running import TOKEN_ALICE, Running


async def said(typed: Type, *words: str) -> str:
    done = await typed(*words)
    assert done.exit_code == 0, done.output
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("verb", ["explain", "simulate"])
async def test_it_says_why_so_far_and_what_is_next(verb: str, daemon: Running, typed: Type) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    told = await said(typed, verb, str(number), "--url", daemon.url)
    for text in (
        f"#{number} P1 DiskFull",
        "stands triggered",
        'severity P1, by default: severity="critical"',
        "policy default, as it was when the incident opened",
        "So far:",
        "L1 alice pager: at once; accepted",
        "If nobody acts:",
        "L1 alice pager: unanswered, so again",
        "L2 bob pager: nobody acknowledged in time",
        " and the operator is told.",
        "Then L1 and L2 are rung again every 1h until a person acts.",
    ):
        assert text in told, text


async def test_it_fits_80_columns(daemon: Running, typed: Type) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    lines = (await typed("explain", str(number), "--url", daemon.url)).stdout.splitlines()
    assert max(map(len, lines)) <= 80


async def test_who_holds_it_is_told_and_that_nobody_is_rung_before_that_ends(daemon: Running, typed: Type) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    await daemon.act(number, "acknowledge", {"by": "alice"})
    told = await said(typed, "explain", f"#{number}", "--url", daemon.url)
    assert "stands acknowledged by alice until" in told
    assert "acknowledged by alice (api)" in told
    assert "L1 alice pager: the acknowledgement ended" in told


async def test_what_business_hours_change_is_told_as_long_as_it_matters(
    daemon: Running, typed: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    number = await daemon.opened("DiskFull", severity="info")
    found = json.loads((await typed("explain", str(number), "--url", daemon.url, "-o", "json")).stdout)
    show_outlook(found | {"calendar": ["P3 is paged in business hours only"]})
    assert "calendar  P3 is paged in business hours only\n" in capsys.readouterr().out


async def test_what_is_over_is_over(daemon: Running, typed: Type) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    await daemon.act(number, "resolve", {"by": "alice", "reason": "done"})
    assert "It is over: nothing happens next." in await said(typed, "explain", str(number), "--url", daemon.url)


async def test_programs_get_what_the_api_says(daemon: Running, typed: Type) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    name = (await daemon.incident(number))["name"]
    done = await typed("explain", name, "--url", daemon.url, "-o", "json")
    assert json.loads(done.stdout)["incident"]["number"] == number


async def test_it_needs_a_token_where_the_others_do(closed: Running, typed: Type, tmp_path: Path) -> None:
    number = await closed.opened("DiskFull", severity="critical")
    assert (await typed("explain", str(number), "--url", closed.url)).exit_code == 4
    (tmp_path / "token").write_text(TOKEN_ALICE)
    token = ("--token-file", str(tmp_path / "token"))
    assert (await typed("explain", str(number), "--url", closed.url, *token)).exit_code == 0


async def test_an_incident_that_is_not_there_is_a_no_and_a_daemon_that_is_not_is_not_reached(
    daemon: Running, typed: Type
) -> None:
    done = await typed("explain", "4711", "--url", daemon.url)
    assert done.exit_code == 1
    assert "no incident has this" in done.stderr
    assert (await typed("explain", "4711", "--url", f"http://127.0.0.1:{free_port()}")).exit_code == 4


@pytest.mark.parametrize(
    "option", [("--at", "now"), ("--payload", "-"), ("--rules", "x"), ("--verify", "L1=alice"), ("--source", "x")]
)
async def test_what_belongs_to_a_simulation_does_not_go_with_an_incident(option: tuple[str, str], typed: Type) -> None:
    done = await typed("explain", "7", *option)
    assert done.exit_code == 2
    assert f"{option[0]} does not go with an incident" in done.stderr
