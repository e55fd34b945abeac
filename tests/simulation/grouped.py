"""The store in memory with rungbell's own writer before it: work waits in its queue and shares commits.

Rules
-----
* ``GroupCommit`` is the real one; what it opens is a handle on the one database in memory, what it reserves is a word.
* What is done in its thread is done at once, so a batch is begun, written and committed without anybody in between.
* Faults come as SQLite's own errors, at the statement where it raises them.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.policy import Policy
from rungbell.store import group_commit
from rungbell.store.group_commit import GroupCommit
from rungbell.store.log_room import LogRoom
from rungbell.store.reserve import Reserve
from rungbell.store.transaction import Transaction
from tests.simulation.database import KEPT_PINNED, Commit, Database, RecordedTransaction, Result, Steps, Work


class Handle:
    """A connection as the writer uses it."""

    def __init__(self, database: Database, replica: Steps, reserve: "Word") -> None:
        self.commits: list[Commit] = []
        """Of the works of the batch that is written."""
        self._database, self._replica, self._reserve = database, replica, reserve
        self._begun = False

    @property
    def connection(self) -> sqlite3.Connection:
        """The database's own."""
        return self._database.connection

    def execute(self, statement: str) -> None:
        """Begin, commit, roll back; anything else is a PRAGMA, which means nothing in memory."""
        match statement:
            case "BEGIN IMMEDIATE":
                if self._database.broken:
                    raise _error(sqlite3.SQLITE_IOERR)
                self.commits, self._begun = [], True
                self.connection.execute("BEGIN")
            case "COMMIT":
                wrote = any(commit.writes for commit in self.commits)
                if wrote and self._database.full and self._reserve.held:
                    raise _error(sqlite3.SQLITE_FULL)
                if wrote and self._replica.commit_fails():
                    raise _error(sqlite3.SQLITE_IOERR)
                self._begun = False
                self.connection.execute("COMMIT")
                self._database.committed(self.commits)
            case "ROLLBACK":
                self.close()

    def close(self) -> None:
        """Let go; what was not committed never happened."""
        if self._begun:
            self._begun = False
            self.connection.execute("ROLLBACK")


class Word:
    """A reserve that is room on a disk only by its word."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.held = False
        self.short = False

    def take(self) -> bool:
        self.short = self._database.full
        self.held = self.held or not self.short
        return self.held

    def no_room(self) -> bool:
        return self._database.full

    def give_up(self) -> None:
        self.held = False


class GroupedTransaction(RecordedTransaction):
    """One transaction for all works of a batch; each says which one it is."""

    def __init__(self, handle: Handle, _pinned: dict[str, Policy]) -> None:
        self.handle = handle
        super().__init__(handle.connection, Commit(0, "nothing yet"), lambda _statement: None)


class GroupedStore:
    """The port ``rungbell.store.Store`` of a process that is alone with its database."""

    def __init__(self, database: Database, replica: Steps) -> None:
        self._database, self._replica = database, replica
        reserve = Word(database)

        def connect() -> sqlite3.Connection:
            if database.broken:
                raise _error(sqlite3.SQLITE_CANTOPEN)
            return cast("sqlite3.Connection", Handle(database, replica, reserve))

        broken, database.broken = database.broken, False  # a process that cannot open its store does not start
        none = LogRoom(Path("in-memory"), 0)
        self._writer = GroupCommit(connect, KEPT_PINNED, lambda _size: None, cast("Reserve", reserve), none)
        database.broken = broken

    @property
    def failing(self) -> str:
        return self._writer.failing

    async def write(self, work: Work[Result], *, reserved: bool = False, large: bool = False) -> Result:
        await self._replica.step("before the commit")
        doing = self._replica.doing()

        def said(transaction: Transaction) -> Result:
            assert isinstance(transaction, GroupedTransaction)
            transaction.commit = self._replica.commit()
            transaction.commit.doing = doing
            transaction.handle.commits.append(transaction.commit)
            return work(transaction)

        result = await self._writer.write(said, reserved=reserved, large=large)
        await self._replica.step("after the commit")
        return result

    async def read(self, work: Work[Result]) -> Result:
        if self._database.broken:
            raise StoreUnavailable("the store cannot be read: disk I/O error")
        return self._database.look(work)

    async def copy(self) -> Path:
        raise NotImplementedError

    async def close(self) -> None:
        await self._writer.close()


@contextmanager
def recorded() -> Iterator[None]:
    """While worlds run: a batch is written by a transaction that records."""
    module: Any = group_commit
    before: tuple[Callable[..., Any], ...] = (module.Transaction, module.SqliteRunner)
    module.Transaction, module.SqliteRunner = GroupedTransaction, lambda handle: handle
    try:
        yield
    finally:
        module.Transaction, module.SqliteRunner = before


def _error(code: int) -> sqlite3.OperationalError:
    words = {sqlite3.SQLITE_FULL: "database or disk is full", sqlite3.SQLITE_CANTOPEN: "unable to open database file"}
    error = sqlite3.OperationalError(words.get(code, "disk I/O error"))
    error.sqlite_errorcode = code
    return error
