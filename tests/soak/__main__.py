"""``python -m tests.soak [--minutes 30] [--rate 200] [--seed 1]``: months in half an hour, and what was kept and lost.

The store lies on a small file system of its own, which is filled now and then; where none can be mounted (mounting
needs root), a lock on the file stands in for that, and the table says so. The exit code is 1 when a promise was broken.
"""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.soak.run import Outcome, Settings, run
from tests.soak.run import Progress as Told

MOST_NAMED = 20
PLAIN_WIDTH = 160


def main() -> int:
    """Run, show, and give the exit code."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the daemon and its file system go away too
    screen, errors = Console(), Console(stderr=True)
    if not screen.is_terminal:
        screen = Console(width=PLAIN_WIDTH)
    directory = asked.directory or Path(tempfile.mkdtemp(prefix="rungbell-soak-"))
    settings = Settings(minutes=asked.minutes, rate=asked.rate, seed=asked.seed)
    with _telling(errors) as tell:
        outcome = asyncio.run(run(settings, directory, tell))
    screen.print(table(outcome, settings))
    for what, names in outcome.broken.items():
        more = f" … {len(names)} in all" if len(names) > MOST_NAMED else ""
        screen.print(f"{what}: {'; '.join(names[:MOST_NAMED])}{more}", highlight=False, markup=False)
    if not outcome.broken and asked.directory is None:
        shutil.rmtree(directory)
    else:
        screen.print(f"the log: {directory}", highlight=False, markup=False, soft_wrap=True)
    return 1 if outcome.broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long the traffic lasts (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=200, help="alerts a second (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what every choice is drawn from (default: %(default)s)")
    parser.add_argument("--directory", type=Path, help="where the log goes (default: a temporary one, kept on failure)")
    return parser.parse_args()


@contextmanager
def _telling(console: Console) -> Iterator[Callable[[Told], None]]:
    """Give what tells how it goes: a progress bar on a terminal, plain lines elsewhere."""
    if not console.is_terminal:
        yield lambda told: console.print(f"{told.share:.0%}: {told.words}", highlight=False, soft_wrap=True)
        return
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=1.0)
        yield lambda told: progress.update(task, completed=told.share, description=told.words)


def table(outcome: Outcome, settings: Settings) -> Table:
    """Show every figure."""
    found = Table(title=f"Soaked for {settings.minutes:g} minutes at {settings.rate:g} alerts a second")
    found.add_column("")
    found.add_column("figure", justify="right")
    for name, value in _figures(outcome).items():
        found.add_row(name, value)
    return found


def _figures(outcome: Outcome) -> dict[str, str]:
    promises, verdict, told, audit = outcome.promises, outcome.verdict, outcome.told, outcome.audit
    life = outcome.longest_life
    least, middle, most = life.memory()
    second = life.second_half
    return {
        "webhooks answered 200": str(promises.webhooks),
        "  alerts in them": str(promises.alerts_taken),
        "  of which": ", ".join(f"{count} {change}" for change, count in sorted(promises.changes.items())),
        "  answered 503, sent again": str(promises.refused[503]),
        "  without an answer, sent again": str(promises.unanswered),
        "furthest behind its pace": f"{outcome.worst_behind:.1f} s",
        "acknowledgements, resolves by people": f"{promises.acknowledged}, {promises.resolved}",
        "mishaps": ", ".join(f"{count} {name}" for name, count in sorted(told.happened.items())),
        "  slowest start": f"{told.slowest_start:.2f} s",
        "  without room, all told": f"{told.full_for:.0f} s",
        "  slowest recovery once there is room": f"{told.slowest_recovery:.2f} s",
        "cycles promised, found": f"{verdict.promised}, {verdict.found}",
        "  lost": str(len(verdict.lost)),
        "  never paged": str(len(verdict.unpaged)),
        "  doubled": str(len(verdict.doubled)),
        "alerts lost": str(len(outcome.missing.get("alerts lost", ()))),
        "acts lost": str(len(outcome.missing.get("acts lost", ()))),
        "pages": str(verdict.pages),
        "  duplicates across a kill": str(len(verdict.duplicates) - len(verdict.unexplained)),
        "  duplicates unexplained": str(len(verdict.unexplained)),
        "incidents opened": str(audit.numbers),
        "  in the store: at most, at the end": f"{audit.most_present}, {audit.present}",
        "  without a clock": str(len(audit.without_clock)),
        "  deleted while open": str(len(audit.deleted_open)),
        "  never closed": str(len(audit.open)),
        "lives of the process, longest": f"{len(outcome.lives)}, {life.seconds / 60:.1f} min",
        "  memory, least/median/most": f"{least:.0f}/{middle:.0f}/{most:.0f} MiB",
        "  memory kept, slope of its second half": f"{life.memory_slope:+.1f} MiB/h",
        "  open files, threads (most of its second half)": (
            f"{max(sample.files for sample in second)}, {max(sample.threads for sample in second)}"
        ),
        "store with its log, median/most": f"{median(outcome.store_sizes):.1f}/{max(outcome.store_sizes):.1f} MiB",
        "lines of the log, errors among them": f"{outcome.lines}, {outcome.errors.total()}",
        "  errors": ", ".join(f"{count} {event}" for event, count in sorted(outcome.errors.items())) or "none",
        "full disk": outcome.no_disk or "a mounted file system",
    }


if __name__ == "__main__":
    sys.exit(main())
