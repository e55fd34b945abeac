"""Merging: an incident goes on in another, and nothing of it is lost."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rungbell.domain.alert import Alert
from rungbell.domain.command.record import Told
from rungbell.domain.communication.audience import Audience
from rungbell.domain.decision import Decision, Outcome, Reply
from rungbell.domain.events import Acknowledged, Escalated, Reason, Resolved, SeveritySet
from rungbell.domain.incident import Incident, Status
from rungbell.domain.lifecycle.events import Merged, Reopened
from rungbell.domain.maintenance import MaintenanceWindow
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.page import PageKind, PageState
from rungbell.domain.policy import Policy, PostmortemRule
from rungbell.domain.postmortem.record import Owed
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from rungbell.rehearsal import MemoryRecords
from rungbell.store.transaction import VersionConflict
from tests.domain.shipped import LABELS, at, default_policy, shipped, with_plan
from tests.domain.world import MONDAY_10, World

WHOLE, PART = "DatabaseSlow", "QueueDeep"


def says(world: World, group: str, severity: str = "P1", *, firing: bool = True, instance: str = "a") -> Decision:
    """An alert of that group begins to fire, or ends."""
    labels = {"alertname": group, "instance": instance, **LABELS[severity]}
    known = {**world.records.standings(world.group)}
    starts = next((one.starts_at for one in known.values() if one.labels == labels), world.now)
    return world.receive(
        Alert(labels=labels, firing=firing, starts_at=world.now if firing else starts, ends_at=world.now),
        alertname=group,
    )


def two(whole: str = "P1", part: str = "P1") -> World:
    """Two incidents, #1 and #2; alice holds the first."""
    world = World(shipped())
    says(world, WHOLE, whole)
    world.happen(Acknowledged(incident="i1", by="alice"))
    at(world, 60)
    says(world, PART, part)
    return world


def merged(whole: str = "P1", part: str = "P1") -> World:
    world = two(whole, part)
    assert merge(world).outcome is Outcome.DONE
    return world


def merge(world: World, part: str = "i2", into: str = "1") -> Reply:
    return world.happen(Merged(incident=part, by="bob", into=into)).reply


def one(world: World, identity: str = "i1") -> Incident:
    return world.records.incidents[identity]


def lines(world: World, identity: str, kind: EntryKind) -> list[str]:
    return [entry.text for entry in world.records.timeline(identity) if entry.kind is kind]


class Overtaken(MemoryRecords):
    """Somebody else resolves the whole between the look at it and the commit, as another replica may."""

    def write(
        self, decision: Decision, policy: Policy | None, about: Incident | None, group_key: str, now: datetime
    ) -> Incident | None:
        if about is not None and about.id == "i2":
            whole = self.incidents["i1"]
            over = whole.changed(status=Status.RESOLVED, resolved_at=now, resolved_by="eli", version=whole.version + 1)
            self.incidents["i1"] = over
        if about is not None and about.version != self.incidents[about.id].version:
            raise VersionConflict(about.id)
        return super().write(decision, policy, about, group_key, now)


@pytest.mark.requirement("A12")
def test_nobody_merges_into_what_somebody_else_has_just_resolved() -> None:
    world = two()
    records = Overtaken()
    vars(records).update(vars(world.records))
    world.records = records
    with pytest.raises(VersionConflict):
        merge(world)


@pytest.mark.requirement("A12")
def test_it_goes_on_in_the_other_whose_timeline_tells_it_and_whose_holder_hears_of_it() -> None:
    world = two()
    reply = merge(world)
    assert (reply.outcome, reply.text) == (Outcome.DONE, "it goes on in #1")
    part = one(world, "i2")
    assert (part.status, part.merged_into, part.resolved_by) == (Status.MERGED, "i1", "bob")
    assert lines(world, "i2", EntryKind.MERGED) == ["goes on in #1, says bob"]
    assert lines(world, "i1", EntryKind.MERGED) == ["#2 goes on here, says bob"]
    told = [sent.page for sent in world.outbox.values() if sent.page.kind is PageKind.NOTIFICATION]
    assert {(page.incident, page.person) for page in told} == {("i1", "alice")}
    rung = [sent for sent in world.outbox.values() if sent.page.incident == "i2"]
    assert {sent.state for sent in rung} == {PageState.WITHDRAWN}, "its own ladder ends"


@pytest.mark.parametrize("into", ["2", "nowhere"])
def test_it_does_not_go_on_in_itself_or_in_nothing(into: str) -> None:
    world = two()
    assert merge(world, into=into).outcome is Outcome.INVALID
    assert one(world, "i2").open


def test_it_goes_on_only_in_one_that_is_open_and_at_least_as_severe() -> None:
    world = two(whole="P2", part="P1")
    reply = merge(world)
    assert reply.outcome is Outcome.INVALID
    assert reply.text == "#1 is only P2: raise it to P1 first, or merge it into this one"
    world.happen(SeveritySet(incident="i1", by="bob", severity=Severity.P1))
    world.happen(Resolved(incident="i1", by="bob", reason="done"))
    assert merge(world).text == "#1 is resolved: an incident goes on only in one that is open"


@pytest.mark.requirement("A27", "A28")
def test_when_it_was_detected_whom_it_told_and_that_it_is_restricted_go_with_it() -> None:
    world = two("P0", "P0")
    early, late = world.now - timedelta(hours=1), world.now
    told = {Audience.CLIENTS: Told(early, late, ("acme", "initech")), Audience.INTERNAL: Told(late, late, ("ops",))}
    part = one(world, "i2")
    world.records.incidents["i2"] = replace(part, detected_at=early, command=replace(part.command, told=told))
    whole = one(world)
    known = {Audience.CLIENTS: Told(late, late, ("acme", "hooli"))}
    world.records.incidents["i1"] = replace(whole, command=replace(whole.command, told=known))
    world.happen(Escalated(incident="i2", by="bob", reason=Reason.SECURITY_BREACH))
    merge(world)
    assert one(world).detected_at == early
    assert one(world).command.told == {
        Audience.CLIENTS: Told(early, late, ("acme", "hooli", "initech")),
        Audience.INTERNAL: told[Audience.INTERNAL],
    }
    assert one(world).command.withheld


@pytest.mark.requirement("A28")
@pytest.mark.parametrize("breach", ["before", "after"])
def test_what_a_restricted_whole_is_called_stands_nowhere_in_its_part(breach: str) -> None:
    world = two("P0", "P0")
    if breach == "before":
        world.happen(Escalated(incident="i1", by="bob", reason=Reason.SECURITY_BREACH))
    merge(world)
    if breach == "after":
        world.happen(Escalated(incident="i1", by="bob", reason=Reason.SECURITY_BREACH))
    assert one(world).command.withheld
    assert not one(world, "i2").command.withheld
    assert not any(WHOLE in entry.text for entry in world.records.timeline("i2"))


@pytest.mark.requirement("A28")
@pytest.mark.parametrize("breach", ["before", "after"])
def test_what_a_restricted_part_is_called_is_told_to_nobody_of_the_whole(breach: str) -> None:
    world = two("P0", "P0")
    if breach == "before":
        world.happen(Escalated(incident="i2", by="bob", reason=Reason.SECURITY_BREACH))
    merge(world)
    if breach == "after":
        world.happen(Reopened(incident="i2", by="bob"))
        world.happen(Escalated(incident="i2", by="bob", reason=Reason.SECURITY_BREACH))
    assert one(world, "i2").command.withheld
    assert not any(PART in entry.text for entry in world.records.timeline("i1"))
    told = [sent.page.about for sent in world.outbox.values() if sent.page.kind is PageKind.NOTIFICATION]
    assert told
    assert not any(PART in about for about in told)


def test_what_it_says_is_remembered_and_counts_for_the_whole() -> None:
    world = merged()
    at(world, 120)
    says(world, PART, instance="b")
    assert one(world, "i2").status is Status.MERGED
    assert one(world).firing == 3
    assert lines(world, "i1", EntryKind.ALERTS) == [f"#2, which was merged into it, fires: {PART}"]
    says(world, WHOLE, firing=False)
    assert one(world).status is Status.ACKNOWLEDGED, "a part of it still fires"
    says(world, PART, firing=False)
    assert one(world).firing == 1
    says(world, PART, firing=False, instance="b")
    assert one(world).status is Status.MONITORING


def test_a_part_that_fires_in_the_stability_window_of_the_whole_wakes_it() -> None:
    world = merged()
    says(world, WHOLE, firing=False)
    says(world, PART, firing=False)
    assert one(world).status is Status.MONITORING
    at(world, 300)
    says(world, PART)
    assert (one(world).status, one(world).monitoring_since) == (Status.ACKNOWLEDGED, None)
    assert f"{PART} of #2" in lines(world, "i1", EntryKind.REFIRED)[0]


def test_what_still_fires_and_joins_the_whole_in_its_window_ends_the_window() -> None:
    world = two()
    world.now += timedelta(seconds=60)
    says(world, WHOLE, firing=False)
    assert one(world).status is Status.MONITORING
    merge(world)
    assert one(world).status is Status.ACKNOWLEDGED


def test_what_fires_anew_and_is_worse_than_the_whole_is_an_incident_of_its_own_again() -> None:
    world = merged(whole="P1", part="P2")
    at(world, 120)
    says(world, PART, "P1", instance="b")
    assert one(world, "i2").status is Status.MERGED, "as bad as the whole, it is remembered"
    says(world, PART, "P0", instance="c")
    part = one(world, "i2")
    assert (part.status, part.cycle, part.severity, part.merged_into) == (Status.TRIGGERED, 2, Severity.P0, None)
    rung = {
        sent.page.tier.value for sent in world.outbox.values() if sent.page.incident == "i2" and sent.page.cycle == 2
    }
    assert rung == {"L1", "L2", "L3"}
    assert "P0 is worse than #1" in lines(world, "i2", EntryKind.REOPENED)[0]
    assert one(world).firing == 1
    assert lines(world, "i1", EntryKind.MERGED)[-1] == "#2 goes on by itself again"


def test_a_person_who_ends_the_whole_ends_the_alerts_of_its_parts_with_it() -> None:
    world = merged()
    started = world.now
    reply = world.happen(Resolved(incident="i1", by="alice")).reply
    assert "2 alerts still fire" in reply.text
    world.happen(Resolved(incident="i1", by="alice", reason="switched off"))
    assert one(world, "i2").firing_count == 0
    assert lines(world, "i2", EntryKind.MERGED)[-1] == "its alerts end with #1"
    labels = {"alertname": PART, "instance": "a", **LABELS["P1"]}
    repeat = Alert(labels=labels, firing=True, starts_at=started)
    assert world.receive(repeat, alertname=PART).empty, "a repeat opens nothing"


@pytest.mark.parametrize(("later", "incidents"), [(3600, 2), (3601, 3)])
def test_once_the_whole_is_over_it_wakes_by_itself_within_the_time_of_a_reopening(later: int, incidents: int) -> None:
    world = merged()
    at(world, 7200)
    world.happen(Resolved(incident="i1", by="alice", reason="switched off"))
    world.now += timedelta(seconds=later)
    says(world, PART, instance="b")
    assert world.incidents == incidents
    assert (one(world, "i2").status is Status.TRIGGERED) == (incidents == 2)


def test_it_is_taken_out_again_by_reopening_it() -> None:
    world = merged()
    assert world.happen(Reopened(incident="i2", by="bob", reason="another cause")).reply.outcome is Outcome.DONE
    assert (one(world, "i2").status, one(world, "i2").merged_into) == (Status.TRIGGERED, None)
    assert one(world).firing == 1


def test_what_was_merged_into_a_part_goes_on_in_the_whole() -> None:
    world = merged()
    says(world, "DiskFull")
    world.happen(Merged(incident="i1", by="bob", into="i3"))
    assert one(world, "i3").firing == 3
    says(world, PART, instance="b")
    assert one(world, "i3").firing == 4
    world.happen(Reopened(incident="i2", by="bob"))
    assert one(world, "i3").firing == 2
    assert lines(world, "i3", EntryKind.MERGED)[-1] == "#2 goes on by itself again"


def test_where_nothing_fires_once_a_part_has_left_the_whole_is_watched() -> None:
    world = merged()
    says(world, WHOLE, firing=False)
    assert one(world).status is Status.ACKNOWLEDGED
    world.happen(Reopened(incident="i2", by="bob"))
    assert one(world).status is Status.MONITORING


@pytest.mark.requirement("A15")
def test_a_whole_that_ends_with_the_last_alert_of_a_part_is_a_repeat_too() -> None:
    rule = PostmortemRule(Owed.OPTIONAL, on_repeat=Owed.RECOMMENDED)
    plan = default_policy().plan(Severity.P3)
    world = World(with_plan("P3", replace(plan, obligations=replace(plan.obligations, postmortem=rule))))
    for firing in (True, False):
        says(world, WHOLE, "P3", firing=firing)
    world.now += timedelta(hours=2)
    says(world, WHOLE, "P3")
    says(world, PART, "P3")
    world.happen(Merged(incident="i3", by="bob", into="i2"))
    says(world, WHOLE, "P3", firing=False)

    says(world, PART, "P3", firing=False)

    ended = one(world, "i2")
    assert ended.status is Status.CLOSED or not ended.open
    assert ended.postmortem is not None
    assert ended.postmortem.owed is Owed.RECOMMENDED


def test_what_is_under_no_maintenance_ends_the_wait_of_the_whole() -> None:
    window = MaintenanceWindow(
        name="move",
        match=parse_matchers([f'alertname="{WHOLE}"']),
        begins=MONDAY_10,
        ends=MONDAY_10 + timedelta(hours=4),
    )
    world = World(replace(shipped(), maintenance=(window,)))
    says(world, WHOLE)
    says(world, PART)
    assert one(world).parked
    merge(world)
    assert not one(world).parked


def nested() -> World:
    """#2 goes on in #1, and #1 in #3; all of them fire."""
    world = merged()
    says(world, "DiskFull")
    assert world.happen(Merged(incident="i1", by="bob", into="i3")).reply.outcome is Outcome.DONE
    assert one(world, "i3").firing == 3
    return world


def test_what_leaves_takes_with_it_what_came_with_it_whose_alerts_count_there_again() -> None:
    world = nested()
    says(world, PART, instance="b")
    assert one(world, "i3").firing == 4

    world.happen(Reopened(incident="i1", by="bob", reason="another cause"))

    assert (one(world).parts, one(world).firing) == ({"i2": 2}, 3)
    assert one(world, "i3").parts == {}
    left = "#1 goes on by itself again, with the 1 that came here with it"
    assert lines(world, "i3", EntryKind.MERGED)[-1] == left
    says(world, PART, instance="c")
    assert (one(world).firing, one(world, "i3").firing) == (4, 1)


def test_the_other_becomes_quiet_once_what_is_left_of_it_is_and_so_does_what_left() -> None:
    world = nested()
    world.happen(Reopened(incident="i1", by="bob", reason="another cause"))
    says(world, "DiskFull", firing=False)
    assert one(world, "i3").status is Status.MONITORING
    says(world, PART, firing=False)
    assert one(world).status is Status.TRIGGERED
    says(world, WHOLE, firing=False)
    assert one(world).status is Status.MONITORING


def test_where_nothing_fires_but_what_leaves_and_what_came_with_it_the_other_is_watched() -> None:
    world = nested()
    says(world, "DiskFull", firing=False)
    says(world, WHOLE, firing=False)
    assert one(world, "i3").status is Status.TRIGGERED
    world.happen(Reopened(incident="i1", by="bob", reason="another cause"))
    assert one(world, "i3").status is Status.MONITORING
    assert (one(world).status, one(world).firing) == (Status.TRIGGERED, 1)


def test_what_fires_anew_and_is_too_bad_for_the_other_leaves_with_what_came_with_it() -> None:
    world = nested()
    says(world, WHOLE, "P0", instance="b")
    assert (one(world).status, one(world).parts) == (Status.TRIGGERED, {"i2": 1})
    assert one(world, "i3").parts == {}


def test_what_left_what_it_came_with_does_not_leave_with_that_once_more() -> None:
    world = nested()
    world.happen(Reopened(incident="i2", by="bob"))
    world.happen(Merged(incident="i2", by="bob", into="i3"))
    world.happen(Reopened(incident="i1", by="bob"))
    assert one(world).parts == {}
    assert one(world, "i3").parts == {"i2": 1}


def test_a_person_who_ends_the_other_ends_the_alerts_of_all_that_goes_on_in_it_once() -> None:
    world = nested()
    world.happen(Resolved(incident="i3", by="alice", reason="switched off"))
    assert [one(world, each).firing for each in ("i1", "i2", "i3")] == [0, 0, 0]
    assert lines(world, "i2", EntryKind.MERGED)[-1:] == ["its alerts end with #3"]
    assert lines(world, "i2", EntryKind.MERGED).count("its alerts end with #1") == 0


def test_what_wakes_by_itself_once_the_whole_is_over_is_no_part_of_it_any_more() -> None:
    world = merged()
    world.happen(Resolved(incident="i1", by="alice", reason="switched off"))
    at(world, 600)
    says(world, PART, instance="b")
    says(world, "DiskFull")
    world.happen(Merged(incident="i2", by="bob", into="i3"))
    world.happen(Reopened(incident="i1", by="bob", reason="not over"))
    world.happen(Merged(incident="i1", by="bob", into="i3"))
    assert one(world, "i3").parts == {"i2": 1, "i1": 0}


def test_a_person_who_ends_the_other_ends_also_what_came_with_a_part_that_fires_no_more() -> None:
    world = nested()
    says(world, WHOLE, firing=False)
    world.happen(Resolved(incident="i3", by="alice", reason="switched off"))
    assert [one(world, each).firing for each in ("i1", "i2", "i3")] == [0, 0, 0]
