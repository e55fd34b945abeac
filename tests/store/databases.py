"""The databases that the contract is held against.

A database joins by one class here and one entry in ``DATABASES``; the contract never asks which one it is.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from rungbell.store import Store
from rungbell.store.connections import WRITER_PRAGMAS
from rungbell.store.opening import open_sqlite

OnCommit = Callable[[int], None]
Rows = Sequence[tuple[Any, ...]]


class Database(Protocol):
    """A database of one test, and somebody beside rungbell who can look into it."""

    refused: type[Exception]
    """What the driver raises where the schema says no."""

    async def open(self, on_commit: OnCommit = ...) -> Store:
        """Open the store, as at a start of rungbell."""
        ...

    def query(self, statement: str) -> Rows:
        """Look into the database over a connection of one's own."""
        ...

    def execute(self, statement: str) -> None:
        """Change the database over a connection of one's own, and commit."""
        ...

    def unwritable(self) -> AbstractContextManager[None]:
        """For a while nothing can be written."""
        ...


class SqliteDatabase:
    """A file in the test's own folder."""

    refused: type[Exception] = sqlite3.IntegrityError

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rungbell.db"

    async def open(self, on_commit: OnCommit = lambda _size: None) -> Store:
        return await open_sqlite(self.path, on_commit)

    def query(self, statement: str) -> Rows:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement)

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """Somebody holds the file's lock for longer than rungbell waits for it."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")


def sqlite_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteDatabase:
    """Give a database whose store waits only a moment for a lock."""
    monkeypatch.setitem(WRITER_PRAGMAS, "busy_timeout", 50)
    return SqliteDatabase(folder)


DATABASES: Mapping[str, Callable[[Path, pytest.MonkeyPatch], Database]] = {"sqlite": sqlite_database}
