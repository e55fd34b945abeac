"""The room that is made in SQLite's log before it is needed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rungbell.store import sqlite
from rungbell.store.connections import LOG_SIZE, WRITER_PRAGMAS
from rungbell.store.log_room import STEP, LogRoom, log_of
from rungbell.store.opening import open_sqlite
from tests.harness.small_disk import MEBIBYTE, SmallDisk, small_disk_or_skip
from tests.harness.waiting import eventually
from tests.store.samples import stored

SIZE = 3 * STEP + 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rungbell.db"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LOG_SIZE", SIZE)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk_or_skip(tmp_path / "disk", 16) as mounted:
        yield mounted


async def whole(path: Path) -> None:
    async def large() -> bool:
        return log_of(path).stat().st_size == SIZE

    await eventually(large, "the log has its room", within=10, every=0.01)


@pytest.mark.usefixtures("small")
async def test_while_nothing_is_written_the_log_gets_the_room_it_will_need(path: Path) -> None:
    store = await open_sqlite(path)
    await whole(path)

    await stored(store)

    assert log_of(path).stat().st_size == SIZE
    await store.close()


@pytest.mark.usefixtures("small")
async def test_after_a_crash_all_is_there_that_was_committed_into_that_room(path: Path, tmp_path: Path) -> None:
    store = await open_sqlite(path)
    await stored(store, id="before", key="before")
    await whole(path)
    await stored(store, id="after", key="after")

    crashed = tmp_path / "crashed" / path.name
    crashed.parent.mkdir()
    for file in (path, log_of(path)):
        shutil.copy(file, crashed.with_name(file.name))
    await store.close()

    again = await open_sqlite(crashed)
    assert await again.read(lambda transaction: transaction.latest_incident("before")) is not None
    assert await again.read(lambda transaction: transaction.latest_incident("after")) is not None
    await again.close()
    with closing(sqlite3.connect(crashed)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_it_is_what_the_log_comes_to_before_it_begins_anew(path: Path) -> None:
    pages = WRITER_PRAGMAS["wal_autocheckpoint"]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE rows (content BLOB)")
        (page,) = connection.execute("PRAGMA page_size").fetchone()
        header, frame = 32, 24

    assert header + (frame + page) * int(pages) == LOG_SIZE


def test_a_small_disk_keeps_its_room_for_rows(disk: SmallDisk) -> None:
    path = disk.root / "rungbell.db"
    log_of(path).touch()

    large, fitting = LogRoom(path, 2 * MEBIBYTE), LogRoom(path, MEBIBYTE // 2)
    large.add()
    assert large.whole
    assert log_of(path).stat().st_size == 0

    fitting.add()
    fitting.add()
    assert fitting.whole
    assert log_of(path).stat().st_size == MEBIBYTE // 2


def test_where_there_is_no_log_there_is_no_room_in_it(path: Path) -> None:
    room = LogRoom(path, SIZE)
    room.add()

    assert room.whole
    assert not log_of(path).exists()
