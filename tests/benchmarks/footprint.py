"""Row 6: how soon it is ready, and how much memory it takes."""

import time
from pathlib import Path

from tests.benchmarks.bare import Bare
from tests.benchmarks.bench import Bench
from tests.benchmarks.bodies import PATH, large, new_groups
from tests.benchmarks.daemons import at_rest, daemon, process_of, resident
from tests.benchmarks.figures import Row, Spread, ratios
from tests.benchmarks.filling import filled
from tests.benchmarks.raw import Connection, hammer, post
from tests.harness.daemon import Daemon

READY_WITHIN = 1.0
OPEN, FEWER_OPEN = 100_000, 10_000
IDLE_AT_MOST, OPEN_AT_MOST, LARGE_AT_MOST = 90, 150, 256
LARGE_BODIES = 5
ALERTS = 10_000
TRAFFIC_SECONDS = 1.0


async def footprint(bench: Bench) -> list[Row]:
    """Start it again and again on a full store, then read its memory in three situations."""
    directory = bench.directory / "footprint"
    directory.mkdir()
    async with Bare(directory, "hang") as pager:
        ready = await _ready(bench, directory, pager)
        bench.tell("memory")
        idle = daemon(directory / "idle", pager.url)
        async with idle:
            await at_rest(process_of(idle))
            first = resident(process_of(idle))
            after, most = await _after_large(idle)
        opened = await filled(directory / "opened", pager.url, FEWER_OPEN)
        async with opened:
            await hammer(opened.port, new_groups(opened.port), connections=16, seconds=TRAFFIC_SECONDS)
            await opened.api.metrics()
            with_open = resident(process_of(opened))
    return [
        ready,
        _memory("6 memory, idle", first, IDLE_AT_MOST, first),
        _memory(f"  with {FEWER_OPEN:,} open and traffic", with_open, OPEN_AT_MOST, first),
        _memory(f"  after {LARGE_BODIES} bodies of 10 MB (peak {most:.0f})", after, LARGE_AT_MOST, first),
    ]


async def _ready(bench: Bench, directory: Path, pager: Bare) -> Row:
    bench.tell(f"starting with {OPEN:,} open incidents")
    full = await filled(directory / "full", pager.url, OPEN)
    ours: list[float] = []
    bares: list[float] = []
    for _ in range(bench.rounds):
        began = time.perf_counter()
        async with Bare(directory, "read"):
            bares.append(time.perf_counter() - began)
        began = time.perf_counter()
        async with full:
            ours.append(time.perf_counter() - began)
    return Row(
        f"6 start to ready with {OPEN:,} open incidents",
        Spread(ours).words(" s", digits=2),
        f"{ratios(ours, bares).words('x')} bare aiohttp's start",
        f"<= {READY_WITHIN:.0f} s",
        Spread(ours).median <= READY_WITHIN,
    )


async def _after_large(rungbell: Daemon) -> tuple[float, float]:
    process = process_of(rungbell)
    async with Connection(rungbell.port) as connection:
        for number in range(LARGE_BODIES):
            await connection.exchange(post(PATH, rungbell.port, large(ALERTS, f"Memory{number}")))
    await at_rest(process)
    return resident(process), resident(process, "VmHWM")


def _memory(what: str, found: float, goal: int, idle: float) -> Row:
    return Row(what, f"{found:.0f} MiB", f"{found / idle:.1f}x idle", f"<= {goal} MiB", found <= goal)
