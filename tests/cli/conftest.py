"""A daemon to talk to, and the command line that talks to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result

from rungbell.cli import main
from tests.web.running import CLOSED, OPEN, Running, running

Type = Callable[..., Awaitable[Result]]


@pytest_asyncio.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "daemon", OPEN) as found:
        yield found


@pytest_asyncio.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "closed", CLOSED) as found:
        yield found


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command as somebody with an empty home would."""
    for name in ("RUNGBELL_URL", "RUNGBELL_AS", "RUNGBELL_TOKEN", "RUNGBELL_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))

    async def run(*words: str, stdin: str = "") -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, list(words), stdin)

    return run
