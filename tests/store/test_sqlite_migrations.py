"""Migrations of the SQLite file: they build what the schema says, and only go forward."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from operator import methodcaller
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

from rungbell.domain.chain import broken
from rungbell.domain.errors import StoreIncompatible, StoreUnavailable
from rungbell.domain.incident import Status
from rungbell.domain.page import PageState
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.store.codec.columns import to_column
from rungbell.store.opening import HEAD, MIGRATIONS, NEWEST, open_sqlite, revision, upgrade
from rungbell.store.schema import metadata
from tests.store.samples import NOON, changing, incident, known_alert, opening, page, stored
from tests.store.write_newest import newest


@contextmanager
def engine_of(path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture
async def fresh(tmp_path: Path) -> Path:
    """A file that was opened once."""
    path = tmp_path / "rungbell.db"
    await (await open_sqlite(path)).close()
    return path


async def test_a_fresh_file_is_at_the_newest_revision(fresh: Path) -> None:
    assert revision(fresh) == HEAD


def test_the_newest_revision_is_the_head_of_the_scripts_and_there_is_one() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


def test_a_new_file_is_what_the_migrations_come_to() -> None:
    assert NEWEST.read_text() == newest(), "write it anew: python -m tests.store.write_newest"


async def test_a_migrated_file_is_what_the_schema_says(fresh: Path) -> None:
    with engine_of(fresh) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


async def test_the_checks_of_a_migrated_file_are_those_of_the_schema(fresh: Path, tmp_path: Path) -> None:
    with engine_of(fresh) as migrated, engine_of(tmp_path / "created.db") as created:
        metadata.create_all(created)
        checks = [
            {table: inspect(engine).get_check_constraints(table) for table in metadata.tables}
            for engine in (migrated, created)
        ]

    assert checks[0] == checks[1]
    assert len([one for found in checks[0].values() for one in found]) == 3


async def test_the_tables_of_a_migrated_file_keep_their_rows_as_the_schema_says(fresh: Path, tmp_path: Path) -> None:
    with engine_of(tmp_path / "created.db") as created:
        metadata.create_all(created)
    kept = []
    for path in (fresh, tmp_path / "created.db"):
        with closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        kept.append({name: ("AUTOINCREMENT" in sql, "WITHOUT ROWID" in sql) for name, sql in tables})
    kept[0].pop("alembic_version")

    assert kept[0] == kept[1]


async def test_a_file_of_a_newer_rungbell_is_refused_and_left_as_it_is(fresh: Path) -> None:
    with closing(sqlite3.connect(fresh)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    for _ in range(2):
        with pytest.raises(StoreIncompatible, match="written by a newer rungbell"):
            await open_sqlite(fresh)

    assert revision(fresh) == "9999"


async def test_a_new_file_that_was_cut_off_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rungbell.db"
    cut = tmp_path / "cut.sql"
    cut.write_text(NEWEST.read_text().replace("COMMIT;", "no statement;"))
    with monkeypatch.context() as patched:
        patched.setattr("rungbell.store.opening.NEWEST", cut)
        with pytest.raises(StoreUnavailable):
            await open_sqlite(path)
    assert revision(path) is None

    await (await open_sqlite(path)).close()
    assert revision(path) == HEAD


async def older(path: Path, revision_: str) -> None:
    """Make a file as an older rungbell left it: its own migrations, and the rows of a store of today where they fit."""
    today = path.with_name("today.db")
    store = await open_sqlite(today)
    closed = incident(status=Status.RESOLVED, resolved_at=NOON)
    await store.write(opening(closed, entries=(Entry(NOON, EntryKind.NOTE, "seen"),)))
    opened = incident()
    written = await store.write(opening(opened, page(opened), entries=(Entry(NOON, EntryKind.OPENED, "opened"),)))
    await store.write(changing(written, alerts=(known_alert(),)))
    await store.write(lambda transaction: transaction.apply_once("link", NOON, "done"))
    await store.close()
    upgrade(path, revision_)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ATTACH ? AS today", (str(today),))
        for table in metadata.tables:
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            if not columns:
                continue  # it had no such table yet
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")  # noqa: S608


@pytest.mark.parametrize("revision_", ["0001", "0002", "0003", "0004", "0005", "0006"])
async def test_an_older_file_is_brought_up_to_date_with_everything_in_it(tmp_path: Path, revision_: str) -> None:
    path = tmp_path / "rungbell.db"
    await older(path, revision_)
    assert revision(path) == revision_

    store = await open_sqlite(path)

    assert revision(path) == HEAD
    opened, closed = await store.read(lambda transaction: transaction.incidents(limit=10))
    assert (opened.open, closed.open, closed.resolved_at) == (True, False, NOON)
    (kept,) = await store.read(lambda transaction: transaction.pages(opened.id))
    assert (kept.page, kept.state, kept.attempts) == (replace(page(opened), incident=opened.id), PageState.WAITING, 0)
    assert await store.read(lambda transaction: transaction.next_due(kept.page.channel)) == NOON
    assert await store.read(lambda transaction: transaction.alerts(opened.key))
    for one, lines in (
        (opened, [Entry(NOON, EntryKind.OPENED, "opened")]),
        (closed, [Entry(NOON, EntryKind.NOTE, "seen")]),
    ):
        assert await store.read(methodcaller("timeline", one.id)) == lines
        records, head = await store.read(methodcaller("records", one.id))
        assert broken(one.id, records, head) is None
        assert (head.seq if head else 0) == 1
    assert await store.read(lambda transaction: transaction.applied("link"))
    assert await store.read(lambda transaction: transaction.tokens()) == {}
    assert await store.read(lambda transaction: transaction.overrides(NOON)) == ()
    await stored(store)
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        told = connection.execute("SELECT resolved_at FROM incidents ORDER BY number").fetchall()
        assert told == [(to_column(NOON),), (None,), (None,)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_line_that_was_damaged_before_the_chains_keeps_nobody_from_starting(tmp_path: Path) -> None:
    path = tmp_path / "rungbell.db"
    await older(path, "0006")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER timeline_is_never_changed")
        connection.execute("UPDATE timeline SET facts = '{', text = CAST(x'ff' AS TEXT) WHERE text = 'seen'")

    store = await open_sqlite(path)

    opened, closed = await store.read(lambda transaction: transaction.incidents(limit=10))
    for one, at in ((opened, None), (closed, 1)):
        records, head = await store.read(methodcaller("records", one.id))
        found = broken(one.id, records, head)
        assert (found.seq if found else None) == at
    await store.close()


async def test_a_file_that_is_up_to_date_is_opened_without_migrating(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("nothing was to be migrated")

    monkeypatch.setattr("alembic.command.upgrade", refuse)
    store = await open_sqlite(fresh)

    await stored(store)
    await store.close()


async def test_a_migration_that_was_cut_off_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rungbell.db"
    await older(path, "0001")

    class CutOffError(Exception):
        pass

    def cut_off(*_args: object) -> None:
        raise CutOffError

    with monkeypatch.context() as patched:
        patched.setattr("alembic.operations.Operations.execute", cut_off)
        with pytest.raises(CutOffError):
            await open_sqlite(path)
    assert revision(path) == "0001"

    store = await open_sqlite(path)
    await stored(store)
    await store.close()
    assert revision(path) == HEAD
