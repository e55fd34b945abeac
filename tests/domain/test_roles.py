"""Who commands, repairs, tells and writes down: taken, given and given up, with one commander and never two."""

from datetime import datetime, timedelta

import pytest

from rungbell.domain.clock import ClockName
from rungbell.domain.command.events import RoleAssumed, RoleGivenUp
from rungbell.domain.command.record import Role
from rungbell.domain.command.war_room import bridge_of, channel_of
from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.events import Declared
from rungbell.domain.obligation_clocks import overdue
from rungbell.domain.page import PageKind
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import at, opened, shipped, without
from tests.domain.world import MONDAY_10, World

COMMANDER, LEAD, TELLS, SCRIBE = Role
MINUTE = timedelta(minutes=1)


def declared(
    severity: str = "P0", *, by: str = "alice", commander: str | None = None, now: datetime = MONDAY_10
) -> World:
    """A world whose incident was just declared."""
    world = opened(severity, at=now)
    world.acknowledge("alice")
    world.happen(Declared(incident=world.id, by=by, commander=commander))
    return world


def take(world: World, role: Role, by: str, person: str | None = None) -> Reply:
    return world.happen(RoleAssumed(incident=world.id, by=by, role=role, person=person)).reply


def give_up(world: World, role: Role, by: str) -> Reply:
    return world.happen(RoleGivenUp(incident=world.id, by=by, role=role)).reply


def holders(world: World) -> dict[Role, str]:
    return {role: held.person for role, held in world.state().command.roles.items()}


def reminders(world: World) -> list[tuple[int, str, str]]:
    """(minute, person, words) of every notification that tells what is owed, once however many channels."""
    found = {
        (int((sent.created_at - world.started) / MINUTE), sent.page.person, words): None
        for sent in world.outbox.values()
        for words in sent.page.about.split("; ")
        if sent.page.kind is PageKind.NOTIFICATION and words.startswith("nobody is")
    }
    return list(found)


@pytest.mark.requirement("60", "A7", "13")
@pytest.mark.parametrize(("severity", "who"), [("P0", "chen"), ("P1", "alice"), ("P2", None), ("P3", None)])
def test_declaring_names_the_commander_of_the_rule(severity: str, who: str | None) -> None:
    assert holders(declared(severity)).get(COMMANDER) == who


@pytest.mark.requirement("13", "A7")
def test_a_p0_without_anybody_on_l2_is_commanded_by_l4() -> None:
    world = opened("P0", book=without("chen"))
    world.happen(Declared(incident=world.id, by="alice"))
    assert holders(world) == {COMMANDER: "farah"}


@pytest.mark.requirement("13", "A7")
def test_a_p1_that_engineering_holds_is_commanded_by_l2() -> None:
    world = at(opened("P1"), 300)
    world.acknowledge("dana")
    assert world.state().holder is not None
    world.declare("alice")
    assert holders(world) == {COMMANDER: "chen"}, "who repairs it does not lead it too"


@pytest.mark.requirement("60")
def test_the_second_who_takes_the_command_is_refused_and_hears_who_has_it_and_what_to_do() -> None:
    world = declared(commander="alice")
    refused = take(world, COMMANDER, "chen")
    assert refused.outcome is Outcome.REFUSED
    assert refused.text == (
        "alice is incident commander since 2026-11-23 10:00:00 UTC, and there is one only: the command passes by "
        "`handoff`"
    )
    assert holders(world) == {COMMANDER: "alice"}
    assert take(world, COMMANDER, "alice").outcome is Outcome.ALREADY


@pytest.mark.requirement("60")
def test_nobody_commands_what_is_not_declared() -> None:
    world = opened("P0")
    assert take(world, COMMANDER, "chen").outcome is Outcome.REFUSED
    assert holders(world) == {}


@pytest.mark.requirement("60", "61")
def test_the_command_of_what_was_declared_without_a_commander_is_taken() -> None:
    world = declared("P2")
    assert take(world, COMMANDER, "bob").outcome is Outcome.DONE
    assert holders(world) == {COMMANDER: "bob"}


@pytest.mark.requirement("2", "61")
def test_roles_are_taken_taken_over_and_given_up_and_the_timeline_tells_when() -> None:
    world = declared()
    take(world, LEAD, "dana")
    world.now += 10 * MINUTE
    take(world, LEAD, "eli")
    world.now += 10 * MINUTE
    assert give_up(world, LEAD, "eli").outcome is Outcome.DONE
    told = [(entry.at, entry.text) for entry in world.entries if entry.kind is EntryKind.ROLE][1:]
    start = world.started
    assert told == [
        (start, "dana is technical lead"),
        (start + 10 * MINUTE, "eli is technical lead instead of dana"),
        (start + 20 * MINUTE, "eli is no longer technical lead, which they were since 2026-11-23 10:10:00 UTC"),
    ]
    assert LEAD not in holders(world)
    assert give_up(world, LEAD, "eli").outcome is Outcome.ALREADY


@pytest.mark.requirement("60")
@pytest.mark.parametrize(
    ("severity", "outcome"), [("P0", Outcome.REFUSED), ("P1", Outcome.REFUSED), ("P2", Outcome.DONE)]
)
def test_p0_and_p1_are_never_left_without_a_commander(severity: str, outcome: Outcome) -> None:
    world = declared(severity, commander="bob")
    assert give_up(world, COMMANDER, "bob").outcome is outcome
    assert (COMMANDER in holders(world)) is (outcome is Outcome.REFUSED)


@pytest.mark.requirement("60")
def test_the_commander_gives_roles_to_others_who_hear_of_it() -> None:
    world = declared()
    take(world, SCRIBE, "chen", "bob")
    assert holders(world)[SCRIBE] == "bob"
    (told,) = {sent.page.about for sent in world.outbox.values() if sent.page.person == "bob" and sent.page.about}
    assert told == "chen made you scribe"


def test_somebody_unknown_gets_no_role_and_the_answer_names_who_is_known() -> None:
    world = declared()
    refused = take(world, SCRIBE, "chen", "mallory")
    assert refused.outcome is Outcome.INVALID
    assert "alice, bob, chen" in refused.text
    assert take(world, SCRIBE, "local").outcome is Outcome.INVALID
    assert SCRIBE not in holders(world)


@pytest.mark.requirement("61")
def test_unfilled_roles_are_named_to_the_commander_after_five_minutes_and_every_quarter_of_an_hour() -> None:
    world = declared()
    take(world, SCRIBE, "bob")
    world.pass_time(21 * MINUTE)
    said = "nobody is technical lead or communication lead"
    assert reminders(world) == [(5, "chen", said), (20, "chen", said)]
    assert said in world.told(EntryKind.OVERDUE)


@pytest.mark.requirement("61")
def test_a_second_before_five_minutes_nothing_is_overdue_and_once_all_are_filled_nothing_ever_is() -> None:
    world = declared()
    world.pass_time(5 * MINUTE - timedelta(seconds=1))
    assert world.policy is not None
    assert ClockName.ROLES not in overdue(world.state(), world.policy, world.now)
    for role, person in ((LEAD, "dana"), (TELLS, "bob"), (SCRIBE, "alice")):
        take(world, role, person)
    world.pass_time(60 * MINUTE)
    assert reminders(world) == []


@pytest.mark.requirement("61")
def test_a_role_that_is_given_up_is_overdue_five_minutes_later_and_not_from_the_beginning() -> None:
    world = declared()
    for role, person in ((LEAD, "dana"), (TELLS, "bob"), (SCRIBE, "alice")):
        take(world, role, person)
    world.pass_time(30 * MINUTE)
    give_up(world, SCRIBE, "alice")
    world.pass_time(36 * MINUTE)
    assert reminders(world) == [(35, "chen", "nobody is scribe")]


@pytest.mark.requirement("61", "A21")
def test_after_an_upgrade_the_roles_have_their_five_minutes_from_then_on() -> None:
    world = declared("P2")
    world.pass_time(60 * MINUTE)
    world.set_severity("alice", Severity.P0)
    world.acknowledge("chen")
    world.pass_time(66 * MINUTE)
    said = "nobody is incident commander or technical lead or communication lead or scribe"
    assert reminders(world) == [(65, "chen", said)]


@pytest.mark.requirement("62", "A18", "51")
def test_a_declared_p0_has_a_war_room_and_a_call_of_its_own() -> None:
    world = declared()
    assert world.policy is not None
    assert channel_of(world.state()) == "#incident-20261123-1000"
    assert bridge_of(world.state(), world.policy) == "https://meet.example.com/incident-20261123-1000"


@pytest.mark.requirement("62")
def test_others_have_no_call_unless_the_file_names_one() -> None:
    world = declared("P1")
    assert world.policy is not None
    assert bridge_of(world.state(), world.policy) is None
    assert channel_of(opened("P2").state()) is None
    assert shipped().recipes.containment


@pytest.mark.requirement("A7")
def test_nobody_without_a_name_commands_what_was_acknowledged_at_the_machine() -> None:
    world = opened("P1")
    world.acknowledge("local")
    world.happen(Declared(incident=world.id, by="local"))
    assert holders(world) == {COMMANDER: "chen"}


def test_where_nothing_reaches_the_commander_any_more_the_holder_hears_what_is_owed() -> None:
    world = declared(commander="bob")
    world.book = without("bob")
    world.pass_time(timedelta(minutes=5))
    assert reminders(world) == [(5, "alice", "nobody is technical lead or communication lead or scribe")]
