"""What is ahead, computed beside the event loop: shifts of a year, a ladder foreseen, texts worded.

Rules
-----
* One question after the other, in one thread of its own. Not in the threads that everybody shares: names of providers
  are looked up there, and pages would wait.
* Only so many may wait; whoever asks then may come back.

May import: ``domain.errors``.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rungbell.domain.errors import StoreBusy

Result = TypeVar("Result")

MOST_LOOKS = 16
"""Questions that may wait; each takes milliseconds, a year of hourly turns seconds."""


class LookingAhead:
    """Answers such questions, whoever asks them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="looking-ahead")
        self._looks = 0
        """How many are being answered or wait."""

    async def ahead(self, work: Callable[[], Result]) -> Result:
        """Compute it, and give what comes of it.

        Raises:
            StoreBusy: too many questions wait.
        """
        if self._looks >= MOST_LOOKS:
            raise StoreBusy(f"{self._looks} questions about what is ahead wait")
        self._looks += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._looks -= 1
