"""rungbell dies, sleeps and comes back: nothing committed is forgotten, nothing old is replayed."""

from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from rungbell.domain.incident import Status
from rungbell.domain.page import LEASE, PageState
from rungbell.domain.timeline import EntryKind
from rungbell.notifiers import Message
from rungbell.runtime.lanes.lane import Lane, Leased
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store.group_commit import GroupCommit
from tests.harness.waiting import eventually
from tests.scenario.harness import World
from tests.scenario.policies import story, with_policy, without_operator

A_DAY_AND_AN_HOUR = timedelta(hours=25)


async def test_a_crash_between_commit_and_send_loses_no_page_and_repeats_none(world: World) -> None:
    await world.commit(world.firing("DiskFull", "critical"))

    await world.restart(after=timedelta(seconds=3))
    await world.pass_time(minutes=4)

    world.phone("alice").expects("DiskFull")


@pytest.mark.requirement("A32")
async def test_a_crash_between_send_and_record_sends_again_under_the_same_intent_and_nothing_else(
    world: World,
) -> None:
    await world.fires("Before", "critical")
    await world.phone("alice").expects("Before").acknowledges()
    world.provider("phone").takes_it_as_the_power_fails()
    await world.fires("DiskFull", "critical")
    first = world.phone("alice").expects("DiskFull")

    await world.restart(after=timedelta(seconds=3))
    await world.pass_time(seconds=LEASE.total_seconds())

    again = world.phone("alice").expects("DiskFull")
    assert again.intent == first.intent
    assert again.message.attempt == 2
    assert (await world.states("DiskFull"))["alice by phone"] is PageState.ACCEPTED
    await world.pass_time(minutes=4)


async def test_where_its_lane_has_room_a_page_is_leased_by_the_commit_that_decides_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_channel: str, _limit: int, *, told: bool) -> list[Leased]:
        return []

    monkeypatch.setattr(world.parts.sender, "lease", nothing)
    async with world.lanes_running():
        await has_room(world)
        await world.commit(world.firing("DiskFull", "critical"))

        async def recorded() -> bool:
            return (await world.states("DiskFull"))["alice by phone"] is PageState.ACCEPTED

        await eventually(recorded, "the page has left", within=10, every=0.01)
    world.phone("alice").expects("DiskFull")


async def test_a_page_that_leaves_at_once_is_worded_while_its_commit_is_on_the_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worded = Event()
    write, end = MessageWriter.write, GroupCommit._end  # noqa: SLF001 -- where the disk is waited for

    def writing(*given: Any, **more: Any) -> Message:  # noqa: ANN401
        worded.set()
        return write(*given, **more)

    def ending(*given: Any) -> bool:  # noqa: ANN401
        assert worded.wait(10), "the commit came first"
        return end(*given)

    async with world.lanes_running():
        await has_room(world)
        monkeypatch.setattr(MessageWriter, "write", writing)
        monkeypatch.setattr(GroupCommit, "_end", ending)
        await world.commit(world.firing("DiskFull", "critical"))

        async def arrived() -> bool:
            return bool(world.arrivals())

        await eventually(arrived, "the page has left", within=10, every=0.01)
    world.phone("alice").expects("DiskFull")


async def test_a_crash_between_the_commit_that_leased_a_page_and_its_send_loses_no_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.lanes_running():
        await has_room(world)
        monkeypatch.setattr(Lane, "begin", lambda _lane, _leased, _worded: None)
        await world.commit(world.firing("DiskFull", "critical"))
        assert (await world.states("DiskFull"))["alice by phone"] is PageState.LEASED

    await world.restart()
    await world.pass_time(seconds=1)

    assert world.phone("alice").expects("DiskFull").message.attempt == 2


async def has_room(world: World) -> None:
    """Wait until the lanes run and have nothing to do."""

    async def kept() -> bool:
        assert world.parts.handler.rooms is not None
        room = world.parts.handler.rooms()
        room.close()
        return bool(room)

    await eventually(kept, "a lane has room", within=10, every=0.01)


@pytest.mark.parametrize("seconds", [0, 299, 301, 3600])
async def test_after_an_outage_an_incident_climbs_at_most_one_tier_at_once(world: World, seconds: int) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await world.restart(after=timedelta(seconds=seconds))
    await world.settle()

    if seconds > 300:
        world.phone("alice").expects("DiskFull")
        world.phone("bob").expects("DiskFull")
    world.phone("chen").expects_nothing()


async def test_away_for_more_than_a_day_paging_holds_and_the_operator_hears_of_it_once(world: World) -> None:
    world.expects_error("paging of 2 open incidents holds")
    for alert in ("DiskFull", "CpuHot"):
        await world.fires(alert, "critical")
        world.phone("alice").expects(alert)

    await world.restart(after=A_DAY_AND_AN_HOUR)
    await world.settle()
    world.mail("olga").expects("RungbellPagingHeld")
    await world.pass_time(hours=6)

    assert (await world.incident("DiskFull")).held_since is not None


async def test_a_held_incident_is_paged_again_when_something_new_fires(world: World) -> None:
    await _held(world)

    body = world.firing("DiskFull", "critical")
    body["alerts"][0]["labels"]["instance"] = "10.0.0.8:9100"
    await world.receive(body)

    world.phone("alice").expects("DiskFull")
    await world.pass_time(minutes=5)
    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")
    world.phone("chen").expects_nothing()


async def test_a_held_incident_whose_alerts_resolve_is_monitored_and_ends_as_any_other(world: World) -> None:
    await _held(world)

    await world.stops_firing("DiskFull")

    assert (await world.incident("DiskFull")).status is Status.MONITORING
    await world.pass_time(minutes=30)
    world.phone("alice").expects("stable for its whole window")


async def test_the_operator_is_told_again_every_day_while_paging_holds(world: World) -> None:
    await _held(world)
    world.expects_error("Paging still holds")

    await world.pass_time(hours=23, minutes=59)
    world.mail("olga").expects_nothing()
    await world.pass_time(minutes=1)

    world.mail("olga").expects("Paging still holds")
    assert len(await world.timeline("DiskFull", EntryKind.HELD)) == 2


async def test_a_page_that_was_under_way_when_rungbell_went_away_for_a_day_is_not_replayed(world: World) -> None:
    world.expects_error("paging of an open incident holds")
    world.provider("phone").takes_it_as_the_power_fails()
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await world.restart(after=A_DAY_AND_AN_HOUR)
    await world.pass_time(hours=1)

    world.mail("olga").expects("RungbellPagingHeld")
    world.phone("alice").expects_nothing()


@with_policy(story(L1="[phone, {mail: 2m}]"))
async def test_a_page_that_waited_when_rungbell_went_away_for_a_day_is_not_replayed(world: World) -> None:
    world.expects_error("paging of an open incident holds")
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await world.restart(after=A_DAY_AND_AN_HOUR)
    await world.pass_time(hours=1)

    world.mail("olga").expects("RungbellPagingHeld")
    world.mail("alice").expects_nothing()


@with_policy(without_operator())
async def test_without_an_operator_nothing_is_held_since_silence_would_be_worse_than_a_late_page(world: World) -> None:
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")

    await world.restart(after=A_DAY_AND_AN_HOUR)
    await world.settle()

    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects("DiskFull")


async def _held(world: World) -> None:
    """An incident whose paging holds, and the operator has seen that."""
    world.expects_error("paging of an open incident holds")
    await world.fires("DiskFull", "critical")
    world.phone("alice").expects("DiskFull")
    await world.restart(after=A_DAY_AND_AN_HOUR)
    await world.settle()
    await world.mail("olga").expects("RungbellPagingHeld").resolves("seen")
