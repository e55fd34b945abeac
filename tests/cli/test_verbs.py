"""What every verb does alike: what is mistyped is answered, exit codes mean one thing, and asking costs little."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rungbell.cli import VERBS
from tests.cli.conftest import RUNGBELL, Type
from tests.harness.ports import LOOPBACK, free_port

CLIENT_VERBS = ("incidents", "oncall", "status", "healthcheck", "backup", "completion")
HEAVY = ("aiohttp", "alembic", "jinja2", "prometheus_client", "pydantic", "rich", "sqlalchemy", "structlog", "yaml")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("incident", "list"), "incidents"),
        (("staus",), "status"),
        (("incidents", "lst"), "list"),
        (("incidents", "acknowledge", "7"), "ack"),
        (("incidents", "list", "--limt", "3"), "--limit"),
        (("check", "conifg", "x.yml"), "config"),
    ],
)
async def test_what_is_mistyped_is_answered_with_what_was_meant(
    words: tuple[str, ...], meant: str, typed: Type
) -> None:
    done = await typed(*words)
    assert done.exit_code == 2
    _, asked, rest = done.stderr.partition("Did you mean")
    assert asked
    assert meant in rest


async def test_what_resembles_nothing_is_only_refused(typed: Type) -> None:
    done = await typed("zzzz")
    assert done.exit_code == 2
    assert "No such command 'zzzz'." in done.stderr
    assert "Did you mean" not in done.stderr


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_explains_itself(verb: str, typed: Type) -> None:
    done = await typed(verb, "--help")
    assert done.exit_code == 0, done.output
    assert "Usage: " in done.output


async def test_a_fault_of_our_own_is_one_line_and_70(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("two\nlines")

    monkeypatch.setattr("rungbell.cli.client.make_client", broken)
    done = await typed("incidents", "list")
    assert done.exit_code == 70
    assert done.stderr == "rungbell: internal error: ValueError: two lines (RUNGBELL_TRACEBACK=1 shows where)\n"

    monkeypatch.setenv("RUNGBELL_TRACEBACK", "1")
    assert isinstance((await typed("incidents", "list")).exception, ValueError)


@pytest.mark.end_to_end
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="nothing here is always full")
def test_where_there_is_no_room_for_what_it_prints_it_says_so() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([RUNGBELL, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    told = "Error: what was asked for cannot be printed: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_interrupted_while_it_waits_for_an_answer_it_ends_with_130(tmp_path: Path) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        url = f"http://{LOOPBACK}:{server.getsockname()[1]}"
        with subprocess.Popen(
            [RUNGBELL, "incidents", "list", "--url", url],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 -- tests may run in the background, where shells ignore it
        ) as asking:  # fmt: skip
            taken, _ = server.accept()
            with closing(taken):
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += taken.recv(4096)
                asking.send_signal(signal.SIGINT)
                told = asking.communicate(timeout=10)
    assert asking.returncode == 130, told
    assert "Traceback" not in told[1]


@pytest.mark.end_to_end
def test_a_question_that_nobody_answers_is_an_interrupt(tmp_path: Path) -> None:
    asked = subprocess.run(
        [RUNGBELL, "incidents", "ack", *map(str, range(21))],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    assert asked.returncode == 130, asked.stderr


@pytest.mark.parametrize("verb", CLIENT_VERBS)
def test_a_verb_that_only_asks_imports_nothing_heavy(verb: str) -> None:
    code = f"import sys; from rungbell.cli import main; main.get_command(None, {verb!r})\n"
    code += f"print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_question_leaves_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    code = f"""
import sys, urllib.request
def sent(*_, **__):
    print([name for name in {HEAVY!r} if name in sys.modules])
    raise OSError("as far as that")
urllib.request.OpenerDirector.open = sent
from rungbell.cli import main
main(["incidents", "list", "--url", "http://{LOOPBACK}:{free_port()}"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.strip() == "[]", done.stderr
    assert done.returncode == 4
