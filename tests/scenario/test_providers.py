"""Providers that misbehave: every page still reaches somebody, and no channel waits for another."""

import asyncio
from datetime import timedelta

import pytest

from rungbell.domain.page import ATTEMPTS, LONGEST_RETRY_AFTER, PageState
from rungbell.domain.timeline import EntryKind
from tests.scenario.harness import MONDAY_10, World
from tests.scenario.policies import story, with_policy

PATIENCE = 10
"""Real seconds that a test about concurrency waits at most."""


async def test_a_provider_that_is_away_is_tried_again_after_doubling_pauses_until_it_takes_the_page_once(
    world: World,
) -> None:
    world.provider("phone").is_away(times=5)

    await world.fires("DiskFull", "critical")
    await world.pass_time(minutes=2)

    assert world.provider("phone").seconds_between_attempts() == [1, 2, 4, 8, 16]
    assert len(world.provider("phone").intents()) == 1
    assert [attempt.message.attempt for attempt in world.provider("phone").attempts] == [1, 2, 3, 4, 5, 6]
    world.phone("alice").expects("DiskFull")


@with_policy(story(L1="[phone, {mail: 2m}]"))
async def test_a_refusal_brings_the_persons_waiting_channel_forward_and_then_the_next_tier(world: World) -> None:
    world.provider("phone").refuses()
    await world.fires("DiskFull", "critical")
    world.mail("alice").expects("DiskFull")
    assert world.clock.now() == MONDAY_10
    await world.pass_time(minutes=4)

    world.phone("bob").expects_nothing()


@with_policy(story(L1="[phone, {mail: 2m}]"))
async def test_where_no_channel_of_a_person_takes_it_the_next_tier_is_paged_in_the_commit_of_the_failure(
    world: World,
) -> None:
    world.provider("phone").refuses()
    world.provider("mail").refuses()

    await world.fires("DiskFull", "critical")

    world.phone("bob").expects("nobody on the tier below you can be reached")
    failures = [one for one in world.decisions if one.delivery and one.delivery.state is PageState.FAILED]
    assert [len(failure.pages) for failure in failures] == [0, 1]
    assert failures[0].forward == (next(iter(world.provider("mail").intents())),)
    assert failures[1].pages[0].person == "bob"


async def test_a_page_that_used_up_its_attempts_counts_as_failed_and_the_next_tier_is_paged(world: World) -> None:
    world.provider("phone").is_away(times=ATTEMPTS)

    await world.fires("DiskFull", "critical")
    await world.pass_time(seconds=90)
    world.phone("bob").expects_nothing()
    await world.pass_time(seconds=1)

    world.phone("bob").expects("nobody on the tier below you can be reached")
    assert world.provider("phone").seconds_between_attempts() == [1, 2, 4, 8, 16, 30, 30, 0]


async def test_a_provider_that_asks_for_half_a_minute_gets_it(world: World) -> None:
    world.provider("phone").asks_to_wait(timedelta(seconds=30))

    await world.fires("DiskFull", "critical")
    await world.pass_time(seconds=29)
    world.phone("alice").expects_nothing()
    await world.pass_time(seconds=1)

    world.phone("alice").expects("DiskFull")
    assert world.provider("phone").seconds_between_attempts() == [30]


async def test_a_provider_that_asks_for_more_than_a_page_can_wait_has_failed(world: World) -> None:
    world.provider("phone").asks_to_wait(LONGEST_RETRY_AFTER + timedelta(seconds=1))

    await world.fires("DiskFull", "critical")

    world.phone("bob").expects("nobody on the tier below you can be reached")
    assert (await world.states("DiskFull"))["alice by phone"] is PageState.FAILED


async def test_a_provider_that_hangs_is_given_up_at_the_deadline_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.runtime.lanes.lane.SEND_DEADLINE", timedelta(milliseconds=20))
    world.provider("phone").hangs()

    await world.fires("DiskFull", "critical")
    await world.pass_time(seconds=5)

    world.phone("alice").expects("DiskFull")
    assert world.provider("phone").seconds_between_attempts() == [11]
    assert "timeout" in (await world.timeline("DiskFull", EntryKind.PAGE_RETRIED))[0].text


@with_policy(story(L1="[phone, pager]"))
async def test_a_provider_that_hangs_does_not_hold_up_the_page_through_another_channel(world: World) -> None:
    phone, pager = world.provider("phone"), world.provider("pager")
    phone.answers_when(asyncio.Event())

    await world.commit(world.firing("DiskFull", "critical"))
    async with world.lanes_running():
        async with asyncio.timeout(PATIENCE):
            await phone.called.wait()
            await pager.called.wait()
        assert phone.under_way == 1

    world.pager("alice").expects("DiskFull")
    world.phone("alice").expects_nothing()


async def test_a_result_that_comes_after_the_lease_was_lost_is_void(world: World) -> None:
    phone, late = world.provider("phone"), asyncio.Event()
    phone.fails_when(late)
    await world.commit(world.firing("DiskFull", "critical"))
    sending = asyncio.create_task(world.parts.sender.look())
    async with asyncio.timeout(PATIENCE):
        await phone.called.wait()

    world.clock.reach(MONDAY_10 + timedelta(seconds=20))
    assert await world.another_sender().look() == 1
    late.set()
    await sending

    assert [attempt.message.attempt for attempt in phone.attempts] == [1, 2]
    assert len(phone.intents()) == 1
    assert (await world.states("DiskFull"))["alice by phone"] is PageState.ACCEPTED
    world.phone("alice").expects("DiskFull")
    world.phone("bob").expects_nothing()


async def test_while_its_lease_lasts_nobody_else_sends_a_page(world: World) -> None:
    phone, answered = world.provider("phone"), asyncio.Event()
    phone.answers_when(answered)
    await world.commit(world.firing("DiskFull", "critical"))
    sending = asyncio.create_task(world.parts.sender.look())
    async with asyncio.timeout(PATIENCE):
        await phone.called.wait()

    world.clock.reach(MONDAY_10 + timedelta(seconds=19, milliseconds=999))
    assert await world.another_sender().look() == 0
    answered.set()
    await sending

    world.phone("alice").expects("DiskFull")


async def test_a_fault_of_a_notifier_is_told_in_the_log_and_tried_again(world: World) -> None:
    world.expects_error("notifier failed")
    world.provider("phone").breaks()

    await world.fires("DiskFull", "critical")
    await world.pass_time(seconds=1)

    world.phone("alice").expects("DiskFull")
    retried = (await world.timeline("DiskFull", EntryKind.PAGE_RETRIED))[0].text
    assert "internal" in retried
    assert "a secret of the provider" not in retried
