"""Time across a restart: what was told before is not told again."""

from datetime import timedelta

from rungbell.clock import SystemClock
from rungbell.runtime.watching.clock_watcher import take_over_time
from rungbell.store.opening import open_sqlite
from tests.scenario.harness import MONDAY_10, World


async def test_after_a_start_with_the_wall_clock_set_back_time_goes_on_from_the_last_line_of_a_timeline(
    world: World,
) -> None:
    world.expects_error("the wall clock stands before the last time told")
    await world.pass_time(seconds=20)  # that rungbell lives was noted at its start, and is noted every 30 s
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")
    fired = world.clock.now()
    await world.crash()

    an_hour_ago = (fired - timedelta(hours=1)).timestamp()
    clock = SystemClock(wall=lambda: an_hour_ago, boot=lambda: 0.0)
    store = await open_sqlite(world.path)
    await take_over_time(store, clock)
    await store.close()

    assert fired > MONDAY_10
    assert clock.now() == fired


async def test_a_wall_clock_that_stands_after_the_last_time_told_is_taken_as_it_is(world: World) -> None:
    await world.crash()

    later = (MONDAY_10 + timedelta(hours=1)).timestamp()
    clock = SystemClock(wall=lambda: later, boot=lambda: 0.0)
    store = await open_sqlite(world.path)
    await take_over_time(store, clock)
    await store.close()

    assert clock.now() == MONDAY_10 + timedelta(hours=1)
