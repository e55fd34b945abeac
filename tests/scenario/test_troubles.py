"""rungbell's own troubles, and incidents that cannot be read: one of them never stops the others."""

from datetime import timedelta

from rungbell.domain.decision import Outcome
from rungbell.domain.incident import Status
from tests.harness import webhooks
from tests.scenario.harness import World
from tests.scenario.policies import watched, with_policy

CORRUPT = "UPDATE incidents SET facts = '{not json' WHERE id = ?"


@with_policy(watched())
async def test_the_silence_of_a_source_opens_an_operators_incident_and_its_next_watchdog_ends_it(world: World) -> None:
    world.expects_error("No Watchdog from cluster-a")
    await world.hears_watchdog("cluster-a")

    await world.pass_time(minutes=14, seconds=59)
    world.mail("olga").expects_nothing()
    await world.pass_time(minutes=2)
    page = world.mail("olga").expects("RungbellWatchdogSilent")
    await world.pass_time(hours=1)

    await world.hears_watchdog("cluster-a")
    assert (await world.incident("RungbellWatchdogSilent")).status is Status.MONITORING
    reply = await page.resolves()
    assert reply.outcome is Outcome.DONE


@with_policy(watched())
async def test_a_second_silence_is_told_though_the_machine_slept_from_the_watchdog_between(world: World) -> None:
    world.expects_error("No Watchdog from cluster-a")
    await world.hears_watchdog("cluster-a")
    await world.pass_time(minutes=16)
    world.mail("olga").expects("RungbellWatchdogSilent")

    await world.commit(webhooks.firing("Watchdog", at=world.clock.now(), severity="none"), source="cluster-a")
    world.clock.reach(world.clock.now() + timedelta(minutes=16))
    await world.settle()

    assert (await world.incident("RungbellWatchdogSilent")).status is Status.TRIGGERED


@with_policy(watched())
async def test_a_source_that_was_never_heard_is_silent_from_the_start_on(world: World) -> None:
    world.expects_error("No Watchdog from cluster-a")

    await world.pass_time(minutes=14)
    world.mail("olga").expects_nothing()
    await world.pass_time(minutes=1)

    world.mail("olga").expects("RungbellWatchdogSilent")


@with_policy(watched())
async def test_the_time_in_which_rungbell_was_away_is_not_silence_of_the_source(world: World) -> None:
    await world.hears_watchdog("cluster-a")

    await world.restart(after=timedelta(hours=2))
    await world.pass_time(minutes=14)

    world.mail("olga").expects_nothing()


async def test_a_corrupt_incident_is_told_to_the_operator_once_and_the_clocks_of_the_others_go_on(world: World) -> None:
    world.expects_error("RungbellIncidentStuck")
    world.tolerates_errors()
    await world.fires("Poisoned", "critical")
    world.phone("alice").expects("Poisoned")
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await _corrupt(world, "Poisoned")
    await world.pass_time(minutes=10)

    world.mail("olga").expects("RungbellIncidentStuck")
    world.phone("alice").expects_all("DiskFull", times=2)
    world.phone("bob").expects_all("DiskFull", times=2)
    world.phone("chen").expects("DiskFull")


async def test_the_unsent_page_of_a_corrupt_incident_does_not_stop_the_pages_of_the_others(world: World) -> None:
    world.tolerates_errors()
    await world.commit(world.firing("Poisoned", "critical"))
    await world.commit(world.firing("DiskFull", "critical"))

    await _corrupt(world, "Poisoned")
    await world.settle()

    world.phone("alice").expects("DiskFull")
    assert len(world.provider("phone").attempts) == 1


async def test_after_a_day_away_a_corrupt_incident_stops_neither_the_start_nor_the_hold_of_the_others(
    world: World,
) -> None:
    world.tolerates_errors()
    await world.fires("Poisoned", "critical")
    world.phone("alice").expects("Poisoned")
    healthy = (await world.fires("DiskFull", "critical")).incident
    world.phone("alice").expects("DiskFull")

    await _corrupt(world, "Poisoned", away=timedelta(hours=25))
    await world.pass_time(hours=1)

    assert healthy is not None
    held = await world.parts.store.read(lambda transaction: transaction.incident(healthy.id))
    assert held is not None
    assert held.held_since is not None
    world.phone("alice").expects_nothing()
    world.mail("olga").expects("Rungbell")


async def test_a_new_alert_opens_its_incident_though_another_one_is_corrupt(world: World) -> None:
    world.tolerates_errors()
    await world.fires("Poisoned", "critical")
    world.phone("alice").expects("Poisoned")

    await _corrupt(world, "Poisoned")
    await world.fires("DiskFull", "critical")

    world.phone("alice").expects("DiskFull")


async def test_an_incident_whose_pinned_policy_cannot_be_read_does_not_stop_the_others(world: World) -> None:
    world.tolerates_errors()
    await world.fires("DiskFull", "critical")
    await world.fires("Poisoned", "critical")
    for alert in ("DiskFull", "Poisoned"):
        world.phone("alice").expects(alert)
    poisoned = await world.incident("Poisoned")

    await world.crash()
    world.change_file(
        "UPDATE incidents SET policy = 'nowhere', facts = replace(facts, ?, 'nowhere') WHERE id = ?",
        poisoned.policy,
        poisoned.id,
    )
    await world.start()
    await world.pass_time(minutes=5)

    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")
    world.mail("olga").expects("RungbellIncidentStuck")


async def _corrupt(world: World, alert: str, away: timedelta = timedelta()) -> None:
    """rungbell stops, the facts of an incident are spoilt, and it starts again."""
    spoilt = await world.incident(alert)
    await world.crash()
    world.change_file(CORRUPT, spoilt.id)
    await world.restart(after=away)
