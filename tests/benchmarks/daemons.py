"""The daemon under measurement: a real process with a scratch store and a ladder that does not climb meanwhile."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.daemon import Daemon

CALM = "24h"
"""To acknowledge: longer than any run, so that no ladder climbs while something else is measured."""
IDLE = 0.04
"""Share of one core below which a process has come to rest."""


def daemon(directory: Path, page_url: str) -> Daemon:
    """Make a daemon that pages ``page_url`` once for each incident."""
    return Daemon.paging(directory, page_url, acknowledge_within=CALM)


def process_of(daemon: Daemon) -> int:
    """Find the process by its store: the harness keeps its number to itself."""
    store = str(daemon.store).encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if store in words and b"serve" in words:
                return int(entry.name)
    raise AssertionError("the daemon's process cannot be found")


def resident(process: int, field: str = "VmRSS") -> float:
    """Give the MiB of memory a process has (``VmHWM``: has had at most)."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"/proc/{process}/status has no {field}")


def processor_seconds(process: int) -> float:
    """Give what a process has used up so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def at_rest(process: int, *, within: float = 20) -> None:
    """Wait until a process does next to nothing, so that the other side's turn is not disturbed."""
    async with asyncio.timeout(within):
        while True:
            before = processor_seconds(process)
            await asyncio.sleep(0.25)
            if processor_seconds(process) - before <= IDLE * 0.25:
                return


@contextmanager
def reading(store: Path) -> Iterator[sqlite3.Connection]:
    """Look into a store that a daemon is using."""
    connection = sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def one_value(connection: sqlite3.Connection, query: str, *values: int) -> int:
    """Ask for one number."""
    value: int = connection.execute(query, values).fetchone()[0]
    return value
