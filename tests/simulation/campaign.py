"""Many seeds, or all interleavings, on as many processes as there are."""

import gc
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

from tests.simulation.hits import Hits
from tests.simulation.hosting import hosted
from tests.simulation.interleavings import explore, shares
from tests.simulation.run import Outcome, run_hosted

SHARE = 100
"""Seeds that a process takes at a time."""
ENOUGH = 5
"""Seeds that fail before the rest is left."""
Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(slots=True)
class Totals:
    """What came of a campaign."""

    seeds: int = 0
    commits: int = 0
    hits: Hits = field(default_factory=Counter)
    failed: list[Outcome] = field(default_factory=list)
    traces: dict[int, str] = field(default_factory=dict)
    """First seed of a share to the hash of its traces."""

    def add(self, other: "Totals") -> None:
        """Count another share in."""
        self.seeds += other.seeds
        self.commits += other.commits
        self.hits.update(other.hits)
        self.failed += other.failed
        self.traces |= other.traces

    @property
    def trace(self) -> str:
        """A hash over the traces of all seeds, however they were shared out over processes."""
        return hashlib.sha256("".join(self.traces[first] for first in sorted(self.traces)).encode()).hexdigest()


def share(first: int, count: int) -> Totals:
    """Run a share of seeds in this process."""
    totals, traces = Totals(), hashlib.sha256()
    with hosted() as log:
        for seed in range(first, first + count):
            outcome = run_hosted(seed, log)
            totals.seeds += 1
            totals.commits += outcome.commits
            totals.hits.update(outcome.hits)
            traces.update(outcome.trace.encode())
            if outcome.broken:
                totals.failed.append(outcome)
    totals.traces[first] = traces.hexdigest()
    return totals


def campaign(
    first: int, count: int, processes: int | None = None, tell: Callable[[Totals], None] = lambda _totals: None
) -> Totals:
    """Run so many seeds; stops early after ``ENOUGH`` that fail."""
    totals = Totals()
    pieces = [(start, min(SHARE, first + count - start)) for start in range(first, first + count, SHARE)]
    for done in _spread(_share, pieces, processes):
        totals.add(done)
        tell(totals)
        if len(totals.failed) >= ENOUGH:
            break
    return totals


def interleavings(
    depth: int, processes: int | None = None, tell: Callable[[int, int, int], None] = lambda *_told: None
) -> tuple[int, list[str]]:
    """Try every interleaving; gives how many steps were taken, and what broke. ``tell``: done, of, steps."""
    pieces = shares(depth)
    steps, broken = 0, []
    for number, found in enumerate(_spread(explore, pieces, processes), 1):
        steps += found.steps
        broken += [found.broken] if found.broken else []
        tell(number, len(pieces), steps)
    return steps, broken


def _share(piece: tuple[int, int]) -> Totals:
    return share(*piece)


def _spread(do: Callable[[Work], Result], pieces: Iterable[Work], processes: int | None) -> Iterator[Result]:
    """Do all pieces, a few ahead of whoever takes the results; those not asked for are never begun."""
    workers = processes or len(os.sched_getaffinity(0))
    if workers == 1:
        yield from map(do, pieces)
        return
    waiting = iter(pieces)
    with ProcessPoolExecutor(workers, get_context("spawn"), prepare) as pool:
        running = [pool.submit(do, piece) for piece in islice(waiting, workers + 1)]
        try:
            while running:
                done = running.pop(0)
                running += [pool.submit(do, piece) for piece in islice(waiting, 1)]
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def prepare() -> None:
    """A world leaves few cycles behind; looking for them often costs a tenth of the time."""
    gc.set_threshold(100_000, 50, 100)
