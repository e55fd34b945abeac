"""People hear that a shift of theirs is coming, has begun or has ended: once, whatever crashes."""

from datetime import timedelta

import pytest

from rungbell.domain.handover import HandoverNote
from rungbell.domain.page import ATTEMPTS, LEASE, PageKind, PageState
from rungbell.domain.shift_notice import SentNotice
from tests.scenario.harness import World
from tests.scenario.policies import scheduled, story, with_policy

HOURLY = scheduled("[bob, dana]", every="1h")
TOLD = scheduled("[bob, dana]", every="1h", tell="{through: [mail]}")
EARLY = scheduled("[bob, dana]", every="1h", tell="{through: [mail], starts: false, ends: false, before: 15m}")
SLOW = scheduled("[bob, dana]", every="6h", tell="{through: [mail]}")
"""At ten, when a world begins, dana has been on call since the handover a moment ago."""


async def notices(world: World) -> list[SentNotice]:
    return await world.parts.store.read(lambda transaction: transaction.notices())


async def first_handover(world: World) -> None:
    """What a world finds due as it begins, at ten: the handover of this moment."""
    await world.settle()
    world.mail("bob").expects("Your shift of support ended Mon 2026-11-23 10:00 UTC; on call now: dana")
    world.mail("dana").expects(
        "You are on call for support since Mon 2026-11-23 10:00 UTC, until Mon 2026-11-23 11:00 UTC"
    )


@with_policy(TOLD)
async def test_at_a_handover_both_hear_of_it_once(world: World) -> None:
    await first_handover(world)

    await world.pass_time(hours=1)

    told = world.mail("bob").expects(
        "You are on call for support since Mon 2026-11-23 11:00 UTC, until Mon 2026-11-23 12:00"
    )
    world.mail("dana").expects("Your shift of support ended")
    assert told.message.kind is PageKind.NOTIFICATION
    assert (told.message.incident, told.message.schedule, told.message.acknowledge_url) == (None, "support", "")
    await world.pass_time(minutes=59)


@with_policy(TOLD.replace("{name: Dana}", "{name: Dana, zone: Asia/Kolkata}"))
async def test_beside_the_clocks_of_the_schedule_stand_those_of_the_reader(world: World) -> None:
    await world.settle()
    told = world.mail("dana").expects("since Mon 2026-11-23 10:00 UTC (15:30 Kolkata), until Mon 2026-11-23 11:00 UTC")
    assert told.message.text.endswith("(16:30 Kolkata)")
    world.mail("bob").expects("Your shift of support ended Mon 2026-11-23 10:00 UTC; on call now: dana")


@with_policy(EARLY)
async def test_a_shift_is_told_of_before_it_begins(world: World) -> None:
    await world.pass_time(minutes=44)
    world.mail("bob").expects_nothing()
    await world.pass_time(minutes=1)
    world.mail("bob").expects("You are on call for support in 15 min, from Mon 2026-11-23 11:00 UTC until")
    await world.pass_time(minutes=30)


@with_policy(HOURLY)
async def test_nobody_is_told_where_the_configuration_does_not_say_so(world: World) -> None:
    await world.pass_time(hours=3)
    assert await notices(world) == []


@with_policy(TOLD)
async def test_an_override_is_told_to_who_takes_it_and_who_is_relieved_with_who_made_it(world: World) -> None:
    await first_handover(world)
    await world.pass_time(minutes=10)
    await world.overrides("support", "eli", instead_of="dana", minutes=30)

    told = world.mail("eli").expects(
        "You are on call for support since Mon 2026-11-23 10:10 UTC, until Mon 2026-11-23 10:40"
    )
    assert "In the place of dana, by override 1 that chen made" in told.message.text
    world.mail("dana").expects("ended Mon 2026-11-23 10:10 UTC; on call now: eli")
    await world.pass_time(minutes=30)
    world.mail("eli").expects("ended")
    world.mail("dana").expects("since Mon 2026-11-23 10:40 UTC")


@with_policy(TOLD)
async def test_the_last_handover_note_is_told_at_the_start_of_a_shift_and_says_so(world: World) -> None:
    await first_handover(world)
    now = world.clock.now()
    for text in ("an old one", "db-1 swaps\n\u202eits disk\x1b is full"):
        note = HandoverNote(schedule="support", by="dana", at=now, text=text)
        await world.parts.store.write(lambda transaction, note=note: transaction.add_handover_note(note))  # type: ignore[misc]

    await world.pass_time(hours=1)

    told = world.mail("bob").expects("Handover note by dana, Mon 2026-11-23 10:00 UTC:\ndb-1 swaps\nits disk is full")
    assert "an old one" not in told.message.text
    assert "Handover" not in world.mail("dana").expects("ended").message.text


@with_policy(SLOW)
async def test_a_reload_that_puts_somebody_else_on_call_is_told_as_a_handover_is(world: World) -> None:
    await world.pass_time(minutes=10)

    world.reload(SLOW.replace("[bob, dana]", "[eli, dana]"))
    await world.pass_time(minutes=10)

    world.mail("eli").expects("You are on call for support since Mon 2026-11-23 10:10 UTC, until Mon 2026-11-23 15:00")
    world.mail("bob").expects("Your shift of support ended Mon 2026-11-23 10:10 UTC; on call now: eli")
    world.reload(SLOW.replace("[bob, dana]", "[eli, dana]").replace("role: Senior", "role: Veteran"))
    await world.pass_time(minutes=10)


@with_policy(TOLD)
async def test_after_a_reload_nobody_is_told_twice_of_what_the_new_rota_tells_by_itself(world: World) -> None:
    await first_handover(world)
    await world.pass_time(minutes=10)

    world.reload(TOLD.replace("[bob, dana]", "[bob, eli]"))
    await world.pass_time(minutes=10)

    world.mail("eli").expects("You are on call for support since Mon 2026-11-23 10:00 UTC")
    world.mail("dana").expects("ended Mon 2026-11-23 10:10 UTC; on call now: eli")


# -- crashes, outages, long absences ---------------------------------------------------------------------------------


@with_policy(TOLD)
async def test_a_crash_between_commit_and_send_loses_no_notice_and_repeats_none(world: World) -> None:
    await world.parts.shifts.look()
    assert {one.state for one in await notices(world)} == {PageState.WAITING}

    await world.restart(after=timedelta(seconds=3))
    await world.pass_time(minutes=10)

    await first_handover(world)
    await world.restart(after=timedelta(minutes=10))
    await world.pass_time(minutes=10)


@with_policy(TOLD)
async def test_a_crash_between_send_and_record_sends_again_under_the_same_intent(world: World) -> None:
    await first_handover(world)
    await world.pass_time(minutes=59)
    world.provider("mail").takes_it_as_the_power_fails()
    await world.pass_time(minutes=1)
    first = world.expects_every_page()[2]

    await world.restart(after=timedelta(seconds=3))
    await world.pass_time(seconds=LEASE.total_seconds())

    intents = [one.message.intent for one in world.expects_every_page()[2:]]
    assert intents.count(first.message.intent) == 2
    assert len(set(intents)) == 2
    assert {one.state for one in await notices(world)} == {PageState.ACCEPTED}


@with_policy(SLOW)
@pytest.mark.parametrize(("minutes", "heard"), [(1, True), (59, True), (61, False)])
async def test_what_changed_within_the_hour_before_a_start_is_told_and_nothing_older(
    world: World, minutes: int, heard: bool
) -> None:
    await world.pass_time(hours=4)

    await world.restart(after=timedelta(hours=1, minutes=minutes))
    await world.settle()

    told = {one.message.text.partition(" Mon")[0] for one in world.expects_every_page()}
    assert told == ({"Your shift of support ended", "You are on call for support since"} if heard else set())


@with_policy(TOLD)
async def test_after_days_away_there_is_no_avalanche(world: World) -> None:
    await first_handover(world)

    await world.restart(after=timedelta(days=3, minutes=30))
    await world.settle()

    assert sorted(one.message.person.id for one in world.expects_every_page()[2:]) == ["bob", "dana"]


@with_policy(TOLD)
async def test_a_notice_that_is_not_so_any_more_when_it_could_leave_is_withdrawn(world: World) -> None:
    world.provider("mail").is_away(times=2)
    await world.settle()
    world.clock.reach(world.clock.now() + timedelta(seconds=0.5))
    await world.overrides("support", "eli", minutes=40)

    await world.pass_time(minutes=1)

    world.mail("bob").expects("ended")
    world.mail("eli").expects("You are on call")
    world.mail("dana").expects("ended")
    states = {one.notice.person: one.state for one in await notices(world) if one.notice.says == "shift_begun"}
    assert states == {"dana": PageState.WITHDRAWN, "eli": PageState.ACCEPTED}
    await world.pass_time(minutes=30)


@with_policy(TOLD)
async def test_a_notice_that_nobody_takes_is_tried_again_given_up_and_wakes_nobody_else(world: World) -> None:
    world.provider("mail").is_away(times=2 * ATTEMPTS)
    await world.pass_time(minutes=30)

    assert {one.state for one in await notices(world)} == {PageState.FAILED}
    assert world.figure("shift_notices_total", state="failed") == 2
    assert world.arrivals() == []


@with_policy(TOLD)
async def test_a_schedule_that_a_reload_takes_away_tells_nobody_anything_more(world: World) -> None:
    world.provider("mail").is_away(times=2)
    await world.settle()
    world.reload(story())
    await world.pass_time(minutes=1)

    assert {one.state for one in await notices(world)} == {PageState.WITHDRAWN}


@with_policy(TOLD)
async def test_a_full_outbox_of_pages_leaves_before_any_notice(world: World) -> None:
    await world.parts.shifts.look()
    await world.commit(world.firing("DiskFull", "critical"))
    await world.settle()
    world.phone("alice").expects("DiskFull")
    await first_handover(world)
    await world.pass_time(minutes=4)
