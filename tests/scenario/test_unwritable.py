"""A store that cannot be written for a while: what was sent is not sent again, and the operator hears of it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.page import LEASE, PageState
from rungbell.runtime.watching.clock_watcher import ALIVE_EVERY, WORTH_TELLING
from rungbell.store.connections import WRITER_PRAGMAS
from tests.harness.waiting import eventually
from tests.scenario.harness import World

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store waits only a moment for a lock."""
    monkeypatch.setitem(WRITER_PRAGMAS, "busy_timeout", 20)


@contextmanager
def unwritable(world: World) -> Iterator[None]:
    with closing(sqlite3.connect(world.path, isolation_level=None, timeout=5)) as connection:
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@pytest.fixture
async def restarted(world: World) -> World:
    """A world whose store has the patience of these tests."""
    await world.restart()
    return world


async def look_in_vain(world: World) -> None:
    with pytest.raises(StoreUnavailable):
        await world.parts.watcher.look()


async def test_a_page_that_was_answered_while_nothing_could_be_written_leaves_only_once(restarted: World) -> None:
    world, answered = restarted, asyncio.Event()
    phone = world.provider("phone")
    phone.answers_when(answered)
    await world.commit(world.firing("DiskFull", "critical"))

    async with world.lanes_running():
        await asyncio.wait_for(phone.called.wait(), 5)
        with unwritable(world):
            answered.set()

            async def failing() -> bool:
                return bool(world.parts.store.failing)

            await eventually(failing, "the result cannot be recorded", within=5, every=0.01)
            world.clock.reach(world.clock.now() + LEASE + SECOND)
            with pytest.raises(StoreUnavailable, match="cannot be written"):
                await world.parts.sender.lease("phone", 10, told=False)

        async def recorded() -> bool:
            return set((await world.states("DiskFull")).values()) == {PageState.ACCEPTED}

        await eventually(recorded, "the result is recorded", within=10, every=0.01)
    assert len(phone.attempts) == 1
    world.phone("alice").expects("DiskFull")


async def test_what_is_being_sent_while_the_machine_sleeps_is_not_sent_again_when_it_wakes(restarted: World) -> None:
    world, answered = restarted, asyncio.Event()
    phone = world.provider("phone")
    phone.answers_when(answered)
    await world.commit(world.firing("DiskFull", "critical"))

    async with world.lanes_running():
        await asyncio.wait_for(phone.called.wait(), 5)
        world.clock.reach(world.clock.now() + LEASE + SECOND)
        assert await world.parts.sender.lease("phone", 10, told=True) == []
        answered.set()

        async def recorded() -> bool:
            return set((await world.states("DiskFull")).values()) == {PageState.ACCEPTED}

        await eventually(recorded, "the result is recorded", within=10, every=0.01)
    assert len(phone.attempts) == 1
    world.phone("alice").expects("DiskFull")


async def test_the_operator_hears_of_it_once_it_can_be_written_and_that_it_is_over_when_it_has_held(
    restarted: World,
) -> None:
    world = restarted
    world.expects_error("RungbellStoreUnwritable")
    await world.pass_time(minutes=1)
    with unwritable(world):
        world.clock.reach(world.clock.now() + ALIVE_EVERY + SECOND)
        await look_in_vain(world)
        assert "locked" in world.parts.store.failing
        await look_in_vain(world)
        world.clock.reach(world.clock.now() + WORTH_TELLING)
    world.mail("olga").expects_nothing()

    await world.settle()
    world.mail("olga").expects("RungbellStoreUnwritable")
    assert (await world.incident("RungbellStoreUnwritable")).firing_count == 1

    await world.pass_time(minutes=2)
    assert (await world.incident("RungbellStoreUnwritable")).firing_count == 0


async def test_a_moment_without_the_store_is_nobodys_business(restarted: World) -> None:
    world = restarted
    with unwritable(world):
        world.clock.reach(world.clock.now() + ALIVE_EVERY + SECOND)
        await look_in_vain(world)
        await look_in_vain(world)

    await world.pass_time(minutes=2)

    world.mail("olga").expects_nothing()
    assert not world.parts.store.failing
