"""Row 3: one message of ten thousand alerts, and what it does to everybody else."""

import asyncio
import json
import time

from tests.benchmarks.bare import Bare
from tests.benchmarks.bench import Bench
from tests.benchmarks.bodies import PATH, large
from tests.benchmarks.daemons import daemon
from tests.benchmarks.figures import Row, Spread, ratios
from tests.benchmarks.raw import Connection, get, post

ALERTS = 10_000
AT_MOST = 8.0
HELD_AT_MOST = 0.250
PROBE_EVERY = 0.010


async def large_message(bench: Bench) -> list[Row]:
    """Send it as something new in each round, then once more unchanged."""
    directory = bench.directory / "large"
    directory.mkdir()
    loads: list[float] = []
    new: list[float] = []
    again: list[float] = []
    gaps: list[float] = []
    size = 0
    async with (
        Bare(directory, "hang") as pager,
        daemon(directory, pager.url) as rungbell,
        Connection(rungbell.port) as sender,
        Connection(rungbell.port) as asker,
    ):
        for number in range(bench.rounds):
            bench.tell(f"{ALERTS:,} alerts, round {number + 1}")
            body = large(ALERTS, f"Large{number}")
            size = len(body)
            request = post(PATH, rungbell.port, body)
            loads.append(_loading(body))
            over = asyncio.Event()
            probing = asyncio.create_task(_longest_gap(asker, get("/-/healthy", rungbell.port), over))
            await asyncio.sleep(5 * PROBE_EVERY)
            new.append(await sender.exchange(request))
            over.set()
            gaps.append(await probing)
            again.append(await sender.exchange(request))
    slower, longest = ratios(new, loads), Spread(gaps)
    return [
        Row(
            f"3 a webhook of {ALERTS:,} alerts ({size / 1e6:.1f} MB)",
            Spread(new).words(" ms", scale=1e3, digits=0),
            f"{slower.words('x')} json.loads",
            f"<= {AT_MOST:.0f}x",
            slower.median <= AT_MOST,
        ),
        Row(
            "  event loop held meanwhile",
            longest.words(" ms", scale=1e3, digits=0),
            f"{ratios(gaps, loads).words('x')} json.loads",
            f"<= {HELD_AT_MOST * 1e3:.0f} ms, always",
            max(gaps) <= HELD_AT_MOST,
        ),
        Row(
            "  the same webhook again, unchanged",
            Spread(again).words(" ms", scale=1e3, digits=0),
            f"{ratios(again, loads).words('x')} json.loads",
        ),
    ]


def _loading(body: bytes) -> float:
    """Give the middle of three, since the first pays for fresh memory."""
    taken: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        json.loads(body)
        taken.append(time.perf_counter() - began)
    return Spread(taken).median


async def _longest_gap(connection: Connection, request: bytes, over: asyncio.Event) -> float:
    """Ask every ten milliseconds until it is over; give the longest time that an answer was waited for."""
    longest = 0.0
    while not over.is_set():
        longest = max(longest, await connection.exchange(request))
        await asyncio.sleep(PROBE_EVERY)
    return longest
