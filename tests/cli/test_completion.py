"""Completion as shells do it: the script is sourced, and the shell asks."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import RUNGBELL, Type
from tests.harness.ports import LOOPBACK, free_port
from tests.harness.waiting import eventually
from tests.web.running import Running, running
from tests.web.schedules import SCHEDULED

pytestmark = pytest.mark.end_to_end

SHELLS = ("bash", "zsh", "fish")


def environment(folder: Path, url: str) -> dict[str, str]:
    path = f"{Path(RUNGBELL).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "RUNGBELL_URL": url, "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}


def shell(name: str, script: str, folder: Path, url: str = "http://127.0.0.1:9") -> str:
    """Run a script in a shell, or skip where there is none."""
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run(
        [program, "-c", script], capture_output=True, text=True, check=False, env=environment(folder, url), timeout=30
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


async def in_bash(folder: Path, url: str, *words: str) -> list[str]:
    """Source the script, press the key after the last word, and give what is offered."""
    quoted = " ".join(f"'{word}'" for word in ("rungbell", *words))
    script = (
        "source <(rungbell completion bash) && complete -p rungbell >/dev/null && "
        f"COMP_WORDS=({quoted}) COMP_CWORD={len(words)} && _rungbell_completion rungbell && "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return (await asyncio.to_thread(shell, "bash", script, folder, url)).split()


async def offers(expected: list[str], folder: Path, url: str, *words: str) -> None:
    """Press the key until the daemon was fast enough, as somebody at a busy machine would."""
    seen: list[str] = []

    async def offered() -> bool:
        seen[:] = await in_bash(folder, url, *words)
        return bool(seen)

    await eventually(offered, f"something is offered after {words}", within=30)
    assert seen == expected


async def test_verbs_and_options_complete(tmp_path: Path) -> None:
    assert await in_bash(tmp_path, "http://127.0.0.1:9", "inc") == ["incidents"]
    assert "escalate" in await in_bash(tmp_path, "http://127.0.0.1:9", "incidents", "")
    assert "--limit" in await in_bash(tmp_path, "http://127.0.0.1:9", "incidents", "list", "--")
    severities = await in_bash(tmp_path, "http://127.0.0.1:9", "incidents", "open", "x", "--severity", "")
    assert severities == ["P0", "P1", "P2", "P3"]


async def test_incidents_that_are_open_complete_by_their_number(daemon: Running, tmp_path: Path) -> None:
    numbers = [str(await daemon.opened(name)) for name in ("One", "Two", "Three")]
    await daemon.act(numbers[1], "resolve", {"by": "alice", "reason": "over"})
    await offers([numbers[2], numbers[0]], tmp_path, daemon.url, "incidents", "show", "")
    await offers([numbers[2]], tmp_path, daemon.url, "incidents", "ack", numbers[0], "")


async def test_people_complete_by_their_id(daemon: Running, tmp_path: Path) -> None:
    await offers(["alice", "bob", "chen"], tmp_path, daemon.url, "incidents", "ack", "1", "--as", "")
    await offers(["bob"], tmp_path, daemon.url, "incidents", "--as", "b")


async def test_schedules_and_overrides_complete_by_their_names(tmp_path: Path) -> None:
    async with running(tmp_path / "scheduled", SCHEDULED) as daemon:
        await offers(["support", "senior", "later"], tmp_path, daemon.url, "oncall", "take", "")
        body = {"by": "alice", "schedule": "support", "lasts": "1h"}
        await daemon.ask("POST", "/api/v1/oncall/overrides", json=body)
        await offers(["1"], tmp_path, daemon.url, "oncall", "override", "remove", "")


async def test_where_nobody_answers_it_offers_nothing_and_says_nothing(closed: Running, tmp_path: Path) -> None:
    nobody = f"http://{LOOPBACK}:{free_port()}"
    assert await in_bash(tmp_path, nobody, "incidents", "show", "") == []
    assert await in_bash(tmp_path, closed.url, "incidents", "show", "") == []
    assert await in_bash(tmp_path, "nonsense", "incidents", "ack", "--as", "") == []


async def test_a_daemon_that_never_answers_is_waited_for_a_moment_only(typed: Type, tmp_path: Path) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        url = f"http://{LOOPBACK}:{server.getsockname()[1]}"
        began = time.monotonic()
        assert await in_bash(tmp_path, url, "incidents", "show", "") == []
        assert time.monotonic() - began < 10.0, "the client's own patience is ten seconds"


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_is_one_that_its_shell_can_read(name: str, tmp_path: Path) -> None:
    script = tmp_path / f"rungbell.{name}"
    written = subprocess.run([RUNGBELL, "completion", name], capture_output=True, text=True, check=True).stdout
    script.write_text(written)
    shell(name, f"{name} -n {script}", tmp_path)


def test_zsh_registers_it(tmp_path: Path) -> None:
    script = 'autoload -U compinit && compinit -u -D && eval "$(rungbell completion zsh)" && print $_comps[rungbell]'
    assert shell("zsh", script, tmp_path).strip() == "_rungbell_completion"


async def test_fish_offers_incidents_with_what_they_are_about(daemon: Running, tmp_path: Path) -> None:
    number = await daemon.opened("DiskFull")
    script = "rungbell completion fish | source; complete --do-complete 'rungbell incidents ack '"
    seen: list[str] = []

    async def offered() -> bool:
        seen[:] = (await asyncio.to_thread(shell, "fish", script, tmp_path, daemon.url)).splitlines()
        return bool(seen)

    await eventually(offered, "fish offers something", within=30)
    assert seen == [f"{number}\tP1 DiskFull: DiskFull is down"]


async def test_another_shell_is_refused_with_those_that_are_known(typed: Type) -> None:
    done = await typed("completion", "tcsh")
    assert done.exit_code == 2
    assert all(name in done.stderr for name in SHELLS)
