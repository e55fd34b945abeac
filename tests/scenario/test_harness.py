"""The harness itself: what a test did not expect fails it."""

import pytest

from rungbell.runtime.watching import clock_watcher
from tests.scenario.harness import MONDAY_10, World


async def test_a_page_that_nobody_expected_fails_the_test(world: World) -> None:
    await world.fires("DiskFull", "critical")

    with pytest.raises(AssertionError, match="unexpected pages: 10:00:00 phone of alice: P1 #1 DiskFull"):
        world.verify()
    world.phone("alice").expects("DiskFull")
    world.verify()


async def test_a_page_about_something_else_is_not_the_expected_one(world: World) -> None:
    await world.fires("DiskFull", "critical")

    with pytest.raises(AssertionError, match="'CpuHot' is not in"):
        world.phone("alice").expects("CpuHot")
    world.expects_every_page()


async def test_an_error_in_the_log_that_nobody_expected_fails_the_test(world: World) -> None:
    clock_watcher.log.error("something broke")

    with pytest.raises(AssertionError, match="something broke"):
        world.verify()
    world.expects_error("something broke")
    world.verify()


async def test_an_error_that_was_expected_and_did_not_come_fails_the_test(world: World) -> None:
    world.expects_error("something breaks")

    with pytest.raises(AssertionError, match="something breaks"):
        world.verify()
    clock_watcher.log.error("something breaks")


async def test_time_stops_at_each_moment_at_which_something_is_due(world: World) -> None:
    await world.fires("DiskFull", "critical")

    await world.pass_time(minutes=13)

    rang = {(one.at - MONDAY_10).total_seconds() for one in world.expects_every_page()}
    assert rang == {0, 300, 600}
