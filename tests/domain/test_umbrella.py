"""Storms: beyond so many new incidents of a policy the others go on in one, and nothing of them is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.book import Book
from rungbell.domain.decision import Outcome
from rungbell.domain.events import Acknowledged, Declared, Event, Resolved
from rungbell.domain.incident import Incident, Status
from rungbell.domain.lifecycle.events import FalsePositiveFound, Merged, Reopened
from rungbell.domain.lifecycle.umbrella import MOST_PARTS
from rungbell.domain.maintenance import MaintenanceWindow
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.page import PageKind
from rungbell.domain.severity import Severity
from rungbell.domain.storms import Storms, UmbrellaRule
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import LABELS, at, default_policy, shipped, with_policy
from tests.domain.world import MONDAY_10, World

OPENS = 3
MINUTE = timedelta(minutes=1)


def stormy(book: Book | None = None, opens: int = OPENS) -> World:
    """A world in which three incidents of a policy within a minute are a storm."""
    return World(replace(book or shipped(), storms=Storms(UmbrellaRule(opens, MINUTE))))


def says(world: World, group: int, severity: str = "P2", *, firing: bool = True, instance: str = "a") -> None:
    """An alert of that group begins to fire, or ends."""
    labels = {"alertname": f"Disk{group}", "instance": instance, **LABELS[severity]}
    world.receive(Alert(labels, firing, starts_at=world.now, ends_at=world.now), alertname=f"Disk{group}")


def storm(world: World, groups: int, severity: str = "P2") -> World:
    for group in range(1, groups + 1):
        says(world, group, severity)
    return world


def of(world: World, group: int) -> Incident:
    """The newest incident of a group."""
    return [one for one in world.records.incidents.values() if one.group_labels == {"alertname": f"Disk{group}"}][-1]


def umbrellas(world: World) -> list[Incident]:
    return [one for one in world.records.incidents.values() if one.storm is not None]


def umbrella(world: World) -> Incident:
    return umbrellas(world)[-1]


def rung(world: World, incident: Incident) -> list[str]:
    """The tiers that pages of an incident went to."""
    pages = (sent.page for sent in world.outbox.values() if sent.page.incident == incident.id)
    return [page.tier.value for page in pages if page.kind is PageKind.PAGE]


def told(world: World, incident: Incident, kind: EntryKind = EntryKind.MERGED) -> list[str]:
    return [entry.text for entry in world.records.timeline(incident.id) if entry.kind is kind]


def test_without_the_setting_every_incident_rings_by_itself() -> None:
    world = storm(World(shipped()), 30)
    assert (world.incidents, len({page.incident for page in world.pages()})) == (30, 30)


def test_the_first_ring_by_themselves_and_all_further_ones_are_parts_of_one_umbrella_that_rings_for_them() -> None:
    world = storm(stormy(), 9)
    whole = umbrella(world)
    assert [of(world, group).status for group in range(1, 10)] == [Status.TRIGGERED] * 3 + [Status.MERGED] * 6
    assert {of(world, group).merged_into for group in range(4, 10)} == {whole.id}
    assert (len(umbrellas(world)), whole.status, whole.firing, len(whole.parts)) == (1, Status.TRIGGERED, 6, 6)
    assert {page.incident for page in world.pages()} == {*(of(world, group).id for group in (1, 2, 3)), whole.id}
    assert rung(world, whole) == rung(world, of(world, 1))
    assert (whole.severity, whole.policy_name, whole.policy) == (Severity.P2, "default", of(world, 1).policy)


def test_the_timelines_of_both_tell_it_and_the_title_counts_and_names_the_newest() -> None:
    world = stormy()
    storm(world, 4)
    assert umbrella(world).title == "Storm: 4 incidents of policy default in 1m; newest: Disk4"
    world.now += timedelta(seconds=50)
    for group in (5, 6):
        says(world, group)
    assert umbrella(world).title == "Storm: 6 incidents of policy default in 1m; newest: Disk6"
    number = umbrella(world).number
    assert told(world, of(world, 6)) == [f"a storm: it pages nobody by itself and goes on in #{number}"]
    assert told(world, umbrella(world)) == [
        f"#{of(world, group).number} (P2) goes on here: Disk{group}" for group in (4, 5, 6)
    ]
    assert told(world, umbrella(world), EntryKind.OPENED) == [
        "P2, policy default: 3 incidents within 1m are a storm; new ones go on here"
    ]
    assert told(world, of(world, 6), EntryKind.OPENED), "it was opened as every incident is"


def test_a_p0_is_never_a_part_and_rings_at_once() -> None:
    world = storm(stormy(), 6)
    says(world, 7, "P0")
    assert (of(world, 7).status, of(world, 7).merged_into) == (Status.TRIGGERED, None)
    assert set(rung(world, of(world, 7))) == {"L1", "L2", "L3"}
    assert len(umbrella(world).parts) == 3


def test_a_part_that_is_worse_raises_the_umbrella_which_rings_as_after_every_upgrade() -> None:
    world = storm(stormy(), 5)
    world.happen(Acknowledged(incident=umbrella(world).id, by="alice"))
    says(world, 6, "P1")
    whole = umbrella(world)
    assert (of(world, 6).status, whole.severity, whole.status, whole.holder) == (
        Status.MERGED,
        Severity.P1,
        Status.TRIGGERED,
        None,
    )
    assert whole.name is not None
    assert set(rung(world, whole)) == {"L1", "L2"}


def test_a_part_that_becomes_worse_raises_the_umbrella_too_but_one_that_becomes_p0_leaves_it() -> None:
    world = storm(stormy(), 5)
    says(world, 4, "P1", instance="b")
    assert (umbrella(world).severity, of(world, 4).status) == (Severity.P1, Status.MERGED)
    assert of(world, 4).severity is Severity.P1
    says(world, 5, "P0", instance="b")
    part = of(world, 5)
    assert (part.status, part.cycle, part.severity, part.merged_into) == (Status.TRIGGERED, 2, Severity.P0, None)
    assert list(umbrella(world).parts) == [of(world, 4).id]


def test_as_long_as_the_storm_goes_on_new_ones_join_and_once_it_is_quiet_they_ring_by_themselves_again() -> None:
    world = storm(stormy(), 4)
    for group in range(5, 15):
        world.now += timedelta(seconds=19)
        says(world, group)
        assert of(world, group).status is Status.MERGED
    world.now += timedelta(seconds=30)
    says(world, 15)
    assert of(world, 15).status is Status.TRIGGERED, "two within the minute before it"
    assert len(umbrella(world).parts) == 11


def test_a_new_storm_goes_on_in_the_umbrella_that_is_still_open_and_else_in_a_new_one() -> None:
    world = storm(stormy(), 5)
    world.now += timedelta(minutes=10)
    for group in range(11, 16):
        says(world, group)
    assert (len(umbrellas(world)), len(umbrella(world).parts)) == (1, 4)
    world.happen(Resolved(incident=umbrella(world).id, by="alice", reason="one cause, mended"))
    world.now += timedelta(minutes=10)
    for group in range(21, 26):
        says(world, group)
    assert (len(umbrellas(world)), len(umbrella(world).parts)) == (2, 2)


def test_each_policy_has_storms_of_its_own() -> None:
    book = with_policy(default_policy())
    other = replace(default_policy(), name="other", hash="other")
    route = replace(book.routes[0], policy=other, match=parse_matchers(['instance="b"']))
    world = stormy(replace(book, routes=(route, *book.routes)))
    for group in range(1, 4):
        says(world, group)
        says(world, group + 10, instance="b")
    assert not umbrellas(world)
    says(world, 14, instance="b")
    assert [one.policy_name for one in umbrellas(world)] == ["other"]


def test_no_alert_of_a_part_is_lost_and_the_end_of_all_of_them_ends_the_umbrella() -> None:
    world = storm(stormy(), 6)
    says(world, 5, instance="b")
    assert (umbrella(world).firing, of(world, 5).firing_count) == (4, 2)
    for group, instance in ((4, "a"), (5, "a"), (5, "b")):
        says(world, group, firing=False, instance=instance)
    assert umbrella(world).status is Status.TRIGGERED
    says(world, 6, firing=False)
    assert (umbrella(world).status, umbrella(world).firing) == (Status.MONITORING, 0)
    world.now += timedelta(seconds=10)
    says(world, 4)
    assert (umbrella(world).status, umbrella(world).firing) == (Status.TRIGGERED, 1), "a re-fire wakes it"


def test_what_begins_in_the_stability_window_of_the_umbrella_ends_the_window() -> None:
    world = storm(stormy(), 4)
    says(world, 4, firing=False)
    assert umbrella(world).status is Status.MONITORING
    says(world, 5)
    assert (umbrella(world).status, umbrella(world).monitoring_since) == (Status.TRIGGERED, None)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda whole: Resolved(incident=whole, by="alice", reason="mended"), Status.RESOLVED),
        (lambda whole: FalsePositiveFound(incident=whole, by="alice", reason="a test"), Status.FALSE_POSITIVE),
    ],
)
def test_whoever_ends_the_umbrella_ends_the_alerts_of_its_parts(end: object, status: Status) -> None:
    assert callable(end)
    world = storm(stormy(), 6)
    world.happen(end(umbrella(world).id))
    assert umbrella(world).status is status
    assert [of(world, group).firing_count for group in (4, 5, 6)] == [0, 0, 0]


def test_parts_that_all_come_back_after_the_end_are_a_storm_again_and_none_rings_by_itself() -> None:
    world = storm(stormy(), 8)
    world.happen(Resolved(incident=umbrella(world).id, by="alice", reason="mended"))
    at(world, 600)
    known = len(world.pages())
    for group in range(4, 9):
        says(world, group)
    whole = umbrella(world)
    assert [of(world, group).status for group in range(4, 9)] == [Status.TRIGGERED] * 3 + [Status.MERGED] * 2
    assert (len(umbrellas(world)), of(world, 8).cycle, of(world, 8).merged_into) == (2, 2, whole.id)
    assert len({page.incident for page in world.pages()[known:]}) == 4


def test_in_whatever_status_the_umbrella_stands_a_new_part_has_somebody_who_hears_of_it() -> None:
    world = storm(stormy(), 4)
    first = umbrella(world).id
    world.happen(Acknowledged(incident=first, by="alice"))
    says(world, 5)
    assert umbrella(world).status is Status.ACKNOWLEDGED
    news = [sent.page for sent in world.outbox.values() if sent.page.kind is PageKind.NOTIFICATION]
    assert {(page.person, page.incident) for page in news} == {("alice", first)}
    says(world, 6)
    assert len(news) == len([one for one in world.outbox.values() if one.page.kind is PageKind.NOTIFICATION])
    says(world, 7)
    assert len(news) < len([one for one in world.outbox.values() if one.page.kind is PageKind.NOTIFICATION])
    world.happen(Declared(incident=first, by="alice"))
    says(world, 8)
    assert of(world, 8).merged_into == first
    world.happen(Merged(incident=first, by="alice", into=of(world, 1).id))
    says(world, 9, "P1")
    assert of(world, 9).merged_into == of(world, 1).id, "it goes on where the umbrella does"
    assert of(world, 1).severity is Severity.P1
    assert of(world, 1).firing == 7


def test_what_is_under_maintenance_opens_by_itself_and_waits() -> None:
    window = MaintenanceWindow(
        name="move",
        match=parse_matchers(['alertname="Disk5"']),
        begins=MONDAY_10,
        ends=MONDAY_10 + timedelta(hours=4),
    )
    world = storm(stormy(replace(shipped(), maintenance=(window,))), 6)
    assert (of(world, 5).status, of(world, 5).parked) == (Status.TRIGGERED, True)
    assert of(world, 6).status is Status.MERGED


def test_a_part_can_be_taken_out_by_reopening_it() -> None:
    world = storm(stormy(), 4)
    part = of(world, 4)
    assert world.happen(Reopened(incident=part.id, by="bob", reason="another cause")).reply.outcome is Outcome.DONE
    assert of(world, 4).status is Status.TRIGGERED
    assert umbrella(world).status is Status.MONITORING, "nothing else fires in it"


def test_a_reload_changes_from_when_on_it_is_a_storm_and_takes_nothing_out_of_an_umbrella() -> None:
    world = storm(stormy(), 5)
    world.book = replace(world.book, storms=Storms())
    says(world, 6)
    assert of(world, 6).status is Status.TRIGGERED
    assert of(world, 5).status is Status.MERGED
    says(world, 5, firing=False)
    says(world, 4, firing=False)
    assert umbrella(world).status is Status.MONITORING


def test_what_wakes_under_a_policy_that_a_reload_took_away_rings_by_itself_and_is_lost_in_no_umbrella() -> None:
    world = storm(stormy(), 2)
    world.happen(Resolved(incident=of(world, 2).id, by="alice", reason="mended"))
    says(world, 3)
    other = replace(default_policy(), hash="another")
    world.book = replace(world.book, operator=None, routes=(replace(world.book.routes[0], policy=other),))
    world.now += timedelta(seconds=10)
    says(world, 2)
    assert (of(world, 2).status, of(world, 2).cycle, umbrellas(world)) == (Status.TRIGGERED, 2, [])


def test_a_storm_of_thousands_has_umbrellas_of_a_size_that_can_be_written() -> None:
    world = storm(stormy(), OPENS + MOST_PARTS + 2)
    assert [len(one.parts) for one in umbrellas(world)] == [MOST_PARTS, 2]
    assert umbrellas(world)[1].title.startswith("Storm: 5 incidents of policy default")


# -- whatever happens, in whatever order


def must_hold(world: World) -> None:
    """No alert is lost, nothing that is open is forgotten, and a P0 rings by itself."""
    records = world.records
    for one in records.incidents.values():
        firing = sum(alert.firing for alert in records.standings(one.key).values())
        if one.open and one.storm is None:
            assert firing == one.firing_count, one.title
        if one.status is Status.MERGED and firing and records.latest_incident(one.key) == one:
            whole = root(world, one)
            assert whole.open, "what fires goes on in something that is open"
            assert whole.parts[one.id] == firing, "and counts there"
        if one.open:
            assert one.id in records.wake
            assert one.status is not Status.MONITORING or one.firing == 0, one.title
            speaking = {part for part, alerts in one.parts.items() if alerts}
            assert speaking <= {part.id for part in records.incidents.values() if root(world, part) == one}, one.title
        if one.storm is not None and one.open:
            parts = [records.incidents[part] for part in one.parts if part in records.incidents]
            merged = [part for part in parts if part.status is Status.MERGED]
            assert all(not part.severity.worse_than(one.severity) for part in merged)
            assert all(part.severity is not Severity.P0 for part in merged)


def root(world: World, incident: Incident) -> Incident:
    """What an incident goes on in, at the end of all merges."""
    while incident.status is Status.MERGED:
        incident = world.records.incidents[incident.merged_into or ""]
    return incident


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_happens_in_a_storm_no_alert_is_lost_and_what_is_open_wakes(data: st.DataObject) -> None:
    world = stormy(opens=2)
    for _ in range(data.draw(st.integers(5, 40))):
        match data.draw(st.sampled_from(["fire", "fire", "fire", "quiet", "time", "act", "act", "act"])):
            case "fire":
                severity = data.draw(st.sampled_from(["P2", "P2", "P3", "P1", "P0"]))
                says(world, data.draw(st.integers(1, 8)), severity, instance=data.draw(st.sampled_from("ab")))
            case "quiet":
                quieten(world, data.draw(st.integers(1, 8)))
            case "time":
                world.now += timedelta(seconds=data.draw(st.sampled_from([1, 30, 90, 1_000, 4_000])))
            case _ if world.incidents:
                act(world, data)
        must_hold(world)


def quieten(world: World, group: int) -> None:
    """Every alert of a group that fires ends."""
    key = AlertGroup("am", "rungbell", {"alertname": f"Disk{group}"}, ()).key
    known = [alert for alert in world.records.standings(key).values() if alert.firing]
    if known:
        ended = [Alert(one.labels, firing=False, starts_at=one.starts_at, ends_at=world.now) for one in known]
        world.receive(*ended, alertname=f"Disk{group}")


def act(world: World, data: st.DataObject) -> None:
    """Somebody does something with an incident; often with an umbrella, or with what was merged and has parts."""
    every = world.records.incidents
    into = {one.merged_into for one in every.values()}
    between = [one.id for one in every.values() if one.status is Status.MERGED and one.id in into]
    any_of = data.draw(st.sampled_from([[one.id for one in umbrellas(world)], between, list(every)])) or list(every)
    whose = data.draw(st.sampled_from(any_of))
    possible: list[Event] = [
        Acknowledged(incident=whose, by="alice"),
        Resolved(incident=whose, by="alice", reason="mended"),
        Reopened(incident=whose, by="bob", reason="not over"),
        FalsePositiveFound(incident=whose, by="bob", reason="a test"),
    ]
    where = data.draw(st.sampled_from([one.id for one in every.values() if one.open] or list(every)))
    possible.append(Merged(incident=whose, by="bob", into=where))
    world.happen(data.draw(st.sampled_from(possible)))
