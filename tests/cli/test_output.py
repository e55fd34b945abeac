"""What is printed: five forms of everything, and tables that fit where they are read."""

import asyncio
import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from rungbell.cli.output import FORMATS, lasting, printable
from tests.cli.conftest import RUNGBELL, Type
from tests.web.running import Running

LONG = "the disk of db-1 is full and will take nothing any more in the hours that come, or so it seems"


def on_a_terminal(*words: str, **environment: str) -> str:
    """Run the program on a terminal of its own and give what it wrote there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [RUNGBELL, *words], stdin=theirs, stdout=theirs, stderr=theirs,
        env=os.environ | {"COLUMNS": "80", "TERM": "xterm-256color"} | environment,
    ) as process:  # fmt: skip
        os.close(theirs)
        written = b""
        try:
            while chunk := os.read(ours, 65536):
                written += chunk
        except OSError:  # the other side is gone
            pass
        finally:
            os.close(ours)
    assert process.returncode == 0, written
    return written.decode()


@pytest.mark.parametrize("output", FORMATS)
async def test_everything_that_shows_data_shows_it_in_every_form(daemon: Running, typed: Type, output: str) -> None:
    number = str(await daemon.opened("One"))
    for words in (
        ("incidents", "list"),
        ("incidents", "show", number),
        ("incidents", "timeline", number),
        ("incidents", "note", number, "seen", "--as", "alice"),
        ("status",),
    ):
        done = await typed(*words, "--url", daemon.url, "-o", output)
        assert done.exit_code == 0, (words, done.output)
        assert done.stdout.strip(), words
        assert "\x1b" not in done.stdout, words
        if output == "json":
            json.loads(done.stdout)
        if output == "jsonl":
            assert [json.loads(line) for line in done.stdout.splitlines()]
        if output == "name":
            assert all(" " not in line for line in done.stdout.splitlines()), words


@pytest.mark.parametrize("columns", [60, 80, 120])
async def test_tables_fit_the_terminal_and_only_a_title_is_cut(
    daemon: Running, typed: Type, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = str(await daemon.opened("DiskFull", severity="warning", summary=LONG))
    await daemon.act(number, "acknowledge", {"by": "alice"})
    await daemon.act(number, "notes", {"by": "alice", "text": LONG})
    monkeypatch.setenv("COLUMNS", str(columns))
    for words in (("list",), ("show", number), ("timeline", number)):
        lines = (await typed("incidents", *words, "--url", daemon.url)).stdout.splitlines()
        wide = [line for line in lines if len(line) > columns and not line.startswith(f"#{number} ")]
        assert not wide, words
    listed = (await typed("incidents", "list", "--url", daemon.url)).stdout.splitlines()
    assert listed[0].split() == ["#", "SEV", "STATUS", "TIER", "ACK", "BY", "AGE", "TITLE"]
    assert listed[1].split()[:5] == [number, "P2", "acknowledged", "L1", "alice"]
    assert listed[1].rstrip().endswith("…")
    told = (await typed("incidents", "timeline", number, "--url", daemon.url)).stdout
    assert all(word in told for word in LONG.split()), "a timeline is never cut"


async def test_one_incident_is_told_with_who_acknowledged_it_until_when_and_how_long_ago_it_opened(
    daemon: Running, typed: Type
) -> None:
    number = await daemon.opened("DiskFull", severity="critical")
    words = ("incidents", "show", str(number), "--url", daemon.url)
    assert re.search(r"^triggered\nopened \d+s ago$", (await typed(*words)).stdout, re.MULTILINE)
    await daemon.act(number, "acknowledge", {"by": "bob"})
    told = (await typed(*words)).stdout
    assert re.search(r"^acknowledged by bob until [-: \d]+ UTC\nopened \d+s ago$", told, re.MULTILINE), told


async def test_into_a_pipe_a_title_is_whole(daemon: Running, typed: Type) -> None:
    await daemon.opened("DiskFull", summary=LONG)
    assert LONG in (await typed("incidents", "list", "--url", daemon.url)).stdout
    assert LONG in (await typed("incidents", "list", "-o", "wide", "--url", daemon.url)).stdout


@pytest.mark.end_to_end
async def test_colours_stand_on_a_terminal_and_go_when_they_are_not_wanted(daemon: Running, tmp_path: Path) -> None:
    await daemon.opened("DiskFull", severity="critical")
    words = ("incidents", "list", "--url", daemon.url)
    home = {"XDG_CONFIG_HOME": str(tmp_path), "NO_COLOR": ""}
    seen = await asyncio.to_thread(on_a_terminal, *words, **home)
    assert "\x1b[" in seen
    assert "P1" in seen
    for without in (
        await asyncio.to_thread(on_a_terminal, *words, "--no-color", **home),
        await asyncio.to_thread(on_a_terminal, "--no-color", *words, **home),
        await asyncio.to_thread(on_a_terminal, *words, **home | {"NO_COLOR": "1"}),
        await asyncio.to_thread(on_a_terminal, *words, **home | {"TERM": "dumb"}),
    ):
        assert "\x1b" not in without
        assert "DiskFull" in without


async def test_a_strangers_text_does_not_speak_to_the_terminal(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("Evil\x1b[2J", summary="a\x07b\rc"))
    for words in (("list",), ("show", number, "-o", "wide"), ("timeline", number)):
        shown = (await typed("incidents", *words, "--url", daemon.url)).stdout
        assert "Evil" in shown
        assert not {"\x1b", "\x07", "\r"} & set(shown)


def test_only_line_breaks_are_left_of_what_controls() -> None:
    assert printable("a\x1b[31mb\nc\u202e") == "a�[31mb\nc�"


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0s"), (-5, "0s"), (119, "119s"), (120, "2m"), (7300, "2h01m"), (200_000, "2d")]
)
def test_ages_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert lasting(seconds) == told
