"""A new configuration under open incidents: the ladder stays, people and channels are today's."""

from datetime import datetime

import pytest

from rungbell.domain.decide import decide
from rungbell.domain.decision import Decision, Situation
from rungbell.domain.events import Event
from rungbell.domain.page import PageState
from tests.scenario.harness import World
from tests.scenario.policies import story, with_policy

_MAIL_FIRST = story(L1="[mail]").replace("reach: olga, through: [mail]", "reach: olga, through: [phone]")
WITHOUT_MAIL = story().replace("  mail: {type: simulated}\n", "").replace("through: [mail]", "through: [phone]")
WITHOUT_ALICE = story().replace("  alice: {name: Alice}\n", "").replace("reach: alice", "reach: chen")


@with_policy(_MAIL_FIRST)
async def test_the_page_of_a_channel_that_vanished_fails_and_the_next_tier_is_paged(world: World) -> None:
    world.provider("mail").is_away()
    await world.fires("DiskFull", "critical")

    world.reload(WITHOUT_MAIL)
    await world.pass_time(seconds=1)

    world.phone("bob").expects("nobody on the tier below you can be reached")
    (lost,) = [one for one in await world.outbox("DiskFull") if one.page.channel == "mail"]
    assert (lost.state, lost.last_failure) == (PageState.FAILED, "channel_gone")


async def test_the_page_of_a_person_who_vanished_fails_and_the_next_tier_is_paged(world: World) -> None:
    world.provider("phone").is_away()
    await world.fires("DiskFull", "critical")

    world.reload(WITHOUT_ALICE)
    await world.pass_time(seconds=1)

    world.phone("bob").expects("nobody on the tier below you can be reached")
    (lost,) = [one for one in await world.outbox("DiskFull") if one.page.person == "alice"]
    assert (lost.state, lost.last_failure) == (PageState.FAILED, "recipient_gone")
    assert len(world.provider("phone").attempts) == 2


async def test_an_open_incident_keeps_its_ladder_and_a_new_one_follows_the_new(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    world.reload(story().replace("P1: {page: [L1], acknowledge_within: 5m", "P1: {page: [L1], acknowledge_within: 9m"))
    await world.fires("CpuHot", "critical")
    world.phone("alice").expects("CpuHot")
    await world.pass_time(minutes=5)
    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")
    await world.pass_time(minutes=4)

    world.phone("alice").expects("CpuHot")
    world.phone("bob").expects("CpuHot")


async def test_an_open_incident_keeps_its_ladder_through_a_restart_with_another_configuration(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")
    await world.crash()

    world.will_start_with(story().replace("acknowledge_within: 5m", "acknowledge_within: 9m"))
    await world.start()
    await world.pass_time(minutes=5)

    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")


async def test_a_reload_in_the_middle_of_a_decision_is_for_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = story().replace("acknowledge_within: 5m", "acknowledge_within: 9m")

    def slow(situation: Situation, event: Event, now: datetime) -> Decision:
        world.reload(changed)
        return decide(situation, event, now)

    monkeypatch.setattr("rungbell.domain.handling.decide", slow)
    await world.fires("DiskFull", "critical")

    world.phone("alice").expects("DiskFull")
    assert (await world.incident("DiskFull")).open
