"""The contract of a store: what answers name is found, and of what becomes of an incident only the newest waits."""

from datetime import datetime, timedelta

from rungbell.domain.decision import Delivery
from rungbell.domain.echo import SentEcho
from rungbell.domain.page import Asked, Echo, PageState, Place
from rungbell.store import Store
from tests.store.samples import NOON, changing, claimed, incident, opening, outbox, page, recorded, stored

LEASE = timedelta(seconds=20)


def echo(of: str, version: int, channel: str = "phone") -> Echo:
    return Echo(of, channel, 1, version, incident().severity, NOON)


async def echoes(store: Store, at: datetime, channel: str = "phone") -> list[SentEcho]:
    """What is leased of a channel beside its pages."""
    found = await store.write(lambda transaction: transaction.claim(channel, at, at + LEASE, 10))
    return [sent for sent in found if isinstance(sent, SentEcho)]


async def test_a_page_is_found_by_what_its_provider_calls_it(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one, page(one), page(one, person="bob")))
    first, second = await claimed(store)
    await recorded(store, written, first, reference="m1")
    await recorded(store, written, second, reference="m2")

    assert await store.read(lambda transaction: transaction.of_reference("phone", "m1")) == Asked(one.id, 1, "alice")
    assert await store.read(lambda transaction: transaction.of_reference("chat", "m1")) is None
    assert await store.read(lambda transaction: transaction.intent_of("phone", "m2")) == second.intent
    assert await store.read(lambda transaction: transaction.intent_of("phone", "m3")) == ""
    assert await store.read(lambda transaction: transaction.places(one.id, "phone")) == (
        Place("m1", "alice", 1, first.intent),
        Place("m2", "bob", 1, second.intent),
    )


async def test_what_somebody_was_asked_lately_is_what_is_open_still(store: Store) -> None:
    one, other = incident(), incident()
    await store.write(opening(one, page(one)))
    ended = await store.write(opening(other, page(other)))
    await store.write(changing(ended, incident=ended.changed(resolved_at=NOON)))

    asked = await store.read(lambda transaction: transaction.asked_since("alice", "phone", NOON))
    assert asked == [Asked(one.id, 1, "alice")]
    assert await store.read(lambda transaction: transaction.asked_since("alice", "phone", NOON + LEASE)) == []
    assert await store.read(lambda transaction: transaction.asked_since("bob", "phone", NOON)) == []


async def test_what_was_taken_and_did_not_arrive_has_failed_and_nothing_else_can_be_taken_back(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one, page(one), page(one, person="bob")))
    taken, waiting = await claimed(store)
    await recorded(store, written, taken)

    for sent in (taken, waiting):
        await recorded(store, written, sent, PageState.FAILED, failure="refused", taken_back=True)

    assert await outbox(store, one) == {"alice": PageState.FAILED, "bob": PageState.LEASED}


async def test_of_what_becomes_of_an_incident_only_the_newest_waits_in_each_channel(store: Store) -> None:
    one = await stored(store)
    for version in (2, 3):
        echoes = (echo(one.id, version), echo(one.id, version, "chat"))
        one = await store.write(changing(one, incident=one, echoes=echoes))

    found = await store.write(lambda transaction: transaction.claim("phone", NOON, NOON + LEASE, 10))

    assert [(type(sent), sent.intent) for sent in found] == [(SentEcho, f"{one.id}:1:echo:3:phone")]
    assert await store.read(lambda transaction: transaction.pages(one.id)) == []


async def test_one_that_is_under_way_is_not_replaced_and_the_next_does_not_overtake_it(store: Store) -> None:
    one = await stored(store)
    one = await store.write(changing(one, incident=one, echoes=(echo(one.id, 2),)))
    (first,) = await echoes(store, NOON)

    await store.write(changing(one, incident=one, echoes=(echo(one.id, 3), echo(one.id, 3, "chat"))))

    assert await echoes(store, NOON) == []
    assert [sent.intent[-6:] for sent in await echoes(store, NOON, "chat")] == ["3:chat"]
    (again,) = await echoes(store, NOON + LEASE)
    assert again.intent == first.intent
    await store.write(
        lambda transaction: transaction.record(Delivery(again.intent, again.attempts, PageState.ACCEPTED))
    )
    assert [sent.intent[-7:] for sent in await echoes(store, NOON + LEASE)] == ["3:phone"]


async def test_one_that_failed_is_not_tried_again_where_a_newer_one_waits(store: Store) -> None:
    one = await stored(store)
    one = await store.write(changing(one, incident=one, echoes=(echo(one.id, 2),)))
    (first,) = await echoes(store, NOON)
    await store.write(changing(one, incident=one, echoes=(echo(one.id, 3),)))

    failed = Delivery(first.intent, first.attempts, PageState.WAITING, NOON)
    await store.write(lambda transaction: transaction.record(failed))

    (newer,) = await echoes(store, NOON + LEASE)
    assert newer.intent != first.intent
    again = Delivery(newer.intent, newer.attempts, PageState.WAITING, NOON)
    await store.write(lambda transaction: transaction.record(again))
    assert [sent.intent for sent in await echoes(store, NOON + LEASE)] == [newer.intent]


async def test_what_becomes_of_an_incident_waits_for_the_page_that_is_just_leaving_so_that_it_knows_its_place(
    store: Store,
) -> None:
    one, other = incident(), incident()
    written = await store.write(opening(one, page(one)))
    await store.write(opening(other, page(other, channel="chat")))
    (leaving,) = await claimed(store)
    await claimed(store, "chat")
    written = await store.write(changing(written, incident=written, echoes=(echo(one.id, 2),)))

    assert await echoes(store, NOON) == []
    await recorded(store, written, leaving, reference="m1")

    assert len(await echoes(store, NOON)) == 1
    assert [place.reference for place in await store.read(lambda found: found.places(one.id, "phone"))] == ["m1"]


async def test_what_becomes_of_an_incident_leaves_after_its_pages(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one))
    written = await store.write(changing(written, incident=written, echoes=(echo(one.id, 2),)))
    await store.write(changing(written, pages=(page(one),)))

    (leaving,) = await claimed(store)
    await recorded(store, written, leaving)

    assert len(await echoes(store, NOON)) == 1
