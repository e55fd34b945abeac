"""The command passes from one to the next with everything said, or for a reason; and somebody is asked to do so."""

from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.command.checklists import HANDOFF
from rungbell.domain.command.events import HandedOff, Ticked
from rungbell.domain.command.record import Role
from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.events import Declared
from rungbell.domain.page import PageKind
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import opened
from tests.domain.test_roles import declared, holders
from tests.domain.world import World

POINTS = [line.id for line in HANDOFF.lines]
HOUR = timedelta(hours=1)


def hand_off(world: World, to: str, *attested: str, by: str = "chen", reason: str = "") -> Reply:
    event = HandedOff(incident=world.id, by=by, to=to, attested=frozenset(attested), reason=reason)
    return world.happen(event).reply


def asked(world: World) -> list[tuple[float, str]]:
    """(hours, person) of each time somebody was asked to hand over, once however many channels."""
    found = {
        ((sent.created_at - world.started) / HOUR, sent.page.person): None
        for sent in world.outbox.values()
        if sent.page.kind is PageKind.NOTIFICATION and "hand over the command" in sent.page.about
    }
    return list(found)


@pytest.mark.requirement("67")
def test_the_list_has_the_seven_points() -> None:
    assert len(set(POINTS)) == 7


@pytest.mark.requirement("67")
@pytest.mark.parametrize("left", POINTS)
def test_with_any_of_the_seven_points_missing_it_is_refused_and_the_point_is_named(left: str) -> None:
    world = declared()
    refused = hand_off(world, "farah", *(point for point in POINTS if point != left))
    assert refused.outcome is Outcome.INVALID
    assert left in refused.text
    assert holders(world) == {Role.INCIDENT_COMMANDER: "chen"}


@pytest.mark.requirement("66", "67", "33")
def test_with_all_seven_the_command_passes_and_the_timeline_announces_it() -> None:
    world = declared()
    world.now += HOUR
    assert hand_off(world, "farah", *POINTS).outcome is Outcome.DONE
    assert holders(world) == {Role.INCIDENT_COMMANDER: "farah"}
    (entry,) = [entry for entry in world.entries if entry.kind is EntryKind.HANDOFF]
    assert (entry.text, entry.actor) == ("the command passes from chen to farah", "chen")
    assert entry.facts == {"before": "chen", "to": "farah", "attested": " ".join(POINTS)}
    assert {sent.page.person for sent in world.outbox.values() if "made you incident commander" in sent.page.about} == {
        "chen",  # by the declaration, an hour before
        "farah",
    }


@pytest.mark.requirement("67")
def test_a_reason_stands_in_for_what_is_missing_and_is_written_down() -> None:
    world = declared()
    assert hand_off(world, "farah", *POINTS[:5], reason="chen is ill").outcome is Outcome.DONE
    assert world.told(EntryKind.HANDOFF) == [
        "the command passes from chen to farah, without handoff.tracking, handoff.announced: chen is ill"
    ]


@pytest.mark.requirement("67")
def test_points_ticked_one_by_one_before_count_and_not_for_the_next_handoff_again() -> None:
    world = declared()
    for point in POINTS:
        world.happen(Ticked(incident=world.id, by="chen", line=point))
    world.now += HOUR
    assert hand_off(world, "farah").outcome is Outcome.DONE
    assert hand_off(world, "chen", by="farah").outcome is Outcome.INVALID


@pytest.mark.requirement("67")
def test_points_ticked_before_the_commander_took_over_were_not_handed_over_by_them() -> None:
    world = opened("P0")
    for point in POINTS:
        world.happen(Ticked(incident=world.id, by="alice", line=point))
    world.now += timedelta(minutes=1)
    world.happen(Declared(incident=world.id, by="alice"))
    assert hand_off(world, "farah").outcome is Outcome.INVALID


@pytest.mark.requirement("66", "A30")
def test_after_four_hours_the_commander_is_asked_to_hand_over_and_every_hour_until_it_is_done() -> None:
    world = declared(commander="farah")
    world.pass_time(4 * HOUR - timedelta(seconds=1))
    assert asked(world) == []
    world.pass_time(5.5 * HOUR)
    assert asked(world) == [(4, "farah"), (5, "farah")]
    hand_off(world, "grace", *POINTS, by="farah")
    world.pass_time(9 * HOUR)
    assert asked(world)[2:] == []
    world.pass_time(9.5 * HOUR)
    assert asked(world)[2:] == [(9.5, "grace")]


@pytest.mark.requirement("66", "A30")
def test_the_end_of_the_shift_asks_earlier_and_the_next_commander_has_a_shift_of_their_own() -> None:
    world = declared("P1", commander="bob", now=datetime(2026, 11, 23, 8, tzinfo=UTC))
    world.pass_time(HOUR - timedelta(seconds=1))
    assert asked(world) == []
    world.pass_time(HOUR)
    assert asked(world) == [(1, "bob")], "support hands over at 09:00"
    hand_off(world, "alice", *POINTS, by="bob")
    world.pass_time(5 * HOUR)
    assert asked(world)[1:] == [(5, "alice")], "her shift is a week, so four hours come first"


def test_where_nobody_commands_there_is_nothing_to_hand_off() -> None:
    world = declared("P2")
    assert hand_off(world, "farah", *POINTS).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("to", "point", "said"), [("mallory", POINTS[0], "mallory"), ("farah", "handoff.coffee", "coffee")]
)
def test_somebody_or_something_unknown_is_named_with_what_is_known(to: str, point: str, said: str) -> None:
    world = declared()
    refused = hand_off(world, to, *POINTS, point)
    assert refused.outcome is Outcome.INVALID
    assert said in refused.text
    assert hand_off(world, "chen", *POINTS).outcome is Outcome.ALREADY
