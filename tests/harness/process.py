"""A child process with everything it says kept in a file."""

import asyncio
import signal
import time
from asyncio.subprocess import STDOUT, Process
from collections.abc import Sequence
from pathlib import Path


class Child:
    """Runs one command line; a new start appends to the same log."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: Process | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The number of the process that was started last."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def logs(self) -> str:
        """Everything it said so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines: int = 40) -> str:
        """Give the last it said."""
        return "\n".join(self.logs.splitlines()[-lines:])

    async def start(self, command: Sequence[str]) -> float:
        """Start it and give the moment before, on the monotonic clock."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        with self.log.open("ab") as log:
            started = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=STDOUT)
        return started

    async def kill(self) -> float:
        """Kill it with SIGKILL, wait until it is gone, and give the moment before."""
        killed = time.monotonic()
        if self._process is not None:
            if self.running:
                self._process.kill()
            await self._process.wait()
        return killed

    async def terminate(self, within: float) -> int:
        """Ask it to end with SIGTERM and give its exit code; fail (and kill it) when it does not end in time."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(within):
                return await self._process.wait()
        except TimeoutError:
            await self.kill()
            raise AssertionError(f"{self.name} still ran {within:.0f} s after SIGTERM:\n{self.tail()}") from None

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal and let it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def check_running(self) -> None:
        """Fail with the last it said when it ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            raise AssertionError(f"{self.name} ended with {self._process.returncode}:\n{self.tail()}")
