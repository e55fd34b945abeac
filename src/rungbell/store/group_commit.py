"""Group commit: whatever waits for the writing connection shares one transaction.

Rules
-----
* Exactly one connection of one process writes and checkpoints: SQLite before 3.51.3 can lose commits when two do
  (reliability row 66). It is in one pair of hands at a time, the writing thread's or the loop's.
* What may wait for a lock or the disk (BEGIN, COMMIT) runs in the writing thread, the statements of a batch on the
  loop: SQLite gives the interpreter's lock away at every row, and a thread beside a busy loop waits for it longer than
  it works. A batch holds the loop for some milliseconds. Where nobody else holds the lock, it is begun there too.
* Work that says it is ``large`` runs in the writing thread as a whole.
* A driver error inside a batch reopens the connection; nothing of the batch happened. Where the error may be about the
  rows of one work (a damaged page), each is tried once more by itself. Any other error fails only the work that raised
  it: the others are run again without it.
* ``failing`` tells why the last commit failed, until one succeeds; nothing has to be restarted.
* On a full disk only reserved work is tried, in the room that was set aside for it (``reserve``), until there is room.
* While nothing waits, room is made in the log for what will (``log_room``).

May import: ``domain``, the rest of ``store``, the standard library.
"""

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from rungbell.domain.errors import StoreBusy, StoreUnavailable
from rungbell.domain.policy import Policy
from rungbell.store.connections import WRITER_PRAGMAS, SqliteRunner
from rungbell.store.log_room import LogRoom
from rungbell.store.reserve import Reserve
from rungbell.store.transaction import Transaction

Result = TypeVar("Result")

BATCH = 64
"""Work that may share one commit: half of it was slower, and more would hold the loop for longer (measured)."""
WAITING_LIMIT = 2_000
"""Work that may wait; more is refused with ``StoreBusy``, so that Alertmanager comes back instead of timing out. As
much again is reserved for acts, clocks and results, which webhooks must not crowd out."""
CHECKPOINT_WHEN_FULL = 128
"""Pages of the log after which it begins anew while the disk is full: it must not eat up the reserve."""


MOST_ALONE = 4
"""Works that fail one after the other before the database itself is held to be at fault."""
PRIMARY = 0xFF
"""What of an extended result code of SQLite is the primary one."""
_OF_ALL = {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
}  # fmt: skip


def _concerns_all(error: Exception) -> bool:
    """Whether an error of the database has nothing to do with what was written."""
    return getattr(error, "sqlite_errorcode", 0) & PRIMARY in _OF_ALL


@dataclass(slots=True)
class _Work:
    run: Callable[[Transaction], Any]
    future: "asyncio.Future[Any]"
    reserved: bool
    large: bool
    result: Any = None
    error: BaseException | None = None


class GroupCommit:
    """The one writer."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        pinned: dict[str, Policy],
        on_commit: Callable[[int], None],
        reserve: Reserve,
        log_room: LogRoom,
    ) -> None:
        self.failing = ""
        """Why the last write failed; empty where it did not."""
        self._reserve = reserve
        self._full = not reserve.take() and reserve.short
        if self._full:
            self.failing = "the store cannot be written: the disk is full"
        self._log_room = log_room
        self._connect = connect
        self._connection: sqlite3.Connection | None = self._connected()
        self._pinned = pinned
        self._on_commit = on_commit
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Work] = deque()
        self._waiting = 0
        self._committed = 0
        self._closing = False
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._task = self._loop.create_task(self._write_batches(), name="store-writer")

    async def write(self, work: Callable[[Transaction], Result], *, reserved: bool, large: bool) -> Result:
        """Run ``work`` in the next batch and answer once its commit is on disk."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        if self._waiting >= WAITING_LIMIT * (2 if reserved else 1):
            raise StoreBusy(f"{self._waiting} pieces of work wait for the store")
        waiting = _Work(work, self._loop.create_future(), reserved, large)
        self._waiting += 1
        self._queue.append(waiting)
        self._wake.set()
        result: Result = await waiting.future
        return result

    async def close(self) -> None:
        """Write what waits, fold the log into the file, let go of the connection."""
        self._closing = True
        self._wake.set()
        await self._task
        await self._in_thread(self._disconnect)
        self._thread.shutdown()

    async def _write_batches(self) -> None:
        while self._queue or not self._closing:
            if self._queue:
                await self._write_batch(self._next())
            elif not self._log_room.whole:
                await self._in_thread(self._log_room.add)
            else:
                self._wake.clear()
                await self._wake.wait()

    def _next(self) -> list[_Work]:
        """Take what may share a commit, in the order it came."""
        batch = [self._queue.popleft()]
        while self._queue and len(batch) < BATCH and not (batch[0].large or self._queue[0].large):
            batch.append(self._queue.popleft())
        return batch

    async def _write_batch(self, batch: list[_Work]) -> None:
        self._committed = 0
        if self._full and await self._in_thread(self._reserve.take):
            self._full = False
            await self._in_thread(self._disconnect)
        await self._write_what_may(batch)
        self._answer(batch)

    async def _write_what_may(self, batch: list[_Work]) -> None:
        for work in batch:
            if self._full and not work.reserved and work.error is None:
                work.error = StoreUnavailable(self.failing)
        pending = [work for work in batch if work.error is None]
        error = await self._tried(pending)
        if error is None:
            return
        if not self._full and await self._in_thread(lambda: self._without_room(error)):
            self._full = True
            await self._in_thread(self._reserve.give_up)
            await self._write_what_may(batch)
        elif len(pending) > 1 and not _concerns_all(error):
            await self._each_alone(pending)
        else:
            self._refuse(pending, error)

    async def _each_alone(self, pending: list[_Work]) -> None:
        """Find whose rows are at fault; where the first few all fail, it is nobody's."""
        failed = 0
        for place, work in enumerate(pending):
            if (error := await self._tried([work])) is not None:
                failed += 1
                self._refuse([work], error)
                if failed == place + 1 == MOST_ALONE:
                    self._refuse(pending, error)
                    return

    async def _tried(self, pending: list[_Work]) -> Exception | None:
        """Write works together, but for those that fail by their own fault; give what the database has against it."""
        try:
            while pending and not await self._attempt(pending):
                pending = [work for work in pending if work.error is None]
        except Exception as error:  # noqa: BLE001 -- whatever happens, the writer goes on and everybody is answered
            await self._in_thread(self._disconnect)
            self.failing = f"the store cannot be written: {error}"
            return error
        return None

    def _without_room(self, error: Exception) -> bool:
        code = getattr(error, "sqlite_errorcode", 0) & PRIMARY
        return code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._reserve.no_room())

    def _refuse(self, pending: list[_Work], error: Exception) -> None:
        error.with_traceback(None)  # its frames would keep alive all that the batch had loaded
        for work in pending:
            if work.error is None:
                work.error = StoreUnavailable(f"the store cannot be written: {error}")
                work.error.__cause__ = error

    async def _attempt(self, batch: list[_Work]) -> bool:
        """Run and commit a batch; false if a work failed by its own fault and was marked, and nothing was written."""
        if batch[0].large:
            return await self._in_thread(lambda: self._end(*self._run(self._begin(), batch)))
        connection = self._begun_at_once()
        if connection is None:
            connection = await self._in_thread(self._begin)
        ran = self._run(connection, batch)
        return await self._in_thread(lambda: self._end(*ran))

    async def _in_thread(self, step: Callable[[], Result]) -> Result:
        return await self._loop.run_in_executor(self._thread, step)

    def _connected(self) -> sqlite3.Connection:
        """Connect; whoever may wait for a lock says so (``_begin``), so that the loop never does."""
        connection = self._connect()
        connection.execute("PRAGMA busy_timeout = 0")
        if self._full:
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_WHEN_FULL}")
        return connection

    def _begun_at_once(self) -> sqlite3.Connection | None:
        """Begin without waiting for anybody; ``None``: somebody else holds the lock, or there is no connection."""
        if self._connection is None:
            return None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & PRIMARY != sqlite3.SQLITE_BUSY:
                raise
            return None
        return self._connection

    def _begin(self) -> sqlite3.Connection:
        """Begin, and wait for whoever holds the lock."""
        if self._connection is None:
            self._connection = self._connected()
        self._connection.execute(f"PRAGMA busy_timeout = {WRITER_PRAGMAS['busy_timeout']}")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._connection.execute("PRAGMA busy_timeout = 0")
        return self._connection

    def _run(self, connection: sqlite3.Connection, batch: list[_Work]) -> tuple[sqlite3.Connection, bool, int]:
        """Run a batch up to its first fault; give whether there was none, and how much has to be committed."""
        transaction = Transaction(SqliteRunner(connection), self._pinned)
        for work in batch:
            try:
                work.result = work.run(transaction)
            except (sqlite3.OperationalError, sqlite3.InternalError):
                raise
            except Exception as error:
                if type(error) is sqlite3.DatabaseError:
                    raise  # a damaged file; its subclasses are the work's own fault
                # A future takes no StopIteration, and whoever waits must be answered.
                work.error = RuntimeError(repr(error)) if isinstance(error, StopIteration) else error
                return connection, False, 0
        return connection, True, len(batch) if transaction.wrote else 0

    def _end(self, connection: sqlite3.Connection, whole: bool, wrote: int) -> bool:
        connection.execute("COMMIT" if whole else "ROLLBACK")
        if wrote:
            self._committed = wrote
            self.failing = self.failing if self._full else ""
        return whole

    def _disconnect(self) -> None:
        """Let go of a connection that failed; the next batch opens a new one."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _answer(self, batch: list[_Work]) -> None:
        self._waiting -= len(batch)
        for work in batch:
            if work.future.cancelled():
                continue
            if work.error is not None:
                work.future.set_exception(work.error)
            else:
                work.future.set_result(work.result)
        if self._committed:
            try:
                self._on_commit(self._committed)
            except Exception as error:  # noqa: BLE001 -- a counter that fails undoes no commit
                self._loop.call_exception_handler({"message": "commits could not be counted", "exception": error})
