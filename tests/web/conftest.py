"""Daemons for the tests over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.web.running import CLOSED, OPEN, MovableClock, Running, running


@pytest_asyncio.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon of one's own, open to everybody on this machine."""
    async with running(tmp_path / "daemon", OPEN) as found:
        yield found


@pytest_asyncio.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon of one's own that asks everybody who they are."""
    async with running(tmp_path / "closed", CLOSED) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Run one open daemon for all tests of a module."""
    async with running(tmp_path_factory.mktemp("shared"), OPEN) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Run one daemon that asks who they are for all tests of a module."""
    async with running(tmp_path_factory.mktemp("shared-closed"), CLOSED) as found:
        yield found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """Give daemons that start from now on a clock that the test can put forward."""
    moved = MovableClock()
    monkeypatch.setattr("rungbell.app.daemon.SystemClock", lambda: moved)
    return moved
