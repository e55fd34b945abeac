"""What is particular to the SQLite file: who may open it, how its connections are set, who may read it."""

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from rungbell.domain.errors import StoreIncompatible, StoreUnavailable
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.store import sqlite
from rungbell.store.connections import READER_PRAGMAS, WRITER_PRAGMAS, connect_writer
from rungbell.store.opening import NEWEST, open_sqlite
from rungbell.store.sqlite import SqliteStore
from rungbell.store.statements import incidents
from tests.harness.statements import every_statement
from tests.store.samples import NOON, incident, opening, page, stored

OPEN_IN_ANOTHER_PROCESS = """
import asyncio, pathlib, sys
from rungbell.domain.errors import StoreIncompatible
from rungbell.store.opening import open_sqlite
async def main():
    try:
        store = await open_sqlite(pathlib.Path(sys.argv[1]))
    except StoreIncompatible as error:
        print(error)
        return 3
    await store.close()
    return 0
sys.exit(asyncio.run(main()))
"""


AT_REST = {**WRITER_PRAGMAS, "busy_timeout": 0}
"""The one that writes waits for a lock only where it says so, so that it never holds the loop."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rungbell.db"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[sqlite3.Connection]]:
    """Every connection that stores open from now on."""
    seen: dict[str, list[sqlite3.Connection]] = {"connect_writer": [], "connect_reader": []}

    def watched(name: str, connect: Callable[[Path], sqlite3.Connection]) -> Callable[[Path], sqlite3.Connection]:
        def connecting(path: Path) -> sqlite3.Connection:
            connection = connect(path)
            seen[name].append(connection)
            return connection

        return connecting

    for name in seen:
        monkeypatch.setattr(sqlite, name, watched(name, getattr(sqlite, name)))
    return seen


@pytest.fixture
async def store(path: Path, connections: dict[str, list[sqlite3.Connection]]) -> AsyncIterator[SqliteStore]:
    opened = await open_sqlite(path)
    await opened.read(lambda transaction: transaction.note("x"))
    yield opened
    await opened.close()


def make(path: Path, content: bytes = b"", mode: int = 0o600) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def size_of(path: Path) -> int:
    return path.stat().st_size


def written(path: Path) -> int:
    return path.stat().st_mtime_ns


def looks(path: Path) -> tuple[bytes, int, list[str]]:
    """Give content and mode of a file, and what stands in its folder."""
    content = path.read_bytes() if path.is_file() else b""
    return content, mode_of(path), names_in(path.parent)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)
    path.chmod(0o644)


def make_dashboards(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE dashboards (title TEXT)")
    path.chmod(0o644)


def both(path: Path) -> tuple[bytes, bytes, int]:
    """Give a file and its log."""
    return path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes(), mode_of(path)


def as_killed(path: Path) -> Path:
    """Copy what is there, as whoever has it open would leave it if killed now."""
    copy = path.with_name("killed.db")
    for end in ("", "-wal"):
        shutil.copy(path.with_name(path.name + end), copy.with_name(copy.name + end))
    return copy


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# -- connections --------------------------------------------------------------------------------------------------


async def test_the_writer_waits_for_the_disk(
    store: SqliteStore, connections: dict[str, list[sqlite3.Connection]]
) -> None:
    (writer,) = connections["connect_writer"]

    told = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in WRITER_PRAGMAS}

    assert told == AT_REST
    assert (told["journal_mode"], told["synchronous"]) == ("wal", 2)


async def test_a_writer_that_was_opened_again_after_a_failure_is_set_like_the_first(
    store: SqliteStore, path: Path, connections: dict[str, list[sqlite3.Connection]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WRITER_PRAGMAS, "busy_timeout", 10)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await stored(store)
        other.execute("ROLLBACK")
    await stored(store)

    first, second = connections["connect_writer"]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")
    assert {name: second.execute(f"PRAGMA {name}").fetchone()[0] for name in WRITER_PRAGMAS} == AT_REST


async def test_the_reader_can_neither_write_nor_checkpoint(
    store: SqliteStore, connections: dict[str, list[sqlite3.Connection]]
) -> None:
    (reader,) = connections["connect_reader"]

    assert {name: reader.execute(f"PRAGMA {name}").fetchone()[0] for name in READER_PRAGMAS} == READER_PRAGMAS
    assert reader.execute("PRAGMA query_only").fetchone() == (1,)
    assert reader.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM incidents")


async def test_due_incidents_are_found_by_their_index(store: SqliteStore, path: Path) -> None:
    for statement in (incidents.DUE_INCIDENTS, incidents.NEXT_WAKE):
        with closing(sqlite3.connect(path)) as connection:
            values = {"now": 1, "limit": 1}
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", values).fetchall()
        told = " ".join(row[3] for row in plan)
        assert "ix_incidents_wake_at" in told, told
        assert "TEMP B-TREE" not in told, told


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("CLAIMABLE", "ix_outbox_due"),
        ("NEXT_DUE", "ix_outbox_due"),
        ("PAGES_OF_ROUND", "ix_outbox_incident"),
        ("WAITING_PAGES", "ix_outbox_incident"),
        ("LATEST_INCIDENT", "ix_incidents_key"),
        ("TIMELINE", "ix_timeline_incident"),
        ("OPENED_LATELY", "ix_incidents_policy (policy=? AND opened_at>?)"),
    ],
)
async def test_what_is_asked_for_often_is_found_by_its_index(
    store: SqliteStore, path: Path, name: str, index: str
) -> None:
    statement = every_statement()[name]
    names = ("now", "limit", "channel", "incident", "cycle", "round", "key", "policy", "since", "but", "most")
    with closing(sqlite3.connect(path)) as connection:
        values = dict.fromkeys(names, 1)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", values).fetchall()

    assert index in " ".join(row[3] for row in plan)


# -- who may ------------------------------------------------------------------------------------------------------


async def test_the_file_and_its_companions_are_for_their_owner_only(path: Path) -> None:
    umask = os.umask(0)
    try:
        store = await open_sqlite(path)
        await stored(store)
        await store.read(lambda transaction: transaction.note("x"))
    finally:
        os.umask(umask)

    modes = {name: mode_of(path.with_name(name)) for name in names_in(path.parent)}
    await store.close()

    companions = ("", "-wal", "-shm", ".lock", ".reserve")
    assert modes == dict.fromkeys((f"rungbell.db{companion}" for companion in companions), 0o600)


async def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    make(path, mode=0o644)

    store = await open_sqlite(path)
    await store.close()

    assert mode_of(path) == 0o600


async def test_a_second_open_of_the_same_file_is_refused(store: SqliteStore, path: Path) -> None:
    with pytest.raises(StoreIncompatible, match=r"rungbell\.db is in use by another rungbell"):
        await open_sqlite(path)

    await stored(store)


async def test_another_process_is_refused_while_the_store_is_open_and_let_in_afterwards(path: Path) -> None:
    command = [sys.executable, "-c", OPEN_IN_ANOTHER_PROCESS, str(path)]
    store = await open_sqlite(path)
    refused = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: ASYNC221 -- nothing runs beside
    await store.close()
    let_in = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: ASYNC221

    assert (refused.returncode, refused.stderr) == (3, "")
    assert "in use by another rungbell; two must not share one file" in refused.stdout
    assert (let_in.returncode, let_in.stderr) == (0, "")


async def test_a_copy_beside_the_log_of_the_store_before_it_is_refused_until_that_is_gone(path: Path) -> None:
    store = await open_sqlite(path)
    before = await stored(store, title="before the copy")
    copy = await store.copy()
    after = await stored(store, title="after the copy")
    log = path.with_name(path.name + "-wal")
    kept = log.read_bytes()  # as after SIGKILL: a close would empty it
    await store.close()
    log.write_bytes(kept)
    copy.replace(path)
    size, written_at = size_of(path), written(path)

    for _ in range(2):
        with pytest.raises(StoreIncompatible, match=r"is a copy, and .*rungbell\.db-wal is the log .* remove"):
            await open_sqlite(path)
    assert (size_of(path), written(path)) == (size, written_at), "nothing was played over it"

    log.unlink()
    store = await open_sqlite(path)
    assert await store.read(lambda transaction: transaction.incident(before.id)) == before
    assert await store.read(lambda transaction: transaction.incident(after.id)) is None
    await store.close()
    store = await open_sqlite(path)  # it is a store like any other now
    await store.close()


STRANGERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no database": (lambda path: make(path, b"this is no database" * 100, mode=0o644), "is not a database"),
    "the database of another program": (make_dashboards, "is the database of another program"),
    "no file": (make_pipe, "is not a file"),  # so is /dev/null, which root would close to everybody else
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_what_is_no_store_is_refused_and_left_as_it_was(path: Path, stranger: str) -> None:
    make_it, why = STRANGERS[stranger]
    make_it(path)
    before = looks(path)

    with pytest.raises(StoreIncompatible, match=rf"rungbell\.db {why}"):
        await open_sqlite(path)

    assert looks(path) == before
    assert before[1:] == (0o644, ["rungbell.db"])


@pytest.mark.parametrize("runs", [True, False], ids=["runs", "was killed"])
async def test_another_programs_database_is_known_by_tables_that_only_its_log_has(path: Path, *, runs: bool) -> None:
    with closing(connect_writer(path)) as other:
        other.execute("CREATE TABLE dashboards (title TEXT)")
        there = path if runs else as_killed(path)
        before = both(there)

        with pytest.raises(StoreIncompatible, match="is the database of another program"):
            await open_sqlite(there)

        assert both(there) == before


async def test_a_store_whose_tables_are_all_in_its_log_is_opened(path: Path) -> None:
    """As one that is killed just after its tables were made."""
    with closing(connect_writer(path)) as making:
        making.executescript(NEWEST.read_text())
        killed = as_killed(path)

    await (await open_sqlite(killed)).close()


async def test_a_store_whose_making_was_cut_off_before_it_had_tables_is_made(path: Path) -> None:
    make(path)
    await (await open_sqlite(path)).close()
    connect_writer(path.with_name("second.db")).close()
    assert size_of(path.with_name("second.db")) > 0

    await (await open_sqlite(path.with_name("second.db"))).close()


@pytest.mark.parametrize("folder", ["with space", "100%", "what?mode=memory", "a#b", "ünï", "a;b'c\"d"])
async def test_the_file_may_stand_in_any_folder(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "deeper" / "rungbell.db"
    store = await open_sqlite(path)
    written = await stored(store)
    assert await store.read(lambda transaction: transaction.incident(written.id)) == written
    await store.close()

    assert names_in(tmp_path) == [folder]
    assert size_of(path) > 0


async def test_a_file_that_cannot_be_made_is_an_error_for_the_operator(tmp_path: Path) -> None:
    make(tmp_path / "file")

    with pytest.raises(StoreUnavailable, match="cannot be opened as a store"):
        await open_sqlite(tmp_path / "file" / "rungbell.db")


# -- the disk -----------------------------------------------------------------------------------------------------


async def test_on_a_full_disk_work_is_refused_and_goes_on_once_there_is_room(path: Path) -> None:
    store = await open_sqlite(path)
    before = await stored(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    full = size_of(path.with_name("rungbell.db-wal"))
    one = incident()
    work = opening(one, *(page(one, person=f"p{n}") for n in range(500)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (full, hard))
    try:
        with pytest.raises(StoreUnavailable):
            await store.write(work)
        known = await store.read(lambda transaction: transaction.incident(before.id))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert known == before
    assert await store.read(lambda transaction: transaction.pages(one.id)) == []
    written = await store.write(work)
    assert written.number == before.number + 1
    assert len(await store.read(lambda transaction: transaction.pages(one.id))) == 500
    await store.close()


async def test_a_damaged_table_is_the_stores_fault_and_not_that_of_the_work(path: Path) -> None:
    await (await open_sqlite(path)).close()
    _damage(path, "timeline")
    store = await open_sqlite(path)
    one = incident()

    try:
        with pytest.raises(StoreUnavailable, match="malformed"):
            await store.write(opening(one, entries=(Entry(NOON, EntryKind.OPENED, "opened"),)))
        with pytest.raises(StoreUnavailable, match="malformed"):
            await store.read(lambda transaction: transaction.timeline(one.id))
        assert await store.read(lambda transaction: transaction.incident(one.id)) is None
    finally:
        await store.close()


async def test_a_file_that_is_damaged_where_every_start_looks_cannot_be_opened_and_lets_go_of_the_lock(
    path: Path,
) -> None:
    store = await open_sqlite(path)
    one = incident()
    await store.write(opening(one, page(one)))
    await store.close()
    _damage(path, "outbox")

    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="malformed"):
            await open_sqlite(path)


def _damage(path: Path, table: str) -> None:
    """Overwrite the first page of a table and of its indexes."""
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        roots = connection.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = ?", (table,)).fetchall()
    with path.open("r+b") as file:
        for (root,) in roots:
            if root:
                file.seek((root - 1) * size)
                file.write(b"\xff" * size)


async def test_closing_leaves_one_file_with_everything_in_it(path: Path) -> None:
    store = await open_sqlite(path)
    await stored(store)
    await store.close()

    assert names_in(path.parent) == ["rungbell.db", "rungbell.db.lock", "rungbell.db.reserve"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM incidents").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# -- retention ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["OLD_INCIDENTS", "FORGET_TIMELINE", "FORGET_PAGES", "FORGET_OLD_ALERTS", "FORGET_OLD_APPLIED", "FORGET_POLICY"],
)
async def test_what_is_old_is_found_without_reading_what_is_not(store: SqliteStore, path: Path, name: str) -> None:
    statement = every_statement()[name]
    values = dict.fromkeys(("before", "limit", "id", "hash"), 1)
    with closing(sqlite3.connect(path)) as connection:
        steps = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", values)
        plan = [step[3] for step in steps]

    assert plan
    assert not [step for step in plan if "SCAN" in step or "TEMP B-TREE" in step], plan
