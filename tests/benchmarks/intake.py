"""Rows 1 and 2: webhooks that open incidents, and webhooks that repeat themselves, against bare aiohttp."""

import sqlite3
from collections.abc import Callable

from tests.benchmarks.bare import Bare
from tests.benchmarks.bench import Bench
from tests.benchmarks.bodies import PATH, large, new_groups
from tests.benchmarks.daemons import at_rest, daemon, one_value, process_of, reading
from tests.benchmarks.figures import Row, Spread, ratios
from tests.benchmarks.raw import Connection, hammer, post

CONNECTIONS = 64
REPEATING = 16
SECONDS = 1.5
QUICK_SECONDS = 0.7
WARM_UP = 0.3
AT_MOST, HOPED = 5.0, 3.0
REPEATED_AT_MOST = 2.0


async def new_incidents(bench: Bench) -> list[Row]:
    """Open incidents as fast as it goes, while pages wait for a pager that hangs and while they leave."""
    waiting = await _opened(bench, "hang")
    median = waiting[0].median
    row = Row(
        f"1 durable new incidents, {CONNECTIONS} connections",
        waiting[1].words("/s", digits=0),
        f"{waiting[0].words('x')} slower than bare aiohttp",
        f"<= {AT_MOST:.0f}x, hoped {HOPED:.0f}x",
        median <= AT_MOST,
        remark="" if median <= HOPED or median > AT_MOST else "not the hoped",
    )
    leaving = await _opened(bench, "read")
    beside = Row(
        "  the same while its pages leave", leaving[1].words("/s", digits=0), f"{leaving[0].words('x')} slower"
    )
    return [row, beside]


async def _opened(bench: Bench, pager_does: str) -> tuple[Spread, Spread]:
    directory = bench.directory / f"new-{pager_does}"
    directory.mkdir()
    bares: list[float] = []
    ours: list[float] = []
    async with (
        Bare(directory, pager_does) as pager,
        Bare(directory, "read") as bare,
        daemon(directory, pager.url) as rungbell,
    ):
        process = process_of(rungbell)
        opening, reading_only = new_groups(rungbell.port), new_groups(bare.port)
        promised = (await _hammer(bench, rungbell.port, opening, warm_up=True))[1]
        await _hammer(bench, bare.port, reading_only, warm_up=True)
        for number in range(bench.rounds):
            bench.tell(f"new incidents, round {number + 1}")
            await at_rest(process, within=60)
            bares.append((await _hammer(bench, bare.port, reading_only))[0])
            rate, answered = await _hammer(bench, rungbell.port, opening)
            ours.append(rate)
            promised += answered
        with reading(rungbell.store) as store:
            found = one_value(store, "SELECT count(*) FROM incidents")
        assert found == promised, f"{promised} incidents were promised and {found} are in the store"
    return ratios(bares, ours), Spread(ours)


async def repeated(bench: Bench) -> list[Row]:
    """Say the same fifty alerts again and again; nothing may be written."""
    directory = bench.directory / "repeated"
    directory.mkdir()
    body = large(50, "Repeated")
    parsing: list[float] = []
    ours: list[float] = []
    async with (
        Bare(directory, "read") as pager,
        Bare(directory, "parse") as bare,
        daemon(directory, pager.url) as rungbell,
    ):
        same, theirs = post(PATH, rungbell.port, body), post(PATH, bare.port, body)
        async with Connection(rungbell.port) as connection:
            await connection.exchange(same)
        await at_rest(process_of(rungbell))
        wrote = judged = 0
        for number in range(bench.rounds):
            bench.tell(f"repeated webhooks, round {number + 1}")
            parsing.append((await _hammer(bench, bare.port, lambda: theirs, connections=REPEATING))[0])
            with reading(rungbell.store) as store:
                before, alive = one_value(store, "PRAGMA data_version"), _alive(store)
                ours.append((await _hammer(bench, rungbell.port, lambda: same, connections=REPEATING))[0])
                if _alive(store) == alive:  # else the daemon wrote its own note of being alive
                    judged += 1
                    wrote += one_value(store, "PRAGMA data_version") != before
        assert judged, "the daemon noted that it is alive in every round"
    slower = ratios(parsing, ours)
    said = f"wrote in {wrote} of {judged} rounds" if wrote else "nothing written"
    return [
        Row(
            "2 unchanged webhook of 50 alerts",
            f"{Spread(ours).words('/s', digits=0)}, {said}",
            f"{slower.words('x')} slower than aiohttp + pydantic",
            f"<= {REPEATED_AT_MOST:.0f}x, nothing written",
            slower.median <= REPEATED_AT_MOST and not wrote,
        )
    ]


async def _hammer(
    bench: Bench, port: int, request: Callable[[], bytes], *, connections: int = CONNECTIONS, warm_up: bool = False
) -> tuple[float, int]:
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    told = await hammer(port, request, connections=connections, seconds=WARM_UP if warm_up else seconds)
    assert not told.refused, f"{told.refused} of {told.answered + told.refused} requests were refused"
    return told.rate, told.answered


def _alive(store: sqlite3.Connection) -> str:
    value: str = store.execute("SELECT value FROM notes WHERE name = 'alive_at'").fetchone()[0]
    return value
