"""Opening a store: lock, file, schema, connection.

Rules
-----
* A new file is made by the statements of ``NEWEST``, an older one by the migrations it lacks; a test holds one against
  the other. SQLAlchemy and Alembic are imported for an older file only: they take long, and memory for good.
* A copy that was put where another store's log still lies is not opened: SQLite would play that log over it, and what
  counts then is neither of the two, without a word.

May import: ``domain``, the rest of ``store``; SQLAlchemy and Alembic only when the schema is behind.
"""

import os
import sqlite3
from collections.abc import Callable
from glob import escape
from pathlib import Path

from rungbell.domain.errors import StoreIncompatible, StoreUnavailable
from rungbell.store import Store
from rungbell.store.connections import connect_writer, create, lock, refuse_a_stranger
from rungbell.store.copying import COPY
from rungbell.store.log_room import log_of
from rungbell.store.reserve import Reserve
from rungbell.store.sqlite import SqliteStore

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0011"
"""The newest migration; an older store is migrated at the start, a newer one refused."""
NEWEST = MIGRATIONS / "newest.sql"
"""What all migrations come to."""
_LOGGED = 18
"""Where the file says how it is written; see "The Database Header" of SQLite's file format."""
_WITHOUT_LOG = b"\x01\x01"


def revision(path: Path) -> str | None:
    """The migration the file stands at; ``None`` for a new one."""
    connection = connect_writer(path)
    try:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
        return row[0] if row else None
    finally:
        connection.close()


def migrate(path: Path) -> None:
    """Bring the schema to ``HEAD``.

    Raises:
        StoreIncompatible: a newer rungbell has written the file.
    """
    at = revision(path)
    if at == HEAD:
        return
    if at is None:
        make_newest(path)
        return
    if at > HEAD:
        raise StoreIncompatible(
            f"{path} was written by a newer rungbell (schema {at}, this one knows {HEAD}); "
            "start that one, or restore the backup from before the upgrade"
        )
    upgrade(path, HEAD)


def _migrate_in_what_room_there_is(path: Path) -> None:
    """Bring the schema to ``HEAD``; opened on a full disk, the store needs some of the room that was set aside."""
    try:
        migrate(path)
    except sqlite3.Error:
        reserve = Reserve(path)
        if not reserve.no_room():
            raise
        reserve.give_up()
        migrate(path)


def make_newest(path: Path) -> None:
    """Make a new file what the migrations would make of it, all of it or nothing.

    Raises:
        sqlite3.Error: the file does not take it.
    """
    connection = connect_writer(path)
    try:
        connection.executescript(NEWEST.read_text())
    finally:
        connection.close()


def upgrade(path: Path, to: str) -> None:
    """Bring the schema forward to a revision, all of it or nothing.

    Raises:
        sqlite3.Error: the file does not take it.
    """
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError

    engine = create_engine("sqlite://", creator=lambda: connect_writer(path))
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            # The driver would commit each CREATE by itself; cut off in between, the file could never be opened again.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            settings.attributes["connection"] = connection
            command.upgrade(settings, to)
    except DBAPIError as error:
        raise (error.orig if isinstance(error.orig, sqlite3.Error) else error) from error
    finally:
        engine.dispose()


def refuse_anothers_log(path: Path) -> None:
    """See that a log beside the file belongs to it: a copy (see ``copying``) says of itself that it has none.

    Raises:
        StoreIncompatible: it belongs to the store that was here before.
        OSError: the file cannot be read.
    """
    log = log_of(path)
    with path.open("rb") as opened:
        header = opened.read(_LOGGED + 2)
    if header[_LOGGED:] == _WITHOUT_LOG and log.exists() and log.stat().st_size:
        raise StoreIncompatible(
            f"{path} is a copy, and {log} is the log of the store that was there before, to be played over it; "
            f"remove {log.name} and {path.name}-shm, and start again"
        )


async def open_sqlite(path: Path, on_commit: Callable[[int], None] = lambda _size: None) -> SqliteStore:
    """Open the store in the file ``path``, making or migrating it where needed.

    Leases of the process before are ended: the lock file proves that it is gone, so its pages need not wait for them.

    Raises:
        StoreIncompatible: it is in use, was written by a newer rungbell, is a copy beside another store's log, or is
            something else.
        StoreUnavailable: the file cannot be made or opened.
    """
    try:
        refuse_a_stranger(path)
        create(path)
        descriptor = lock(path)
        try:
            for left in path.parent.glob(f"{escape(path.name)}{COPY}*"):
                left.unlink()
            refuse_anothers_log(path)
            _migrate_in_what_room_there_is(path)
            store = SqliteStore(path, lock_descriptor=descriptor, on_commit=on_commit)
        except BaseException:
            os.close(descriptor)
            raise
        try:
            await end_leases(store)
        except BaseException:
            await store.close()
            raise
        return store
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"{path} cannot be opened as a store: {_said(error)}{_room(path)}") from error


async def end_leases(store: Store) -> None:
    """Let the pages that the process before had in hand leave at once; only where no other process can have any."""
    await store.write(lambda transaction: transaction.release_leases(), reserved=True, large=True)


def _said(error: OSError | sqlite3.Error) -> str:
    """Give an error's own words, without the number and the path that Python puts around them."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _room(path: Path) -> str:
    """Say what the file system says where it takes nothing: SQLite's own words may be no more than "disk I/O error"."""
    try:
        found = os.statvfs(path.parent)
    except OSError:
        return ""
    if found.f_flag & os.ST_RDONLY:
        return f"; the file system of {path.parent} is mounted read-only"
    return "" if found.f_bavail else f"; the file system of {path.parent} is full"
