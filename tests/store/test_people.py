"""The contract of a store: a person is forgotten, and every chain stays true."""

from dataclasses import replace
from datetime import timedelta
from operator import methodcaller

import pytest

from rungbell.domain.chain import broken
from rungbell.domain.contacts import Verification
from rungbell.domain.handover import HandoverNote
from rungbell.domain.override import Override
from rungbell.domain.postmortem.record import ActionItem, Owed, Postmortem
from rungbell.domain.review import Review, ReviewKind
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.token import Scope, Token
from rungbell.store import Store, Transaction
from tests.store.databases import Database
from tests.store.samples import NOON, claimed, incident, opening, page, recorded

HOUR = timedelta(hours=1)
TOKEN = Token(
    id="0" * 12, name="Bob's phone", scopes=frozenset({Scope.ACT}), person="bob", source=None,
    created_at=NOON - HOUR, created_by="bob", expires_at=None, revoked_at=None,
)  # fmt: skip


def override(person: str, begins: int, instead_of: str | None = None) -> Override:
    """One of two hours that begins so many hours from now."""
    return Override(
        id="", schedule="support", person=person, begins=NOON + begins * HOUR, ends=NOON + (begins + 2) * HOUR,
        instead_of=instead_of, reason="ill", made_by="alice", made_at=NOON,
    )  # fmt: skip


def lived(transaction: Transaction) -> None:
    transaction.add_token("h1", TOKEN)
    transaction.add_token("h2", replace(TOKEN, id="1" * 12, person="alice", name="Alice's phone"))
    for one in (
        override("bob", -5), override("bob", -1), override("bob", 5), override("alice", 5, instead_of="bob"),
        override("alice", 9),
    ):  # fmt: skip
        transaction.add_override(one)
    for by in ("bob", "alice"):
        transaction.add_handover_note(HandoverNote(schedule="support", by=by, at=NOON, text=f"call {by}'s brother"))
    for way in (("bob", "phone"), ("bobby", "phone")):
        transaction.verify(way, Verification(NOON, "ab12"))
    transaction.apply_once("key:bob:/x:1", NOON, "done")
    transaction.apply_once("key:bobby:/x:1", NOON, "done")


async def test_whoever_only_noted_a_review_or_only_owns_something_is_known(store: Store) -> None:
    item = ActionItem(1, "rotate the keys", "dörte", Severity.P1, NOON, NOON)
    await store.write(opening(incident().changed(postmortem=Postmortem(Owed.OPTIONAL, "an item", items=(item,)))))
    await store.write(lambda transaction: transaction.add_review(Review(ReviewKind.DRILL, "mia", NOON, "eve was away")))
    for person, known in (("dörte", True), ("mia", True), ("eve", False), ("rotate", False), ("d", False)):
        assert await store.read(methodcaller("knows", person)) is known, person


async def test_what_can_go_goes_and_the_timeline_stays_true(store: Store, database: Database) -> None:
    one = incident()
    written = await store.write(
        opening(one, page(one, person="bob"), entries=(Entry(NOON, EntryKind.NOTE, "seen", "bob"),))
    )
    (sent,) = await claimed(store)
    await recorded(store, written, sent, reference="250 queued for bob@example.com")
    await store.write(lived)

    gone = await store.write(lambda transaction: transaction.forget_person("bob", "alice", NOON))

    assert (gone.number, gone.tokens, gone.overrides, gone.notes) == (1, 1, 2, 1)
    tokens = await store.read(lambda transaction: list(transaction.tokens().values()))
    assert [(token.name, token.revoked_at) for token in tokens] == [("(forgotten)", NOON), ("Alice's phone", None)]
    kept = await store.read(lambda transaction: transaction.overrides(NOON - 9 * HOUR))
    assert [(one.person, one.reason) for one in kept] == [("bob", ""), ("bob", ""), ("alice", ""), ("alice", "ill")]
    assert all(one.ends <= NOON for one in kept if one.person == "bob")
    notes = await store.read(lambda transaction: transaction.handover_notes("support", 9))
    assert [(note.by, note.text) for note in notes] == [("alice", "call alice's brother"), ("bob", "(forgotten)")]
    assert database.query("SELECT reference FROM outbox") == [(None,)]
    assert database.query("SELECT event FROM applied") == [("key:bobby:/x:1",)]
    records, head = await store.read(lambda transaction: transaction.records(one.id))
    assert broken(one.id, records, head) is None
    assert await store.read(lambda transaction: transaction.forgotten()) == {"bob": 1}


async def test_a_person_keeps_their_number_and_the_next_has_the_next(store: Store) -> None:
    people = ("bob", "chen", "bob")
    done = [await store.write(methodcaller("forget_person", person, "alice", NOON)) for person in people]
    numbers = [one.number for one in done]
    assert numbers == [1, 2, 1]


@pytest.mark.parametrize("person", ["bob", "alice"])
async def test_the_store_knows_whom_something_in_it_names(store: Store, person: str) -> None:
    assert not await store.read(lambda transaction: transaction.knows(person))
    await store.write(lived)
    assert await store.read(lambda transaction: transaction.knows(person))
    assert not await store.read(lambda transaction: transaction.knows("nobody"))
