"""Looking again and again, as the loops do that live beside the door, whatever becomes of one look.

Rules
-----
* Where the store cannot be reached it is said, what was seen last goes on counting, and the next look comes as ever.

May import: ``domain.errors``, structlog.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rungbell.domain.errors import StoreError

log = structlog.get_logger()


REREAD_SECONDS = 2.0
"""Between two looks at what other replicas may have written and is held in memory."""


async def look_again_and_again(
    look: Callable[[], Awaitable[object]], seconds: float, failing: str, *, at_once: bool = True
) -> None:
    """Look every ``seconds`` until cancelled; ``failing`` is said where the store cannot be reached."""
    if not at_once:
        await asyncio.sleep(seconds)
    while True:
        try:
            await look()
        except StoreError as error:
            log.warning(failing, error=str(error))
        await asyncio.sleep(seconds)
