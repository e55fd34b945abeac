"""A snooze: quiet for whoever holds it, with a hard end."""

from datetime import timedelta

import pytest

from rungbell.domain.decision import Outcome
from rungbell.domain.events import Declared
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import Snoozed
from rungbell.domain.page import PageKind
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import L1, L2, L3, at, fire, opened
from tests.domain.world import World


def held(severity: str = "P1", by: str = "alice") -> World:
    world = at(opened(severity), 60)
    world.acknowledge(by)
    return world


def notifications(world: World) -> int:
    return sum(sent.page.kind is PageKind.NOTIFICATION for sent in world.outbox.values())


def test_one_tier_rings_and_several_ring() -> None:
    assert held("P2").snooze("alice", timedelta(minutes=20)).text == "snoozed until 10:21:00 UTC; then L1 rings again"


@pytest.mark.requirement("A45")
def test_at_its_end_the_tiers_of_page_ring_as_at_the_opening_and_not_before() -> None:
    world = held("P1")
    assert world.snooze("alice", timedelta(minutes=20)).text == "snoozed until 10:21:00 UTC; then L1, L2 ring again"
    assert at(world, 60 + 1199).rang_since(1) == []
    assert at(world, 60 + 1200).rang_since(1) == [(1260, L1), (1260, L2)]
    assert (world.state().status, world.state().holder) == (Status.TRIGGERED, None)
    assert world.told(EntryKind.SNOOZED) == ["snoozed by alice until 2026-11-23 10:21:00 UTC"]
    assert "the snooze by alice has ended" in world.told(EntryKind.ACKNOWLEDGEMENT_ENDED)[0]
    assert at(world, 1260 + 300).rang_since(1261) == [(1560, L1), (1560, L2), (1560, L3)], "and then the ladder climbs"


def test_a_holder_from_a_tier_that_page_does_not_name_rings_with_them() -> None:
    world = at(opened("P2"), 1800)
    world.acknowledge("dana")
    world.snooze("dana", timedelta(minutes=20))
    assert at(world, 3000).rang_since(2999) == [(3000, L1), (3000, L3)]


@pytest.mark.parametrize(("severity", "hours"), [("P0", 1), ("P1", 2), ("P2", 4)])
def test_it_never_lasts_longer_than_an_acknowledgement(severity: str, hours: int) -> None:
    world = held(severity)
    too_long = world.snooze("alice", timedelta(hours=hours, seconds=1))
    assert too_long.outcome is Outcome.INVALID
    assert f"a {severity} is snoozed until 2026-11-23 {10 + hours}:01 UTC at most" in too_long.text
    assert world.snooze("alice", timedelta(hours=hours)).outcome is Outcome.DONE


def test_what_cannot_be_snoozed_says_why() -> None:
    nobody, bobs, mine = opened("P1"), held("P1", "bob"), held("P1")
    assert nobody.snooze("alice", timedelta(minutes=5)).text == "nobody holds the incident: acknowledge it first"
    assert bobs.snooze("alice", timedelta(minutes=5)).text == "bob holds the incident; whoever holds it snoozes it"
    assert "is past" in mine.snooze("alice", -timedelta(minutes=5)).text
    mine.snooze("alice", timedelta(minutes=5))
    assert mine.happen(Snoozed(incident=mine.id, by="alice", until=mine.now + timedelta(minutes=5))).empty


def test_alerts_that_join_disturb_nobody_meanwhile() -> None:
    world = held("P1")
    fire(world, "P1", instance="b")
    before = notifications(world)
    assert before > 0, "else its holder hears of them"
    world.snooze("alice", timedelta(minutes=20))
    fire(world, "P1", instance="c")
    assert notifications(world) == before
    assert world.rang_since(1) == []
    assert len(world.told(EntryKind.ALERTS)) == 2, "the timeline tells them all the same"


def test_where_the_severity_rises_it_is_over() -> None:
    world = held("P2")
    world.snooze("alice", timedelta(hours=2))
    at(world, 120)
    fire(world, "P1", instance="b")
    assert world.rang_since(1) == [(120, L1), (120, L2)]
    world.acknowledge("alice")
    assert at(world, 60 + 7200).told(EntryKind.ACKNOWLEDGEMENT_ENDED)[-1].startswith("the acknowledgement by alice")


def test_the_clocks_that_no_acknowledgement_stops_go_on() -> None:
    world = held("P1")
    world.snooze("alice", timedelta(hours=1))
    assert at(world, 1800).rang_since(1) == [(1800, L3)]


def test_somebody_above_who_takes_it_over_ends_it() -> None:
    world = held("P1")
    world.snooze("alice", timedelta(minutes=20))
    world.acknowledge("chen")
    assert world.state().holder is not None
    assert not world.state().holder.snoozed  # type: ignore[union-attr]
    assert world.happen(Declared(incident=world.id, by="chen")).reply.outcome is Outcome.DONE
    assert at(world, 1260).rang_since(1) == []
