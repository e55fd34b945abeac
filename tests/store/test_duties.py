"""Overrides and handover notes, as every database keeps them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.handover import HandoverNote
from rungbell.domain.override import Override
from rungbell.store import Store
from tests.store.databases import Database
from tests.store.samples import NOON

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
