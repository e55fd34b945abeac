"""The room that is set aside for when the disk is full."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rungbell.domain.errors import StoreUnavailable
from rungbell.store.opening import open_sqlite
from rungbell.store.reserve import LARGEST, SHARE, Reserve
from tests.harness.small_disk import MEBIBYTE, SmallDisk, small_disk_or_skip
from tests.store.samples import incident, opening

DISK = 16


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk_or_skip(tmp_path / "disk", DISK) as mounted:
        yield mounted


def test_it_takes_room_and_gives_it_up(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "rungbell.db")
    file = tmp_path / "rungbell.db.reserve"

    assert reserve.take()
    assert reserve.take()
    assert file.stat().st_blocks * 512 >= file.stat().st_size > 0
    assert file.stat().st_size <= LARGEST

    reserve.give_up()
    assert not file.exists()
    reserve.give_up()


def test_where_nothing_can_be_written_there_is_none(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "nowhere" / "rungbell.db").take()


def test_on_a_small_disk_it_is_small_and_it_comes_back_only_when_there_is_room_for_alerts_too(disk: SmallDisk) -> None:
    reserve = Reserve(disk.root / "rungbell.db")
    assert reserve.take()
    assert disk.used == DISK * MEBIBYTE // SHARE

    disk.fill()
    reserve.give_up()
    assert not reserve.take()

    disk.free()
    assert reserve.take()


async def test_a_store_that_is_opened_on_a_full_disk_takes_what_people_do_and_lets_alerts_wait(disk: SmallDisk) -> None:
    path = disk.root / "rungbell.db"
    await (await open_sqlite(path)).close()
    disk.fill()

    store = await open_sqlite(path)
    try:
        assert store.failing == "the store cannot be written: the disk is full"
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            await store.write(opening(incident()))
        await store.write(opening(incident()), reserved=True)

        disk.free()
        await store.write(opening(incident()))
        assert store.failing == ""
    finally:
        await store.close()
