"""How an incident ends: who may resolve it when, a false positive, closed, and how it wakes again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.clocks import wake_at
from rungbell.domain.command.record import Told
from rungbell.domain.communication.audience import Audience
from rungbell.domain.decision import Draft, Outcome, Reply, Situation
from rungbell.domain.events import Reason
from rungbell.domain.incident import Phase, Status
from rungbell.domain.lifecycle.ending import RECOVERY, close_what_is_done
from rungbell.domain.lifecycle.events import Closed, FalsePositiveFound, Reopened
from rungbell.domain.page import PageKind, PageState
from rungbell.domain.postmortem.record import DocumentState, Owed, Postmortem
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import L1, L2, at, fire, opened
from tests.domain.world import MONDAY_10, World


def watched(severity: str = "P1", *, commander: str | None = "alice") -> World:
    """Held by alice, declared, quiet since second 600."""
    world = at(opened(severity), 60)
    world.acknowledge("alice")
    if commander is not None:
        world.declare("alice", commander)
    at(world, 600).quieten()
    return world


def stable(severity: str = "P1", *, commander: str | None = "alice") -> World:
    """As ``watched``, with its window just over and the recovery attested."""
    world = watched(severity, commander=commander)
    world.attest(*RECOVERY)
    return at(world, 600 + 1800)


def false_positive(world: World, reason: str = "the probe was wrong") -> Reply:
    return world.happen(FalsePositiveFound(incident=world.id, by="bob", reason=reason)).reply


def close(world: World, reason: str = "") -> Reply:
    return world.happen(Closed(incident=world.id, by="bob", reason=reason)).reply


def reopen(world: World, reason: str = "") -> Reply:
    return world.happen(Reopened(incident=world.id, by="bob", reason=reason)).reply


def owing(world: World, postmortem: Postmortem) -> World:
    """The same world with that postmortem on its incident."""
    world.records.incidents[world.id] = replace(world.state(), postmortem=postmortem)
    return world


# -- resolving


@pytest.mark.requirement("43", "44", "65", "A11")
@pytest.mark.parametrize("severity", ["P0", "P1"])
def test_the_commander_resolves_after_the_window_with_the_recovery_attested_and_needs_no_reason(severity: str) -> None:
    world = stable(severity)
    assert world.resolve("alice").outcome is Outcome.DONE
    assert world.told(EntryKind.RESOLVED) == ["resolved by alice"]
    assert world.state().phase is Phase.LESSONS_LEARNED


@pytest.mark.requirement("A11", "42")
def test_one_second_before_the_window_is_over_a_reason_is_needed_and_the_timeline_keeps_what_was_passed_over() -> None:
    world = watched()
    world.attest(*RECOVERY)
    refused = at(world, 600 + 1799).resolve("alice")
    assert (refused.outcome, refused.text) == (
        Outcome.INVALID,
        "its stability window ends at 10:40:00 UTC; resolving now needs a `reason`",
    )
    assert world.state().status is Status.MONITORING
    assert world.resolve("alice", "the feed is switched off").outcome is Outcome.DONE
    assert world.told(EntryKind.RESOLVED) == [
        "resolved by alice: the feed is switched off (although its stability window ends at 10:40:00 UTC)"
    ]


@pytest.mark.requirement("44")
@pytest.mark.parametrize("line", RECOVERY)
def test_each_line_of_the_recovery_that_nobody_has_attested_needs_a_reason(line: str) -> None:
    world = watched()
    world.attest(*(RECOVERY.keys() - {line}))
    reply = at(world, 600 + 1800).resolve("alice")
    assert reply.outcome is Outcome.INVALID
    assert reply.text == f"nobody has attested that {RECOVERY[line]}; resolving now needs a `reason`"


@pytest.mark.requirement("44")
def test_what_still_fires_is_no_recovery() -> None:
    world = at(opened("P1"), 60)
    world.acknowledge("alice")
    world.attest(*RECOVERY)
    reply = world.resolve("alice")
    assert "1 alerts still fire; it has not been watched for 30m of quiet yet" in reply.text


@pytest.mark.requirement("A43")
def test_A43_after_the_window_anybody_from_l2_on_resolves_in_the_commanders_place_and_that_is_written() -> None:  # noqa: N802
    world = stable(commander="alice")
    assert world.resolve("chen").outcome is Outcome.DONE
    assert world.told(EntryKind.RESOLVED) == ["resolved by chen (L2) in place of alice, who commands it"]
    (resolved,) = [entry for entry in world.entries if entry.kind is EntryKind.RESOLVED]
    assert (resolved.tier, resolved.facts["in_place_of"]) == ("L2", "alice")


@pytest.mark.requirement("A43")
def test_A43_nobody_does_before_the_window_is_over_nor_anybody_on_l1_without_a_reason() -> None:  # noqa: N802
    early = watched(commander="alice")
    early.attest(*RECOVERY)
    assert "alice commands it" in at(early, 600 + 1799).resolve("chen").text
    support = stable(commander="chen")
    assert support.resolve("alice").text == "chen commands it; resolving now needs a `reason`"
    assert support.resolve("alice", "chen is ill").outcome is Outcome.DONE
    assert "in place of chen" in support.told(EntryKind.RESOLVED)[0]


def test_where_nobody_commands_it_and_where_the_window_would_end_it_anybody_resolves() -> None:
    assert stable(commander=None).resolve("alice").outcome is Outcome.DONE
    p2 = watched("P2", commander=None)
    assert p2.resolve("bob").outcome is Outcome.DONE


# -- a false positive


@pytest.mark.requirement("34", "A12")
def test_a_false_positive_ends_everything_as_a_resolution_does_and_owes_nothing() -> None:
    world = at(opened("P0"), 600)
    assert false_positive(world, " ").outcome is Outcome.INVALID
    assert false_positive(world).outcome is Outcome.DONE
    incident = world.state()
    assert (incident.status, incident.resolved_by, incident.firing_count) == (Status.FALSE_POSITIVE, "bob", 0)
    pages = [sent for sent in world.outbox.values() if sent.page.kind is PageKind.PAGE]
    assert {sent.state for sent in pages} == {PageState.WITHDRAWN}
    assert incident.command.triaged_at == world.now
    assert world.policy is not None
    assert wake_at(incident, world.policy) is None
    assert "a false positive, says bob: the probe was wrong" in world.told(EntryKind.FALSE_POSITIVE)
    fire(world, "P0", since=MONDAY_10)
    assert world.state().status is Status.FALSE_POSITIVE, "repeats with the same start open nothing"
    at(world, 1200)
    fire(world, "P0")
    assert (world.state().status, world.state().cycle) == (Status.TRIGGERED, 2)


@pytest.mark.requirement("A27")
def test_clients_who_were_told_of_a_false_positive_are_still_owed_the_all_clear() -> None:
    world = opened("P0")
    told = Told(world.now, world.now, ("acme",))
    command = replace(world.state().command, told={Audience.CLIENTS: told})
    world.records.incidents[world.id] = replace(world.state(), command=command)
    false_positive(world)
    assert world.policy is not None
    assert wake_at(world.state(), world.policy) == world.now + timedelta(minutes=30)


# -- closed


def test_a_person_closes_what_is_resolved_and_owes_nothing() -> None:
    world = stable()
    assert close(world).text == "it is monitoring: resolve it, and then close it"
    world.resolve("alice")
    assert close(world).outcome is Outcome.DONE
    assert (world.state().status, world.state().phase) == (Status.CLOSED, Phase.PREPARATION)
    assert close(world).outcome is Outcome.ALREADY
    assert world.acknowledge("alice").text == "already resolved by alice at 2026-11-23 10:40:00 UTC"


def test_what_still_owes_something_is_closed_with_a_reason_only() -> None:
    world = stable()
    world.resolve("alice")
    owing(world, Postmortem(Owed.MANDATORY, "it is a P0"))
    refused = close(world)
    assert refused.outcome is Outcome.INVALID
    assert "postmortem draft (due 2026-11-25 10:40 UTC)" in refused.text
    assert close(world, "it is told in another one").outcome is Outcome.DONE
    assert "although still owed: the draft of the postmortem" in world.told(EntryKind.CLOSED)[0]
    assert world.policy is not None
    assert wake_at(world.state(), world.policy) is None


def test_it_is_closed_by_itself_when_the_last_thing_it_owed_is_done() -> None:
    world = stable()
    world.resolve("alice")
    owing(world, Postmortem(Owed.MANDATORY, "it is a P0", state=DocumentState.IN_REVIEW))
    world.note("alice", "half of it is written")
    assert world.state().status is Status.RESOLVED
    assert world.policy is not None
    draft = Draft(Situation(world.book, world.state(), world.policy), world.state(), world.policy, world.now)
    draft.change(postmortem=Postmortem(Owed.MANDATORY, "it is a P0", state=DocumentState.PUBLISHED))
    decision = close_what_is_done(draft, draft.decided("published"))
    assert decision.incident is not None
    assert decision.incident.status is Status.CLOSED
    assert [entry.kind for entry in decision.entries] == [EntryKind.CLOSED, EntryKind.PHASE]


def test_what_never_owed_anything_stays_resolved() -> None:
    world = stable()
    world.resolve("alice")
    world.note("alice", "thanks, everybody")
    assert world.state().status is Status.RESOLVED


# -- reopened by hand


@pytest.mark.requirement("A12")
@pytest.mark.parametrize("how", ["resolved", "closed", "a false positive"])
def test_a_person_reopens_what_is_over_and_it_pages_as_at_an_opening(how: str) -> None:
    world = stable()
    if how == "a false positive":
        false_positive(world)
    else:
        world.resolve("alice")
    if how == "closed":
        close(world)
    at(world, 9000)
    assert reopen(world, "it is slow again").text == "reopened as cycle 2"
    incident = world.state()
    assert (incident.status, incident.cycle, incident.opened_at, incident.resolved_at) == (
        Status.TRIGGERED, 2, world.now, None,
    )  # fmt: skip
    assert world.rang_since(9000) == [(9000, L1), (9000, L2)]
    assert world.told(EntryKind.REOPENED) == ["reopened as cycle 2 by bob: it is slow again"]
    assert incident.command.roles, "who commands it goes on"
    assert not incident.command.ticks, "what was attested of the recovery does not"
    assert reopen(world).outcome is Outcome.ALREADY


def test_of_the_same_alerts_only_the_newest_incident_is_reopened() -> None:
    world = stable()
    world.resolve("alice")
    old = world.id
    at(world, 3 * 3600)
    fire(world, "P1")
    assert world.id != old
    reply = world.happen(Reopened(incident=old, by="bob")).reply
    assert reply.outcome is Outcome.INVALID
    assert "#2 is newer and of the same alerts" in reply.text
    world.escalate("bob", reason=Reason.SECURITY_BREACH)
    reply = world.happen(Reopened(incident=old, by="bob")).reply
    assert "#2" not in reply.text, "a restricted one is not named"
    assert "another is newer and of the same alerts" in reply.text
