"""A daemon to talk to, and the command line that talks to it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from rungbell.cli import main
from tests.web.conftest import clock, closed, daemon

__all__ = ["clock", "closed", "daemon", "typed"]

RUNGBELL = str(Path(sys.executable).with_name("rungbell"))
"""The program as it is installed, for what only a process of its own can show."""
Type = Callable[..., Awaitable[Result]]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Type]:
    """Type a command as somebody with an empty home would, beside a daemon that logs elsewhere."""
    monkeypatch.delenv("COLUMNS", raising=False)
    for name in ("RUNGBELL_URL", "RUNGBELL_AS", "RUNGBELL_TOKEN", "RUNGBELL_TOKEN_FILE", "RUNGBELL_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))

    async def run(*words: str, stdin: str = "") -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, list(words), stdin)

    logging = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    yield run
    structlog.configure(**logging)
