"""``rungbell demo``: the story as it is told, a clean end whatever ends it, and the truth when it goes wrong."""

import asyncio
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rungbell.cli.demo import stage
from rungbell.cli.demo.daemon import next_free
from rungbell.cli.demo.phones import Call
from rungbell.cli.demo.policy import LADDER, Pace, configuration
from rungbell.cli.demo.screen import Screen
from rungbell.cli.demo.stage import Props, run
from rungbell.cli.demo.summary import Measured
from rungbell.config import load
from rungbell.notifiers import registry
from tests.harness.api import Api
from tests.harness.ports import LOOPBACK, free_port

end_to_end = pytest.mark.end_to_end
pytestmark = pytest.mark.timeout(60)

BEATS = (
    "L1  Alice",
    "a real daemon is up at",
    'HighErrorRate: P1 incident #1, because default: severity="page"',
    "Alice's push rings (L1): P1 #1",
    '12 x DiskFilling, because default: severity="warning": one P2',
    "Alice's push rings (L1): P2 #2",
    "Watchdog (severity none): noted as a heartbeat",
    "2 incidents still, nobody paged twice",
    "Bob's sms (L2), whose provider says 503",
    "Bob's sms rings (L2): P1 #1",
    "KILLED (SIGKILL",
    "2 incidents,",
    "Chen's push rings (L3)",
    "after the time",
    "Dana's sms rings (L4)",
    "(GET): it shows, nothing changes",
    "(POST): acknowledged by Bob",
    "all phones are quiet",
    "all alerts resolved",
    "both closed by themselves",
    "woken       Alice 0.",
    "5 sent, 1 retried, 0 lost, 0 doubled",
    "incidents list",
)
PROCESS = re.compile(r"process (\d+)")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rungbell", "demo", *arguments]


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"TMPDIR": str(folder)}


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def processes(output: str) -> set[int]:
    return {int(pid) for pid in PROCESS.findall(output)}


def left_in(folder: Path) -> list[Path]:
    return list(folder.glob("rungbell-demo-*"))


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody else listens on."""
    with closing(socket.create_server((LOOPBACK, free_port()))) as server:
        yield server.getsockname()[1]


@end_to_end
def test_the_story_happens_as_told_beside_a_taken_port_and_leaves_nothing(tmp_path: Path, taken_port: int) -> None:
    told = subprocess.run(
        command("--seconds", "20", "--port", str(taken_port)),
        env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip

    assert (told.returncode, told.stderr) == (0, "")
    place = 0
    for beat in BEATS:
        found = told.stdout.find(beat, place)
        assert found >= 0, f"{beat!r} is not told in its place:\n{told.stdout}"
        place = found
    assert f"for {taken_port} is taken" in told.stdout
    assert told.stdout.count("\n") <= 45
    assert told.stdout.isascii(), "a terminal of any encoding can show it"
    assert "\x1b" not in told.stdout
    assert len(processes(told.stdout)) == 2, "killed once, started twice"
    assert not [pid for pid in processes(told.stdout) if runs(pid)]
    assert left_in(tmp_path) == []


@end_to_end
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("at", ["a real daemon is up", "noted as a heartbeat"])
def test_a_signal_ends_it_and_leaves_nothing(tmp_path: Path, number: signal.Signals, code: int, at: str) -> None:
    with subprocess.Popen(
        command("--seconds", "20", "--port", str(free_port())),
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        seen = ""
        while at not in seen:
            line = demo.stdout.readline()
            assert line, f"it ended before {at!r}:\n{seen}"
            seen += line
        assert left_in(tmp_path)
        demo.send_signal(number)
        rest, error = demo.communicate(timeout=15)

    assert demo.returncode == code, seen + rest + error
    assert "Traceback" not in error
    assert processes(seen)
    assert not [pid for pid in processes(seen) if runs(pid)]
    assert left_in(tmp_path) == []


@end_to_end
async def test_a_daemon_that_does_not_start_is_told_with_its_last_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = (sys.executable, "-c", "import sys; sys.exit('no store today')")
    assert await run(Screen(), 20, free_port(), props=Props(command=broken, parent=tmp_path)) == 1

    told = capsys.readouterr().err
    assert "not as told: the daemon ended by itself (exit code 1)" in told
    assert "no store today" in told
    assert left_in(tmp_path) == []


async def test_without_a_folder_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(Screen(), 20, free_port(), props=Props(parent=tmp_path / "missing")) == 1
    assert "cannot be played here" in capsys.readouterr().err


@end_to_end
async def test_a_page_that_no_phone_takes_ends_the_story(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    props = Props(provider=lambda person, attempt: 500, parent=tmp_path)
    assert await run(Screen(quiet=True), 20, free_port(), props=props) == 1

    seen = capsys.readouterr()
    assert seen.out == "", "quiet, and nothing to sum up"
    assert "not as told: Alice's push answered 500" in seen.err
    assert left_in(tmp_path) == []


@end_to_end
async def test_a_daemon_that_dies_by_itself_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    playing = asyncio.create_task(run(Screen(), 20, free_port(), props=Props(parent=tmp_path)))
    seen = ""
    while "noted as a heartbeat" not in seen:
        await asyncio.sleep(0.05)
        seen += capsys.readouterr().out
        assert not playing.done(), seen
    (pid,) = processes(seen)
    os.kill(pid, signal.SIGKILL)

    assert await playing == 1
    assert "the daemon ended by itself (SIGKILL)" in capsys.readouterr().err
    assert left_in(tmp_path) == []


@end_to_end
async def test_a_reader_who_takes_it_stops_the_story_and_that_is_a_good_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    playing = asyncio.create_task(run(Screen(), 20, port, props=Props(parent=tmp_path)))
    seen = ""
    while "noted as a heartbeat" not in seen:
        await asyncio.sleep(0.05)
        seen += capsys.readouterr().out
        assert not playing.done(), seen
    async with Api(f"http://{LOOPBACK}:{port}") as api:
        await api.acknowledge("1", by="alice")

    assert await playing == 0
    told = capsys.readouterr().out
    assert "you stopped it at L1" in told
    assert re.findall(r"^  (L\d)  (\w+)", told, re.MULTILINE) == [("L2", "Bob"), ("L3", "Chen"), ("L4", "Dana")]
    assert left_in(tmp_path) == []


@end_to_end
def test_pressing_a_on_a_terminal_takes_it_and_the_terminal_is_as_it_was(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with subprocess.Popen(
        command("--seconds", "20", "--port", str(free_port())),
        env=environment(tmp_path) | {"COLUMNS": "80", "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs,
    ) as demo:  # fmt: skip
        seen = ""
        while "noted as a heartbeat" not in seen:
            seen += os.read(ours, 65536).decode(errors="replace")
        os.write(ours, b"a")
        while "README.md" not in seen:
            seen += os.read(ours, 65536).decode(errors="replace")
        assert demo.wait(timeout=20) == 0, seen
    after = termios.tcgetattr(theirs)
    os.close(theirs)
    os.close(ours)

    assert "you press a: #1 acknowledged by Alice" in seen
    assert "you stopped it at L1" in seen
    assert after == before


@end_to_end
async def test_on_a_terminal_it_stays_up_until_ctrl_c_and_that_is_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        return

    monkeypatch.setattr(stage, "_tell", nothing)
    playing = asyncio.create_task(run(Screen(), 20, free_port(), stays=True, props=Props(parent=tmp_path)))
    seen = ""
    while "README.md" not in seen:
        await asyncio.sleep(0.05)
        seen += capsys.readouterr().out
        assert not playing.done(), seen
    assert "The daemon stays up until Ctrl-C" in seen
    os.kill(os.getpid(), signal.SIGINT)

    assert await playing == 0
    assert not [pid for pid in processes(seen) if runs(pid)]
    assert left_in(tmp_path) == []


def test_the_next_free_port_is_taken(taken_port: int) -> None:
    assert next_free(taken_port) > taken_port


@pytest.mark.parametrize("seconds", [20, 60, 61.7, 3600])
def test_the_policy_scales_and_is_sound(tmp_path: Path, seconds: float) -> None:
    file = tmp_path / "rungbell.yml"
    file.write_text(configuration(Pace(seconds), "http://127.0.0.1:9"))
    book = load(file, registry()).book

    plan = book.routes[-1].policy.plan(next(iter(book.routes[-1].policy.severities)))
    assert plan.acknowledge_within == pytest.approx(timedelta(seconds=seconds / 6), abs=timedelta(milliseconds=1))
    assert {person.name for person in book.roster.people.values()} == {rung.name for rung in LADDER}


@dataclass
class Night:
    """A night to sum up: every page on record, and which calls came."""

    pages: list[str]
    calls: list[Call]

    def measured(self) -> Measured:
        incident: dict[str, Any] = {
            "opened_at": OPENED.isoformat(),
            "alerts": 13,
            "pages": [{"intent": intent} for intent in self.pages],
        }
        return Measured(Pace(60), self.calls, [incident], 0.7, [0.01], OPENED + timedelta(seconds=36))


OPENED = datetime(2026, 11, 23, 3, tzinfo=UTC)


def call(intent: str, person: str, status: int = 200, after: float = 0) -> Call:
    body = {"intent": intent, "person": person, "incident": {"number": 1}, "text": "P1 #1"}
    return Call(OPENED + timedelta(seconds=after), "push", body, status)


def test_the_sum_counts_what_was_lost_doubled_and_retried() -> None:
    calls = [call("a", "alice"), call("a", "alice", after=1), call("b", "bob", 503, 10), call("b", "bob", after=11)]
    measured = Night(["a", "b", "c"], calls).measured()
    assert (measured.lost, measured.doubled, measured.retried) == (1, 1, 1)


def test_the_sum_tells_seconds_and_minutes_of_policy() -> None:
    lines = Night(["a", "b"], [call("a", "alice"), call("b", "bob", after=10)]).measured().lines()
    assert lines[0] == "woken       Alice 0.0 s (0 min), Bob 10.0 s (5 min)"
    assert lines[1] == "answered    36.0 s after the alert: 18.0 min of policy"
