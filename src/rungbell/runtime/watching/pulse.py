"""The pulse: how late the event loop is, what goes on in it, what the log has counted, and memory that nobody needs.

Rules
-----
* A loop that is late is late for everybody: webhooks, clocks and pages share it. What makes it stand is logged.
* What a message of ten megabytes took is given back to the machine within a quarter of a minute; by itself the
  allocator keeps it.

May import: ``stall``, ``telemetry``, the standard library.
"""

import asyncio
import contextlib
import ctypes
import gc

from rungbell.runtime.watching.stall import StallWatch
from rungbell.telemetry import Metrics, write_summaries

EVERY = 1.0
"""Seconds."""
TIDY_EVERY = 15
"""Beats between two times that memory is given back."""


async def beat(metrics: Metrics, every: float = EVERY) -> None:
    """Look until cancelled."""
    loop = asyncio.get_running_loop()
    beats = 0
    tidying: asyncio.Future[None] | None = None
    with StallWatch() as watch:
        while True:
            due = loop.time() + every
            await asyncio.sleep(every)
            watch.beat()
            metrics.daemon.loop_lag.observe(max(0.0, loop.time() - due))
            metrics.daemon.tasks.set(len(asyncio.all_tasks()))
            write_summaries()
            beats += 1
            if beats % TIDY_EVERY == 0 and (tidying is None or tidying.done()):
                gc.collect()
                tidying = loop.run_in_executor(None, give_memory_back)  # not waited for: its threads may all be busy


def give_memory_back() -> None:
    """Let the allocator return what is free; nothing where it is another one than glibc's."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
