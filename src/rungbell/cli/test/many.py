"""Many tests, on as many cores as there are.

Rules
-----
* A test knows nothing of the others, so it comes out alike wherever it runs; answers come in the order of the file.
* Workers are forked: they have the tests already, and hand back what failed. Where a fork is not safe there are none.

May import: ``judging``, ``reading``, ``running`` and the standard library.
"""

import os
import sys
from collections.abc import Iterator, Sequence

from rungbell.cli.test.judging import Failure, judge
from rungbell.cli.test.reading import Case
from rungbell.cli.test.running import run

EACH = 100
"""Tests of one worker at least; for fewer it would not be worth while."""
CHUNK = 25
"""Tests that a worker takes at a time."""

_cases: Sequence[Case] = ()
"""Those of a worker's process."""


def judged(cases: Sequence[Case]) -> Iterator[tuple[Failure, ...]]:
    """Run tests, and give what is not as expected in each."""
    workers = min(_cores(), len(cases) // EACH)
    if workers < 2:
        yield from map(_judged, cases)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, get_context("fork"), _take, (cases,)) as pool:
        yield from pool.map(_judged_at, range(len(cases)), chunksize=CHUNK)


def _cores() -> int:
    """Count those that this process may use; elsewhere than on Linux, system libraries do not bear a fork."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _judged(case: Case) -> tuple[Failure, ...]:
    return judge(run(case))


def _take(cases: Sequence[Case]) -> None:
    global _cases  # noqa: PLW0603 -- a worker has one list of tests
    _cases = cases


def _judged_at(index: int) -> tuple[Failure, ...]:
    return _judged(_cases[index])
