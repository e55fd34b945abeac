"""Channel ``console``: the contract, and how a page looks where the daemon runs."""

import asyncio
import io
import os
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar, TextIO

import aiohttp
import pytest

from rungbell.domain.events import FailureReason
from rungbell.domain.roster import Person
from rungbell.notifiers.console import ConsoleNotifier, ConsoleSettings
from rungbell.testing import (
    PATIENCE,
    Cell,
    Failure,
    Fault,
    Hang,
    NotifierContract,
    NotPossible,
    message,
)

BELL = "☎"


class Pipe:
    """An output that nobody reads, full to the brim, until it is drained."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"." * 4096)
        except BlockingIOError:
            os.set_blocking(write, True)
        self.output = os.fdopen(write, "w", encoding="utf-8")

    def drain(self) -> None:
        """Read everything until the page that hung has left, then close."""
        content = b""
        while not content.endswith(b"token-of-alice\n"):
            content += os.read(self._read, 65_536)
        self.output.close()
        os.close(self._read)


class ConsoleStage:
    """A console and the screen behind it."""

    secrets = ("token-of-alice",)

    def __init__(self, monkeypatch: pytest.MonkeyPatch, session: aiohttp.ClientSession) -> None:
        self._monkeypatch = monkeypatch
        self.settings = ConsoleSettings()
        self.notifier = ConsoleNotifier(self.settings, session)
        self.pipe: Pipe | None = None
        self.screen = io.StringIO()
        self.show_on(self.screen)

    def show_on(self, output: TextIO) -> None:
        # Not sys.stdout itself, which pytest takes back between the set-up of a test and its call.
        self._monkeypatch.setattr("rungbell.notifiers.console.sys", SimpleNamespace(stdout=output))

    async def arrived(self) -> list[str]:
        blocks = self.screen.getvalue().split(f"\n{BELL} ")
        assert blocks[0] == "", "every page begins with the bell"
        return [block.replace("\n    ", "\n") for block in blocks[1:]]

    async def structures(self) -> list[tuple[str, bool, str]]:
        """The heading, whether all text stands apart from it, and the link."""
        blocks = (block.rstrip().split("\n") for block in self.screen.getvalue().split(BELL)[1:])
        return [
            (heading, all(line.startswith("    ") for line in lines if line), link) for heading, *lines, link in blocks
        ]


class ClosedByItsReader(io.StringIO):
    """``rungbell serve | head -1``."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


class FullDisk(io.StringIO):
    """``rungbell serve > /var/full/pages``."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


async def closed(stage: ConsoleStage) -> None:
    output = io.StringIO()
    output.close()
    stage.show_on(output)


async def closed_by_its_reader(stage: ConsoleStage) -> None:
    stage.show_on(ClosedByItsReader())


async def full(stage: ConsoleStage) -> None:
    stage.show_on(FullDisk())


async def hangs(stage: ConsoleStage) -> None:
    stage.pipe = Pipe()
    stage.show_on(stage.pipe.output)


NOBODY_ANSWERS = NotPossible("nobody answers on a terminal: there is only the writing")
NO_WAY = NotPossible("there is no connection to the terminal")


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ConsoleStage]:
    async with aiohttp.ClientSession() as session:
        stage = ConsoleStage(monkeypatch, session)
        yield stage
        monkeypatch.undo()
        if stage.pipe is not None:
            await asyncio.wait_for(asyncio.to_thread(stage.pipe.drain), PATIENCE)


class TestConsole(NotifierContract):
    """The contract."""

    provider = "console"
    faults: ClassVar[Mapping[Fault, Cell]] = {
        Fault.REFUSES: NOBODY_ANSWERS,
        Fault.UNAUTHORIZED: NotPossible("there is nothing to log in to"),
        Fault.GONE: Failure(closed, FailureReason.UNREACHABLE),
        Fault.TOO_MANY: NOBODY_ANSWERS,
        Fault.TOO_MANY_UNTIL: NOBODY_ANSWERS,
        Fault.TROUBLE: Failure(full, FailureReason.UNREACHABLE),
        Fault.ERROR_IN_SUCCESS: NOBODY_ANSWERS,
        Fault.GARBAGE: NOBODY_ANSWERS,
        Fault.HANGS_BEFORE: Hang(hangs),
        Fault.HANGS_AFTER: NotPossible("what was written was taken, and nothing comes after it"),
        Fault.CUT: Failure(closed_by_its_reader, FailureReason.UNREACHABLE),
        Fault.NOBODY_LISTENS: NO_WAY,
        Fault.REDIRECTS: NO_WAY,
    }
    limits = NotPossible("a terminal shows texts of any length")
    repeat = NotPossible("whoever looks at a terminal sees both")


async def test_a_page_shows_whom_it_is_for_what_it_says_and_where_to_acknowledge(stage: ConsoleStage) -> None:
    await stage.notifier.send(message("P1 #7 DiskFull\n1 of 1 alerts firing"))

    assert stage.screen.getvalue() == (
        f"\n{BELL} page to Alice Ng (L1)\n"
        "    P1 #7 DiskFull\n"
        "    1 of 1 alerts firing\n"
        "    acknowledge: http://rungbell.example.org/a/token-of-alice\n"
    )


async def test_a_page_leaves_the_buffer_at_once(stage: ConsoleStage, tmp_path: Path) -> None:
    file = tmp_path / "pages"
    with file.open("w", encoding="utf-8") as output:
        stage.show_on(output)
        await stage.notifier.send(message())
        seen = file.read_text(encoding="utf-8")

    assert "P1 #7 DiskFull" in seen


async def test_an_output_that_knows_only_ascii_shows_the_page_all_the_same(stage: ConsoleStage) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stage.show_on(output)

    await stage.notifier.send(message("P1 #7 Plattenfüllstand", person=Person("zoe", "Zoë")))

    output.seek(0)
    assert "P1 #7 Plattenf" in output.read()


async def test_printing_does_not_stop_the_loop(stage: ConsoleStage) -> None:
    threads: list[str] = []

    class Watched(io.StringIO):
        def write(self, text: str, /) -> int:
            threads.append(threading.current_thread().name)
            return super().write(text)

    stage.show_on(Watched())
    await stage.notifier.send(message())

    assert threads
    assert threading.main_thread().name not in threads
