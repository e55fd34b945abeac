"""What people say of the harm is kept as they said it, and what cannot be is answered with what can."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from rungbell.domain.book import Book
from rungbell.domain.command.events import ImpactStated
from rungbell.domain.command.impact import WORDS
from rungbell.domain.command.record import Impact
from rungbell.domain.communication.plan import Client, CommunicationPlan
from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.obligation_dues import impacts_clients
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import opened, shipped
from tests.domain.world import World


def state(world: World, by: str = "alice", **said: Any) -> Reply:  # noqa: ANN401 -- the fields of ImpactStated
    return world.happen(ImpactStated(incident=world.id, by=by, **said)).reply


def with_clients(*names: str) -> Book:
    clients = {name: Client(name, name.title()) for name in names}
    return replace(shipped(), communication=CommunicationPlan(clients=clients))


@pytest.mark.requirement("30", "37", "72")
@pytest.mark.parametrize("name", WORDS)
def test_every_field_of_the_harm_is_stated_replaced_and_taken_back(name: str) -> None:
    world = opened("P1")
    for text in ("first", "second", ""):
        assert state(world, words={name: f" {text} "}).outcome is Outcome.DONE
        assert getattr(world.state().command.impact, name) == text
    spoken = name.replace("_", " ")
    assert world.told(EntryKind.IMPACT) == [f"{spoken}: first", f"{spoken}: second", f"{spoken}: taken back"]
    assert {entry.actor for entry in world.entries if entry.kind is EntryKind.IMPACT} == {"alice"}


@pytest.mark.requirement("30", "37")
def test_what_is_not_named_stays_and_what_is_nothing_new_changes_nothing() -> None:
    world = opened("P1")
    state(world, words={"scope": "partial", "workaround": "use the old page"})
    state(world, words={"scope": "complete"}, clients=("contoso", "contoso", "fabrikam"))
    assert world.state().command.impact == Impact(
        scope="complete", workaround="use the old page", clients=("contoso", "fabrikam")
    )
    assert state(world, words={"scope": "complete"}).outcome is Outcome.ALREADY
    assert set(WORDS) | {"clients"} == {field.name for field in fields(Impact)}


@pytest.mark.requirement("12", "A9")
def test_a_p1_impacts_clients_until_somebody_says_with_a_reason_that_it_does_not() -> None:
    world = opened("P1")
    assert world.policy is not None
    assert impacts_clients(world.state(), world.policy)
    assert state(world, client_impacting=False).outcome is Outcome.INVALID
    assert impacts_clients(world.state(), world.policy)
    assert state(world, client_impacting=False, reason="staging only").outcome is Outcome.DONE
    assert not impacts_clients(world.state(), world.policy)
    assert world.told(EntryKind.IMPACT) == ["client impacting: no because staging only"]


@pytest.mark.requirement("12", "A9")
def test_a_p2_impacts_clients_once_one_of_them_asks() -> None:
    world = opened("P2")
    assert world.policy is not None
    assert not impacts_clients(world.state(), world.policy)
    state(world, clients_asked=True)
    assert impacts_clients(world.state(), world.policy)


@pytest.mark.requirement("12", "A9")
def test_who_asks_is_told_also_where_somebody_said_that_clients_do_not_feel_it() -> None:
    world = opened("P1")
    assert world.policy is not None
    state(world, client_impacting=False, reason="staging only")
    state(world, clients_asked=True)
    assert impacts_clients(world.state(), world.policy)


@pytest.mark.requirement("8", "A26")
def test_the_harm_may_have_begun_before_any_alert_and_never_begins_in_the_future() -> None:
    world = opened("P1")
    earlier = world.now - timedelta(minutes=12)
    assert state(world, started_at=world.now + timedelta(seconds=1)).outcome is Outcome.INVALID
    assert state(world, started_at=earlier).outcome is Outcome.DONE
    assert world.state().command.impact_started_at == earlier
    assert world.state().detected_at == world.started, "what was detected when is not rewritten"


def test_clients_are_those_of_the_configuration_where_it_has_some() -> None:
    world = opened("P1", book=with_clients("acme", "beta"))
    refused = state(world, clients=("acme", "gamma"))
    assert refused.outcome is Outcome.INVALID
    assert refused.text == "'gamma' is no client of the configuration; it knows acme, beta"
    assert world.state().command.impact.clients == ()


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_kept() -> None:
    world = opened("P1")
    refused = state(world, words={"colour": "red", "scope": "complete"}, client_impacting=False)
    assert refused.outcome is Outcome.INVALID
    assert "'colour'" in refused.text
    assert "functionality" in refused.text
    assert "`reason`" in refused.text
    assert world.state().command.impact == Impact()
    assert state(world).outcome is Outcome.INVALID


@pytest.mark.requirement("72")
def test_what_is_found_out_after_the_end_is_still_stated() -> None:
    world = opened("P2")
    world.resolve("alice", "known")
    assert state(world, words={"business": "none"}).outcome is Outcome.DONE
