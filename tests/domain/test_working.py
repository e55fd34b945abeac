"""How far the work has come, as people say it: statuses, phases, the facts that follow, and the stability window."""

from datetime import timedelta

import pytest

from rungbell.domain.clock import ClockName
from rungbell.domain.clocks import deadlines
from rungbell.domain.decision import Outcome
from rungbell.domain.events import Declared
from rungbell.domain.incident import HELD, Detection, Phase, Status
from rungbell.domain.lifecycle.events import Reopened, StatusSet
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import L1, L2, at, fire, opened, shipped
from tests.domain.world import World

WORK = (Status.INVESTIGATING, Status.IDENTIFIED, Status.CONTAINED, Status.FIXING)


def held(severity: str = "P1") -> World:
    world = at(opened(severity), 60)
    world.acknowledge("alice")
    return world


def by_hand(severity: str = "P1") -> World:
    """An incident that no alert has told, and that alice holds."""
    world = World(shipped())
    opens = Declared(incident="phones", by="alice", title="phones are down", severity=Severity(severity))
    world.happen(opens)
    world.acknowledge("alice")
    return world


@pytest.mark.requirement("A12", "1", "63")
def test_the_work_goes_through_its_statuses_and_the_timeline_tells_each_with_its_phase() -> None:
    world = held()
    for minute, status in enumerate(WORK, start=2):
        at(world, 60 * minute)
        assert world.set_status("bob", status, "so it is").outcome is Outcome.DONE
        assert world.state().status is status
        assert world.state().holder is not None
    assert world.told(EntryKind.STATUS) == [
        "acknowledged → investigating by bob: so it is",
        "investigating → identified by bob: so it is",
        "identified → contained by bob: so it is",
        "contained → fixing by bob: so it is",
    ]
    assert world.told(EntryKind.PHASE) == ["identification → containment", "containment → eradication"]
    world.quieten()
    world.resolve("alice", "a new cable")
    assert world.told(EntryKind.PHASE)[2:] == ["eradication → recovery", "recovery → lessons learned"]


@pytest.mark.requirement("28", "A14", "52")
def test_the_facts_that_clocks_and_reports_read_follow_from_what_is_said() -> None:
    world = held()
    assert world.state().command.triaged_at is None
    seen = {}
    for minute, status in enumerate(WORK, start=2):
        seen[status] = at(world, 60 * minute).now
        world.set_status("bob", status)
    command = world.state().command
    assert command.triaged_at == seen[Status.INVESTIGATING]
    assert command.cause_found_at == seen[Status.IDENTIFIED]
    assert command.mitigated_at == seen[Status.CONTAINED]
    assert command.status_changed_at == seen[Status.FIXING]
    at(world, 600)
    world.set_status("bob", Status.INVESTIGATING)
    assert world.state().command.cause_found_at == seen[Status.IDENTIFIED], "it is when it was first so"
    assert world.state().command.status_changed_at == world.now


def test_who_holds_it_is_no_change_of_how_far_it_has_come() -> None:
    world = held()
    world.set_status("alice", Status.IDENTIFIED)
    changed = world.state().command.status_changed_at
    at(world, 300)
    world.unacknowledge("alice")
    assert (world.state().status, world.state().phase) == (Status.TRIGGERED, Phase.CONTAINMENT)
    world.acknowledge("bob")
    assert world.state().status is Status.IDENTIFIED, "the work goes on where it was"
    assert world.state().command.status_changed_at == changed


@pytest.mark.parametrize("status", [*HELD, Status.MONITORING])
def test_where_nobody_holds_it_the_answer_is_to_acknowledge_first(status: Status) -> None:
    world = opened("P1")
    reply = world.set_status("alice", status)
    assert (reply.outcome, reply.text) == (
        Outcome.INVALID,
        "nobody holds the incident: acknowledge it first",
    )
    assert world.state().status is Status.TRIGGERED


@pytest.mark.parametrize("status", [Status.TRIGGERED, Status.RESOLVED, Status.CLOSED, Status.MERGED])
def test_what_is_not_a_stage_of_the_work_is_not_set_by_hand(status: Status) -> None:
    world = held()
    reply = world.set_status("alice", status)
    assert reply.outcome is Outcome.INVALID
    assert "investigating" in reply.text


def test_what_is_so_already_changes_nothing() -> None:
    world = held()
    world.set_status("alice", Status.IDENTIFIED)
    assert world.happen(StatusSet(incident=world.id, by="bob", status=Status.IDENTIFIED)).empty


@pytest.mark.requirement("A11")
def test_an_incident_is_not_watched_by_hand_while_an_alert_fires() -> None:
    world = held()
    reply = world.set_status("alice", Status.MONITORING)
    assert reply.outcome is Outcome.INVALID
    assert "1 alerts still fire" in reply.text


@pytest.mark.requirement("A11", "42")
def test_an_incident_without_alerts_gets_its_stability_window_by_hand() -> None:
    world = by_hand("P1")
    assert world.set_status("alice", Status.MONITORING).text.endswith("stable at 10:30:00 UTC if nothing fires")
    assert world.state().phase is Phase.RECOVERY
    assert world.policy is not None
    due = {one.clock: one.due for one in deadlines(world.state(), world.policy)}
    assert due[ClockName.STABILITY] == world.now + timedelta(minutes=30)
    assert at(world, 1799).rang_since(1) == []
    assert at(world, 1800).rang_since(1) == [(1800, L1)], "its holder is asked to resolve it"


def test_a_p2_that_is_watched_by_hand_ends_with_its_window() -> None:
    world = by_hand("P2")
    world.set_status("alice", Status.MONITORING)
    assert at(world, 899).state().open
    assert at(world, 900).state().status is Status.RESOLVED


@pytest.mark.requirement("A11", "A12")
@pytest.mark.parametrize("how", ["a status", "reopened"])
def test_back_from_the_window_by_hand_the_same_cycle_goes_on_and_what_was_attested_is_taken_back(how: str) -> None:
    world = held("P1")
    world.set_status("alice", Status.FIXING)
    at(world, 600).quieten()
    world.attest("recovery.restored", "triage.verified")
    at(world, 900)
    if how == "a status":
        world.set_status("bob", Status.INVESTIGATING)
        assert world.state().status is Status.INVESTIGATING
    else:
        world.happen(Reopened(incident=world.id, by="bob"))
        assert world.state().status is Status.FIXING
    incident = world.state()
    assert (incident.cycle, incident.monitoring_since) == (1, None)
    assert incident.holder is not None
    assert incident.holder.by == "alice"
    assert set(incident.command.ticks) == {"triage.verified"}
    assert at(world, 1199).rang_since(1) == [], "nothing is due before one acknowledge_within"
    assert at(world, 1800).rang_since(1) == [(1800, "L3")], "and then what no acknowledgement stops"


@pytest.mark.requirement("A11", "42")
def test_a_refire_takes_back_what_was_attested_of_the_recovery() -> None:
    world = held("P1")
    at(world, 600).quieten()
    world.attest("recovery.restored", "recovery.end_to_end")
    at(world, 900)
    fire(world, "P1")
    assert world.state().status is Status.ACKNOWLEDGED
    assert not world.state().command.ticks


@pytest.mark.requirement("27")
@pytest.mark.parametrize("detection", [one for one in Detection if one is not Detection.ALERT])
def test_an_incident_knows_how_it_was_found(detection: Detection) -> None:
    world = World(shipped())
    opens = Declared(incident="new", by="alice", title="it is slow", severity=Severity.P2, detection=detection)
    world.happen(opens)
    assert world.state().detection is detection
    assert detection in world.told(EntryKind.OPENED)[0]
    assert opened("P1").state().detection is Detection.ALERT


# -- A21: what another severity means for the clocks


@pytest.mark.requirement("A21")
def test_A21_response_times_restart_when_the_severity_changes_and_durations_do_not() -> None:  # noqa: N802
    world = at(opened("P2"), 1200)
    world.acknowledge("alice")
    world.set_severity("chen", Severity.P1)
    assert world.policy is not None
    due = {one.clock: (one.due - world.started).total_seconds() for one in deadlines(world.state(), world.policy)}
    assert due[ClockName.DECLARATION] == 1200 + 300, "a response: from the change"
    assert due[ClockName.CLIENT_NOTICE] == 1200 + 3600
    assert due[ClockName.CLIENT_DRAFT] == 1200 + 300
    assert due[ClockName.EXECUTIVE_NOTE] == 7200, "a duration: from the detection"
    assert due[ClockName.SLA_RISK] == 5400
    assert due[ClockName.ENGAGEMENT] == 1200 + 1800
    assert world.rang_since(1200) == [(1200, L1), (1200, L2)], "an upgrade pages at once"
    assert ClockName.TRIAGE not in due, "who says how bad it is has seen that it is real"


@pytest.mark.requirement("A21", "A15")
def test_A21_a_downgrade_cancels_what_was_pending_and_the_worst_is_remembered() -> None:  # noqa: N802
    world = at(opened("P0"), 60)
    world.acknowledge("alice")
    world.declare("alice")
    world.set_severity("alice", Severity.P2, "one client")
    incident = world.state()
    assert world.policy is not None
    clocks = {one.clock for one in deadlines(incident, world.policy)}
    assert not clocks & {ClockName.EXECUTIVE_NOTE, ClockName.ROLES, ClockName.HANDOFF, ClockName.CLIENT_NOTICE}
    assert (incident.worst, incident.command.reclassified_at) == (Severity.P0, world.now)
    assert "L5" not in at(world, 3 * 3600).first_rang()


def test_the_worst_is_remembered_over_cycles_and_renamings() -> None:
    world = held("P2")
    world.set_severity("alice", Severity.P1)
    world.quieten()
    world.set_severity("alice", Severity.P3, "cosmetic")
    assert (world.state().severity, world.state().worst) == (Severity.P3, Severity.P1)
    world.resolve("alice", "done")
    fire(world, "P2", instance="b")
    assert (world.state().severity, world.state().worst, world.state().cycle) == (Severity.P2, Severity.P1, 2)


# -- A8: opened is not declared


@pytest.mark.requirement("A8", "31")
@pytest.mark.parametrize("severity", ["P0", "P1", "P2", "P3"])
def test_A8_whatever_fires_opens_an_incident_and_only_a_person_declares_it(severity: str) -> None:  # noqa: N802
    world = held(severity)
    assert world.state().open
    assert world.state().command.declared_at is None
    assert world.policy is not None
    owed = ClockName.DECLARATION in {one.clock for one in deadlines(world.state(), world.policy)}
    assert owed == (severity in {"P0", "P1"}), "P2 and P3 may be declared, and need not be"
    world.declare("alice")
    assert (world.state().command.declared_by, world.state().command.declared_at) == ("alice", world.now)
    assert ClockName.DECLARATION not in {one.clock for one in deadlines(world.state(), world.policy)}


# -- after downtime


@pytest.mark.requirement("A39", "42")
def test_a_window_that_ended_while_rungbell_was_away_is_asked_about_once() -> None:
    world = by_hand("P1")
    world.set_status("alice", Status.MONITORING)
    world.sleep_until(timedelta(hours=3))
    world.tick()
    assert world.rang_since(1) == [(3 * 3600, L1)]
    assert world.state().status is Status.MONITORING, "a person resolves it"


@pytest.mark.requirement("A38")
def test_what_fires_again_uncontained_still_asks_for_a_provider() -> None:
    world = opened("P0")
    world.acknowledge("chen")
    world.quieten()
    at(world, 60)
    fire(world, "P0")
    at(world, 1800)
    assert any("provider" in text for text in world.told(EntryKind.REMINDED))
