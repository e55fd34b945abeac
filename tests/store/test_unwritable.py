"""A full disk and a read-only file: what is answered meanwhile, and that it ends without a restart."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rungbell.store.connections import WRITER_PRAGMAS
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.running import Running, running

LARGE = "x" * 200_000
"""More than the pages that the file has already can hold."""
TROUBLES = {
    "the disk is full": ("max_page_count", 1, 1_073_741_823, "full"),
    "the file is read-only": ("query_only", 1, 0, "readonly"),
}


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Running]:
    """A whole daemon: the promise is about what it answers."""
    async with running(tmp_path / "daemon") as found:
        yield found


def set_pragma(daemon: Running, name: str, value: int) -> None:
    connection = vars(vars(vars(daemon.daemon)["_store"])["_writer"])["_connection"]
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA {name} = {value}")


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_webhooks_are_refused_readiness_says_why_and_it_ends_by_itself_when(
    daemon: Running, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    name, on, off, why = TROUBLES[trouble]
    await daemon.opened("Before")
    large = firing("DiskFull")
    large["alerts"][0]["annotations"]["description"] = LARGE
    assert (await daemon.ask("GET", "/-/ready")).status == 200

    monkeypatch.setitem(WRITER_PRAGMAS, name, on)
    set_pragma(daemon, name, on)
    refused = await daemon.send(large)

    assert refused.status == 503
    assert refused.headers["Retry-After"]
    assert (await daemon.ask("GET", "/-/healthy")).status == 200
    unready = await daemon.ask("GET", "/-/ready")
    assert unready.status == 503
    assert why in unready.problem

    monkeypatch.delitem(WRITER_PRAGMAS, name)
    set_pragma(daemon, name, off)
    number = await daemon.accepted(large)

    async def ready() -> bool:
        return (await daemon.ask("GET", "/-/ready")).status == 200

    await eventually(ready, "it is ready again", within=5, every=0.01)
    assert (await daemon.incident(number))["title"].startswith("DiskFull")
    assert [one["title"] for one in await daemon.incidents() if one["title"].startswith("Before")]
