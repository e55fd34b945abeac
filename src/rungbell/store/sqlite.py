"""The store on an embedded SQLite file.

Rules
-----
* Exactly one connection of one process writes and checkpoints, in one thread: SQLite before 3.51.3 can lose commits
  when two do (reliability row 66). A lock file keeps a second process out; readers are ``query_only`` and never
  checkpoint.
* WAL with ``synchronous=FULL``: what was answered is on disk. Whatever waits shares one commit.
* A driver error inside a batch fails the batch and reopens the connection; nothing of it happened. Any other error
  fails only the work that raised it: the others are run again without it.
* ``failing`` tells why the last commit failed, until one succeeds; nothing has to be restarted.
* On a full disk only reserved work is tried, in the room that was set aside for it (``reserve``), until there is room.
* The file and its companions are readable by their owner only.

May import: ``domain``, the rest of ``store``, the standard library.
"""

import asyncio
import contextlib
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rungbell.domain.errors import StoreBusy, StoreIncompatible, StoreUnavailable
from rungbell.domain.policy import Policy
from rungbell.store.codec import Row
from rungbell.store.copying import copy_of
from rungbell.store.reserve import Reserve
from rungbell.store.statements import Statement
from rungbell.store.transaction import Transaction

Result = TypeVar("Result")

BATCH = 128
"""Work that may share one commit: beyond it the commit's share of a webhook is under 20 microseconds (measured)."""
WAITING_LIMIT = 2_000
"""Work that may wait; more is refused with ``StoreBusy``, so that Alertmanager comes back instead of timing out. As
much again is reserved for acts, clocks and results, which webhooks must not crowd out."""
CHECKPOINT_WHEN_FULL = 128
"""Pages of the log after which it begins anew while the disk is full: it must not eat up the reserve."""
BUSY_TIMEOUT_MS = 5_000
WRITER_PRAGMAS: Mapping[str, str | int] = {
    "auto_vacuum": 2,
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "mmap_size": 0,
    "wal_autocheckpoint": 4_000,
    "cache_size": -16_000,
}
"""Set on the writing connection and asserted by a test; ``synchronous`` 2 is FULL. ``auto_vacuum`` 2 (INCREMENTAL)
means something to a new file only, and only before its journal mode is set."""
READER_PRAGMAS: Mapping[str, str | int] = {
    "query_only": 1,
    "wal_autocheckpoint": 0,
    "mmap_size": 0,
    "busy_timeout": BUSY_TIMEOUT_MS,
}


class SqliteRunner:
    """Runs compiled statements on the driver."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: Statement, **values: Any) -> Sequence[Row]:  # noqa: ANN401
        """Run a query."""
        return self._connection.execute(statement.text, statement.constants | values).fetchall()

    def run(self, statement: Statement, **values: Any) -> int:  # noqa: ANN401
        """Run a statement and give the number of rows it changed."""
        return self._connection.execute(statement.text, statement.constants | values).rowcount

    def run_many(self, statement: Statement, rows: Iterable[dict[str, Any]]) -> None:
        """Run a statement for each row."""
        constants = statement.constants
        self._connection.executemany(statement.text, [constants | row for row in rows] if constants else rows)


@dataclass(slots=True)
class _Work:
    run: Callable[[Transaction], Any]
    future: "asyncio.Future[Any]"
    reserved: bool = False
    result: Any = None
    error: BaseException | None = None


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


def create(path: Path) -> None:
    """Make the file, readable by its owner only, and close it to others where it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the one connection that writes."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000)
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


class SqliteStore:
    """See ``rungbell.store.Store``; open it with ``open_sqlite``."""

    def __init__(
        self, path: Path, *, lock_descriptor: int, on_commit: Callable[[int], None] = lambda _size: None
    ) -> None:
        self.path = path
        self._lock = lock_descriptor
        self._on_commit = on_commit
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._waiting = 0
        self._closing = False
        self._committed = 0
        self.failing = ""
        """Why the last write failed; empty where it did not."""
        self._full = False
        self._reserve = Reserve(path)
        self._reserve.take()
        self._connection: sqlite3.Connection | None = connect_writer(path)
        self._reader: sqlite3.Connection | None = None
        self._pinned: dict[str, Policy] = {}
        self._reads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")
        self._thread = threading.Thread(target=self._write_batches, name="store-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Transaction], Result], *, reserved: bool = False) -> Result:
        """Run ``work`` in the next batch and answer once its commit is on disk."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        if self._waiting >= WAITING_LIMIT * (2 if reserved else 1):
            raise StoreBusy(f"{self._waiting} pieces of work wait for the store")
        waiting = _Work(work, self._loop.create_future(), reserved)
        self._waiting += 1
        self._queue.put(waiting)
        result: Result = await waiting.future
        return result

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` on the reading connection."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        return await self._loop.run_in_executor(self._reads, self._read, work)

    async def copy(self) -> Path:
        """Copy the file in a thread and over a connection of its own."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        return await asyncio.to_thread(copy_of, self.path, connect_reader)

    async def close(self) -> None:
        """Write what waits, fold the log into the file, let go of the lock."""
        if self._closing:
            return
        self._closing = True
        self._queue.put(None)
        await self._loop.run_in_executor(self._reads, self._thread.join)
        self._reads.shutdown(wait=True)
        for connection in (self._reader, self._connection):
            if connection is not None:
                connection.close()
        os.close(self._lock)

    # -- in the reading thread ----------------------------------------------------------------------------------

    def _read(self, work: Callable[[Transaction], Result]) -> Result:
        try:
            if self._reader is None:
                self._reader = connect_reader(self.path)
            self._reader.execute("BEGIN")
            try:
                return work(Transaction(SqliteRunner(self._reader), self._pinned))
            finally:
                self._reader.execute("COMMIT")
        except sqlite3.Error as error:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
            raise StoreUnavailable(f"the store cannot be read: {error}") from error

    # -- in the writing thread ----------------------------------------------------------------------------------

    def _write_batches(self) -> None:
        closing = False
        while not closing:
            batch: list[_Work] = []
            item = self._queue.get()
            while item is not None:
                batch.append(item)
                if len(batch) >= BATCH:
                    break
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
            closing = item is None
            if batch:
                self._write_batch(batch)

    def _write_batch(self, batch: list[_Work]) -> None:
        self._committed = 0
        if self._full and self._reserve.take():
            self._full = False
            self._disconnect()
        self._write_what_may(batch)

    def _write_what_may(self, batch: list[_Work]) -> None:
        for work in batch:
            if self._full and not work.reserved and work.error is None:
                work.error = StoreUnavailable(self.failing)
        try:
            pending = [work for work in batch if work.error is None]
            while pending and not self._attempt(pending):
                pending = [work for work in pending if work.error is None]
        except Exception as error:  # noqa: BLE001 -- whatever happens, this thread goes on and everybody is answered
            self._disconnect()
            self.failing = f"the store cannot be written: {error}"
            if not self._full and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                self._full = True
                self._reserve.give_up()
                self._write_what_may(batch)
                return
            for work in batch:
                if work.error is None:
                    work.error = StoreUnavailable(f"the store cannot be written: {error}")
                    work.error.__cause__ = error
        self._loop.call_soon_threadsafe(self._answer, batch, self._committed)

    def _attempt(self, batch: list[_Work]) -> bool:
        """Run and commit a batch; false if a work failed by its own fault and was marked, and nothing was written."""
        if self._connection is None:
            self._connection = connect_writer(self.path)
            if self._full:
                self._connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_WHEN_FULL}")
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(SqliteRunner(connection), self._pinned)
        for work in batch:
            try:
                work.result = work.run(transaction)
            except (sqlite3.OperationalError, sqlite3.InternalError):
                raise
            except Exception as error:
                if type(error) is sqlite3.DatabaseError:
                    raise  # a damaged file; its subclasses are the work's own fault
                work.error = error
                connection.execute("ROLLBACK")
                return False
        connection.execute("COMMIT")
        self._committed = len(batch) if transaction.wrote else 0
        if transaction.wrote and not self._full:
            self.failing = ""
        return True

    def _disconnect(self) -> None:
        """Let go of a connection that failed; the next batch opens a new one."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _answer(self, batch: list[_Work], committed: int) -> None:
        """Back on the loop: hand out results."""
        self._waiting -= len(batch)
        for work in batch:
            if work.future.cancelled():
                continue
            if work.error is not None:
                work.future.set_exception(work.error)
            else:
                work.future.set_result(work.result)
        if committed:
            self._on_commit(committed)
