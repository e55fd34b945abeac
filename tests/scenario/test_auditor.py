"""The auditor: what the store holds although it should not is set right and told; what stands still is told.

That it finds nothing where nothing is wrong every other scenario shows: it looks at the end of each moment of them.
"""

from datetime import timedelta

from rungbell.domain.incident import Status
from tests.scenario.harness import World

TEN_MINUTES, A_DAY = 600_000, 86_400_000
"""Milliseconds."""


async def _look_again(world: World, *, after: timedelta) -> None:
    """Let time pass in which only the auditor looks."""
    world.clock.reach(world.clock.now() + after)
    await world.parts.auditor.look()


async def test_a_clock_that_is_not_that_of_its_facts_is_set_right_and_rings_in_time(world: World) -> None:
    world.expects_error("RungbellStoreRepaired")
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")
    await world.crash()
    world.change_file("UPDATE incidents SET wake_at = wake_at + ?", A_DAY)
    await world.start()

    await world.settle()
    world.mail("olga").expects("RungbellStoreRepaired: The clock of #1 was not that of its facts; it is now.")
    await world.pass_time(minutes=5)

    world.phone("bob").expects("DiskFull")
    world.phone("alice").expects("DiskFull")
    assert world.figure("audit_findings_total", finding="clock_wrong") == 1


async def test_a_page_of_what_is_over_is_withdrawn_before_it_leaves(world: World) -> None:
    world.expects_error("RungbellStoreRepaired")
    await world.fires("DiskFull", "critical")
    page = world.phone("alice").expects("DiskFull")
    await page.resolves("known")
    await world.crash()
    later = "UPDATE outbox SET state = 'waiting', due_at = send_after + ? WHERE state = 'accepted'"
    world.change_file(later, TEN_MINUTES)
    await world.start()

    await world.settle()

    world.mail("olga").expects("RungbellStoreRepaired: #1 is over and had unsent pages; they are withdrawn.")
    await world.pass_time(minutes=15)
    world.phone("alice").expects_nothing()
    world.expects_every_page()


async def test_what_stands_still_is_told_once_and_that_it_goes_on_again(world: World) -> None:
    world.expects_error("RungbellStandingStill")
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await _look_again(world, after=timedelta(minutes=7))
    for _ in range(3):
        await _look_again(world, after=timedelta(seconds=30))

    told = await world.incident("RungbellStandingStill")
    assert told.firing_count == 1
    assert world.figure("audit_findings_total", finding="clock_overdue") == 3
    await world.settle()
    assert (await world.incident("RungbellStandingStill")).status is Status.MONITORING
    world.expects_every_page()


async def test_a_machine_that_was_suspended_stands_still_for_nobody(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await _look_again(world, after=timedelta(hours=1))
    await world.settle()

    assert world.figure("audit_findings_total", finding="clock_overdue") == 0
    world.expects_every_page()


async def test_a_page_that_does_not_leave_though_it_is_due_is_told(world: World) -> None:
    world.expects_error("RungbellStandingStill")
    await world.commit(world.firing("DiskFull", "critical"))

    await _look_again(world, after=timedelta(minutes=6))
    await _look_again(world, after=timedelta(seconds=30))

    assert world.figure("audit_findings_total", finding="page_overdue") == 1
    world.expects_every_page()


async def test_what_is_over_and_cannot_be_read_does_not_blind_it(world: World) -> None:
    world.tolerates_errors()
    await world.fires("Poisoned", "critical")
    page = world.phone("alice").expects("Poisoned")
    await page.resolves("known")
    await world.crash()
    world.change_file("UPDATE outbox SET state = 'waiting', due_at = send_after + ?", A_DAY)
    world.change_file("UPDATE incidents SET facts = '{not json'")
    await world.start()
    await world.commit(world.firing("DiskFull", "critical"))

    await _look_again(world, after=timedelta(minutes=6))
    await _look_again(world, after=timedelta(seconds=30))

    assert world.figure("audit_findings_total", finding="page_overdue") == 1
    world.expects_every_page()
