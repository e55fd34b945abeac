"""What counts as a broken obligation, each lapse once, and what is overdue now."""

from datetime import timedelta

import pytest

from rungbell.domain.broken import BREAKABLE, ENGAGEMENT, RESPONSE, overdue
from rungbell.domain.severity import Severity
from tests.domain.shipped import at, fire, opened, without
from tests.domain.world import World

HOUR = 3600


def owes(world: World) -> set[str]:
    assert world.policy is not None
    return set(overdue(world.state(), world.policy, world.now))


@pytest.mark.requirement("9", "80", "A13")
@pytest.mark.parametrize(("severity", "within"), [("P0", 300), ("P1", 300), ("P2", 900), ("P3", HOUR)])
def test_the_response_is_broken_when_nobody_answers_in_time_once_however_long_that_lasts(
    severity: str, within: int
) -> None:
    world = at(opened(severity), within - 1)
    assert world.broken[RESPONSE] == 0
    assert RESPONSE not in owes(world)
    at(world, within)
    assert world.broken[RESPONSE] == 1
    assert RESPONSE in owes(world)
    assert at(world, within + 2 * HOUR).broken[RESPONSE] == 1


@pytest.mark.requirement("9")
def test_an_answer_makes_the_response_good_and_what_lapses_after_it_is_another_matter() -> None:
    world = at(opened("P1"), 300)
    world.acknowledge("alice")
    assert RESPONSE not in owes(world)
    world.unacknowledge("alice")
    assert at(world, HOUR).broken[RESPONSE] == 1
    assert RESPONSE not in owes(world), "somebody had answered"


@pytest.mark.requirement("9", "A21")
def test_a_raised_severity_wants_an_answer_of_its_own() -> None:
    world = at(opened("P2"), 900)
    fire(world, "P1", instance="two")
    assert RESPONSE not in owes(world), "its time runs from the upgrade"
    assert at(world, 900 + 299).broken[RESPONSE] == 1
    assert at(world, 900 + 300).broken[RESPONSE] == 2


def test_another_cycle_wants_an_answer_of_its_own() -> None:
    world = at(opened("P2"), 900)
    world.resolve("alice", "repaired")
    assert owes(world) == set()
    world.now += timedelta(minutes=1)
    fire(world, "P2")
    assert world.state().cycle == 2
    assert at(world, 960 + 900).broken[RESPONSE] == 2


@pytest.mark.requirement("9")
def test_where_nobody_can_be_rung_the_response_is_broken_all_the_same() -> None:
    world = opened("P3", book=without("alice", "bob"))
    assert world.state().exhausted_at is not None
    assert at(world, HOUR - 1).broken[RESPONSE] == 0
    assert at(world, HOUR).broken[RESPONSE] == 1


@pytest.mark.requirement("10", "40", "A1", "A2")
@pytest.mark.parametrize(("severity", "within"), [("P0", 900), ("P1", 1800), ("P2", 4 * HOUR)])
def test_engineering_is_broken_when_it_has_not_engaged_in_time(severity: str, within: int) -> None:
    world = opened(severity)
    world.acknowledge("alice")
    assert at(world, within - 1).broken[ENGAGEMENT] == 0
    assert at(world, within).broken[ENGAGEMENT] == 1
    assert ENGAGEMENT in owes(world)
    assert at(world, within + 900).broken[ENGAGEMENT] == 1
    world.acknowledge("dana")
    assert ENGAGEMENT not in owes(world)


@pytest.mark.requirement("11", "12", "80")
def test_what_the_timeline_tells_again_and_again_is_broken_once() -> None:
    world = opened("P0")
    world.acknowledge("chen")
    at(world, 4 * HOUR)
    told_again = [entry for entry in world.entries if entry.facts.get("obligation") == "client_notice"]
    assert len(told_again) > 3
    assert world.broken["client_notice"] == world.broken["triage"] == 1
    assert {"client_notice", "triage"} <= owes(world)


def test_what_maintenance_or_an_absence_holds_is_not_overdue() -> None:
    world = at(opened("P1"), 300)
    world.hold(world.now)
    assert owes(world) == set()


def test_every_name_that_can_be_counted_is_known_beforehand() -> None:
    assert len(BREAKABLE) == len(set(BREAKABLE))
    world = at(opened("P0"), 6 * HOUR)
    world.set_severity("alice", Severity.P1, "less than it was")
    at(world, 9 * HOUR)
    assert set(world.broken) <= set(BREAKABLE)
