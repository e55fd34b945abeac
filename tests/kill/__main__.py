"""``python -m tests.kill --rounds 200 --seed 1``: run the kill rounds and show what was kept and what was lost."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.kill.rounds import Totals, run

MOST_NAMED = 20
"""How many of the broken promises are named one by one."""


def main() -> int:
    """Run, show, and give the exit code: 0 when every promise was kept, 1 otherwise."""
    asked = _arguments()
    screen, errors = Console(), Console(stderr=True)
    directory = asked.directory or Path(tempfile.mkdtemp(prefix="rungbell-kill-"))
    try:
        with _telling(errors, asked.rounds) as tell:
            totals = asyncio.run(run(asked.rounds, asked.seed, directory, tell=tell))
    except AssertionError as broken:
        errors.print(
            f"broken off: {broken}\nstores and logs: {directory}", highlight=False, markup=False, soft_wrap=True
        )
        return 1
    screen.print(_table(totals))
    for what, names in _broken(totals):
        more = " …" if len(names) > MOST_NAMED else ""
        screen.print(f"{what}: {', '.join(names[:MOST_NAMED])}{more}", highlight=False, markup=False)
    if totals.good and asked.directory is None:
        shutil.rmtree(directory)
    else:
        screen.print(f"stores and logs: {directory}", highlight=False, markup=False, soft_wrap=True)
    return 0 if totals.good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how many kills (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what every choice is drawn from (default: %(default)s)")
    parser.add_argument(
        "--directory", type=Path, help="where stores and logs go (default: a temporary one, kept on failure)"
    )
    return parser.parse_args()


@contextmanager
def _telling(console: Console, rounds: int) -> Iterator[Callable[[Totals], None]]:
    """Give what tells about each round: a progress bar on a terminal, a plain line elsewhere."""
    if not console.is_terminal:
        yield lambda totals: console.print(_line(totals, rounds), highlight=False, soft_wrap=True)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=rounds)
        yield lambda totals: progress.update(task, completed=totals.rounds, description=_summary(totals))


def _line(totals: Totals, rounds: int) -> str:
    return f"round {totals.rounds}/{rounds}: {_summary(totals)}"


def _summary(totals: Totals) -> str:
    lost = len(totals.lost) + len(totals.unpaged)
    return f"{totals.accepted} accepted, {lost} lost, {totals.pages} pages, {totals.duplicates} duplicates"


def _table(totals: Totals) -> Table:
    table = Table(title="Killed under load")
    table.add_column("")
    table.add_column("count", justify="right")
    rows = {
        "rounds": totals.rounds,
        "webhooks accepted": totals.accepted,
        "webhooks without an answer or refused, sent again": totals.unanswered,
        "incidents promised": totals.promised,
        "incidents found": totals.found,
        "incidents lost": len(totals.lost),
        "incidents never paged": len(totals.unpaged),
        "incidents or first pages doubled": len(totals.doubled),
        "pages": totals.pages,
        "duplicates": totals.duplicates,
        "duplicates unexplained": len(totals.unexplained),
    }
    for name, count in rows.items():
        table.add_row(name, str(count))
    table.add_row("oldest first copy of a duplicate before its kill", f"{totals.oldest_duplicate:.2f} s")
    return table


def _broken(totals: Totals) -> Iterator[tuple[str, tuple[str, ...]]]:
    every = {
        "lost": totals.lost,
        "never paged": totals.unpaged,
        "doubled": totals.doubled,
        "sent twice without a reason": totals.unexplained,
    }
    yield from ((what, names) for what, names in every.items() if names)


if __name__ == "__main__":
    sys.exit(main())
