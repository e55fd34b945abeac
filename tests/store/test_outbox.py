"""The contract of a store: pages leave in their order, once at a time, and their results count for one attempt."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.decision import Withdrawal
from rungbell.domain.page import PageKind, PageState, Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.store import Store
from tests.store.databases import Database
from tests.store.samples import (
    EVERY_PURPOSE,
    NOON,
    changing,
    claimed,
    incident,
    opening,
    outbox,
    page,
    page_of,
    recorded,
)

LEASE = timedelta(seconds=20)


async def test_a_page_comes_back_as_it_was(store: Store) -> None:
    one = incident()
    wanted = page(
        one, cycle=3, round=4, tier=Tier.L4, purpose=Purpose.UNRESOLVED, send_after=NOON + timedelta(minutes=2)
    )
    await store.write(opening(one, wanted))

    found = await page_of(store, wanted.intent)

    assert (found.page, found.state, found.attempts, found.created_at) == (wanted, PageState.WAITING, 0, NOON)
    assert await store.read(lambda transaction: transaction.page("no intent")) == []
    assert await store.read(lambda transaction: transaction.pages_of_round(one.id, 3, 4)) == (found,)
    assert await store.read(lambda transaction: transaction.pages_of_round(one.id, 3, 5)) == ()


async def test_the_same_intent_a_second_time_changes_nothing(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one, page(one)))
    (sent,) = await claimed(store)
    await recorded(store, written, sent)

    again = page(one, send_after=NOON + timedelta(hours=1), severity=Severity.P0)
    await store.write(changing(written, pages=(again, page(one, person="bob"))))

    assert await outbox(store, one) == {"alice": PageState.ACCEPTED, "bob": PageState.WAITING}
    assert (await page_of(store, again.intent)).page == page(one)


async def test_first_pages_leave_before_all_others_p0_before_p3_and_notifications_last(store: Store) -> None:
    one = incident()
    in_order = [
        page(one, person="1", severity=Severity.P0),
        page(one, person="2", severity=Severity.P1, purpose=Purpose.UPGRADE),
        page(one, person="3", severity=Severity.P3),
        page(one, person="4", severity=Severity.P0, purpose=Purpose.LAPSE),
        page(one, person="5", severity=Severity.P2, purpose=Purpose.REPEAT),
        page(one, person="6", severity=Severity.P0, purpose=Purpose.NEWS, kind=PageKind.NOTIFICATION),
        page(one, person="7", severity=Severity.P3, purpose=Purpose.NEWS, kind=PageKind.NOTIFICATION),
    ]
    waiting = [replace(page, send_after=NOON - n * timedelta(seconds=1)) for n, page in enumerate(in_order)]
    await store.write(opening(one, *waiting))

    first = await claimed(store, limit=3)
    rest = await claimed(store)

    assert [sent.page.person for sent in first + rest] == ["1", "2", "3", "4", "5", "6", "7"]


async def test_of_equally_urgent_pages_the_one_that_waits_longest_leaves_first(store: Store) -> None:
    one = incident()
    late = page(one, person="late", send_after=NOON)
    early = page(one, person="early", send_after=NOON - timedelta(seconds=1))
    await store.write(opening(one, late, early))

    assert [sent.page.person for sent in await claimed(store)] == ["early", "late"]


async def test_a_page_leaves_neither_before_its_time_nor_through_another_channel(store: Store) -> None:
    one = incident()
    await store.write(opening(one, page(one, send_after=NOON + timedelta(minutes=2))))

    assert await claimed(store) == []
    assert await claimed(store, "mail", at=NOON + timedelta(minutes=2)) == []
    assert len(await claimed(store, at=NOON + timedelta(minutes=2))) == 1


async def test_a_leased_page_is_nobody_elses_until_its_lease_ends(store: Store) -> None:
    one = incident()
    await store.write(opening(one, page(one)))
    (first,) = await claimed(store)

    assert (first.state, first.attempts) == (PageState.LEASED, 1)
    assert await claimed(store, at=NOON + LEASE - timedelta(milliseconds=1)) == []
    (second,) = await claimed(store, at=NOON + LEASE)
    assert (second.page, second.attempts) == (first.page, 2)


async def test_of_many_who_claim_at_once_each_page_goes_to_one(store: Store) -> None:
    one = incident()
    await store.write(opening(one, *(page(one, person=f"p{n}") for n in range(40))))

    claims = await asyncio.gather(*(claimed(store, limit=7) for _ in range(8)))

    people = [sent.page.person for claim in claims for sent in claim]
    assert len(people) == 40
    assert len(set(people)) == 40


@pytest.mark.parametrize("state", [PageState.ACCEPTED, PageState.FAILED, PageState.WAITING, PageState.WITHDRAWN])
async def test_a_result_counts_for_its_own_attempt_only(store: Store, state: PageState) -> None:
    one = incident()
    written = await store.write(opening(one, page(one)))
    (first,) = await claimed(store)
    (second,) = await claimed(store, at=NOON + LEASE)
    due_at = NOON + timedelta(minutes=1) if state is PageState.WAITING else None

    await recorded(store, written, first, state, due_at=due_at, failure="late")
    assert await page_of(store, first.page.intent) == second

    await recorded(store, written, second, state, due_at=due_at, failure="in time")
    found = await page_of(store, first.page.intent)
    assert (found.state, found.attempts, found.last_failure) == (state, 2, "in time")


async def test_a_result_of_a_page_that_is_done_changes_nothing(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one, page(one)))
    (sent,) = await claimed(store)
    await recorded(store, written, sent)

    await recorded(store, written, sent, PageState.FAILED, failure="refused")

    assert await outbox(store, one) == {"alice": PageState.ACCEPTED}


async def test_a_failed_attempt_leaves_again_at_its_time_with_the_next_number(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one, page(one)))
    (sent,) = await claimed(store)
    again = NOON + timedelta(seconds=4)
    await recorded(store, written, sent, PageState.WAITING, due_at=again, failure="provider_error")

    assert await claimed(store, at=again - timedelta(milliseconds=1)) == []
    (second,) = await claimed(store, at=again)

    assert (second.attempts, second.last_failure) == (2, "provider_error")


async def test_only_what_is_unsent_is_withdrawn(store: Store) -> None:
    one = incident()
    people = ("accepted", "failed", "leased", "retried", "waiting")
    written = await store.write(opening(one, *(page(one, person=who) for who in people[:4])))
    for sent in await claimed(store):
        if sent.page.person == "accepted":
            await recorded(store, written, sent)
        elif sent.page.person == "failed":
            await recorded(store, written, sent, PageState.FAILED)
        elif sent.page.person == "retried":
            await recorded(store, written, sent, PageState.WAITING, due_at=NOON + timedelta(seconds=1))
    await store.write(changing(written, pages=(page(one, person="waiting"),)))

    await store.write(changing(written, withdraw=EVERY_PURPOSE))

    assert await outbox(store, one) == {
        "accepted": PageState.ACCEPTED,
        "failed": PageState.FAILED,
        "leased": PageState.LEASED,
        "retried": PageState.WITHDRAWN,
        "waiting": PageState.WITHDRAWN,
    }
    assert await claimed(store, at=NOON + timedelta(seconds=19)) == []


async def test_only_what_was_meant_is_withdrawn(store: Store) -> None:
    one, other = incident(), incident()
    written = await store.write(
        opening(
            one,
            page(one, person="purpose kept", tier=Tier.L3, purpose=Purpose.AT_ONCE),
            page(one, person="tier kept", tier=Tier.L2, purpose=Purpose.LAPSE),
            page(one, person="withdrawn", tier=Tier.L3, purpose=Purpose.LAPSE),
        )
    )
    await store.write(opening(other, page(other, person="of another incident", tier=Tier.L3, purpose=Purpose.LAPSE)))

    await store.write(changing(written, withdraw=Withdrawal(frozenset({Purpose.LAPSE}), above=Tier.L2)))

    left = [sent.page.person for sent in await claimed(store)]
    assert sorted(left) == ["of another incident", "purpose kept", "tier kept"]


async def test_a_page_of_the_commit_that_withdraws_is_not_withdrawn(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one, page(one, person="old")))

    await store.write(changing(written, withdraw=EVERY_PURPOSE, pages=(page(one, person="new", round=2),)))

    assert await outbox(store, one) == {"old": PageState.WITHDRAWN, "new": PageState.WAITING}


async def test_a_waiting_page_is_brought_forward_and_one_that_is_done_is_not(store: Store) -> None:
    one = incident()
    later = NOON + timedelta(minutes=2)
    waits, done = page(one, person="waits", send_after=later), page(one, person="done")
    written = await store.write(opening(one, waits, done))
    (sent,) = await claimed(store)
    await recorded(store, written, sent)

    await store.write(changing(written, forward=(waits.intent, done.intent)))

    assert [sent.page.person for sent in await claimed(store)] == ["waits"]
    assert (await outbox(store, one))["done"] is PageState.ACCEPTED


async def test_what_waits_is_known_by_channel_and_age(store: Store) -> None:
    one = incident()
    soon, late = NOON + timedelta(seconds=5), NOON + timedelta(minutes=2)
    written = await store.write(
        opening(one, page(one, send_after=late), page(one, channel="mail", send_after=soon), page(one, person="bob"))
    )

    assert await store.read(lambda transaction: transaction.next_due("phone")) == NOON
    (sent,) = await claimed(store)
    assert await store.read(lambda transaction: transaction.next_due("phone")) == NOON + LEASE
    await recorded(store, written, sent)

    assert await store.read(lambda transaction: transaction.next_due("phone")) == late
    assert await store.read(lambda transaction: transaction.next_due("fax")) is None
    assert await store.read(lambda transaction: transaction.oldest_unsent()) == soon
    assert await store.read(lambda transaction: transaction.waiting_channels()) == {"phone", "mail"}


@pytest.mark.parametrize(
    "change",
    ["state = 'waiting', due_at = NULL", "state = 'leased', due_at = NULL", "state = 'accepted', due_at = 1"],
)
async def test_the_schema_refuses_an_unsent_page_without_its_time_and_a_time_without_an_unsent_page(
    store: Store, database: Database, change: str
) -> None:
    one = incident()
    await store.write(opening(one, page(one)))

    with pytest.raises(database.refused):
        database.execute(f"UPDATE outbox SET {change}")  # noqa: S608 -- words of ours


async def test_the_schema_refuses_a_second_row_of_an_intent(store: Store, database: Database) -> None:
    one = incident()
    await store.write(opening(one, page(one)))

    with pytest.raises(database.refused):
        database.execute("INSERT INTO outbox SELECT * FROM outbox")


async def test_pages_are_rolled_back_with_the_incident_that_asked_for_them(store: Store) -> None:
    one = incident()
    written = await store.write(opening(one))
    await store.write(changing(written, incident=replace(written, firing_count=1)))

    with pytest.raises(Exception, match="has changed"):
        await store.write(changing(written, incident=replace(written, firing_count=2), pages=(page(one),)))

    assert await claimed(store) == []
