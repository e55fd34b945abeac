"""Pages for which there is room: worded while their commit is on its way to the disk, sent once it is there."""

import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from rungbell.runtime.wording import MessageWriter
from rungbell.store.group_commit import GroupCommit
from tests.harness.webhooks import firing
from tests.web.pigeon import PigeonNotifier
from tests.web.running import Running, running
from tests.web.test_answering import PIGEONS, pigeons  # noqa: F401 -- a fixture for every test here

DISK = 0.05
"""Seconds that a commit takes here."""
ALERTS = 20
LEASED = "SELECT count(*) FROM outbox WHERE state = 'leased'"


@pytest_asyncio.fixture
async def loft(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "loft", PIGEONS, stub=False) as found:
        yield found


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happened to pages, in order: ``worded``, ``committed``."""
    told: list[str] = []
    write, end = MessageWriter.write, GroupCommit._end  # noqa: SLF001 -- what waits for the disk

    def worded(self: MessageWriter, *given: Any) -> Any:  # noqa: ANN401 -- as it is
        told.append("worded")
        return write(self, *given)

    def ended(self: GroupCommit, connection: sqlite3.Connection, whole: bool, wrote: int) -> bool:
        pages = connection.execute(LEASED).fetchone()[0]
        time.sleep(DISK)
        done = end(self, connection, whole, wrote)
        if pages and "committed" not in told:
            told.append("committed")
        return done

    monkeypatch.setattr(MessageWriter, "write", worded)
    monkeypatch.setattr(GroupCommit, "_end", ended)
    return told


async def test_a_page_for_which_there_is_room_is_worded_while_its_commit_is_under_way(
    loft: Running, happened: list[str]
) -> None:
    for number in range(ALERTS):
        happened.clear()
        await loft.opened_by(firing(f"DiskFull{number}", severity="warning"))
        assert len(PigeonNotifier.flown) == number + 1
        if happened == ["worded", "committed"]:  # else the lane was looking at the store just then
            return
    raise AssertionError(f"of {ALERTS} pages none was worded before its commit was on disk")
