"""Storms: people are rung for the storm, the first page of a P0 waits for nobody, and nothing is held back for ever."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from rungbell.domain.decision import Outcome
from rungbell.domain.events import Acknowledged
from rungbell.domain.incident import HELD, Incident, Status
from rungbell.domain.page import PageState
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from rungbell.notifiers import Message
from tests.harness import webhooks
from tests.scenario.harness import MONDAY_10, World
from tests.scenario.policies import story, with_policy
from tests.scenario.providers import Arrival

TEAMS = """\
  - {name: shop, match: ['team="shop"']}
  - {name: bank, match: ['team="bank"']}
operator: operations
"""
BUDGET = "storms: {pages: {at_most: 3, within: 10m}, channels: {pager: {at_most: 1}}}\n"
THREE_POLICIES = story().replace("operator: operations\n", TEAMS)
BOTH = THREE_POLICIES + "storms: {umbrella: {opens: 20, within: 1m}, pages: {at_most: 10}}\n"


def body(name: str, severity: str = "warning", team: str = "none") -> webhooks.Json:
    labels = {"alertname": name, "severity": severity, "team": team}
    return webhooks.message([webhooks.alert(labels, starts_at=MONDAY_10)])


async def storm(world: World, alerts: int, severity: str = "warning", prefix: str = "Disk") -> None:
    """So many alerts begin at once."""
    for number in range(alerts):
        await world.commit(body(f"{prefix}{number:03}", severity))
    await world.settle()


def came(world: World, person: str = "alice") -> list[Message]:
    """Everything that a person's devices show, in time."""
    return [one.message for one in world.expects_every_page() if one.message.person.id == person]


def bundles(world: World) -> list[Arrival]:
    return [one for one in world.expects_every_page() if one.message.bundle]


async def incidents(world: World) -> list[Incident]:
    return await world.parts.store.read(lambda transaction: transaction.incidents(limit=1_000))


@with_policy(BOTH)
async def test_two_hundred_alerts_of_three_policies_at_once_ring_once_for_each_and_a_p0_among_them_rings_first(
    world: World,
) -> None:
    for number in range(200):
        team = ("none", "shop", "bank")[number % 3]
        await world.commit(body(f"Disk{number:03}", "disaster" if number == 150 else "warning", team))
    world.parts.sender.tell(world.providers)
    await world.settle()

    first, *others = came(world)
    assert first.incident is not None
    assert first.incident.severity is Severity.P0, "it was decided as the 151st, and left first and alone"
    assert len(others) <= 10
    assert not bundles(world)
    found = await incidents(world)
    umbrellas = [one for one in found if one.storm is not None]
    assert sorted(one.policy_name for one in umbrellas) == ["bank", "default", "shop"]
    assert sum(len(one.parts) for one in umbrellas) == world.figure("storm_incidents_total") == 199 - 60

    await world.pass_time(minutes=5)
    (bundle, *more) = bundles(world)
    assert not more, "one message for all that was held back"
    assert (bundle.at - MONDAY_10, len(bundle.message.bundle)) == (timedelta(seconds=15), 63 - 9)
    assert (await world.follow(bundle.message.acknowledge_url)).text == "54 of 54 acknowledged"
    held = {one.number for one in await incidents(world) if one.status in HELD}
    assert held == {one.number for one in bundle.message.bundle}


@with_policy(story() + BUDGET)
async def test_beyond_the_budget_one_message_counts_what_is_held_back_and_names_the_worst(world: World) -> None:
    await storm(world, 17)
    await storm(world, 1, "critical", "Worst")
    assert len(came(world)) == 3
    assert world.figure("pages_held_back_total", channel="phone") == 15

    await world.pass_time(seconds=15)
    (bundle,) = bundles(world)
    text = bundle.message.text.splitlines()
    assert text[0] == "15 incidents ask for you, held back to come as one: 1 P1, 14 P2"
    assert text[1].startswith("P1 #18 Worst000")
    assert (len(text), text[-2:]) == (13, ["and 5 more", "One acknowledgement is for all of them."])
    assert bundle.message.severity is Severity.P1
    assert world.figure("pages_bundled_total", channel="phone") == 15


@with_policy(story() + BUDGET)
async def test_what_a_message_has_no_room_for_leaves_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.runtime.lanes.bundling.MOST", 4)
    await storm(world, 12)
    await world.pass_time(minutes=3)
    rung = [one for one in world.expects_every_page() if one.message.person.id == "alice" and one.channel == "phone"]
    sent = Counter(((one.at - MONDAY_10).seconds, len(one.message.bundle) or 1) for one in rung)
    assert sent == {(0, 1): 3, (15, 4): 1, (75, 4): 1, (135, 1): 1}


@with_policy(story() + BUDGET)
async def test_the_phone_rings_at_most_once_a_minute_while_the_storm_goes_on(world: World) -> None:
    for number in range(60):
        await world.fires(f"Disk{number:03}", "warning")
        await world.pass_time(seconds=5)
    rings = [one.at for one in world.expects_every_page() if one.message.person.id == "alice"]
    together = [one.at for one in bundles(world)]
    assert len(rings) - len(together) == 3
    assert min(later - one for one, later in pairwise(together)) >= timedelta(minutes=1)
    assert len(together) in range(4, 7)
    told = {view.number for one in bundles(world) for view in one.message.bundle}
    await world.pass_time(minutes=2)
    told |= {view.number for one in bundles(world) for view in one.message.bundle}
    assert told == set(range(4, 61)), "nothing is lost"


@with_policy(story() + BUDGET)
async def test_each_page_of_a_bundle_is_told_in_the_timeline_of_its_own_incident(world: World) -> None:
    await storm(world, 6)
    await world.pass_time(seconds=15)
    came(world)
    (entry,) = await world.timeline("Disk005", EntryKind.PAGE_ACCEPTED)
    assert entry.text == "phone took the page to alice after 15.0 s, held back and sent together with 2 others"
    assert await world.states("Disk005") == {"alice by phone": PageState.ACCEPTED}


@with_policy(story() + BUDGET)
async def test_a_p0_never_waits_however_much_has_left(world: World) -> None:
    await storm(world, 10)
    came(world)
    await world.fires("Meltdown", "disaster")
    for person in ("alice", "bob"):
        assert [one.text.splitlines()[0] for one in came(world, person)][-1].startswith("P0 #11 Meltdown")
    await world.pass_time(minutes=5)
    assert any("P0 #11" in one.text for one in came(world, "chen")), "nor does a tier that it brings in"


@with_policy(story() + BUDGET)
async def test_what_is_acknowledged_or_over_before_the_bundle_leaves_drops_out_of_it(world: World) -> None:
    await storm(world, 8)
    await world.fires("Flash", "warning")
    await world.stops_firing("Flash")
    taken = await world.incident("Disk007")
    await world.parts.handler.handle(Acknowledged(incident=taken.id, by="alice"))
    await world.pass_time(seconds=15)
    (bundle,) = bundles(world)
    assert [one.title[:7] for one in bundle.message.bundle] == ["Disk003", "Disk004", "Disk005", "Disk006"]
    assert await world.states("Disk007") == {"alice by phone": PageState.WITHDRAWN}
    assert (await world.incident("Flash")).status is Status.MONITORING


@with_policy(story(L1="[pager, {phone: 2m}]") + BUDGET)
async def test_a_channel_has_a_budget_of_its_own(world: World) -> None:
    await storm(world, 4)
    assert [one.incident is None for one in came(world)] == [False]
    await world.pass_time(seconds=15)
    (bundle,) = bundles(world)
    assert (bundle.channel, len(bundle.message.bundle)) == ("pager", 3)


@with_policy(story() + BUDGET)
async def test_where_one_page_is_left_of_a_bundle_it_leaves_as_itself(world: World) -> None:
    await storm(world, 4)
    await world.pass_time(seconds=15)
    assert not bundles(world)
    assert [one.incident is not None for one in came(world)] == [True] * 4


@with_policy(story(L1="[phone, {pager: 2m}]") + BUDGET)
async def test_where_a_bundle_is_refused_every_ladder_goes_on_for_itself(world: World) -> None:
    await storm(world, 6)
    world.provider("phone").refuses()
    await world.pass_time(seconds=15)
    came(world)
    assert (await world.states("Disk005"))["alice by phone"] is PageState.FAILED
    await world.pass_time(minutes=1)
    pagers = [one.message for one in world.expects_every_page() if one.channel == "pager"]
    told = {pagers[0].incident.number} if pagers[0].incident else set()
    assert told | {view.number for one in pagers for view in one.bundle} == {4, 5, 6}, "by the next way, together"


@with_policy(story() + BUDGET)
async def test_a_bundle_that_a_provider_does_not_take_now_is_tried_again(world: World) -> None:
    await storm(world, 6)
    world.provider("phone").is_away(times=2)
    await world.pass_time(minutes=2)
    assert [len(one.message.bundle) for one in bundles(world)] == [3]


@with_policy(story() + BUDGET)
async def test_no_crash_holds_back_for_ever_what_was_held_back(world: World) -> None:
    await storm(world, 9)
    came(world)
    await world.restart(after=timedelta(seconds=20))
    await world.pass_time(minutes=2)
    everything = came(world)
    told = {one.incident.number for one in everything if one.incident} | {
        view.number for one in everything for view in one.bundle
    }
    assert told == set(range(1, 10))


@with_policy(story() + BUDGET)
async def test_a_crash_as_a_bundle_is_taken_sends_its_pages_again(world: World) -> None:
    await storm(world, 6)
    world.provider("phone").takes_it_as_the_power_fails()
    await world.pass_time(seconds=16)
    await world.restart(after=timedelta(seconds=30))
    await world.pass_time(minutes=2)
    states = [list((await world.states(f"Disk00{number}")).values()) for number in range(6)]
    came(world)
    assert states == [[PageState.ACCEPTED]] * 6


@with_policy(story() + BUDGET)
async def test_one_tap_acknowledges_all_of_a_bundle_and_a_second_one_has_no_effect(world: World) -> None:
    await storm(world, 9)
    await world.pass_time(seconds=15)
    (bundle,) = bundles(world)
    first, second = await asyncio.gather(*(world.follow(bundle.message.acknowledge_url) for _ in range(2)))
    assert sorted((first.outcome, second.outcome)) == sorted((Outcome.DONE, Outcome.ALREADY))
    holders = {one.number: one.holder and one.holder.by for one in await incidents(world)}
    assert holders == {**dict.fromkeys(range(1, 4), None), **dict.fromkeys(range(4, 10), "alice")}
    (entry,) = await world.timeline("Disk008", EntryKind.ACKNOWLEDGED)
    assert entry.actor == "alice"


@with_policy(story() + "storms: {umbrella: {opens: 2, within: 1m}}\n")
async def test_an_umbrella_outlives_a_restart_and_its_parts_end_it(world: World) -> None:
    for number in range(4):
        await world.fires(f"Disk{number}", "warning")
    came(world)
    await world.restart()
    await world.fires("Disk4", "warning")
    umbrella = await world.incident("Storm")
    assert (len(umbrella.parts), umbrella.firing) == (3, 3)
    for number in (2, 3, 4):
        await world.stops_firing(f"Disk{number}")
    assert (await world.incident("Storm")).status is Status.MONITORING


@with_policy(story() + "storms: {umbrella: {opens: 2, within: 1m}}\n")
async def test_without_the_setting_nothing_is_held_back_after_a_reload(world: World) -> None:
    for number in range(4):
        await world.fires(f"Disk{number}", "warning")
    world.reload(story())
    await world.fires("Disk4", "warning")
    came(world)
    assert (await world.incident("Disk4")).status is Status.TRIGGERED
