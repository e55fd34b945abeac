"""Row 5: a million incidents that wait, and ten thousand of them due in one instant."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from rungbell.store.connections import SqliteRunner, connect_reader
from rungbell.store.transaction import Transaction
from tests.benchmarks.bare import Bare
from tests.benchmarks.bench import Bench
from tests.benchmarks.daemons import at_rest, one_value, process_of, reading
from tests.benchmarks.figures import Row, Spread, ratios
from tests.benchmarks.filling import filled, make_due
from tests.harness.daemon import Daemon

DUE = 10_000
LOOKS = 50
MOST_ROUNDS = 3
LOOK_WITHIN = 0.001
DECIDED_WITHIN = 2.0
LEAD = timedelta(seconds=4)
"""Between making them due and the instant; the daemon starts and comes to rest meanwhile."""
GIVEN_UP_AFTER = 40.0
STILL_DUE = "SELECT EXISTS (SELECT 1 FROM incidents WHERE wake_at <= ?)"


async def many_waiting(bench: Bench) -> list[Row]:
    """Fill a store, look for what is due where nothing is, then let ten thousand clocks end at once."""
    count = bench.choose(1_000_000, 100_000)
    rounds = min(bench.rounds, MOST_ROUNDS)
    written: list[float] = []
    decided: list[float] = []
    bench.directory.joinpath("pagers").mkdir()
    async with Bare(bench.directory / "pagers", "read") as pager:
        bench.tell(f"writing {count:,} incidents")
        few = await filled(bench.directory / "few", pager.url, 1)
        many = await filled(bench.directory / "many", pager.url, count)
        small, large = _looks(few, many, rounds)
        for number in range(rounds):
            bench.tell(f"{DUE:,} due at once among {count:,}, round {number + 1}")
            took, due = make_due(many.store, number * DUE, DUE, LEAD)
            written.append(took)
            async with many:
                decided.append(await _deciding(many, due))
    looking = Spread(large)
    return [
        Row(
            f"5 idle look, {count:,} waiting",
            looking.words(" ms", scale=1e3, digits=3),
            f"{ratios(large, small).words('x')} the look with 1 waiting",
            f"<= {LOOK_WITHIN * 1e3:.0f} ms",
            looking.median <= LOOK_WITHIN,
        ),
        Row(
            f"  {DUE:,} due in one instant, all decided",
            Spread(decided).words(" s", digits=2),
            f"{ratios(decided, written).words('x')} one plain UPDATE of them",
            f"<= {DECIDED_WITHIN:.0f} s",
            Spread(decided).median <= DECIDED_WITHIN,
        ),
    ]


def _looks(few: Daemon, many: Daemon, rounds: int) -> tuple[list[float], list[float]]:
    """Time the two questions of the clock watcher, with its own code, on both stores in turn."""
    readers = [connect_reader(one.store) for one in (few, many)]
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for reader, found in zip(readers, times, strict=True):
            transaction = Transaction(SqliteRunner(reader), {})
            now = datetime.now(UTC)
            taken: list[float] = []
            for _ in range(LOOKS):
                began = time.perf_counter()
                due, following = transaction.due_incidents(now, 500), transaction.next_wake()
                taken.append(time.perf_counter() - began)
                assert not due
                assert following is not None
            found.append(Spread(taken).median)
    for reader in readers:
        reader.close()
    return times


async def _deciding(rungbell: Daemon, due: datetime) -> float:
    """Give the seconds from the instant until no clock is due any more."""
    await at_rest(process_of(rungbell))
    assert datetime.now(UTC) < due, "the daemon was not at rest before the clocks were due"
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
    with reading(rungbell.store) as store:
        while one_value(store, STILL_DUE, int(due.timestamp() * 1000)):
            late = (datetime.now(UTC) - due).total_seconds()
            assert late < GIVEN_UP_AFTER, f"clocks were still due after {late:.0f} s"
            await asyncio.sleep(0.01)
        late = (datetime.now(UTC) - due).total_seconds()
        climbed = one_value(store, "SELECT count(DISTINCT incident) FROM outbox WHERE tier = 'L2'")
    assert climbed == DUE, f"{climbed} of {DUE} incidents were decided"
    return late
