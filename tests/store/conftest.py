"""The store under test, on every database there is."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rungbell.store import Store, Transaction, sqlite
from tests.store.databases import DATABASES, Database


class Commits:
    """The sizes of the commits so far."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, size: int) -> None:
        self.sizes.append(size)


class Gate:
    """Work that keeps the writer busy until the gate is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._opened = threading.Event()

    def work(self, transaction: Transaction) -> None:
        self.entered.set()
        assert self._opened.wait(30), "nobody opened the gate"

    def open(self) -> None:
        self._opened.set()


@contextmanager
def opened_at_the_end(gate: Gate) -> Iterator[Gate]:
    try:
        yield gate
    finally:
        gate.open()


@pytest.fixture(autouse=True)
def _short_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody makes room for what a test writes."""
    monkeypatch.setattr(sqlite, "LOG_SIZE", 0)


@pytest.fixture(params=sorted(DATABASES))
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty database; a new kind joins in ``databases.py``."""
    return DATABASES[request.param](tmp_path, monkeypatch)


@pytest.fixture
def commits() -> Commits:
    """Every commit of the store."""
    return Commits()


@pytest.fixture
async def store(database: Database, commits: Commits) -> AsyncIterator[Store]:
    """A store that has just been opened for the first time."""
    opened = await database.open(commits)
    commits.sizes.clear()
    yield opened
    await opened.close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Whatever happens, nobody is kept busy beyond the test."""
    with opened_at_the_end(Gate()) as gate:
        yield gate
