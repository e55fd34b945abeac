"""The loops of a daemon: one that fails is started again; the daemon does not live on without it.

May import: structlog.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

RESTART_SECONDS = 1.0


class Loops:
    """What runs until it is cancelled."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a loop from now on."""
        self._tasks.append(asyncio.create_task(_supervise(name, loop), name=name))

    async def cancel(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _supervise(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await loop()
            return
        except Exception as error:
            log.exception("a loop failed and is started again", loop=name, error=repr(error))
            await asyncio.sleep(RESTART_SECONDS)
