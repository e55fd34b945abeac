"""rungbell itself as a process: started, killed, started again on the same store."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness.api import Api
from tests.harness.ports import LOOPBACK, free_port
from tests.harness.process import Child
from tests.harness.quickstart import QUICKSTART, derive
from tests.harness.waiting import eventually

READY_WITHIN = 30.0
DRAINED_WITHIN = 25.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A SIGKILL and the start after it, on the monotonic clock."""

    killed: float
    started: float


class Daemon:
    """``rungbell serve`` with a store, a log and a port of its own; the shipped quickstart unless told otherwise.

    ``store`` may lie on another file system than the log; ``flags`` are further ones of the command line.
    """

    def __init__(
        self,
        directory: Path,
        config: Path = QUICKSTART,
        port: int | None = None,
        *,
        store: Path | None = None,
        flags: Mapping[str, str] | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.config = config
        self.port = port or free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.store = store or directory / "rungbell.db"
        self._flags = dict(flags or {})
        self.outages: list[Outage] = []
        """Every kill that was followed by a start."""
        self._child = Child("rungbell", directory / "rungbell.log")
        self._api: Api | None = None
        self._killed: float | None = None

    @classmethod
    def paging(cls, directory: Path, page_url: str, acknowledge_within: str | None = None) -> Self:
        """Make one that pages another url than the shipped one, and climbs at another pace."""
        directory.mkdir(parents=True, exist_ok=True)
        config = derive(directory / "rungbell.yml", page_url=page_url, acknowledge_within=acknowledge_within)
        return cls(directory, config)

    @property
    def api(self) -> Api:
        """The way to talk to it while it runs."""
        if self._api is None:
            raise RuntimeError("rungbell does not run")
        return self._api

    @property
    def webhook_url(self) -> str:
        """Where Alertmanager sends."""
        return f"{self.url}/api/v1/alertmanager"

    @property
    def log(self) -> Path:
        """The file with everything it said, over all its starts."""
        return self._child.log

    @property
    def logs(self) -> str:
        """Everything it said, over all its starts."""
        return self._child.logs

    async def spawn(self) -> None:
        """Start the process without waiting for it."""
        started = await self._child.start(self._command())
        if self._killed is not None:
            self.outages.append(Outage(self._killed, started))
            self._killed = None
        self._api = Api(self.url)

    async def start(self) -> None:
        """Start it and wait until it says it is ready."""
        await self.spawn()
        await self.ready()

    async def ready(self) -> None:
        """Wait until it says it is ready; fail at once when it ends instead."""
        await eventually(self._is_ready, f"rungbell is ready ({self.log})", within=READY_WITHIN, every=0.02)

    async def kill(self) -> float:
        """End it with SIGKILL and give the moment, on the monotonic clock."""
        self._killed = await self._child.kill()
        await self._forget_connections()
        return self._killed

    async def terminate(self, within: float = DRAINED_WITHIN) -> int:
        """End it with SIGTERM and give its exit code."""
        code = await self._child.terminate(within)
        await self._forget_connections()
        return code

    def hang_up(self) -> None:
        """Send SIGHUP: read the configuration again."""
        self._child.send_signal(signal.SIGHUP)

    async def restart(self) -> None:
        """Kill it and start it again on the same store and port."""
        await self.kill()
        await self.start()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.kill()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    def check_running(self) -> None:
        """Fail with the last it said when it ended by itself."""
        self._child.check_running()

    async def _is_ready(self) -> bool:
        self.check_running()
        return await self.api.ready()

    async def _forget_connections(self) -> None:
        if self._api is not None:
            await self._api.close()
            self._api = None

    def _command(self) -> list[str]:
        flags = {
            "--config.file": self.config,
            "--storage.path": self.store,
            "--web.listen-address": f"{LOOPBACK}:{self.port}",
            "--web.external-url": self.url,
            "--log.format": "json",
            **self._flags,
        }
        return [sys.executable, "-m", "rungbell", "serve", *(str(part) for flag in flags.items() for part in flag)]
