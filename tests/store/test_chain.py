"""The contract of a store: the chain of each timeline, which shows whatever was done to it from outside."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from rungbell.domain.chain import Break, Head, Record, broken, sealed
from rungbell.domain.decision import Decision
from rungbell.domain.incident import Incident
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.store import Store, Transaction
from rungbell.store.transaction import VersionConflict
from tests.store.databases import Database
from tests.store.samples import NOON, changing, decision, incident, opening, policy

pytestmark = pytest.mark.requirement("3", "33")

ENTRIES = tuple(
    Entry(NOON, EntryKind.NOTE, text, actor="alice", facts=facts)
    for text, facts in [
        ("first", {}), ("zweite Zeile: ß", {"b": "2", "a": "1"}), ("third\nline", {"x": "\x07"}), ("4", {}), ("5", {}),
    ]
)  # fmt: skip
TRIGGERS = ("timeline_is_never_changed", "timeline_is_never_replaced", "timeline_is_never_cut")


async def told(store: Store, entries: tuple[Entry, ...] = ENTRIES) -> Incident:
    """An incident whose entries came one after the other."""
    first, *others = entries
    one = await store.write(opening(incident(), entries=(first,)))
    for entry in others:
        await store.write(changing(one, entries=(entry,)))
    return one


async def records(store: Store, one: Incident) -> tuple[list[Record], Head | None]:
    return await store.read(lambda transaction: transaction.records(one.id))


async def found(store: Store, one: Incident) -> Break | None:
    return broken(one.id, *await records(store, one))


def tamper(database: Database, *statements: str) -> None:
    """Somebody who holds the file changes it, and takes away first what stands in their way."""
    for trigger in TRIGGERS:
        database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for statement in statements:
        database.execute(statement)


async def test_entries_are_sealed_as_they_come_and_the_incident_knows_the_last(store: Store) -> None:
    one = await told(store)

    written, head = await records(store, one)

    assert [record.seq for record in written] == [1, 2, 3, 4, 5]
    assert [Head(record.seq, record.hash) for record in written] == sealed(one.id, None, ENTRIES)
    assert head == Head(5, written[-1].hash)
    assert await found(store, one) is None


async def test_a_change_of_the_incident_carries_its_entries_on(store: Store) -> None:
    one = await told(store, ENTRIES[:2])
    changed = await store.write(changing(one, incident=replace(one, firing_count=7), entries=ENTRIES[2:]))
    await store.write(changing(changed, incident=replace(changed, firing_count=8)))

    assert await found(store, one) is None
    assert (await records(store, one))[1] == sealed(one.id, None, ENTRIES)[-1]


async def test_each_incident_has_its_own_chain(store: Store) -> None:
    one, other = await told(store), await told(store)

    assert (await records(store, one))[1] != (await records(store, other))[1]
    assert (await found(store, one), await found(store, other)) == (None, None)


async def test_an_incident_without_entries_has_a_whole_chain(store: Store) -> None:
    one = await store.write(opening(incident()))

    assert await records(store, one) == ([], None)
    assert await found(store, one) is None


async def test_many_who_write_at_once_make_one_chain(store: Store) -> None:
    one = await told(store, ENTRIES[:1])

    await asyncio.gather(*(store.write(changing(one, entries=(entry,))) for entry in ENTRIES * 8))

    assert await found(store, one) is None
    assert len((await records(store, one))[0]) == 41


class Behind:
    """A transaction that reads where a chain ended before somebody else wrote: as under another replica's commit."""

    def __init__(self, transaction: Transaction, stale: tuple[int, str, int]) -> None:
        self._rows = transaction._runner.rows  # noqa: SLF001 -- between two statements nobody else can come
        self._stale = stale
        transaction._runner.rows = self.rows  # type: ignore[assignment,method-assign]  # noqa: SLF001

    def rows(self, statement: object, **values: object) -> object:
        asked = getattr(statement, "text", "")
        return [("", *self._stale)] if asked.startswith("SELECT id, entries, head") else self._rows(statement, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("changes", [False, True], ids=["only a line", "and the incident"])
async def test_who_saw_an_older_end_of_the_chain_is_refused_and_writes_nothing(store: Store, *, changes: bool) -> None:
    one = await told(store, ENTRIES[:1])
    stale = (1, sealed(one.id, None, ENTRIES[:1])[-1].hash, 1)
    await store.write(changing(one, entries=ENTRIES[1:2]))

    def late(transaction: Transaction) -> None:
        Behind(transaction, stale)
        what: Decision = decision(entries=ENTRIES[2:3], incident=replace(one, firing_count=7) if changes else None)
        transaction.write(what, policy(), one, one.key, NOON)

    with pytest.raises(VersionConflict):
        await store.write(late)

    assert await found(store, one) is None
    assert len((await records(store, one))[0]) == 2


def moved(before: int, after: int) -> str:
    return f"UPDATE timeline SET seq = {after} WHERE seq = {before}"  # noqa: S608 -- numbers of ours


def put_in(place: int, like: int, hash_: str) -> str:
    columns = "incident, at, kind, actor, tier, channel, text, facts"
    return f"INSERT INTO timeline ({columns}, seq, hash) SELECT {columns}, {place}, {hash_} FROM timeline WHERE seq = {like}"  # noqa: S608, E501 -- words of ours


TAMPERED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a word": (("UPDATE timeline SET text = 'fourth' WHERE seq = 4",), 4, "not what was written"),
    "an actor": (("UPDATE timeline SET actor = 'bob' WHERE seq = 2",), 2, "not what was written"),
    "a time": (("UPDATE timeline SET at = at + 1 WHERE seq = 1",), 1, "not what was written"),
    "a kind nobody knows": (("UPDATE timeline SET kind = 'nota' WHERE seq = 3",), 3, "not what was written"),
    "facts that are none": (("UPDATE timeline SET facts = '{' WHERE seq = 3",), 3, "cannot be read"),
    "what is no text": (("UPDATE timeline SET text = CAST(x'ff' AS TEXT) WHERE seq = 2",), 2, "cannot be read"),
    "a hash": (("UPDATE timeline SET hash = 'x' || substr(hash, 2) WHERE seq = 3",), 3, "not what was written"),
    "one removed": (("DELETE FROM timeline WHERE seq = 2",), 2, "entry 3 stands where entry 2 should be"),
    "one removed and the rest moved up": (
        ("DELETE FROM timeline WHERE seq = 2", moved(3, 2), moved(4, 3), moved(5, 4)), 2, "not what was written",
    ),
    "two swapped": ((moved(2, 9), moved(3, 2), moved(9, 3)), 2, "not what was written"),
    "one put in": ((moved(5, 6), moved(4, 5), moved(3, 4), put_in(3, 2, "hash")), 3, "not what was written"),
    "the tail cut off": (("DELETE FROM timeline WHERE seq > 3",), 4, "5 entries were written, 3 are left"),
    "everything cut off": (("DELETE FROM timeline",), 1, "5 entries were written, 0 are left"),
    "the incident's word of its end": (("UPDATE incidents SET head = 'x'",), 5, "not the last entry"),
    "the incident's count": (("UPDATE incidents SET entries = 4",), 5, "added by somebody else"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(TAMPERED))
async def test_whatever_is_done_to_a_timeline_from_outside_is_found(
    store: Store, database: Database, what: str
) -> None:
    one = await told(store)
    statements, seq, words = TAMPERED[what]

    tamper(database, *statements)

    at = await found(store, one)
    assert at is not None
    assert at.seq == seq
    assert words in at.what


async def test_an_entry_that_somebody_sealed_and_put_behind_is_found(store: Store, database: Database) -> None:
    one = await told(store)
    seal = sealed(one.id, sealed(one.id, None, ENTRIES)[-1], ENTRIES[-1:])[0]

    tamper(database, put_in(6, 5, f"'{seal.hash}'"))

    at = await found(store, one)
    assert at is not None
    assert (at.seq, "added by somebody else" in at.what) == (6, True)


async def test_facts_that_mean_the_same_but_are_spelled_otherwise_are_found(store: Store, database: Database) -> None:
    one = await told(store)
    (spelled,) = database.query("SELECT facts FROM timeline WHERE seq = 3")[0]
    other = spelled.replace(":", ": ")

    tamper(database, f"UPDATE timeline SET facts = '{other}' WHERE seq = 3")  # noqa: S608 -- ours

    at = await found(store, one)
    assert at is not None
    assert (at.seq, "not as rungbell writes them" in at.what) == (3, True)


async def test_a_damaged_chain_goes_on_and_stays_broken(store: Store, database: Database) -> None:
    one = await told(store)
    tamper(
        database, "UPDATE timeline SET text = 'another' WHERE seq = 2", "UPDATE incidents SET entries = 0, head = NULL"
    )

    await store.write(changing(one, entries=ENTRIES[:1]))

    at = await found(store, one)
    assert at is not None
    assert at.seq == 2
    assert len((await records(store, one))[0]) == 6


async def test_a_copy_has_whole_chains(store: Store) -> None:
    one = await told(store)
    copy = await store.copy()
    try:
        with closing(sqlite3.connect(copy)) as connection:
            ends = connection.execute("SELECT entries, head FROM incidents").fetchall()
            seals = connection.execute("SELECT seq, hash FROM timeline ORDER BY seq").fetchall()
    finally:
        copy.unlink()

    expected = [(head.seq, head.hash) for head in sealed(one.id, None, ENTRIES)]
    assert (ends, seals) == (expected[-1:], expected)
