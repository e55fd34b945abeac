"""Round robins: each incident goes to the next one, and stays with them."""

from dataclasses import replace
from datetime import timedelta

from rungbell.domain.book import Book
from rungbell.domain.oncall import Layer, Schedule
from rungbell.rehearsal import Rehearsal
from tests.domain.shipped import LABELS, shipped
from tests.domain.world import MONDAY_10, World

P1, P2 = LABELS["P1"], LABELS["P2"]


def in_turn(*people: str, schedule: str = "support") -> Book:
    """The shipped book with a round robin in the place of a schedule."""
    book = shipped()
    schedules = {**book.roster.schedules, schedule: Schedule(schedule, (Layer(round_robin=people),))}
    return replace(book, roster=replace(book.roster, schedules=schedules))


def fire(rehearsal: Rehearsal, name: str, labels: dict[str, str] = P2) -> None:
    """An alert of its own group begins to fire, and what it rings is rung."""
    world = World(rehearsal.book, now=rehearsal.now)
    rehearsal.receive({"alertname": name}, world.alert(labels={**labels, "alertname": name}))
    rehearsal.pass_time(rehearsal.now)


def rung(rehearsal: Rehearsal, tier: str = "L1") -> list[str]:
    """Who was rung on a tier, incident by incident, each once."""
    seen = dict.fromkeys(
        (attempt.page.incident, attempt.page.person) for attempt in rehearsal.attempts if attempt.page.tier == tier
    )
    return [person for _, person in seen]


def test_each_new_incident_goes_to_the_next_one() -> None:
    rehearsal = Rehearsal(in_turn("alice", "bob", "chen"), MONDAY_10)
    for name in ("one", "two", "three", "four"):
        fire(rehearsal, name)
    assert rung(rehearsal) == ["alice", "bob", "chen", "alice"]


def test_an_incident_keeps_its_person_however_often_it_rings() -> None:
    rehearsal = Rehearsal(in_turn("alice", "bob"), MONDAY_10)
    fire(rehearsal, "one")
    fire(rehearsal, "two")
    rehearsal.pass_time(MONDAY_10 + timedelta(minutes=20))
    assert rung(rehearsal) == ["alice", "bob"]
    assert {attempt.at - MONDAY_10 for attempt in rehearsal.attempts} == {timedelta(), timedelta(minutes=15)}


def test_an_incident_takes_its_turn_when_it_rings_the_schedule_and_not_before() -> None:
    rehearsal = Rehearsal(in_turn("dana", "eli", schedule="engineering"), MONDAY_10)
    fire(rehearsal, "never climbs")
    assert "engineering" not in rehearsal.records.incidents["i1"].round_robin
    fire(rehearsal, "one", P1)
    fire(rehearsal, "two", P1)
    rehearsal.pass_time(MONDAY_10 + timedelta(minutes=5))
    assert rung(rehearsal, "L3") == ["dana", "eli"]


def test_a_reload_goes_on_counting_in_the_new_list() -> None:
    rehearsal = Rehearsal(in_turn("alice", "bob"), MONDAY_10)
    fire(rehearsal, "one")
    rehearsal.book = in_turn("alice", "bob", "chen")
    fire(rehearsal, "two")
    fire(rehearsal, "three")
    assert rung(rehearsal) == ["alice", "bob", "chen"]


def test_without_a_round_robin_incidents_carry_no_number() -> None:
    rehearsal = Rehearsal(shipped(), MONDAY_10)
    fire(rehearsal, "one")
    assert rehearsal.records.incidents["i1"].round_robin == {}
    assert rehearsal.records.round_robins() == {}
