"""The store on an embedded SQLite file: one writer, and one reader beside it.

May import: ``domain``, the rest of ``store``, the standard library.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.policy import Policy
from rungbell.store.connections import LOG_SIZE, WRITER_PRAGMAS, SqliteRunner, connect_reader, connect_writer
from rungbell.store.copying import copy_of
from rungbell.store.group_commit import GroupCommit
from rungbell.store.log_room import LogRoom
from rungbell.store.reserve import Reserve
from rungbell.store.transaction import Transaction

Result = TypeVar("Result")


class SqliteStore:
    """See ``rungbell.store.Store``; open it with ``open_sqlite``."""

    def __init__(
        self, path: Path, *, lock_descriptor: int, on_commit: Callable[[int], None] = lambda _size: None
    ) -> None:
        self.path = path
        self._lock = lock_descriptor
        self._closing = False
        self._pinned: dict[str, Policy] = {}
        log_room = LogRoom(path, LOG_SIZE if WRITER_PRAGMAS["synchronous"] else 0)
        self._writer = GroupCommit(lambda: connect_writer(path), self._pinned, on_commit, Reserve(path), log_room)
        self._reader: sqlite3.Connection | None = None
        self._reads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")

    @property
    def failing(self) -> str:
        """Why the last write failed; empty where it did not."""
        return self._writer.failing

    async def write(
        self, work: Callable[[Transaction], Result], *, reserved: bool = False, large: bool = False
    ) -> Result:
        """Run ``work`` in the next batch and answer once its commit is on disk."""
        return await self._writer.write(work, reserved=reserved, large=large)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` on the reading connection."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._reads, self._read, work)

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
        self._reads.submit(self._hang_up)
        await asyncio.to_thread(self._reads.shutdown)
        await self._writer.close()
        os.close(self._lock)

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
            self._hang_up()
            raise StoreUnavailable(f"the store cannot be read: {error}") from error

    def _hang_up(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
