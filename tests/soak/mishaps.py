"""The mishaps: reloads, kills, restarts and a full disk, one after the other while the traffic goes on."""

import asyncio
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import aiohttp

from tests.harness.daemon import Daemon
from tests.harness.small_disk import SmallDisk
from tests.harness.waiting import eventually
from tests.harness.webhooks import Json, alert, firing, message
from tests.soak.audit import LATE
from tests.soak.policy import BAD, write_good

READY_AGAIN = 5.0
"""Seconds after which rungbell takes part again once there is room (reliability part 5)."""
USED_UP_WITHIN = 60.0
"""Seconds until the want of room shows: what is free within the file, and the log's old pages, are used up first."""
FULL_FOR = (3.0, 15.0)
LOCKED_FOR = 8.0
"""Seconds for which a lock stands in for a full disk: longer than SQLite waits for one."""
PROBE = "SoakProbe"
LARGE = "x" * 400_000
"""What a message brings along, so that the room within the file is soon used up."""


@dataclass(slots=True)
class Told:
    """What happened, and what should have happened and did not."""

    happened: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest_start: float = 0.0
    slowest_recovery: float = 0.0
    """Seconds from the moment there was room again to the first webhook answered 200."""
    full_for: float = 0.0
    """Seconds in which nothing could be written, all told."""


class Mishaps:
    """Everything that befalls one daemon. ``disk`` is ``None`` where none could be mounted."""

    def __init__(self, daemon: Daemon, page_url: str, disk: SmallDisk | None, rng: Random) -> None:
        self.told = Told()
        self._daemon = daemon
        self._page_url = page_url
        self._disk = disk
        self._rng = rng
        self._turn = 0
        self._calm_from = 0.0
        self._probed = datetime.now(UTC)
        self._probes = 0

    @property
    def calm(self) -> bool:
        """Whether nothing happens, and what happened last is over for long enough that nothing may be late any more."""
        return time.monotonic() >= self._calm_from

    async def happen(self, name: str) -> None:
        """Let one happen, and write down whether rungbell took it as it should."""
        self.told.happened[name] += 1
        began = time.monotonic()
        self._calm_from = math.inf
        try:
            await self.every()[name]()
        except (AssertionError, aiohttp.ClientError, TimeoutError) as error:
            self.told.broken.append(f"{name}: {error!r}")
        finally:
            now = time.monotonic()
            self._calm_from = now + (now - began) + LATE

    def every(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Name all there are."""
        return self.gentle() | {"SIGKILL": self._kill, "SIGTERM and start": self._terminate}

    def gentle(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Name those that a process lives through."""
        return {
            "SIGHUP": self._hang_up,
            "SIGHUP with a bad file": self._hang_up_badly,
            "reload": self._reload,
            "reload with a bad file": self._reload_badly,
            "full disk" if self._disk else "locked file": self._fill if self._disk else self._lock,
        }

    # -- reloads ------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        self._turn += 1
        write_good(self._daemon.config, self._page_url, self._turn)

    async def _says(self, value: int) -> None:
        async def said() -> bool:
            return f"rungbell_config_last_reload_successful {value}.0" in await self._daemon.api.metrics()

        await eventually(said, f"the metric of the last reload is {value}", within=10)

    async def _hang_up(self) -> None:
        self._write()
        self._daemon.hang_up()
        await self._says(1)

    async def _hang_up_badly(self) -> None:
        self._daemon.config.write_text(BAD)
        self._daemon.hang_up()
        try:
            await self._says(0)
        finally:
            await self._hang_up()

    async def _reload(self) -> None:
        self._write()
        status = await self._daemon.api.reload()
        assert status == 200, f"a good file was answered {status}"

    async def _reload_badly(self) -> None:
        self._daemon.config.write_text(BAD)
        try:
            status = await self._daemon.api.reload()
            assert status == 500, f"a bad file was answered {status}"
        finally:
            await self._reload()

    # -- ends ---------------------------------------------------------------------------------------------------

    async def _kill(self) -> None:
        await self._daemon.kill()
        await self._start()

    async def _terminate(self) -> None:
        code = await self._daemon.terminate()
        await self._start()
        assert code == 0, f"SIGTERM ended it with {code}"

    async def _start(self) -> None:
        began = time.monotonic()
        await self._daemon.start()
        self.told.slowest_start = max(self.told.slowest_start, time.monotonic() - began)

    # -- no room ------------------------------------------------------------------------------------------------

    async def _fill(self) -> None:
        assert self._disk is not None
        self._disk.fill()
        try:
            await self._use_up()
            await self._is_unready("full", READY_AGAIN)
            began = time.monotonic()
            await asyncio.sleep(self._rng.uniform(*FULL_FOR))
            await self._is_unready("full", READY_AGAIN)
        finally:
            self._disk.free()
        self.told.full_for += time.monotonic() - began
        await self._recovers()
        await self._daemon.api.send(message(self._probe(ended=True)))

    async def _use_up(self) -> None:
        """Send large messages until one finds no room."""
        self._probed = datetime.now(UTC)
        self._probes = 0
        async with asyncio.timeout(USED_UP_WITHIN):
            while True:
                self._probes += 1
                if await self._daemon.api.send(message(self._probe()[-1:])) == 503:
                    return

    def _probe(self, *, ended: bool = False) -> list[Json]:
        """Give the alerts of the messages so far; they are large until they end."""
        return [
            alert(
                {"alertname": PROBE, "instance": f"10.0.1.{number}"},
                starts_at=self._probed,
                ends_at=datetime.now(UTC) if ended else None,
                annotations={} if ended else {"description": LARGE},
            )
            for number in range(self._probes)
        ]

    async def _lock(self) -> None:
        """The nearest there is to a full disk where none can be mounted: somebody holds the file."""
        with closing(sqlite3.connect(self._daemon.store, isolation_level=None, timeout=10)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            await asyncio.sleep(LOCKED_FOR)
            await self._is_unready("locked", LOCKED_FOR)
            connection.execute("ROLLBACK")
        self.told.full_for += time.monotonic() - began
        await self._recovers()

    async def _is_unready(self, why: str, within: float) -> None:
        """Webhooks get 503, readiness says why, and the process is not to be restarted for it."""

        async def unready() -> bool:
            return why in await self._daemon.api.unready()

        await eventually(unready, f"/-/ready says that the store is {why}", within=within)
        assert await self._daemon.api.healthy(), "/-/healthy depends on the store"
        status = await self._daemon.api.send(firing(PROBE))
        assert status in {200, 503}, f"a webhook without a store to write was answered {status}"

    async def _recovers(self) -> None:
        began = time.monotonic()

        async def taken() -> bool:
            return await self._daemon.api.send(firing(PROBE)) == 200 and not await self._daemon.api.unready()

        await eventually(taken, "it goes on by itself once there is room", within=READY_AGAIN, every=0.02)
        self.told.slowest_recovery = max(self.told.slowest_recovery, time.monotonic() - began)


def deck(rng: Random, names: Iterable[str]) -> Iterator[str]:
    """Draw names for ever, so that each comes once before any comes again."""
    cards = list(names)
    while True:
        rng.shuffle(cards)
        yield from cards
