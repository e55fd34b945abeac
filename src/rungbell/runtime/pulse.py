"""Once a second: how late the event loop is, and what the log has counted.

Rules
-----
* A loop that is late is late for everybody: webhooks, clocks and pages share it.

May import: ``telemetry``.
"""

import asyncio

from rungbell.telemetry import Metrics, write_summaries

EVERY = 1.0
"""Seconds."""


async def beat(metrics: Metrics, every: float = EVERY) -> None:
    """Look until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        metrics.loop_lag.observe(max(0.0, loop.time() - due))
        write_summaries()
