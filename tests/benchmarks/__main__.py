"""``python -m tests.benchmarks [--rounds N] [--only NAME] [--quick]``: measure, and show one table.

What is compared runs in turn within the same rounds, so that the ratios hold on a noisy machine; figures are medians
with the least and the most of the rounds. The exit code is 1 where something could not be measured, whatever was met.
Programs start from byte code, as installed ones do, even where the environment lets Python write none by itself.
All run on the Python that runs this: one built without optimisation (as pyenv builds it, unless it is told otherwise)
takes a third longer than Debian's or the image's.
"""

import argparse
import asyncio
import compileall
import os
import platform
import signal
import sqlite3
import sys
import tempfile
import timeit
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.benchmarks.answers import answers
from tests.benchmarks.bench import Bench
from tests.benchmarks.big import large_message
from tests.benchmarks.figures import Row
from tests.benchmarks.footprint import footprint
from tests.benchmarks.intake import new_incidents, repeated
from tests.benchmarks.paging import pages
from tests.benchmarks.rehearsing import look_ahead, policy_tests
from tests.benchmarks.waiting import many_waiting

Scenario = Callable[[Bench], Awaitable[list[Row]]]
SCENARIOS: dict[str, Scenario] = {
    "new": new_incidents,
    "repeated": repeated,
    "large": large_message,
    "pages": pages,
    "waiting": many_waiting,
    "footprint": footprint,
    "policy": policy_tests,
    "look": look_ahead,
    "answers": answers,
}
UNMEASURED = (AssertionError, OSError, sqlite3.Error, ValueError)
"""What a scenario may fail of; ``TimeoutError`` is an ``OSError``."""
ROUNDS, QUICK_ROUNDS = 5, 2
PLAIN_WIDTH = 200
EMPTY_PASSES = 1_000_000
ROOT = Path(__file__).parents[2]
MEASURED = (ROOT / "src", ROOT / "tests" / "benchmarks", ROOT / "tests" / "harness")
"""What the programs that are started consist of."""


def main() -> int:
    """Measure, show, and give the exit code."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that daemons and scratch files go away too
    screen, errors = Console(), Console(stderr=True)
    if not screen.is_terminal:
        screen = Console(width=PLAIN_WIDTH)
    if not all(compileall.compile_dir(directory, quiet=2) for directory in MEASURED):
        errors.print("no byte code can be written beside the sources: each start compiles them, and takes longer")
    chosen = [asked.only] if asked.only else list(SCENARIOS)
    rounds = asked.rounds or (QUICK_ROUNDS if asked.quick else ROUNDS)
    rows: list[Row] = []
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="rungbell-bench-") as scratch, _telling(errors, len(chosen)) as tell:
        for done, name in enumerate(chosen):
            directory = Path(scratch) / name
            directory.mkdir()
            bench = Bench(directory, rounds, asked.quick, lambda text, done=done: tell(done, text))  # type: ignore[misc]
            rows += asyncio.run(_measured(name, bench))
    screen.print(_table(rows, f"load before: {load:.1f} on {os.cpu_count()} cores; {rounds} rounds; {_interpreter()}"))
    return 0 if all(row.measured for row in rows) else 1


def _interpreter() -> str:
    """Say what ran, and how fast it was just then: seconds mean little without it."""
    passes = timeit.timeit("pass", number=EMPTY_PASSES) / EMPTY_PASSES
    return f"Python {platform.python_version()} ({platform.python_compiler()}), {passes * 1e9:.0f} ns an empty pass"


async def _measured(name: str, bench: Bench) -> list[Row]:
    try:
        return await SCENARIOS[name](bench)
    except UNMEASURED as error:
        return [Row(name, figure=str(error) or type(error).__name__, measured=False)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=_at_least_one, help=f"default: {ROUNDS}, quick: {QUICK_ROUNDS}")
    parser.add_argument("--only", choices=list(SCENARIOS), help="measure only this")
    parser.add_argument("--quick", action="store_true", help="less of everything, within a minute")
    return parser.parse_args()


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


@contextmanager
def _telling(console: Console, total: int) -> Iterator[Callable[[int, str], None]]:
    """Give what tells about each step: a progress bar on a terminal, a plain line elsewhere."""
    if not console.is_terminal:
        yield lambda _done, text: console.print(text, highlight=False, markup=False, soft_wrap=True)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)
        yield lambda done, text: progress.update(task, completed=done, description=text)


def _table(rows: list[Row], caption: str) -> Table:
    table = Table(title="rungbell, measured", caption=caption)
    table.add_column("what")
    table.add_column("figure: median (min-max)")
    table.add_column("ratio within this run")
    table.add_column("goal")
    table.add_column("met")
    for row in rows:
        style = "red" if row.met is False or not row.measured else None
        table.add_row(row.what, row.figure, row.ratio, row.goal, row.verdict, style=style)
    return table


if __name__ == "__main__":
    sys.exit(main())
