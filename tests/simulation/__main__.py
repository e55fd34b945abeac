"""``python -m tests.simulation --seeds 20000``: many small worlds, every commit judged.

``--seed 4711 --trace`` runs one alone and tells its story. ``--interleavings 6`` tries every order of acknowledgement,
climb, resolve, re-fire, reload and result of a page instead. The exit code is 1 when an invariant does not hold.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.simulation.campaign import Totals, campaign, interleavings
from tests.simulation.hits import missed, table
from tests.simulation.run import Outcome, run

SHOWN = 25
"""Lines of a failing seed's story: the last ones, which end with what broke."""
PLAIN_WIDTH = 160
LINES_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""
Tell = Callable[[int, str], None]


def main() -> int:
    """Run, show, and give the exit code."""
    asked = _arguments()
    screen = Console()
    if not screen.is_terminal:
        screen = Console(width=PLAIN_WIDTH)
    errors = Console(stderr=True)
    if asked.seed is not None:
        return _one(screen, asked.seed, trace=asked.trace)
    if asked.interleavings:
        return _interleavings(screen, errors, asked.interleavings, asked.processes)
    return _campaign(screen, errors, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1_000, help="how many worlds (default: %(default)s)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: %(default)s)")
    parser.add_argument("--processes", type=int, help="how many at a time (default: one for each core)")
    parser.add_argument("--seed", type=int, help="run this one alone")
    parser.add_argument("--trace", action="store_true", help="with --seed: tell everything that happened")
    parser.add_argument("--interleavings", type=int, metavar="DEPTH", help="every order of the six actions instead")
    return parser.parse_args()


def _one(screen: Console, seed: int, *, trace: bool) -> int:
    outcome = run(seed, trace=True)
    if trace or outcome.broken:
        _story(screen, outcome, None if trace else SHOWN)
    state = f"{outcome.invariant} does not hold" if outcome.broken else "every invariant holds"
    screen.print(f"seed {seed}: {state}; {outcome.commits} commits, trace {outcome.trace[:16]}", highlight=False)
    return 1 if outcome.broken else 0


def _story(screen: Console, outcome: Outcome, lines: int | None) -> None:
    for line in outcome.lines[-lines:] if lines else outcome.lines:
        screen.print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _campaign(screen: Console, errors: Console, asked: argparse.Namespace) -> int:
    began = time.monotonic()
    with _telling(errors, asked.seeds) as tell:
        totals = campaign(asked.first, asked.seeds, asked.processes, lambda totals: tell(totals.seeds, _words(totals)))
    seconds = time.monotonic() - began
    screen.print(table(totals.hits))
    screen.print(
        f"{totals.seeds} seeds, {totals.commits} commits, each judged, in {seconds:.0f} s "
        f"({seconds / max(1, totals.seeds) * 1e3:.1f} ms a seed); trace {totals.trace[:16]}",
        highlight=False,
    )
    if unhit := missed(totals.hits):
        screen.print(f"[bold red]never hit: {len(unhit)}[/]: {'; '.join(unhit)}", highlight=False)
    for failed in totals.failed:
        screen.print(f"\n[bold red]seed {failed.seed}: {failed.invariant} does not hold[/]", highlight=False)
        _story(screen, run(failed.seed, trace=True), SHOWN)
        screen.print(f"alone: python -m tests.simulation --seed {failed.seed} --trace", highlight=False)
    return 1 if totals.failed else 0


def _interleavings(screen: Console, errors: Console, depth: int, processes: int | None) -> int:
    began = time.monotonic()
    with _telling(errors, 0) as tell:
        steps, broken = interleavings(depth, processes, lambda done, of, steps: tell(done, f"of {of}, {steps} steps"))
    seconds = time.monotonic() - began
    screen.print(f"all interleavings to depth {depth}: {steps} steps, each judged, in {seconds:.0f} s", highlight=False)
    for told in broken:
        screen.print(told, style="bold red", highlight=False, markup=False, emoji=False, soft_wrap=True)
    return 1 if broken else 0


def _words(totals: Totals) -> str:
    return f"{totals.commits} commits, {len(totals.failed)} failed"


@contextmanager
def _telling(console: Console, total: int) -> Iterator[Tell]:
    """Give what tells how it goes: a progress bar on a terminal, a plain line now and then elsewhere."""
    if not console.is_terminal:
        last = 0.0

        def tell(done: int, words: str) -> None:
            nonlocal last
            if done == total or time.monotonic() - last >= LINES_EVERY:
                last = time.monotonic()
                of = f"/{total}" if total else ""
                console.print(f"{done}{of}: {words}", highlight=False, soft_wrap=True)

        yield tell
        return
    columns = (
        BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=total or None)
        yield lambda done, words: progress.update(task, completed=done, description=words)


if __name__ == "__main__":
    sys.exit(main())
