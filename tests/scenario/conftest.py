"""The world of a scenario, and the look at its end for what nobody expected.

A day of it commits thousands of times. Even a cut of the power takes the process only, so its store never waits for the
disk.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from typing import TypeVar

import pytest
import structlog
from structlog.testing import LogCapture

from rungbell.store.connections import WRITER_PRAGMAS
from tests.scenario.harness import LogLine, World
from tests.scenario.policies import story

Result = TypeVar("Result")


@pytest.fixture
def policy() -> str:
    """The configuration of the world; a test brings its own with ``with_policy``."""
    return story()


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> list[LogLine]:
    """Every line that rungbell logs, whatever logging the process was set up with before."""
    capture = LogCapture()
    logger = structlog.wrap_logger(
        None,
        processors=[capture],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        cache_logger_on_first_use=True,
    )
    for name, module in list(sys.modules.items()):
        if name.startswith("rungbell.") and hasattr(module, "log"):
            monkeypatch.setattr(module, "log", logger)
    lines: list[LogLine] = capture.entries
    return lines


@pytest.fixture
async def world(
    tmp_path: Path, policy: str, logs: list[LogLine], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A rungbell that has just been started for the first time."""
    monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", _soon)
    monkeypatch.setitem(WRITER_PRAGMAS, "synchronous", 0)
    world = World(tmp_path, policy, logs)
    await world.start()
    yield world
    await world.crash()


def _soon(_executor: object, step: Callable[..., Result], *arguments: object) -> asyncio.Task[Result]:
    """Let the loop do what a thread would: it costs more to wait for one than what the store does there."""

    async def done() -> Result:
        return step(*arguments)

    return asyncio.create_task(done())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed where something happened that it did not expect."""
    result = yield
    assert isinstance(item, pytest.Function)
    for value in item.funcargs.values():
        if isinstance(value, World):
            value.verify()
    return result
