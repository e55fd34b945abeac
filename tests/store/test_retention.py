"""Retention, as every database keeps it: what is old goes whole, what is open stays whole."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from rungbell.domain.incident import Incident, Status
from rungbell.domain.page import PageState
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.store import Store, Transaction
from tests.store.databases import Database
from tests.store.samples import (
    NOON,
    changing,
    claimed,
    incident,
    known_alert,
    opening,
    page,
    policy,
    recorded,
    shipped_policies,
    stored,
)

LATER = NOON + timedelta(seconds=1)
TABLES = ("incidents", "timeline", "outbox", "alerts", "policies")


async def resolved(store: Store, **facts: Any) -> Incident:  # noqa: ANN401 -- any field of Incident
    """An incident that was resolved at noon, with a line, a page that left and an alert that ended."""
    one = incident(status=Status.RESOLVED, resolved_at=NOON, **facts)
    found = await store.write(opening(one, page(one), entries=(Entry(NOON, EntryKind.NOTE, "seen"),)))
    for sent in await claimed(store):
        await recorded(store, found, sent, PageState.ACCEPTED)
    await store.write(changing(found, alerts=(known_alert(firing=False, ends_at=NOON),)))
    return found


async def forget(store: Store, limit: int = 100) -> int:
    return await store.write(lambda transaction: transaction.forget_incidents(LATER, limit))


def count(database: Database) -> dict[str, int]:
    return {table: database.query(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}  # noqa: S608


async def test_a_resolved_incident_goes_with_everything_that_was_its_own(store: Store, database: Database) -> None:
    await resolved(store)

    assert await forget(store) == 1

    assert count(database) == dict.fromkeys(TABLES, 0)


async def test_what_is_open_or_was_resolved_lately_stays_whole(store: Store, database: Database) -> None:
    opened = await stored(store)
    lately = incident(status=Status.RESOLVED, resolved_at=LATER)
    await store.write(opening(lately, entries=(Entry(NOON, EntryKind.NOTE, "seen"),)))
    await store.write(changing(opened, alerts=(known_alert(firing=False, ends_at=NOON),)))
    before = count(database)

    assert await forget(store) == 0

    assert count(database) == before


async def test_a_policy_that_goes_and_is_followed_again_in_one_commit_is_there(
    store: Store, database: Database
) -> None:
    old = incident(key="old", status=Status.RESOLVED, resolved_at=NOON)

    def work(transaction: Transaction) -> Incident:
        opening(old)(transaction)
        assert transaction.forget_incidents(LATER, 100) == 1
        return opening(incident(key="new"))(transaction)

    new = await store.write(work)

    assert database.query(f"SELECT count(*) FROM policies WHERE hash = '{new.policy}'") == [(1,)]  # noqa: S608


async def test_an_incident_that_was_opened_again_is_not_old(store: Store) -> None:
    one = await resolved(store)

    again = replace(one, status=Status.TRIGGERED, resolved_at=None, cycle=2)
    await store.write(changing(one, incident=again))

    assert await forget(store) == 0


async def test_an_incident_with_a_page_that_may_still_leave_is_kept_until_it_has(store: Store) -> None:
    one = incident(status=Status.RESOLVED, resolved_at=NOON)
    found = await store.write(opening(one, page(one)))
    assert await forget(store) == 0
    (sent,) = await claimed(store)
    assert await forget(store) == 0

    await recorded(store, found, sent)

    assert await forget(store) == 1


async def test_the_oldest_go_first_and_no_more_than_asked_for(store: Store) -> None:
    young, old = [incident(status=Status.RESOLVED, resolved_at=NOON - timedelta(minutes=age)) for age in (1, 2)]
    for one in (young, old):
        await store.write(opening(one))

    assert await forget(store, limit=1) == 1

    assert await store.read(lambda transaction: transaction.incident(old.id)) is None
    assert await store.read(lambda transaction: transaction.incident(young.id)) is not None


async def test_alerts_stay_while_they_fire_or_another_incident_is_about_their_group(store: Store) -> None:
    first = await resolved(store, key="a group")
    second = await store.write(opening(incident(key="a group")))
    await forget(store)
    assert await store.read(lambda transaction: transaction.alerts(first.key))

    await store.write(
        changing(
            second,
            incident=_over(second),
            alerts=(known_alert("b"), known_alert("a", firing=False, ends_at=NOON)),
        )
    )
    assert await forget(store) == 1

    assert (await store.read(lambda transaction: transaction.alerts(first.key))).keys() == {"b"}


async def test_a_pinned_policy_stays_while_an_incident_is_pinned_to_it(store: Store, database: Database) -> None:
    await resolved(store)
    other = await stored(store)
    await forget(store)
    assert database.query("SELECT hash FROM policies") == [(policy().hash,)]

    await store.write(changing(other, incident=_over(other)))
    await forget(store)
    assert database.query("SELECT hash FROM policies") == []

    again = await stored(store)
    assert await store.read(lambda transaction: transaction.policy(again.policy)) == shipped_policies()[0]


async def test_a_number_is_never_given_twice(store: Store) -> None:
    last = await resolved(store)
    await forget(store)

    assert (await stored(store)).number == last.number + 1


async def test_applied_events_are_forgotten_by_their_age_a_few_at_a_time(store: Store) -> None:
    for number in range(3):
        await store.write(lambda transaction, event=f"event-{number}": transaction.apply_once(event, NOON))  # type: ignore[misc]
    await store.write(lambda transaction: transaction.apply_once("young", LATER))

    gone = [await store.write(lambda transaction: transaction.forget_applied(LATER, 2)) for _ in range(3)]

    assert gone == [2, 1, 0]
    assert await store.read(lambda transaction: transaction.applied("young")) is not None


async def test_room_that_became_free_is_given_back_a_little_at_a_time(store: Store) -> None:
    def large(number: int) -> Incident:
        return incident(status=Status.RESOLVED, resolved_at=NOON, summary=f"{number} " + "x" * 20_000)

    for number in range(100):
        await store.write(opening(large(number)))
    assert await store.write(lambda transaction: transaction.give_back(10)) == 0
    await forget(store)

    first = await store.write(lambda transaction: transaction.give_back(10))
    given = first
    while piece := await store.write(lambda transaction: transaction.give_back(50)):
        given += piece

    assert first == 10
    assert given > 300


def _over(one: Incident) -> Incident:

    return replace(one, status=Status.RESOLVED, resolved_at=NOON)
