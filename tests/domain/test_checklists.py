"""The playbook's lists: what is on them, who ticked what and when, and what rungbell ticks by itself."""

from datetime import timedelta

import pytest

from rungbell.domain.clock import ClockName
from rungbell.domain.command.checklists import CHECKLISTS, CONTAINMENT, LINES, attested
from rungbell.domain.command.events import Ticked
from rungbell.domain.command.record import Tick
from rungbell.domain.decision import Outcome, Reply
from rungbell.domain.events import Declared
from rungbell.domain.obligation_clocks import overdue
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import fire, opened
from tests.domain.world import World

MINUTE = timedelta(minutes=1)


def tick(world: World, line: str, by: str = "alice", *, undone: bool = False) -> Reply:
    return world.happen(Ticked(incident=world.id, by=by, line=line, undone=undone)).reply


@pytest.mark.requirement("34", "36", "39", "44", "67")
def test_each_list_has_as_many_lines_as_the_playbooks() -> None:
    counts = {checklist.name: len(checklist.lines) for checklist in CHECKLISTS}
    assert counts == {"triage": 6, "containment": 3, "eradication": 6, "recovery": 6, "handoff": 7}
    assert len(LINES) == sum(counts.values()), "every id is one line's"
    assert all(line.id.startswith(f"{one.name}.") for one in CHECKLISTS for line in one.lines)


@pytest.mark.requirement("36")
def test_each_question_of_containment_leads_somewhere_and_three_times_no_to_the_cause() -> None:
    assert [line.id.partition(".")[2] for line in CONTAINMENT.lines] == ["spreading", "growing", "failover"]
    assert all(line.then and line.text.endswith("?") for line in CONTAINMENT.lines)
    assert "cause" in CONTAINMENT.otherwise


@pytest.mark.requirement("34", "39", "44")
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_ticked_by_somebody_at_a_time_and_taken_back_again(line: str) -> None:
    world = opened("P1")
    world.quieten()
    world.now += MINUTE
    done = tick(world, line)
    known = done.outcome is Outcome.ALREADY
    assert known is (line == "triage.timeline"), done.text
    if known:
        return
    assert attested(world.state(), line) == Tick("alice", world.now)
    assert tick(world, line, "bob").outcome is Outcome.ALREADY
    assert tick(world, line, "bob", undone=True).outcome is Outcome.DONE
    assert attested(world.state(), line) is None
    assert tick(world, line, undone=True).outcome is Outcome.ALREADY
    told = [(entry.actor, entry.facts["line"]) for entry in world.entries if entry.kind is EntryKind.TICKED]
    assert told == [("alice", line), ("bob", line)]


@pytest.mark.requirement("28", "34")
def test_the_tick_that_it_is_real_answers_triage_and_taken_back_the_question_is_open_again() -> None:
    world = opened("P1")
    assert world.policy is not None
    world.pass_time(5 * MINUTE)
    assert ClockName.TRIAGE in overdue(world.state(), world.policy, world.now)
    tick(world, "triage.verified")
    assert world.state().command.triaged_at == world.now
    assert ClockName.TRIAGE not in overdue(world.state(), world.policy, world.now)
    tick(world, "triage.verified", undone=True)
    assert ClockName.TRIAGE in overdue(world.state(), world.policy, world.now)


@pytest.mark.requirement("34")
def test_what_rungbell_knows_itself_is_ticked_by_itself() -> None:
    world = opened("P0")
    world.happen(Declared(incident=world.id, by="alice"))
    found = {line: who.by for line in LINES if (who := attested(world.state(), line)) is not None}
    assert found == {
        "triage.declared": "alice",
        "triage.commander": "chen",
        "triage.told": "rungbell",
        "triage.timeline": "rungbell",
    }


@pytest.mark.requirement("44")
def test_that_no_alert_fires_is_not_attested_while_one_does() -> None:
    world = opened("P1")
    refused = tick(world, "recovery.no_alerts")
    assert refused.outcome is Outcome.REFUSED
    assert "1 alerts still fire" in refused.text


@pytest.mark.requirement("44", "A11")
def test_what_fires_again_takes_back_what_was_attested_of_the_recovery_and_nothing_else() -> None:
    world = opened("P1")
    tick(world, "eradication.cause")
    world.quieten()
    tick(world, "recovery.no_alerts")
    tick(world, "recovery.restored")
    world.now += MINUTE
    fire(world, "P1")
    assert set(world.state().command.ticks) == {"eradication.cause"}


@pytest.mark.parametrize(
    ("line", "said"),
    [("recovery.stabel", "recovery has recovery.restored, "), ("coffee", "the lists are triage, containment, ")],
)
def test_a_line_that_is_not_there_is_answered_with_those_that_are(line: str, said: str) -> None:
    refused = tick(opened("P1"), line)
    assert refused.outcome is Outcome.INVALID
    assert said in refused.text


@pytest.mark.requirement("44")
def test_after_the_end_it_can_still_be_ticked_that_clients_know() -> None:
    world = opened("P2")
    world.resolve("alice", "known")
    assert tick(world, "recovery.clients_told").outcome is Outcome.DONE
