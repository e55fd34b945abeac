"""The ladder: who is rung when, and what stops it."""

from datetime import timedelta

import pytest

from rungbell.domain.decision import Outcome
from rungbell.domain.incident import Status
from rungbell.domain.page import PageState
from rungbell.domain.timeline import EntryKind
from tests.harness import webhooks
from tests.scenario.harness import MONDAY_10, World
from tests.scenario.policies import playbook, story, with_policy
from tests.scenario.providers import incident_of


async def test_nobody_answers_a_p1_and_it_climbs_a_tier_every_five_minutes(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await world.pass_time(minutes=4, seconds=59)
    world.phone("bob").expects_nothing()

    await world.pass_time(seconds=1)
    world.phone("alice").expects("you were paged before")
    world.phone("bob").expects("DiskFull")

    await world.pass_time(minutes=5)
    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")
    world.phone("chen").expects("nobody has acknowledged so far")

    await world.pass_time(minutes=5)
    for person in ("alice", "bob", "chen", "dana"):
        world.phone(person).expects("DiskFull")
    world.phone("eli").expects_nothing()


async def test_an_exhausted_ladder_tells_the_operator_once_and_rings_both_its_ends_until_somebody_acts(
    world: World,
) -> None:
    await world.fires("DiskFull", "critical")
    await world.pass_time(minutes=19)
    world.expects_every_page()
    world.expects_error("Nobody answered for")

    await world.pass_time(minutes=1)
    for person in ("alice", "bob", "chen", "dana"):
        world.phone(person).expects("DiskFull")
    world.mail("olga").expects("RungbellLadderExhausted")

    await world.pass_time(minutes=10)
    world.phone("alice").expects_all("every tier was paged", times=2)
    answered = world.phone("dana").expects_all("every tier was paged", times=2)[-1]

    await answered.acknowledges()
    await world.pass_time(hours=1)
    assert (await world.incident("DiskFull")).status is Status.ACKNOWLEDGED
    assert (await world.incident("RungbellLadderExhausted")).status is Status.MONITORING
    world.expects_every_page()


async def test_an_acknowledgement_stops_the_ladder(world: World) -> None:
    await world.fires("DiskFull", "critical")

    reply = await world.phone("alice").expects("DiskFull").acknowledges()

    assert reply.outcome is Outcome.DONE
    await world.pass_time(hours=1, minutes=59)
    world.phone("bob").expects_nothing()


async def test_a_link_that_is_followed_twice_acts_once(world: World) -> None:
    await world.fires("DiskFull", "critical")
    page = world.phone("alice").expects("DiskFull")
    await page.acknowledges()

    reply = await page.acknowledges()

    assert reply.outcome is Outcome.ALREADY
    assert len(await world.timeline("DiskFull", EntryKind.ACKNOWLEDGED)) == 1


async def test_an_acknowledgement_ends_after_its_time_and_the_holder_is_rung(world: World) -> None:
    await world.fires("DiskFull", "critical")
    await world.phone("alice").expects("DiskFull").acknowledges()

    await world.pass_time(hours=2)

    world.phone("alice").expects("your acknowledgement has ended")
    world.phone("bob").expects_nothing()


@with_policy(story(L2="[pager]"))
async def test_an_acknowledgement_withdraws_a_lapse_page_that_waits_for_its_retry(world: World) -> None:
    world.provider("pager").is_away(times=10)
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")
    await world.pass_time(minutes=5, seconds=2)
    assert len(world.provider("pager").attempts) == 2

    await world.phone("alice").expects("DiskFull").acknowledges()
    await world.pass_time(minutes=30)

    assert len(world.provider("pager").attempts) == 2
    assert (await world.states("DiskFull"))["bob by pager"] is PageState.WITHDRAWN


async def test_a_storm_of_p3_incidents_does_not_hold_up_the_page_of_a_p0(world: World) -> None:
    for number in range(200):
        await world.commit(world.firing(f"Cosmetic{number}", "info"))
    world.clock.reach(MONDAY_10 + timedelta(seconds=5))
    await world.commit(world.firing("Everything", "disaster"))

    await world.settle()

    first = [incident_of(attempt.message).title.split(":")[0] for attempt in world.provider("phone").attempts[:2]]
    assert first == ["Everything", "Everything"]
    world.phone("bob").expects("Everything")
    assert len(world.expects_every_page()) == 202


@with_policy(playbook())
@pytest.mark.parametrize(
    ("alert", "severity", "minutes"),
    [
        ("DatabaseDown", "critical", {"L1": 0, "L2": 0, "L3": 0, "L4": 5, "L5": 10}),
        ("DiskFull", "critical", {"L1": 0, "L2": 0, "L3": 5, "L4": 10}),
        ("DiskFull", "warning", {"L1": 0, "L2": 15, "L3": 30}),
        ("DiskFull", "info", {"L1": 0}),
    ],
    ids=["P0", "P1", "P2", "P3"],
)
async def test_the_shipped_playbook_rings_its_tiers_at_its_minutes(
    world: World, alert: str, severity: str, minutes: dict[str, int]
) -> None:
    await world.fires(alert, severity)

    await world.pass_time(minutes=14 if severity == "critical" else 44)

    rang: dict[str, float] = {}
    for one in world.expects_every_page():
        if one.message.copy is None:
            rang.setdefault(one.message.about, (one.at - MONDAY_10).total_seconds() / 60)
    assert rang == minutes


async def test_quiet_for_its_whole_window_a_p2_resolves_itself(world: World) -> None:
    await world.fires("DiskFull", "warning")
    world.phone("alice").expects("DiskFull")
    await world.stops_firing("DiskFull")
    assert (await world.incident("DiskFull")).status is Status.MONITORING

    await world.pass_time(minutes=15)

    assert (await world.incident("DiskFull")).status is Status.RESOLVED


async def test_quiet_for_its_whole_window_a_p1_asks_its_holder_to_resolve_it(world: World) -> None:
    await world.fires("DiskFull", "critical")
    await world.phone("alice").expects("DiskFull").acknowledges()
    await world.stops_firing("DiskFull")

    await world.pass_time(minutes=30)

    page = world.phone("alice").expects("stable for its whole window")
    assert (await page.resolves()).outcome is Outcome.INVALID, "nobody has attested the recovery"
    reply = await page.resolves("the disk is larger now, and a run went through")
    assert reply.outcome is Outcome.DONE
    await world.pass_time(days=2)


async def test_a_firing_again_in_the_window_resumes_the_cycle_and_is_quiet_for_one_deadline(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")
    await world.stops_firing("DiskFull")
    await world.pass_time(minutes=10)

    await world.fires("DiskFull", "critical")
    await world.pass_time(minutes=4, seconds=59)
    world.phone("bob").expects_nothing()
    await world.pass_time(seconds=1)

    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")
    assert (await world.incident("DiskFull")).cycle == 1


@pytest.mark.requirement("23")
async def test_a_page_names_the_runbook_of_its_alert(world: World) -> None:
    notes = {"runbook_url": "https://runbooks.example.org/disk"}
    labels = {"alertname": "DiskFull", "severity": "critical"}
    await world.receive(webhooks.message([webhooks.alert(labels, starts_at=MONDAY_10, annotations=notes)]))
    page = world.phone("alice").expects("DiskFull")
    assert "runbook: https://runbooks.example.org/disk" in page.message.text.splitlines()
