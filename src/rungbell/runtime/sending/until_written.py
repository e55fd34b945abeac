"""Writing what must not be lost: tried again until it is on disk.

Rules
-----
* A result that is lost rings somebody twice, so it is tried for as long as there is any use: until rungbell stops, or
  while the store takes nothing at all.

May import: ``domain``, ``store`` (the port), tenacity.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from rungbell.domain.errors import StoreBusy, StoreUnavailable
from rungbell.store import Store

LAST_TRIES = timedelta(seconds=10)
"""How long a result that cannot be recorded is kept while rungbell stops."""
GIVEN_UP_AFTER = timedelta(minutes=10)
"""How long it is kept where the store takes everything else."""


class UntilWritten:
    """Runs what writes, again and again until it has."""

    def __init__(self, store: Store, stopping: Callable[[], bool]) -> None:
        self._store = store
        self._stopping = stopping

    async def __call__(self, write: Callable[[], Awaitable[object]]) -> None:
        """Run ``write``, and again where the store could not take it.

        Raises:
            StoreBusy, StoreUnavailable: it is of no use any more.
        """
        try:
            await write()
        except (StoreBusy, StoreUnavailable):  # rare enough that its machinery is not set up before it happens
            await self._again(write)

    async def _again(self, write: Callable[[], Awaitable[object]]) -> None:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((StoreBusy, StoreUnavailable)),
            stop=self._no_use,
            wait=wait_exponential(multiplier=0.05, max=1),
            reraise=True,
        ):
            with attempt:
                await write()

    def _no_use(self, state: RetryCallState) -> bool:
        tried = state.seconds_since_start or 0.0
        if self._stopping():
            return tried > LAST_TRIES.total_seconds()
        return tried > GIVEN_UP_AFTER.total_seconds() and not self._store.failing
