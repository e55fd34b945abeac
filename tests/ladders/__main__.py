"""``python -m tests.ladders --cases 10000``: what ``simulate`` foresees against what the running engine then does."""

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.ladders.comparing import Totals, compare, seeds_of

MOST_SHOWN = 10
"""How many of the differences are shown."""


def main() -> int:
    """Run, show, and give the exit code: 0 when every ladder was as foreseen, 1 otherwise."""
    asked = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    screen, errors = Console(highlight=False), Console(stderr=True)
    seed = random.SystemRandom().randrange(2**32) if asked.seed is None else asked.seed
    seeds = [asked.batch] if asked.batch is not None else seeds_of(seed, asked.cases)
    with _telling(errors, len(seeds)) as tell:
        totals = compare(seeds, tell)
    screen.print(_table(totals))
    for difference in totals.differences[:MOST_SHOWN]:
        screen.print(f"{difference}\n  again: python -m tests.ladders --batch {difference.seed}", markup=False)
    told = f"batch {asked.batch}" if asked.batch is not None else f"seed {seed}"
    screen.print(f"{told}: {totals.cases} cases, {totals.pages} pages, {len(totals.differences)} differences")
    return 1 if totals.differences else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.ladders", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="how many policies and alerts (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="what every choice is drawn from (default: a fresh one)")
    parser.add_argument("--batch", type=int, help="only the batch of this seed, as a difference names it")
    return parser.parse_args()


@contextmanager
def _telling(console: Console, batches: int) -> Iterator[Callable[[Totals], None]]:
    """Give what tells about each batch: a progress bar on a terminal, nothing elsewhere."""
    if not console.is_terminal:
        yield lambda _totals: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=console) as progress:
        task = progress.add_task("starting", total=batches)

        def tell(totals: Totals) -> None:
            told = f"{totals.cases} cases, {totals.pages} pages, {len(totals.differences)} differences"
            progress.update(task, advance=1, description=told)

        yield tell


def _table(totals: Totals) -> Table:
    table = Table("came across", "cases", title="Ladders foreseen and rung")
    table.columns[1].justify = "right"
    for what, count in sorted(totals.hit.items()):
        table.add_row(what, str(count))
    return table


if __name__ == "__main__":
    sys.exit(main())
