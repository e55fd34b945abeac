"""Overrides and handover notes, as every database keeps them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rungbell.domain.decision import Delivery
from rungbell.domain.handover import HandoverNote
from rungbell.domain.override import Override
from rungbell.domain.page import PageState, SentPage
from rungbell.domain.shift_notice import Says, SentNotice, ShiftNotice
from rungbell.store import Store
from tests.store.conftest import Commits
from tests.store.databases import Database
from tests.store.samples import NOON, incident, opening, page

HOUR = timedelta(hours=1)
OVERRIDE = Override(
    id="",
    schedule="support",
    person="bob",
    begins=NOON,
    ends=NOON + HOUR,
    instead_of="alice",
    reason="the dentist",
    made_by="alice",
    made_at=NOON - HOUR,
)
NOTE = HandoverNote(schedule="support", by="alice", at=NOON, text="db-1 swaps")


async def added(store: Store, **facts: object) -> Override:
    return await store.write(lambda transaction: transaction.add_override(replace(OVERRIDE, **facts)))  # type: ignore[arg-type]


async def known(store: Store) -> list[str]:
    found = await store.read(lambda transaction: transaction.overrides(NOON - HOUR))
    return [one.id for one in found]


async def ended(store: Store, override: Override) -> None:
    await store.write(lambda transaction: transaction.end_override(override, NOON))


async def test_an_override_is_found_as_it_was_written_also_after_a_restart(database: Database) -> None:
    store = await database.open()
    first = await added(store)
    second = await added(store, instead_of=None, reason="", made_at=NOON)
    early = await added(store, made_at=NOON - 2 * HOUR)
    await store.close()

    store = await database.open()
    found = await store.read(lambda transaction: transaction.overrides(NOON))
    one = await store.read(lambda transaction: transaction.override(second.id))
    await store.close()

    assert found == (early, first, second), "in the order in which they were made"
    assert one == second
    assert first == replace(OVERRIDE, id=first.id)


async def test_what_is_over_at_a_moment_is_not_asked_for(store: Store) -> None:
    await added(store)
    assert await store.read(lambda transaction: transaction.overrides(NOON + HOUR)) == ()


async def test_one_that_has_begun_ends_and_stays(store: Store) -> None:
    override = await added(store, begins=NOON - HOUR)
    await ended(store, override)
    assert await store.read(lambda transaction: transaction.override(override.id)) == replace(override, ends=NOON)


@pytest.mark.parametrize("begins", [NOON, NOON + HOUR / 2])
async def test_one_that_has_not_begun_goes_without_a_trace_and_its_number_with_it(store: Store, begins: object) -> None:
    override = await added(store, begins=begins)
    await ended(store, override)
    assert await store.read(lambda transaction: transaction.override(override.id)) is None
    assert (await added(store)).id != override.id


async def test_one_that_is_over_does_not_end_again(store: Store) -> None:
    override = await added(store, begins=NOON - 2 * HOUR, ends=NOON - HOUR)
    await ended(store, override)
    assert await store.read(lambda transaction: transaction.override(override.id)) == override


@pytest.mark.parametrize("identity", ["", "0", "x", "-1", "1" * 30, "٣", "1 OR 1=1"])
async def test_an_identity_that_is_none_finds_nothing(store: Store, identity: str) -> None:
    await added(store)
    assert await store.read(lambda transaction: transaction.override(identity)) is None


async def test_the_schema_knows_no_override_that_ends_before_it_begins(store: Store, database: Database) -> None:
    await added(store)
    with pytest.raises(database.refused):
        database.execute("UPDATE overrides SET ends = begins")


async def test_old_overrides_are_forgotten_a_few_at_a_time(store: Store) -> None:
    old = [await added(store, begins=NOON - 2 * HOUR, ends=NOON - HOUR / 2) for _ in range(3)]
    young = await added(store)
    assert len(await known(store)) == len(old) + 1

    gone = [await store.write(lambda transaction: transaction.forget_overrides(NOON, 2)) for _ in range(3)]

    assert gone == [2, 1, 0]
    assert await known(store) == [young.id]


async def test_the_notes_of_a_schedule_are_found_the_last_one_first(store: Store) -> None:
    later = replace(NOTE, at=NOON + HOUR, text="all quiet\nagain")
    for note in (NOTE, replace(NOTE, schedule="other"), later):
        await store.write(lambda transaction, note=note: transaction.add_handover_note(note))  # type: ignore[misc]

    assert await store.read(lambda transaction: transaction.handover_notes("support", 10)) == [later, NOTE]
    assert await store.read(lambda transaction: transaction.handover_notes("support", 1)) == [later]
    assert await store.read(lambda transaction: transaction.handover_notes("nothing", 1)) == []


async def test_old_notes_are_forgotten(store: Store) -> None:
    for at in (NOON - HOUR, NOON):
        await store.write(lambda transaction, at=at: transaction.add_handover_note(replace(NOTE, at=at)))  # type: ignore[misc]

    assert await store.write(lambda transaction: transaction.forget_handover_notes(NOON, 10)) == 1

    assert await store.read(lambda transaction: transaction.handover_notes("support", 10)) == [NOTE]


# -- notices of shifts, in the outbox ----------------------------------------------------------------------------------

NOTICE = ShiftNotice("support", Says.BEGUN, NOON, "bob", "phone")
LEASE_ENDS = NOON + timedelta(seconds=20)


async def noticed(store: Store, *notices: ShiftNotice, at: datetime = NOON) -> list[ShiftNotice]:
    return await store.write(lambda transaction: transaction.add_notices(notices, at))


async def test_a_notice_leaves_once_however_often_it_is_due(store: Store, commits: Commits) -> None:
    other = replace(NOTICE, person="alice")
    assert await noticed(store, NOTICE) == [NOTICE]
    before = len(commits.sizes)
    assert await noticed(store, NOTICE) == []
    assert len(commits.sizes) == before, "what changes nothing is not committed"
    assert await noticed(store, NOTICE, other) == [other]

    found = await store.write(lambda transaction: transaction.claim("phone", NOON, LEASE_ENDS, 10))

    assert {one.notice for one in found if isinstance(one, SentNotice)} == {NOTICE, other}
    assert [one.attempts for one in found] == [1, 1]


async def test_a_notice_leaves_after_every_page_and_its_result_is_recorded(store: Store) -> None:
    await noticed(store, NOTICE)
    one = incident()
    await store.write(opening(one, page(one, send_after=NOON)))
    first, second = await store.write(lambda transaction: transaction.claim("phone", NOON, LEASE_ENDS, 10))
    assert isinstance(first, SentPage)
    assert isinstance(second, SentNotice)

    again = Delivery(second.intent, 1, PageState.WAITING, NOON + HOUR, "timeout")
    await store.write(lambda transaction: transaction.record(again))
    _, late = await store.write(lambda transaction: transaction.claim("phone", NOON + HOUR, LEASE_ENDS + HOUR, 10))
    await store.write(lambda transaction: transaction.record(Delivery(late.intent, 2, PageState.ACCEPTED)))

    (sent,) = await store.read(lambda transaction: transaction.notices())
    assert (sent.notice, sent.state, sent.attempts) == (NOTICE, PageState.ACCEPTED, 2)
    assert await store.read(lambda transaction: transaction.pages(one.id)) != []


async def test_old_notices_are_forgotten_once_they_wait_for_nothing(store: Store) -> None:
    await noticed(store, NOTICE, replace(NOTICE, channel="mail"))
    (sent,) = await store.write(lambda transaction: transaction.claim("phone", NOON, LEASE_ENDS, 10))
    await store.write(lambda transaction: transaction.record(Delivery(sent.intent, 1, PageState.WITHDRAWN)))

    assert await store.write(lambda transaction: transaction.forget_notices(NOON, 10)) == 0
    assert await store.write(lambda transaction: transaction.forget_notices(NOON + HOUR, 10)) == 1

    assert [one.notice.channel for one in await store.read(lambda transaction: transaction.notices())] == ["mail"]
