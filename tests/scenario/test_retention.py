"""Months later: what is over and old is gone, what is open is there, and nothing starts from the beginning."""

from datetime import timedelta

from rungbell.domain.decision import Outcome
from rungbell.domain.timeline import EntryKind
from rungbell.runtime.link_tokens import LIFE
from rungbell.runtime.watching.housekeeping import RETENTION
from tests.scenario.harness import World

DAY = timedelta(days=1)


async def test_what_is_over_goes_after_its_time_and_what_is_open_stays_whole(world: World) -> None:
    world.tolerates_errors()  # the operator hears of the months away
    await world.fires("Over", "info")
    await world.stops_firing("Over")
    await world.fires("Open", "critical")
    over, opened = await world.incident("Over"), await world.incident("Open")
    assert not over.open

    await world.restart(after=RETENTION - DAY)
    await world.keep_house()
    assert await world.timeline("Over", EntryKind.OPENED)
    await world.restart(after=2 * DAY)
    await world.keep_house()

    found = await world.parts.store.read(lambda transaction: [one.id for one in transaction.incidents(limit=100)])
    assert over.id not in found
    assert opened.id in found
    assert await world.parts.store.read(lambda transaction: transaction.timeline(over.id)) == []
    assert await world.timeline("Open", EntryKind.OPENED)
    assert await world.outbox("Open")
    world.expects_every_page()


async def test_an_alert_whose_incident_is_gone_opens_a_new_one_with_a_number_of_its_own(world: World) -> None:
    await world.fires("DiskFull", "info")
    world.phone("alice").expects("DiskFull")
    await world.stops_firing("DiskFull")
    before = await world.incident("DiskFull")
    await world.restart(after=RETENTION + DAY)
    await world.keep_house()

    await world.fires("DiskFull", "info")

    world.phone("alice").expects("DiskFull")
    after = await world.incident("DiskFull")
    assert (after.number, after.cycle) == (before.number + 1, 1)
    assert len(await world.timeline("DiskFull", EntryKind.OPENED)) == 1


async def test_that_a_link_was_used_is_remembered_for_as_long_as_it_might_be_used_again(world: World) -> None:
    await world.fires("DiskFull", "critical")
    page = world.phone("alice").expects("DiskFull")
    assert (await page.acknowledges()).outcome is Outcome.DONE
    await page.resolves("mended")
    world.parts.housekeeping = world.another_housekeeping(retention=timedelta(minutes=1))

    world.clock.reach(world.clock.now() + LIFE - timedelta(minutes=1))
    await world.keep_house()
    used = "SELECT count(*) FROM applied WHERE event LIKE 'link:%'"
    assert world.query(used) == 1

    world.clock.reach(world.clock.now() + timedelta(minutes=2))
    await world.keep_house()
    assert world.query(used) == 0


async def test_what_a_person_settled_opens_nothing_however_long_it_is_repeated(world: World) -> None:
    body = world.firing("DiskFull", "critical")
    await world.receive(body)
    await world.phone("alice").expects("DiskFull").resolves("we live with it")
    for _ in range(3):
        await world.restart(after=2 * DAY)
        world.tolerates_errors()
        await world.keep_house()
        await world.receive(body)

    found = await world.incident("DiskFull")
    assert (found.open, found.cycle, found.number) == (False, 1, 1)
