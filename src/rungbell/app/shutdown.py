"""How a daemon stops: whatever was started, in reverse, in the time there is.

May import: structlog.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

SHUTDOWN_SECONDS = 25.0
"""Below Kubernetes' 30 s of grace."""


class Shutdown:
    """How each part that was started is stopped."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], Awaitable[None]]]] = []

    def add(self, part: str, stop: Callable[[], Awaitable[None]]) -> None:
        """Remember how a part is stopped; the part that came last goes first."""
        self._steps.append((part, stop))

    async def run(self) -> None:
        """Stop everything; what cannot be stopped cleanly holds up nothing else."""
        try:
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                while self._steps:
                    part, stop = self._steps.pop()
                    try:
                        await stop()
                    except Exception as error:
                        log.exception("could not be stopped cleanly", part=part, error=repr(error))
        except TimeoutError:
            log.error("not everything could be stopped in time; pages under way leave again after the next start")  # noqa: TRY400
