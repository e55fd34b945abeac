"""The contract of a store: what a commit means, who shares one, and what becomes of those who cannot have one."""

import asyncio
import sqlite3
from functools import partial

import pytest

from rungbell.domain.errors import StoreBusy, StoreUnavailable
from rungbell.store import Store, Transaction
from rungbell.store.group_commit import WAITING_LIMIT
from tests.store.conftest import Commits, Gate
from tests.store.databases import Database
from tests.store.samples import NOON, claimed, decision, incident, opening, page, policy, stored

PATIENCE = 20
"""Real seconds that a test about threads waits at most."""


class OwnFaultError(Exception):
    """What one piece of work does wrong."""


def fault(transaction: Transaction) -> None:
    transaction.write_note("of the faulty", "written")
    raise OwnFaultError


async def test_what_was_answered_is_visible_to_another_connection(store: Store, database: Database) -> None:
    written = await stored(store)

    assert database.query("SELECT id FROM incidents") == [(written.id,)]


async def test_what_was_answered_is_there_after_the_store_was_opened_again(database: Database) -> None:
    store = await database.open()
    written = await stored(store)
    await store.close()

    store = await database.open()

    assert await store.read(lambda transaction: transaction.incident(written.id)) == written
    await store.close()


async def test_a_reader_sees_what_is_committed_and_nothing_else(store: Store, gate: Gate) -> None:
    await store.write(lambda transaction: transaction.write_note("colour", "red"))

    def half(transaction: Transaction) -> None:
        transaction.write_note("colour", "blue")
        gate.work(transaction)

    writing = asyncio.create_task(store.write(half, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    assert await store.read(lambda transaction: transaction.note("colour")) == "red"
    gate.open()
    await writing

    assert await store.read(lambda transaction: transaction.note("colour")) == "blue"


def serve(served: int, transaction: Transaction) -> None:
    one = incident(round_robin={"support": served - 1})
    transaction.write(decision(incident=one, round_robin={"support": served}), policy(), None, one.key, NOON)


async def test_a_round_robin_goes_on_where_it_stood_when_the_store_is_opened_again(database: Database) -> None:
    store = await database.open()
    for served in (1, 2):
        await store.write(partial(serve, served))
    await store.close()

    store = await database.open()

    assert await store.read(lambda transaction: transaction.round_robins()) == {"support": 2}
    await store.close()


async def test_work_that_raises_leaves_nothing_behind_and_its_error_reaches_its_caller(store: Store) -> None:
    with pytest.raises(OwnFaultError):
        await store.write(fault)

    assert await store.read(lambda transaction: transaction.note("of the faulty")) is None


async def test_work_that_raises_fails_alone_and_those_who_share_its_batch_are_committed(
    store: Store, gate: Gate, commits: Commits
) -> None:
    busy = asyncio.create_task(store.write(gate.work, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    together = asyncio.gather(
        store.write(lambda transaction: transaction.write_note("first", "1")),
        store.write(fault),
        store.write(lambda transaction: transaction.write_note("second", "2")),
        store.write(fault),
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    gate.open()
    first, failed, second, failed_too = await together
    await busy

    assert (first, second) == (None, None)
    assert isinstance(failed, OwnFaultError)
    assert isinstance(failed_too, OwnFaultError)
    notes = await store.read(lambda transaction: [transaction.note(name) for name in ("first", "second")])
    assert notes == ["1", "2"]
    assert await store.read(lambda transaction: transaction.note("of the faulty")) is None
    assert commits.sizes == [2]


async def test_rows_that_are_damaged_fail_only_the_work_that_touches_them(store: Store, gate: Gate) -> None:
    def damaged(_transaction: Transaction) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    busy = asyncio.create_task(store.write(gate.work, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    together = asyncio.gather(
        store.write(damaged), *(stored(store) for _ in range(5)), store.write(damaged), return_exceptions=True
    )
    await asyncio.sleep(0)
    gate.open()
    first, *neighbours, last = await together
    await busy

    assert {type(first), type(last)} == {StoreUnavailable}
    assert not [one for one in neighbours if isinstance(one, BaseException)]
    await stored(store)
    assert store.failing == ""


async def test_whatever_a_work_raises_the_next_one_is_served(store: Store) -> None:
    def ended(_transaction: Transaction) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.write(ended)
    await stored(store)


async def test_work_of_one_batch_sees_what_the_work_before_it_wrote(store: Store, gate: Gate) -> None:
    busy = asyncio.create_task(store.write(gate.work, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    together = asyncio.gather(
        store.write(lambda transaction: transaction.apply_once("link", NOON)),
        store.write(lambda transaction: transaction.apply_once("link", NOON)),
    )
    await asyncio.sleep(0)
    gate.open()

    assert list(await together) == [True, False]
    await busy


async def test_what_waits_together_shares_commits(store: Store, gate: Gate, commits: Commits) -> None:
    busy = asyncio.create_task(store.write(gate.work, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    together = asyncio.gather(*(stored(store) for _ in range(64)))
    await asyncio.sleep(0)
    gate.open()
    await together
    await busy

    assert commits.sizes == [64]


async def test_sixty_four_writes_at_once_need_fewer_commits_than_writes(store: Store, commits: Commits) -> None:
    await asyncio.gather(*(stored(store) for _ in range(64)))

    assert sum(commits.sizes) == 64
    assert len(commits.sizes) < 64


async def test_work_that_changes_nothing_costs_no_commit(store: Store, commits: Commits) -> None:
    assert await store.write(lambda transaction: transaction.note("nothing")) is None

    assert commits.sizes == []


async def test_beyond_the_limit_of_waiting_work_the_store_is_busy_and_takes_work_again_afterwards(
    store: Store, gate: Gate
) -> None:
    busy = asyncio.create_task(store.write(gate.work, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    waiting = [
        asyncio.create_task(store.write(lambda transaction: transaction.note("x"))) for _ in range(WAITING_LIMIT)
    ]
    await asyncio.sleep(0)

    with pytest.raises(StoreBusy):
        await store.write(lambda transaction: transaction.note("x"))
    gate.open()
    refused = [one for one in await asyncio.gather(*waiting, return_exceptions=True) if isinstance(one, Exception)]
    await busy

    assert [type(one) for one in refused] == [StoreBusy]
    await stored(store)


async def test_a_caller_who_gave_up_waiting_disturbs_nobody(store: Store, gate: Gate) -> None:
    busy = asyncio.create_task(store.write(gate.work, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    given_up = asyncio.create_task(store.write(lambda transaction: transaction.note("x")))
    patient = asyncio.create_task(stored(store))
    await asyncio.sleep(0)
    given_up.cancel()
    gate.open()

    assert (await patient).number == 1
    await busy
    assert given_up.cancelled()


async def test_while_nothing_can_be_written_work_is_refused_and_nothing_of_it_happens(
    store: Store, database: Database
) -> None:
    await store.write(lambda transaction: transaction.write_note("colour", "red"))

    with database.unwritable():
        with pytest.raises(StoreUnavailable):
            await store.write(lambda transaction: transaction.write_note("colour", "blue"))
        assert await store.read(lambda transaction: transaction.note("colour")) == "red"

    assert await store.read(lambda transaction: transaction.note("colour")) == "red"


async def test_once_it_can_be_written_again_the_store_goes_on_by_itself(store: Store, database: Database) -> None:
    with database.unwritable(), pytest.raises(StoreUnavailable):
        await stored(store)

    written = await stored(store)

    assert await store.read(lambda transaction: transaction.incident(written.id)) == written


async def test_a_reader_cannot_write(store: Store, database: Database) -> None:
    with pytest.raises(StoreUnavailable):
        await store.read(lambda transaction: transaction.write_note("colour", "blue"))

    assert database.query("SELECT * FROM notes") == []
    assert await store.read(lambda transaction: transaction.note("colour")) is None


async def test_closing_finishes_what_waits(database: Database, gate: Gate) -> None:
    store = await database.open()
    busy = asyncio.create_task(store.write(gate.work, large=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE)
    waiting = [asyncio.create_task(stored(store)) for _ in range(300)]
    await asyncio.sleep(0)

    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    gate.open()
    await closing

    assert len({one.number for one in await asyncio.gather(*waiting)}) == 300
    await busy
    assert database.query("SELECT count(*) FROM incidents") == [(300,)]


async def test_a_closed_store_refuses_work_and_may_be_closed_again(database: Database) -> None:
    store = await database.open()
    await store.close()
    await store.close()

    with pytest.raises(StoreUnavailable, match="closed"):
        await stored(store)
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.read(lambda transaction: transaction.note("x"))


async def test_after_a_start_the_leases_of_the_process_before_are_over(database: Database) -> None:
    store = await database.open()
    one = incident()
    await store.write(opening(one, page(one)))
    (first,) = await claimed(store)
    await store.close()

    store = await database.open()
    (again,) = await claimed(store)

    assert (again.page, again.attempts) == (first.page, 2)
    await store.close()


@pytest.mark.timeout(10)
async def test_a_counter_of_commits_that_breaks_neither_stops_the_store_nor_denies_what_is_on_disk(
    database: Database,
) -> None:
    def broken(size: int) -> None:
        raise OwnFaultError

    async with asyncio.timeout(3):
        store = await database.open(broken)
        await store.write(lambda transaction: transaction.write_note("colour", "red"))

    assert database.query("SELECT value FROM notes") == [("red",)]
    await store.close()
