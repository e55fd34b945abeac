"""An incident that a person opens by hand is an incident as any other, and nobody's guess."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.alert import AlertGroup
from rungbell.domain.book import PolicyRoute
from rungbell.domain.clocks import deadlines
from rungbell.domain.decision import Decision, Outcome
from rungbell.domain.events import AlertsReceived, Declared
from rungbell.domain.incident import Status
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.policy import pinned
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import alert, at, default_policy, opened, shipped
from tests.domain.world import World


def declare(
    world: World, severity: str = "P1", *, by: str = "alice", policy: str | None = None, **labels: str
) -> Decision:
    return world.happen(
        Declared(
            incident="declared", by=by, title="phones are down", severity=Severity(severity), summary="all of them",
            labels=labels, policy=policy,
        )
    )  # fmt: skip


def declared(severity: str = "P1") -> World:
    world = World(shipped())
    declare(world, severity)
    return world


@pytest.mark.parametrize("severity", ["P0", "P1", "P2", "P3"])
def test_it_climbs_as_one_that_an_alert_opened_at_the_same_moment(severity: str) -> None:
    by_hand, by_alert = at(declared(severity), 8 * 3600), at(opened(severity), 8 * 3600)
    assert by_hand.rang() == by_alert.rang()
    assert by_hand.rang()[0] == (0, "L1")


def test_the_severity_is_the_persons_word_and_the_timeline_says_whose() -> None:
    world = declared("P2")
    incident = world.state()
    assert (incident.severity, incident.guessed, incident.severity_rule) == (Severity.P2, False, "declared by alice")
    entry = world.entries[0]
    assert (entry.kind, entry.actor) == (EntryKind.OPENED, "alice")
    assert "P2 declared by alice" in entry.text


@pytest.mark.parametrize("severity", ["P0", "P3"])
def test_it_has_a_name_whatever_its_severity(severity: str) -> None:
    assert declared(severity).state().name == "INC-20261123-1000"


def test_its_person_resolves_it() -> None:
    world = declared("P1")
    world.acknowledge("alice")
    assert world.resolve("alice", "it was the cable").outcome is Outcome.DONE
    assert world.state().status is Status.RESOLVED
    at(world, 48 * 3600)
    assert world.rang_since(1) == [], "and then it is quiet"


def test_nothing_but_a_person_ends_it_even_where_a_window_ends_others() -> None:
    world = declared("P2")
    world.acknowledge("alice")
    at(world, 48 * 3600)
    assert world.state().open
    assert world.policy is not None
    assert deadlines(world.state(), world.policy)


def test_no_message_joins_it_for_its_key_is_its_own() -> None:
    world = declared("P1")
    group = AlertGroup("am", "rungbell", {}, (alert(world, "P0"),))
    key = AlertsReceived(group=group, new_id="new").group.key
    assert world.state().key not in {key, AlertGroup("by_hand", "", {}, ()).key}


def test_a_severity_that_was_declared_too_high_can_be_lowered() -> None:
    world = declared("P0")
    assert world.set_severity("alice", Severity.P2, "one client only").outcome is Outcome.DONE
    assert world.state().severity is Severity.P2


@pytest.mark.parametrize(
    ("labels", "asked", "followed"),
    [({"team": "dba"}, None, "database"), ({"team": "web"}, None, "default"), ({}, "database", "database")],
)
def test_the_policy_is_the_named_one_or_the_first_that_matches_its_labels(
    labels: dict[str, str], asked: str | None, followed: str
) -> None:
    book = shipped()
    database = PolicyRoute(parse_matchers(['team="dba"']), pinned(replace(default_policy(), name="database")))
    world = World(replace(book, routes=(database, *book.routes)))
    assert declare(world, policy=asked, **labels).reply.outcome is Outcome.DONE
    assert world.state().policy_name == followed


def test_what_cannot_be_declared_opens_nothing_and_says_why() -> None:
    world = World(shipped())
    stranger, unknown = declare(world, by="mallory"), declare(world, policy="nowhere")
    assert (stranger.reply.outcome, unknown.reply.outcome) == (Outcome.REFUSED, Outcome.INVALID)
    assert "there are default" in unknown.reply.text
    assert stranger.empty
    assert unknown.empty
    assert world.incident is None


def test_declared_again_it_stays_one_incident() -> None:
    world = declared("P1")
    world.now += timedelta(minutes=1)
    again = declare(world, "P0")
    assert again.empty
    assert again.reply.outcome is Outcome.ALREADY
    assert world.state().severity is Severity.P1


def test_declaring_what_is_held_after_a_long_absence_lets_its_paging_go_on() -> None:
    world = opened("P1")
    world.hold(world.now)
    world.happen(Declared(incident=world.id, by="chen"))
    assert world.state().held_since is None


def test_in_the_stability_window_a_worse_declaration_rings_nobody() -> None:
    world = opened("P1")
    world.acknowledge("chen")
    world.quieten()
    world.now += timedelta(minutes=1)
    world.happen(Declared(incident=world.id, by="chen", severity=Severity.P0))
    incident = world.state()
    assert (incident.status, incident.severity) == (Status.MONITORING, Severity.P0)
    assert world.rang_since(1) == []
