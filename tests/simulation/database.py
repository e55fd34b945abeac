"""The store in memory: rungbell's own statements on a real SQLite, and a record of everything that each commit wrote.

Rules
-----
* A replica sees the database through ``MemoryStore``, which keeps the port's promises: a commit is whole or nothing, an
  answer follows its commit, what cannot be written raises.
* A single process writes under the database's lock, as the file's store does. With several replicas a piece of work
  reads first and takes the lock at its first write; what another replica commits in between is what compare-and-set
  is for (``between``).
* Faults come only where ``Faults`` says so.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol, TypeVar

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.events import Event
from rungbell.domain.policy import Policy
from rungbell.store.connections import SqliteRunner
from rungbell.store.opening import migrate
from rungbell.store.statements import Statement
from rungbell.store.transaction import Transaction
from tests.harness.statements import every_statement
from tests.simulation.duty import Taken

Result = TypeVar("Result")
Work = Callable[[Transaction], Result]

COMPARED = frozenset({"UPDATE_INCIDENT", "UPDATE_CLOCKS", "LEASE"})
"""Writes that notice when somebody else was faster."""
KEPT_PINNED: dict[str, Policy] = {}
"""Pinned policies that were read once; the name is a hash of the content, so they are the same in every world."""


class Write(NamedTuple):
    """One statement that changed something, or wanted to."""

    statement: str
    values: dict[str, Any]
    changed: int


class Decided(NamedTuple):
    """An event that was decided inside a piece of work."""

    event: Event
    at: int
    shop: int
    """Number of the shop whose book it was decided by."""
    taken: tuple[Taken, ...]
    """The overrides that counted for it."""
    outcome: str


@dataclass(slots=True)
class Commit:
    """What one piece of work came to."""

    replica: int
    doing: str
    """What the replica was about: the name of an event, or of a step."""
    writes: list[Write] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)


class Recorder(SqliteRunner):
    """Runs statements and remembers what they wrote."""

    def __init__(self, connection: sqlite3.Connection, commit: Commit, first: Callable[[str], None]) -> None:
        super().__init__(connection)
        self.commit = commit
        self._first: Callable[[str], None] | None = first

    def insert(self, statement: Statement, **values: Any) -> int:  # noqa: ANN401
        name = self._begin(statement)
        number = super().insert(statement, **values)
        self.commit.writes.append(Write(name, {**values, "number": number}, 1))
        return number

    def run(self, statement: Statement, **values: Any) -> int:  # noqa: ANN401
        name = self._begin(statement)
        changed = super().run(statement, **values)
        self.commit.writes.append(Write(name, values, changed))
        return changed

    def run_many(self, statement: Statement, rows: Iterable[dict[str, Any]]) -> None:
        name = self._begin(statement)
        listed = list(rows)
        super().run_many(statement, listed)
        self.commit.writes += [Write(name, values, 1) for values in listed]

    def _begin(self, statement: Statement) -> str:
        name = _name(statement)
        if self._first is not None:
            first, self._first = self._first, None
            first(name)
        return name


def _name(statement: Statement) -> str:
    """What the store calls a statement."""
    known = _NAMES.get(id(statement))
    if known is None:
        name = next((name for name, value in every_statement().items() if value is statement), "?")
        known = _NAMES[id(statement)] = name, statement
    return known[0]


_NAMES: dict[int, tuple[str, Statement]] = {}
"""Each is kept beside its name, so that no other one gets its identity."""


class RecordedTransaction(Transaction):
    """A transaction that knows which commit it will be."""

    def __init__(self, connection: sqlite3.Connection, commit: Commit, first: Callable[[str], None]) -> None:
        self._recorder = Recorder(connection, commit, first)
        super().__init__(self._recorder, KEPT_PINNED)

    @property
    def commit(self) -> Commit:
        """The record of the piece of work that is running."""
        return self._recorder.commit

    @commit.setter
    def commit(self, commit: Commit) -> None:
        self._recorder.commit = commit


@cache
def _image() -> bytes:
    """An empty store, as rungbell's own migrations make it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        migrate(path)
        connection = sqlite3.connect(path)
        try:
            connection.execute("PRAGMA journal_mode = delete")
            image: bytes = connection.serialize()
            return image
        finally:
            connection.close()


class Database:
    """One database, which outlives every replica."""

    BEGIN, COMMIT, ROLLBACK = "BEGIN", "COMMIT", "ROLLBACK"

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.connection.deserialize(_image())
        self.connection.execute("PRAGMA journal_mode = memory")
        self.shared = False
        """Whether several replicas write."""
        self.broken = False
        """Nothing can be written or read."""
        self.full = False
        """Only reserved work can be written."""
        self.committed: Callable[[list[Commit]], None] = lambda _commits: None
        """Takes all pieces of work that shared a commit."""
        self.between: Callable[[Commit, str], None] = lambda _commit, _statement: None

    def close(self) -> None:
        """Nobody asks any more."""
        self.connection.close()

    def run(self, work: Work[Result], commit: Commit, *, fails: bool = False) -> Result:
        """Run a piece of work in a transaction of its own; ``fails``: the disk does not take the commit."""
        begun = False

        def first(statement: str) -> None:
            nonlocal begun
            if self.shared and statement in COMPARED:
                self.between(commit, statement)
            if self.shared:
                self.connection.execute(self.BEGIN)
                begun = True

        if not self.shared:
            self.connection.execute(self.BEGIN)
            begun = True
        try:
            result = work(RecordedTransaction(self.connection, commit, first))
            if fails and commit.writes:
                _take_back()
        except BaseException:
            if begun:
                self.connection.execute(self.ROLLBACK)
            raise
        if begun:
            self.connection.execute(self.COMMIT)
        self.committed([commit])
        return result

    def look(self, work: Work[Result]) -> Result:
        """Only read."""
        return work(Transaction(SqliteRunner(self.connection), KEPT_PINNED))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask beside everybody."""
        return self.connection.execute(query, values).fetchall()


def _take_back() -> None:
    raise StoreUnavailable("the store cannot be written: disk I/O error")


class Steps(Protocol):
    """The replica that a store belongs to, as far as the store must know it."""

    number: int

    def doing(self) -> str:
        """What it is about."""
        ...

    def commit(self) -> Commit:
        """A new record for a piece of work."""
        ...

    async def step(self, point: str) -> None:
        """Something may happen here: others run, or the replica dies and this never comes back."""
        ...

    def commit_fails(self) -> bool:
        """Whether the disk takes this commit back."""
        ...


class MemoryStore:
    """The port ``rungbell.store.Store``, as one replica sees it."""

    def __init__(self, database: Database, replica: Steps) -> None:
        self._database = database
        self._replica = replica
        self._why = ""

    @property
    def failing(self) -> str:
        if self._database.full:
            self._why = "the store cannot be written: the disk is full"
        return self._why

    async def write(self, work: Work[Result], *, reserved: bool = False, large: bool = False) -> Result:
        await self._replica.step("before the commit")
        database = self._database
        if database.broken or (database.full and not reserved):
            full = database.full and not database.broken
            self._why = f"the store cannot be written: {'the disk is full' if full else 'disk I/O error'}"
            raise StoreUnavailable(self._why)
        commit = self._replica.commit()
        try:
            result = database.run(work, commit, fails=self._replica.commit_fails())
        except StoreUnavailable as error:
            self._why = str(error)
            raise
        if commit.writes and not database.full:
            self._why = ""
        await self._replica.step("after the commit")
        return result

    async def read(self, work: Work[Result]) -> Result:
        if self._database.broken:
            raise StoreUnavailable("the store cannot be read: disk I/O error")
        return self._database.look(work)

    async def copy(self) -> Path:
        raise NotImplementedError

    async def close(self) -> None:
        await asyncio.sleep(0)
