"""The world of a scenario, and the look at its end for what nobody expected."""

import sys
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from tests.scenario.harness import LogLine, World
from tests.scenario.policies import story


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
async def world(tmp_path: Path, policy: str, logs: list[LogLine]) -> AsyncIterator[World]:
    """A rungbell that has just been started for the first time."""
    world = World(tmp_path, policy, logs)
    await world.start()
    yield world
    await world.crash()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed where something happened that it did not expect."""
    result = yield
    assert isinstance(item, pytest.Function)
    for value in item.funcargs.values():
        if isinstance(value, World):
            value.verify()
    return result
