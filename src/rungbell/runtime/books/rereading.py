"""Reading again what is held in memory, so that what another replica has written counts here soon.

Rules
-----
* While the store cannot be read, what was read last goes on counting.

May import: ``domain``, structlog.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rungbell.domain.errors import StoreError

log = structlog.get_logger()

REREAD_SECONDS = 2.0


async def read_again_and_again(read: Callable[[], Awaitable[None]], failing: str) -> None:
    """Read every ``REREAD_SECONDS`` until cancelled; ``failing`` is told where the store cannot be reached."""
    while True:
        await asyncio.sleep(REREAD_SECONDS)
        try:
            await read()
        except StoreError as error:
            log.warning(failing, error=str(error))
