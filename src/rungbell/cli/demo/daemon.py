"""The daemon of the demo: a child process on a scratch store, and the way to talk to it.

Rules
-----
* It is ours before it is spoken to: it said itself that it listens. Somebody's real rungbell on the same port must
  never get an alert of the demo.

May import: aiohttp, the standard library.
"""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

LOOPBACK = "127.0.0.1"
PORTS_TRIED = 100
ENDS_WITHIN = 0.5
"""Seconds between a lost connection and the news of the process's end."""
READY_WITHIN = 30.0
DRAINED_WITHIN = 5.0
ANSWER_WITHIN = 10.0
UP, TAKEN = "rungbell is up", "cannot listen on"
RUNGBELL = (sys.executable, "-m", "rungbell")


class DerailedError(Exception):
    """Something did not happen as told; the text is the sentence that says so."""


def next_free(port: int) -> int:
    """Give the first loopback port from ``port`` on that nobody listens on."""
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, candidate))
                return candidate
    raise DerailedError(f"no free port from {port} on; say another one with --port")


class Daemon:
    """``rungbell serve``, started and killed as often as the story wants."""

    def __init__(self, folder: Path, port: int, command: Sequence[str] = RUNGBELL) -> None:
        self.config = folder / "rungbell.yml"
        self.port = port
        self._folder = folder
        self._command = command
        self._process: Process | None = None
        self._starts = 0
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Which process it is now."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start it on the port, or on a later one where somebody was faster, and wait until it is ready."""
        while True:
            self.port = next_free(self.port) if not self._starts else self.port
            await self._spawn()
            try:
                await self._until_ready()
            except DerailedError:
                if self._starts > 1 or TAKEN not in self._log.read_text(errors="replace"):
                    raise
                self._starts = 0
                self.port += 1
            else:
                return

    async def _spawn(self) -> None:
        self._starts += 1
        flags = {
            "--config.file": str(self.config),
            "--storage.path": str(self._folder / "rungbell.db"),
            "--web.listen-address": f"{LOOPBACK}:{self.port}",
        }
        arguments = [part for flag in flags.items() for part in flag]
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, "serve", *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def _until_ready(self) -> None:
        give_up = time.monotonic() + READY_WITHIN
        while time.monotonic() < give_up:
            if await self._ready():
                return
            await asyncio.sleep(0.02)
        raise DerailedError(f"the daemon was not ready within {READY_WITHIN:.0f} s{self.last_words}")

    @property
    def _log(self) -> Path:
        return self._folder / f"daemon-{self._starts}.log"

    async def _ready(self) -> bool:
        self.check()
        if UP not in self._log.read_text(errors="replace"):
            return False
        try:
            await self.ask("GET", "/-/ready")
        except DerailedError:
            return False
        return True

    def check(self) -> None:
        """Say so when it ended by itself."""
        if self._process is not None and (code := self._process.returncode) is not None:
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            raise DerailedError(f"the daemon ended by itself ({how}){self.last_words}")

    async def _may_have_ended(self) -> None:
        """Say so when it ended by itself: who ends lets go of connections first, and its end is heard of later."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), ENDS_WITHIN)
        self.check()

    @property
    def last_words(self) -> str:
        """The last it logged, for a sentence about a failure."""
        lines = self._log.read_text(errors="replace").split("\n") if self._log.exists() else []
        said = [line for line in lines if line.strip()][-3:]
        return "; its last words:\n  " + "\n  ".join(said) if said else ""

    async def kill(self) -> None:
        """End it with SIGKILL."""
        await self._hang_up()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """End it with SIGTERM, and with SIGKILL where that takes long."""
        await self._hang_up()
        if self._process is None or self._process.returncode is not None:
            return
        try:
            self._process.terminate()
            async with asyncio.timeout(DRAINED_WITHIN):
                await self._process.wait()
        except ProcessLookupError:
            pass
        except TimeoutError:
            await self.kill()

    async def _hang_up(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, method: str, path: str, body: Any = None) -> str:  # noqa: ANN401 -- JSON
        """Ask it something and give the text of its answer, which must be a success."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN))
        where = path if path.startswith("http") else self.url + path
        try:
            async with self._session.request(method, where, json=body) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            await self._may_have_ended()
            raise DerailedError(f"the daemon did not answer {method} {_shown(path)}: {type(error).__name__}") from error
        if response.status // 100 != 2:
            raise DerailedError(f"the daemon answered {method} {_shown(path)} with {response.status}: {text[:200]}")
        return text


def _shown(path: str) -> str:
    """Leave the token of a link out."""
    head, link, _ = path.partition("/a/")
    return f"{head}/a/..." if link else path
