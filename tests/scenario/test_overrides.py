"""Overrides under open incidents: whoever is on call when a tier is reached is paged, and nobody is lost in silence."""

from datetime import timedelta

import pytest

from tests.scenario.harness import LogLine, World
from tests.scenario.policies import scheduled, with_policy

SCHEDULED = scheduled("[bob, dana]")
WITHOUT_ELI = SCHEDULED.replace("  eli: {name: Eli}\n", "").replace("reach: eli", "reach: dana")
NOBODY_YET = SCHEDULED.replace("starts: 2026-11-23", "starts: 2027-01-04")


@with_policy(SCHEDULED)
async def test_an_override_made_while_an_incident_is_open_changes_whom_the_next_climb_pages(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")
    await world.overrides("support", "eli", hours=1)

    await world.pass_time(minutes=5)

    world.phone("alice").expects("DiskFull")
    world.phone("eli").expects("DiskFull")
    world.phone("bob").expects_nothing()


@with_policy(SCHEDULED)
async def test_an_override_that_is_over_or_has_not_begun_changes_nothing(world: World) -> None:
    await world.overrides("support", "eli", minutes=2)
    await world.overrides("support", "eli", after=8, hours=1)
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await world.pass_time(minutes=5)

    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")


@with_policy(SCHEDULED)
async def test_an_override_outlives_a_restart_and_a_reload(world: World) -> None:
    await world.overrides("support", "eli", hours=1)
    await world.restart()
    world.reload(SCHEDULED.replace("role: Senior", "role: Veteran"))
    await world.fires("DiskFull", "disaster")

    world.phone("alice").expects("DiskFull")
    world.phone("eli").expects("DiskFull")
    world.phone("bob").expects_nothing()


@with_policy(SCHEDULED)
async def test_one_that_is_ended_counts_no_more_and_what_another_writer_made_counts_soon(world: World) -> None:
    made = await world.overrides("support", "eli", hours=1)
    await world.parts.overrides.end(made.overrides[0].id, "chen")
    other = made.overrides[0]
    await world.parts.store.write(lambda transaction: transaction.add_override(other))
    book = world.parts.handler.book
    assert book.roster.schedules["support"].on_call(world.clock.now()) == ("bob",)

    await world.parts.overrides.look()

    assert world.parts.handler.book.roster.schedules["support"].on_call(world.clock.now()) == ("eli",)


@with_policy(SCHEDULED)
async def test_the_book_is_replaced_only_when_overrides_change(world: World) -> None:
    await world.overrides("support", "eli", hours=1)
    book = world.parts.handler.book

    await world.pass_time(minutes=30)
    assert world.parts.handler.book is book

    await world.pass_time(hours=4)
    assert world.parts.handler.book.roster.schedules["support"].overrides == (), "what is long over is left out"


@with_policy(SCHEDULED)
async def test_where_the_person_of_an_override_vanishes_the_schedules_own_person_is_on_call(world: World) -> None:
    await world.overrides("support", "eli", hours=1)

    world.reload(WITHOUT_ELI)
    await world.fires("DiskFull", "disaster")

    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")


@with_policy(SCHEDULED)
async def test_the_log_says_once_whose_override_counts_for_nothing(world: World, logs: list[LogLine]) -> None:
    await world.overrides("support", "eli", hours=1)

    world.reload(WITHOUT_ELI)
    await world.pass_time(minutes=5)

    told = [line for line in logs if line["event"].startswith("an override counts for nothing")]
    assert [(line["override"], line["schedule"], line["person"]) for line in told] == [("1", "support", "eli")]


@with_policy(NOBODY_YET)
@pytest.mark.parametrize("restarted", [False, True])
async def test_where_that_leaves_nobody_the_operator_hears_of_it_once_and_that_it_is_over(
    world: World, restarted: bool
) -> None:
    world.expects_error("Nobody is on call for support: override 1 gives it until 2026-11-23 11:00 UTC to somebody")
    await world.overrides("support", "eli", hours=1)

    world.reload(WITHOUT_ELI.replace("starts: 2026-11-23", "starts: 2027-01-04"))
    await world.pass_time(minutes=10)

    page = world.mail("olga").expects("RungbellNobodyOnCall: Nobody is on call for support")
    assert (await world.incident("RungbellNobodyOnCall")).firing_count == 1
    if restarted:
        await world.restart(after=timedelta(minutes=1))
    await page.acknowledges()
    await world.overrides("support", "dana", minutes=30)
    await world.pass_time(minutes=1)
    assert (await world.incident("RungbellNobodyOnCall")).firing_count == 0
