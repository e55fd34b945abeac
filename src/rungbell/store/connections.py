"""The file of an embedded store: its lock, its connections, and how statements run on them.

Rules
-----
* A lock file keeps a second process out; readers are ``query_only`` and never checkpoint.
* WAL with ``synchronous=FULL``: what was answered is on disk.
* The file and its companions are readable by their owner only. What is there and is no store of rungbell's is left as
  it was, whoever may write it: a device, the database of another program.

May import: ``domain``, ``codec``, ``log_room``, ``statements``, the standard library.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rungbell.domain.errors import StoreIncompatible
from rungbell.store.codec.columns import Row
from rungbell.store.log_room import log_of
from rungbell.store.statements import Statement

BUSY_TIMEOUT_MS = 5_000
LOG_PAGES = 10_000
"""After so many pages the log begins anew."""
WRITER_PRAGMAS: Mapping[str, str | int] = {
    "auto_vacuum": 2,
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "mmap_size": 0,
    "wal_autocheckpoint": LOG_PAGES,
    "cache_size": -16_000,
}
"""Set on the writing connection and asserted by a test; ``synchronous`` 2 is FULL. ``auto_vacuum`` 2 (INCREMENTAL)
means something to a new file only, and only before its journal mode is set."""
LOG_SIZE = LOG_PAGES * (4096 + 24) + 32
"""Bytes of the log by then: its header, and the pages with theirs."""
BEGINNING = b"SQLite format 3\0"
"""What every SQLite file begins with; one that was only just made is empty."""
READER_PRAGMAS: Mapping[str, str | int] = {
    "query_only": 1,
    "wal_autocheckpoint": 0,
    "mmap_size": 0,
    "busy_timeout": BUSY_TIMEOUT_MS,
}


class SqliteRunner:
    """Runs statements on the driver."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: Statement, **values: Any) -> Sequence[Row]:  # noqa: ANN401
        """Run a query."""
        return self._connection.execute(statement.placed, statement.filled(values)).fetchall()

    def run(self, statement: Statement, **values: Any) -> int:  # noqa: ANN401
        """Run a statement and give the number of rows it changed."""
        return self._connection.execute(statement.placed, statement.filled(values)).rowcount

    def insert(self, statement: Statement, **values: Any) -> int:  # noqa: ANN401
        """Insert a row and give the number it was counted up to; with RETURNING the row would cost twice as much."""
        return self._connection.execute(statement.placed, statement.filled(values)).lastrowid or 0

    def run_many(self, statement: Statement, rows: Iterable[dict[str, Any]]) -> None:
        """Run a statement for each row."""
        self._connection.executemany(statement.placed, map(statement.filled, rows))


def lock(path: Path) -> int:
    """Take the lock file beside the store, and keep it while the returned descriptor is open.

    Raises:
        StoreIncompatible: another process has it.
    """
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreIncompatible(f"{path} is in use by another rungbell; two must not share one file") from error
    return descriptor


def refuse_a_stranger(path: Path) -> None:
    """Look at what is there, without changing anything.

    Raises:
        StoreIncompatible: it is not a store of rungbell's, nor becomes one.
    """
    if not path.exists():
        return
    if not path.is_file():
        raise StoreIncompatible(f"{path} is not a file, so that it cannot be the store; it is left as it is")
    with path.open("rb") as opened:
        begins = opened.read(len(BEGINNING))
    if begins and begins != BEGINNING:
        raise StoreIncompatible(f"{path} is not a database, so that it cannot be the store; it is left as it is")
    if begins and _belongs_to_another(path):
        raise StoreIncompatible(f"{path} is the database of another program; give --storage.path a file of its own")


def _belongs_to_another(path: Path) -> bool:
    """Whether there are tables, and not the one that every store has; a log may hold all of them."""
    tables = _tables(path, "immutable=1")
    log = log_of(path)
    if not tables and log.exists() and log.stat().st_size:
        tables = _tables(path, "mode=ro")
    return bool(tables) and "alembic_version" not in tables


def _tables(path: Path, opened: str) -> set[str]:
    """Give the names of tables; none where the file cannot be read: whoever opens it to write says what is wrong."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{opened}", uri=True)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return set()


def create(path: Path) -> None:
    """Make the file, readable by its owner only, and close it to others where it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the one connection that writes."""
    patience = int(WRITER_PRAGMAS["busy_timeout"]) / 1000
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=patience)
    return _with(connection, WRITER_PRAGMAS)


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    return _with(connection, READER_PRAGMAS)


def _with(connection: sqlite3.Connection, pragmas: Mapping[str, str | int]) -> sqlite3.Connection:
    """Set the PRAGMAs of a connection; a damaged file fails here, and then it is closed."""
    try:
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
