"""Messages repeat, overtake each other and leave things out; what is remembered of an alert is always the newest."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.alert import Alert, AlertGroup, GroupChange, KnownAlert, Sighting, compare, label_key
from rungbell.domain.decision import Outcome
from rungbell.domain.incident import Status
from rungbell.domain.severity import Mapped, Severity
from tests.domain.shipped import L1, alert, at, fire, opened, shipped
from tests.domain.world import MONDAY_10, World

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LABELS = {"alertname": "DiskFull", "instance": "db-1"}
ESCAPED = 'ab"\\\n\x7f\u00e9\u2028,[]'
"""Characters that JSON writes in another way, and some that it does not."""


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def fires(since: int | None, **labels: str) -> Alert:
    starts_at = None if since is None else minute(since)
    return Alert(labels={**LABELS, **labels}, firing=True, starts_at=starts_at)


def resolves(since: int | None, until: int | None, **labels: str) -> Alert:
    starts_at = None if since is None else minute(since)
    ends_at = None if until is None else minute(until)
    return Alert(labels={**LABELS, **labels}, firing=False, starts_at=starts_at, ends_at=ends_at)


def seen(*alerts: Alert) -> list[Sighting]:
    return [Sighting(label_key(alert.labels), alert, Mapped(Severity.P2, "test")) for alert in alerts]


class Memory:
    """What is known of a group while messages arrive, one a minute."""

    def __init__(self) -> None:
        self.known: dict[str, KnownAlert] = {}
        self.minutes = 60

    def take(self, *alerts: Alert, hidden: bool = False) -> GroupChange:
        self.minutes += 1
        change = compare(self.known, seen(*alerts), minute(self.minutes), hidden=hidden)
        self.known.update({alert.key: alert for alert in change.to_store})
        return change

    def of(self, **labels: str) -> KnownAlert:
        return self.known[label_key({**LABELS, **labels})]


# -- repeats


def test_a_firing_alert_that_was_not_known_joins() -> None:
    change = Memory().take(fires(0))
    assert [known.starts_at for known in change.joined] == [minute(0)]
    assert (change.firing_count, change.alert_count, change.all_resolved) == (1, 1, False)


@pytest.mark.parametrize("message", [fires(0), resolves(0, 5)])
def test_a_repeat_changes_nothing(message: Alert) -> None:
    memory = Memory()
    memory.take(fires(0))
    memory.take(message)
    assert memory.take(message).to_store == ()


def test_a_newer_start_is_a_refire_also_where_the_resolve_was_lost() -> None:
    memory = Memory()
    memory.take(fires(0))
    assert [known.starts_at for known in memory.take(fires(9)).refired] == [minute(9)]


def test_a_resolve_of_something_never_seen_is_remembered_and_nobody_s_business() -> None:
    change = Memory().take(resolves(0, 5))
    assert len(change.recorded) == 1
    assert change.fired == ()


def test_an_alert_that_a_message_leaves_out_stays_as_it_was() -> None:
    memory = Memory()
    memory.take(fires(0), fires(0, instance="db-2"))
    change = memory.take(resolves(0, 5))
    assert memory.of(instance="db-2").firing
    assert (change.firing_count, change.all_resolved) == (1, False)


def test_all_is_resolved_when_nothing_known_fires_any_more() -> None:
    memory = Memory()
    memory.take(fires(0), fires(0, instance="db-2"))
    memory.take(resolves(0, 5))
    assert memory.take(resolves(0, 6, instance="db-2")).all_resolved


# -- disorder


def replay(messages: Sequence[Alert]) -> tuple[bool, datetime, datetime | None]:
    memory = Memory()
    for message in messages:
        memory.take(message)
    known = memory.of()
    return known.firing, known.starts_at, known.ends_at


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_fire_and_its_resolve_in_any_order_end_resolved(order: tuple[int, ...]) -> None:
    messages = [fires(0), resolves(0, 5)]
    assert replay([messages[n] for n in order]) == (False, minute(0), minute(5))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_fire_resolve_and_refire_in_any_order_end_firing_since_the_newest_start(order: tuple[int, ...]) -> None:
    messages = [fires(0), resolves(0, 5), fires(9)]
    assert replay([messages[n] for n in order]) == (True, minute(9), None)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_two_fires_and_two_resolves_in_any_order_end_resolved_as_of_the_newest_start(order: tuple[int, ...]) -> None:
    messages = [fires(0), resolves(0, 5), fires(9), resolves(9, 12)]
    assert replay([messages[n] for n in order]) == (False, minute(9), minute(12))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_repeat_of_the_old_fire_among_them_changes_nothing(order: tuple[int, ...]) -> None:
    messages = [fires(0), resolves(0, 5), fires(9), fires(0)]
    assert replay([messages[n] for n in order]) == (True, minute(9), None)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_one_alert_twice_in_a_message_the_newest_counts(order: tuple[int, ...]) -> None:
    messages = [fires(0), resolves(0, 5), fires(9)]
    memory = Memory()
    memory.take(*(messages[n] for n in order))
    assert (memory.of().firing, memory.of().starts_at) == (True, minute(9))


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_of_a_fire_and_a_resolve_with_one_start_in_a_message_the_resolve_counts(order: tuple[int, ...]) -> None:
    messages = [fires(0), resolves(0, 5)]
    memory = Memory()
    memory.take(*(messages[n] for n in order))
    assert not memory.of().firing


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_order_they_come_in_the_incident_ends_the_same(order: tuple[int, ...]) -> None:
    world = World(shipped())
    early, late = MONDAY_10 - timedelta(minutes=9), MONDAY_10 - timedelta(minutes=1)
    messages = [
        alert(world, "P2", since=early),
        alert(world, "P2", firing=False, since=early),
        alert(world, "P2", since=late),
    ]
    for n in order:
        world.receive(messages[n])
    assert (world.incidents, world.state().status, world.state().firing_count) == (1, Status.TRIGGERED, 1)
    assert world.rang() == [(0, L1)]


def test_a_fire_that_arrives_after_its_resolve_opens_nothing() -> None:
    world = World(shipped())
    world.receive(alert(world, "P1", firing=False, since=MONDAY_10))
    assert fire(world, "P1", since=MONDAY_10).reply.outcome is Outcome.ALREADY
    assert world.incident is None


def test_a_late_copy_of_the_first_fire_does_not_wake_what_is_stable() -> None:
    world = at(opened("P2"), 100)
    world.quieten()
    fire(world, "P2", since=MONDAY_10)
    assert world.state().status is Status.MONITORING


# -- what is missing


def test_a_missing_start_is_the_receipt_for_an_alert_that_was_not_known() -> None:
    memory = Memory()
    memory.take(fires(None))
    assert memory.of().starts_at == minute(61)


def test_a_missing_start_in_a_repeat_is_the_known_one() -> None:
    memory = Memory()
    memory.take(fires(0))
    assert memory.take(fires(None)).to_store == ()
    assert memory.of().starts_at == minute(0)


def test_a_resolve_without_a_start_resolves_what_fires() -> None:
    memory = Memory()
    memory.take(fires(0))
    change = memory.take(resolves(None, 5))
    assert change.all_resolved
    assert memory.of().starts_at == minute(0)


def test_a_resolve_without_an_end_ended_when_it_was_received() -> None:
    memory = Memory()
    memory.take(fires(0))
    memory.take(resolves(0, None))
    assert memory.of().ends_at == minute(62)


def test_an_alert_without_a_start_pages_from_its_receipt() -> None:
    world = World(shipped())
    world.receive(replace(alert(world, "P2"), starts_at=None))
    assert world.state().detected_at == MONDAY_10
    assert at(world, 900).first_rang() == {"L1": 0, "L2": 900}


def test_an_alert_without_a_start_that_fires_again_after_it_was_resolved_fires_anew() -> None:
    memory = Memory()
    memory.take(fires(None))
    memory.take(resolves(None, None))
    assert [known.starts_at for known in memory.take(fires(None)).refired] == [minute(63)]


def test_an_alert_without_a_name_has_a_title_all_the_same() -> None:
    world = World(shipped())
    world.receive(Alert(labels={"severity": "critical"}, firing=True, starts_at=MONDAY_10))
    assert world.state().title == "(unnamed)"


def test_a_title_is_cut_at_two_hundred_characters() -> None:
    world = World(shipped())
    world.receive(replace(alert(world, "P1"), annotations={"summary": "x" * 1000}))
    assert len(world.state().title) == 200
    assert world.state().title.endswith("…")


@pytest.mark.parametrize(
    ("annotations", "summary"),
    [
        ({"summary": "s", "message": "m", "description": "d"}, "s"),
        ({"message": "m", "description": "d"}, "m"),
        ({"description": "d"}, "d"),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_summary_is_the_first_annotation_people_write_a_sentence_in(
    annotations: dict[str, str] | None, summary: str
) -> None:
    assert Alert(labels=LABELS, firing=True, annotations=annotations).summary == summary


# -- truncation


def test_with_alerts_hidden_nothing_is_all_resolved() -> None:
    memory = Memory()
    memory.take(fires(0), hidden=True)
    change = memory.take(resolves(0, 5), hidden=True)
    assert (change.firing_count, change.all_resolved) == (0, False)
    assert memory.take(resolves(0, 5)).all_resolved


def test_a_truncated_message_that_says_the_whole_group_is_resolved_hides_nothing_that_fires() -> None:
    world = World(shipped())
    world.receive(alert(world, "P2", instance="a"), truncated=7)
    world.receive(alert(world, "P2", firing=False, instance="a"), truncated=7, firing=False)
    assert world.state().status is Status.MONITORING


# -- keys


def test_an_alert_s_key_is_a_sha_256_of_its_labels_in_any_order() -> None:
    key = label_key({"a": "1", "b": "2"})
    assert key == label_key({"b": "2", "a": "1"})
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")


@given(st.dictionaries(st.text(ESCAPED, max_size=3), st.text(ESCAPED, max_size=3), max_size=3))
def test_and_those_are_written_as_json_whatever_stands_in_them(labels: dict[str, str]) -> None:
    written = json.dumps(sorted(labels.items()), separators=(",", ":"))
    assert label_key(labels) == hashlib.sha256(written.encode()).hexdigest()


@pytest.mark.parametrize(
    "labels", [{"a": "1"}, {"a": "1", "b": "3"}, {"a": "1", "c": "2"}, {"a": "1b", "": "2"}, {"a": "2", "b": "1"}]
)
def test_other_labels_have_another_key(labels: dict[str, str]) -> None:
    assert label_key(labels) != label_key({"a": "1", "b": "2"})


def test_a_group_s_key_does_not_depend_on_its_alerts_or_their_order() -> None:
    group = AlertGroup("am", "rungbell", {"a": "1", "b": "2"}, (fires(0),))
    assert group.key == AlertGroup("am", "rungbell", {"b": "2", "a": "1"}, (), firing=False, truncated=3).key
