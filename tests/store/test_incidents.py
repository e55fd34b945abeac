"""The contract of a store: incidents, their versions, names, clocks, policies, alerts and timelines."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from rungbell.domain.alert import Standing
from rungbell.domain.clocks import wake_at
from rungbell.domain.command.record import Command
from rungbell.domain.errors import StoreError, StoreIncompatible
from rungbell.domain.incident import HELD, OVER, Acknowledgement, Detection, Incident, Status, Storm, TierState
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.postmortem.record import Postmortem
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.store import Store, Transaction
from rungbell.store.codec.incidents import incident_from
from rungbell.store.incidents import Due
from rungbell.store.statements import incidents
from rungbell.store.transaction import VersionConflict
from tests.store.databases import Database
from tests.store.samples import (
    NOON,
    changing,
    decision,
    incident,
    known_alert,
    opening,
    policy,
    shipped_policies,
    stored,
)

# -- versions -----------------------------------------------------------------------------------------------------


async def test_a_change_raises_the_version(store: Store) -> None:
    first = await stored(store)

    second = await store.write(changing(first, incident=replace(first, firing_count=7)))

    assert (first.version, second.version) == (1, 2)
    assert await store.read(lambda transaction: transaction.incident(first.id)) == second


async def test_a_change_of_an_incident_that_somebody_else_changed_is_refused_whole(store: Store) -> None:
    seen = await stored(store)
    winner = await store.write(changing(seen, incident=replace(seen, firing_count=7)))
    late = Entry(NOON, EntryKind.NOTE, "too late")

    with pytest.raises(VersionConflict):
        await store.write(changing(seen, incident=replace(seen, firing_count=8), entries=(late,)))

    assert await store.read(lambda transaction: transaction.incident(seen.id)) == winner
    assert await store.read(lambda transaction: transaction.timeline(seen.id)) == []


async def test_of_many_who_change_what_they_all_saw_one_wins(store: Store) -> None:
    seen = await stored(store)

    results = await asyncio.gather(
        *(store.write(changing(seen, incident=replace(seen, firing_count=n))) for n in range(1, 9)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, VersionConflict) for result in results) == 7
    now = await store.read(lambda transaction: transaction.incident(seen.id))
    assert now is not None
    assert now.version == 2


async def test_an_empty_decision_writes_nothing(store: Store) -> None:
    seen = await stored(store)

    assert await store.write(changing(seen)) == seen


# -- finding ------------------------------------------------------------------------------------------------------


async def test_an_incident_is_found_by_identity_number_and_name(store: Store) -> None:
    await stored(store)
    one = await stored(store, name="INC-20261123-1200")

    found = await store.read(
        lambda transaction: [transaction.incident(wanted) for wanted in (one.id, str(one.number), "INC-20261123-1200")]
    )
    assert found == [one, one, one]


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "0",
        "-1",
        "99999999999999999999999",
        "INC-",
        "INC-20261123-1200-9",
        "INC-20261123-1200-²",
        "INC-20261123-1200-x",
        "INC-20261123-1200-1-1",
        "²",
        "é",
        "\x00",
    ],
)
async def test_a_reference_that_names_no_incident_finds_none(store: Store, reference: str) -> None:
    await stored(store, name="INC-20261123-1200")

    assert await store.read(lambda transaction: transaction.incident(reference)) is None


async def test_the_latest_incident_of_a_group_is_the_one_with_the_highest_number(store: Store) -> None:
    await stored(store, key="group")
    last = await stored(store, key="group", status=Status.RESOLVED, resolved_at=NOON)
    await stored(store, key="another group")

    assert await store.read(lambda transaction: transaction.latest_incident("group")) == last
    assert await store.read(lambda transaction: transaction.latest_incident("no group")) is None


async def test_it_is_counted_up_to_a_number_how_many_incidents_of_a_policy_began_lately(store: Store) -> None:
    for seconds in (0, 10, 20, 30):
        await stored(store, opened_at=NOON + timedelta(seconds=seconds))
    await stored(store, opened_at=NOON + timedelta(seconds=30), key="storm/default")
    of = policy().hash

    def counted(transaction: Transaction) -> list[int]:
        since = NOON + timedelta(seconds=5)
        asked = ((of, since, 9), (of, since, 2), (of, NOON + timedelta(seconds=30), 9), ("another", since, 9))
        return [transaction.opened_lately(hash_, "storm/default", at, most) for hash_, at, most in asked]

    assert await store.read(counted) == [3, 2, 0, 0]


async def test_incidents_are_listed_newest_first_in_parts_and_by_status(store: Store) -> None:
    one, two, three = [await stored(store) for _ in range(3)]
    over = await stored(store, status=Status.RESOLVED, resolved_at=NOON)

    def listed(transaction: Transaction) -> tuple[list[Incident], list[Incident], list[Incident]]:
        return (
            transaction.incidents(limit=2),
            transaction.incidents(limit=2, before=three.number),
            transaction.incidents(limit=9, status="resolved"),
        )

    assert await store.read(listed) == ([over, three], [two, one], [over])


async def test_an_incident_that_cannot_be_read_hides_none_of_the_others(store: Store, database: Database) -> None:
    first, spoilt, last = [await stored(store) for _ in range(3)]
    database.execute(f"UPDATE incidents SET facts = '{{not json' WHERE number = {spoilt.number}")  # noqa: S608 -- ours

    listed = await store.read(lambda transaction: transaction.incidents(limit=10))

    assert [one for one in listed if one.id != spoilt.id] == [last, first]


async def test_open_incidents_are_listed_and_counted_by_status_and_severity(store: Store) -> None:
    first = await stored(store)
    second = await stored(store, severity=Severity.P0)
    await stored(store, status=Status.RESOLVED, resolved_at=NOON)

    assert await store.read(lambda transaction: transaction.open_ids()) == [first.id, second.id]
    counted = await store.read(lambda transaction: transaction.count_open())
    assert counted == {("triggered", "P1"): 1, ("triggered", "P0"): 1}


# -- names --------------------------------------------------------------------------------------------------------


async def test_incidents_of_the_same_minute_get_names_with_a_count(store: Store) -> None:
    named = [await stored(store, name="INC-20261123-1200") for _ in range(3)]
    other = await stored(store, name="INC-20261123-1201")

    assert [one.name for one in named] == ["INC-20261123-1200", "INC-20261123-1200-2", "INC-20261123-1200-3"]
    assert other.name == "INC-20261123-1201"


async def test_an_incident_keeps_its_name_through_every_change(store: Store) -> None:
    await stored(store, name="INC-20261123-1200")
    second = await stored(store, name="INC-20261123-1200")

    changed = await store.write(changing(second, incident=replace(second, firing_count=7)))
    read = await store.read(lambda transaction: transaction.incident("INC-20261123-1200-2"))

    assert changed.name == "INC-20261123-1200-2"
    assert read == changed


async def test_an_incident_that_is_declared_later_gets_the_next_free_name(store: Store) -> None:
    await stored(store, name="INC-20261123-1200")
    nameless = await stored(store)
    assert nameless.name is None

    named = await store.write(changing(nameless, incident=replace(nameless, name="INC-20261123-1200")))

    assert named.name == "INC-20261123-1200-2"


async def test_incidents_that_are_opened_together_get_different_names(store: Store) -> None:
    together = await asyncio.gather(*(stored(store, name="INC-20261123-1200") for _ in range(20)))

    assert len({one.name for one in together}) == 20


# -- clocks -------------------------------------------------------------------------------------------------------


async def test_due_incidents_come_the_most_overdue_first_and_no_others(store: Store) -> None:
    minute = timedelta(minutes=1)
    second, first, _future = [await stored(store, paging_from=NOON + n * minute) for n in (1, 0, 2)]

    due = await store.read(lambda transaction: transaction.due_incidents(NOON + minute, 10))

    assert due == [Due(first.id, NOON), Due(second.id, NOON + minute)]
    assert await store.read(lambda transaction: transaction.next_wake()) == NOON


async def test_no_more_due_incidents_are_given_than_asked_for(store: Store) -> None:
    for _ in range(3):
        await stored(store)

    assert len(await store.read(lambda transaction: transaction.due_incidents(NOON + timedelta(days=1), 2))) == 2


async def test_a_resolved_incident_has_no_clock(store: Store) -> None:
    one = await stored(store)
    over = replace(one, status=Status.RESOLVED, resolved_at=NOON)

    await store.write(changing(one, incident=over))

    assert await store.read(lambda transaction: transaction.next_wake()) is None
    assert await store.read(lambda transaction: transaction.due_incidents(NOON + timedelta(days=9), 10)) == []


@pytest.mark.parametrize("status", [status for status in Status if status not in OVER])
async def test_the_schema_refuses_an_open_incident_without_a_next_deadline(
    store: Store, database: Database, status: Status
) -> None:
    await stored(store)

    with pytest.raises(database.refused):
        database.execute(f"UPDATE incidents SET status = '{status}', wake_at = NULL")  # noqa: S608 -- a word of ours
    database.execute("UPDATE incidents SET status = 'resolved', wake_at = NULL, resolved_at = 0")


# -- policies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pinned", shipped_policies(), ids=lambda one: one.name)
async def test_every_policy_of_the_shipped_configuration_comes_back_as_it_was(
    database: Database, pinned: Policy
) -> None:
    store = await database.open()
    one = incident(policy=pinned.hash)
    await store.write(lambda transaction: transaction.write(decision(incident=one), pinned, None, one.key, NOON))
    await store.close()

    store = await database.open()
    read = await store.read(lambda transaction: transaction.policy(pinned.hash))
    await store.close()

    assert read == pinned


async def test_a_policy_in_a_format_nobody_knows_is_refused(database: Database) -> None:
    store = await database.open()
    await stored(store)
    await store.close()
    database.execute("UPDATE policies SET format = 99")

    store = await database.open()
    with pytest.raises(StoreIncompatible, match="format 99"):
        await store.read(lambda transaction: transaction.policy(policy().hash))
    await store.close()


async def test_a_policy_that_nobody_pinned_is_not_there(store: Store) -> None:
    with pytest.raises(StoreError, match="not in the store"):
        await store.read(lambda transaction: transaction.policy("0" * 64))


# -- timeline -----------------------------------------------------------------------------------------------------


async def test_a_timeline_comes_back_in_the_order_in_which_it_was_written(store: Store) -> None:
    lines = (
        Entry(NOON, EntryKind.OPENED, "opened", facts={"source": "am", "receiver": "ops"}),
        Entry(NOON - timedelta(minutes=1), EntryKind.NOTE, "an earlier time, a later line", actor="alice"),
        Entry(NOON, EntryKind.PAGED, "L1 paged", tier=Tier.L1, channel="phone"),
    )
    one = incident()
    await store.write(opening(one, entries=lines))

    assert await store.read(lambda transaction: transaction.timeline(one.id)) == list(lines)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE timeline SET text = 'another story'",
        "UPDATE timeline SET incident = 'somebody elses'",
        "DELETE FROM timeline",
        "REPLACE INTO timeline SELECT id, incident, 9, at, kind, actor, tier, channel, text, facts, '' FROM timeline",
        "REPLACE INTO timeline SELECT 9, incident, seq, at, kind, actor, tier, channel, text, '', '' FROM timeline",
    ],
    ids=["changed", "moved", "cut", "replaced", "replaced in its place"],
)
async def test_a_line_of_the_timeline_cannot_be(store: Store, database: Database, statement: str) -> None:
    one = incident()
    await store.write(opening(one, entries=(Entry(NOON, EntryKind.OPENED, "opened"),)))

    with pytest.raises(database.refused, match="append-only"):
        database.execute(statement)

    assert [line.text for line in await store.read(lambda transaction: transaction.timeline(one.id))] == ["opened"]


async def test_with_its_incident_a_timeline_may_go(store: Store, database: Database) -> None:
    one = incident()
    await store.write(opening(one, entries=(Entry(NOON, EntryKind.OPENED, "opened"),)))

    database.execute("DELETE FROM incidents")
    database.execute("DELETE FROM timeline")

    assert await store.read(lambda transaction: transaction.timeline(one.id)) == []


# -- alerts, heartbeats, what is applied once -----------------------------------------------------------------------


async def test_an_alert_is_remembered_and_then_brought_up_to_date(store: Store) -> None:
    one = await stored(store)
    firing = known_alert("a")
    over = known_alert(
        "a", firing=False, ends_at=NOON + timedelta(minutes=1), severity=None, labels={}, annotations={"note": "é ☎"}
    )
    other = known_alert("b", starts_at=NOON - timedelta(days=400))

    await store.write(changing(one, alerts=(firing,)))
    assert await store.read(lambda transaction: transaction.alerts(one.key)) == {"a": firing}
    await store.write(changing(one, alerts=(over, other)))

    assert await store.read(lambda transaction: transaction.alerts(one.key)) == {"a": over, "b": other}
    assert await store.read(lambda transaction: transaction.standings(one.key)) == {
        "a": Standing(firing=False, starts_at=over.starts_at),
        "b": Standing(firing=True, starts_at=other.starts_at),
    }
    assert await store.read(lambda transaction: transaction.alerts("another group")) == {}


async def test_alerts_that_were_resolved_long_ago_are_forgotten_and_firing_ones_never(store: Store) -> None:
    one = await stored(store)
    over, firing = known_alert("over", firing=False, ends_at=NOON), known_alert("firing")
    await store.write(changing(one, alerts=(over, firing)))
    later = NOON + timedelta(milliseconds=1)

    assert await store.write(lambda transaction: transaction.forget_alerts(NOON, 100)) == 0
    assert await store.write(lambda transaction: transaction.forget_alerts(later, 100)) == 1

    assert await store.read(lambda transaction: transaction.alerts(one.key)) == {"firing": firing}


async def test_the_last_heartbeat_of_each_source_counts(store: Store) -> None:
    def beating(transaction: Transaction) -> None:
        for source, minutes in (("a", 0), ("b", 1), ("a", 5)):
            transaction.beat(source, NOON + timedelta(minutes=minutes))

    await store.write(beating)

    beats = await store.read(lambda transaction: transaction.heartbeats())

    assert beats == {"a": NOON + timedelta(minutes=5), "b": NOON + timedelta(minutes=1)}


async def test_what_has_an_identity_is_applied_once_and_remembers_when(store: Store) -> None:
    assert await store.read(lambda transaction: transaction.applied("link:1")) is None
    assert await store.write(lambda transaction: transaction.apply_once("link:1", NOON, "done")) is True
    later = NOON + timedelta(hours=1)

    assert await store.write(lambda transaction: transaction.apply_once("link:1", later)) is False

    assert await store.read(lambda transaction: transaction.applied("link:1")) == (NOON, "done")


async def test_a_note_is_what_was_written_last(store: Store) -> None:
    await store.write(lambda transaction: transaction.write_note("colour", "red"))
    await store.write(lambda transaction: transaction.write_note("colour", "blue"))

    assert await store.read(lambda transaction: transaction.note("colour")) == "blue"


# -- every field --------------------------------------------------------------------------------------------------

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_times = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- given a zone
_tiers = st.sampled_from(Tier)
_maybe = st.none() | _times
st.register_type_strategy(datetime, _times)  # what the store keeps: UTC, to the millisecond
st.register_type_strategy(Mapping, lambda kind: st.dictionaries(*map(st.from_type, get_args(kind)), max_size=3))
FIELDS = {
    "id": st.uuids().map(str),
    "key": _text,
    "source": _text,
    "receiver": _text,
    "group_labels": st.dictionaries(_text, _text, max_size=3),
    "links": st.dictionaries(_text, _text, max_size=3),
    "parts": st.dictionaries(_text, st.integers(0, 9), max_size=3),
    "policy": st.just(policy().hash),
    "policy_name": _text,
    "title": _text,
    "summary": _text,
    "severity": st.sampled_from(Severity),
    "severity_rule": _text,
    "detected_at": _times,
    "opened_at": _times,
    "paging_from": _times,
    "status": st.sampled_from(Status),
    "guessed": st.booleans(),
    "number": st.just(0),
    "name": st.none() | _times.map(lambda at: f"INC-{at:%Y%m%d-%H%M}"),
    "version": st.just(0),
    "cycle": st.integers(1, 2**40),
    "round": st.integers(0, 2**40),
    "firing_count": st.integers(0, 10**6),
    "alert_count": st.integers(0, 10**6),
    "tiers": st.dictionaries(_tiers, st.builds(TierState, _times, _text, st.booleans(), _maybe, st.none() | _text)),
    "paged": st.dictionaries(_text, _tiers, max_size=3),
    "holder": st.none() | st.builds(Acknowledgement, _text, _tiers, _times, _times),
    "lapse_from": _maybe,
    "engaged": st.lists(_times, max_size=2).map(tuple),
    "unresolved": st.dictionaries(_tiers, st.lists(_times, max_size=2).map(tuple), max_size=3),
    "exhausted_at": _maybe,
    "repeated_at": _maybe,
    "quiet_until": _maybe,
    "monitoring_since": _maybe,
    "reminded_at": _maybe,
    "resolved_at": _maybe,
    "resolved_by": st.none() | _text,
    "round_robin": st.dictionaries(_text, st.integers(0, 2**40), max_size=2),
    "held_since": _maybe,
    "maintenance_until": _maybe,
    "progress": st.sampled_from(HELD),
    "highest": st.none() | st.sampled_from(Severity),
    "detection": st.sampled_from(Detection),
    "likeness": _text,
    "merged_into": st.none() | _text,
    "told": st.frozensets(_text, max_size=2),
    "suppressed": _text,
    "storm": st.none() | st.builds(Storm, st.integers(0, 10**4), _times),
    "command": st.from_type(Command),
    "postmortem": st.none() | st.from_type(Postmortem),
}


def test_the_generated_incidents_vary_in_every_field_there_is() -> None:
    assert FIELDS.keys() == {field.name for field in fields(Incident)}


def possible(one: Incident) -> Incident:
    """An open incident has a clock, so one without is taken as resolved; and no identity is used twice."""
    open_ = wake_at(one, policy()) is not None
    if open_ and one.open:
        return replace(one, id=incident().id, resolved_at=None)
    ended_at = one.resolved_at or one.opened_at
    return replace(one, id=incident().id, status=one.status if not one.open else Status.RESOLVED, resolved_at=ended_at)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(generated=st.builds(Incident, **FIELDS))
async def test_every_field_of_an_incident_comes_back_as_it_was(store: Store, generated: Incident) -> None:
    one = possible(generated)

    written = await store.write(opening(one))
    read = await store.read(lambda transaction: transaction.incident(one.id))

    assert read == written
    assert replace(written, number=0, version=0, name=None) == replace(one, name=None)
    assert (written.name or "").startswith(one.name or "")
    assert (written.name is None) == (one.name is None)


# -- how facts are kept -------------------------------------------------------------------------------------------


async def test_a_fact_that_is_as_it_is_by_default_is_left_out_and_read_back(store: Store) -> None:
    one = await stored(store)

    def kept(transaction: Transaction) -> dict[str, object]:
        rows = transaction._runner.rows(incidents.INCIDENT_BY_ID, id=one.id)  # noqa: SLF001 -- the row as it stands
        facts: dict[str, object] = json.loads(rows[0][4])
        return facts

    facts = await store.read(kept)

    assert "command" not in facts
    assert await store.read(lambda transaction: transaction.incident(one.id)) == one


async def test_an_incident_that_was_written_with_all_of_its_facts_is_read_as_it_was(store: Store) -> None:
    one = await stored(store)
    whole = TypeAdapter(Incident).dump_json(one).decode()

    assert "command" in json.loads(whole)
    assert incident_from((one.number, None, None, one.version, whole)) == replace(one, name=None)


async def test_incidents_that_are_read_together_are_as_they_are_alone_and_as_they_became_since(store: Store) -> None:
    one, other = await stored(store), await stored(store)

    def work(transaction: Transaction) -> list[Incident | None]:
        transaction.read_together([one.id, other.id])
        transaction.write(decision(incident=replace(one, firing_count=7)), policy(), one, one.key, NOON)
        return [transaction.incident(one.id), transaction.incident(other.id), transaction.incident(other.id)]

    changed, *others = await store.write(work)

    assert changed is not None
    assert (changed.firing_count, changed.version) == (7, one.version + 1)
    assert others == [other, other]
