"""Maintenance windows: paging is held until they end, never dropped, and only for what they are about."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.alert import KnownAlert
from rungbell.domain.book import Book
from rungbell.domain.clock import ClockName
from rungbell.domain.clocks import deadlines
from rungbell.domain.decision import Outcome
from rungbell.domain.events import Declared
from rungbell.domain.hours import WeeklyHours
from rungbell.domain.incident import Status
from rungbell.domain.maintenance import Hold, MaintenanceWindow, held
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import L1, L2, L3, L4, alert, at, fire, shipped
from tests.domain.world import World

SUNDAY_2 = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
"""When the window opens; in London's winter."""
HOUR = 3600
FOUR_HOURS = 4 * HOUR
MOMENT = timedelta(microseconds=1)
PATCH_NIGHT = MaintenanceWindow(
    name="patch night",
    match=parse_matchers(['cluster="a"']),
    hours=WeeklyHours("Europe/London", frozenset({6}), time(2), time(6)),
)
MOVE = MaintenanceWindow(
    name="move",
    match=parse_matchers(['cluster="a"']),
    begins=SUNDAY_2 + timedelta(hours=2),
    ends=SUNDAY_2 + timedelta(hours=6),
)


def maintained(*windows: MaintenanceWindow) -> Book:
    return replace(shipped(), maintenance=windows or (PATCH_NIGHT,))


def world(severity: str = "P1", book: Book | None = None, *, now: datetime = SUNDAY_2, cluster: str = "a") -> World:
    """An alert of cluster a begins to fire, by default when the window opens."""
    found = World(book or maintained(), now=now)
    fire(found, severity, cluster=cluster)
    return found


def join(here: World, severity: str, *, cluster: str) -> None:
    here.receive(alert(here, severity, instance="other", cluster=cluster))


def clocks(here: World) -> list[tuple[ClockName, int]]:
    assert here.policy is not None
    return [
        (deadline.clock, int((deadline.due - here.started).total_seconds()))
        for deadline in deadlines(here.state(), here.policy)
    ]


# -- what is held, and until when


def test_a_message_of_which_the_sender_cut_something_off_is_not_held() -> None:
    here = World(maintained(), now=SUNDAY_2)
    here.receive(alert(here, "P1", cluster="a"), truncated=50)
    assert not here.state().parked
    assert here.rang_since(0) == [(0, L1), (0, L2)]


def test_an_incident_opens_as_usual_and_is_paged_when_the_window_ends() -> None:
    here = world()
    assert here.state().status is Status.TRIGGERED
    assert clocks(here) == [(ClockName.MAINTENANCE, FOUR_HOURS)]
    assert at(here, FOUR_HOURS - 1).rang() == []
    assert at(here, FOUR_HOURS).rang() == [(FOUR_HOURS, L1), (FOUR_HOURS, L2)]
    assert here.told(EntryKind.MAINTENANCE) == [
        "maintenance (patch night): paging is held until 2026-11-29 06:00 UTC",
        "paging is held no longer: the maintenance is over",
    ]


def test_every_clock_runs_from_the_end_of_the_window() -> None:
    held_back = at(world("P2"), FOUR_HOURS + 5 * HOUR).rang()
    as_ever = at(World(shipped(), now=SUNDAY_2 + timedelta(hours=4)), 0)
    fire(as_ever, "P2", cluster="a")
    assert [(second - FOUR_HOURS, tier) for second, tier in held_back] == at(as_ever, 5 * HOUR).rang()


def test_what_has_resolved_by_then_wakes_nobody_and_nobody_is_asked_to_resolve_it() -> None:
    here = at(world("P1"), HOUR)
    here.quieten()
    at(here, 10 * HOUR)
    assert (here.rang(), here.state().status, here.state().resolved_by) == ([], Status.RESOLVED, "window")


def test_what_resolves_just_before_the_window_ends_and_is_stable_after_it_wakes_nobody() -> None:
    here = at(world("P1"), FOUR_HOURS - 60)
    here.quieten()
    at(here, 10 * HOUR)
    assert (here.rang(), here.state().status) == ([], Status.RESOLVED)


@pytest.mark.parametrize(
    ("severity", "cluster", "now"),
    [
        ("P1", "b", SUNDAY_2),  # it is about another cluster
        ("P0", "a", SUNDAY_2),  # P0 is never held unless the window says so
        ("P1", "a", SUNDAY_2 - MOMENT),
        ("P1", "a", SUNDAY_2 + timedelta(hours=4)),
        ("P1", "a", SUNDAY_2 + timedelta(days=1)),
    ],
)
def test_whatever_the_window_is_not_about_pages_as_always(severity: str, cluster: str, now: datetime) -> None:
    assert world(severity, now=now, cluster=cluster).rang()[0] == (0, L1)


def test_a_window_that_names_p0_holds_it_too() -> None:
    window = replace(PATCH_NIGHT, only=frozenset({Severity.P0}))
    assert world("P0", maintained(window)).rang() == []
    assert world("P1", maintained(window)).rang() != []


def test_the_labels_of_the_group_count_too() -> None:
    here = World(maintained(), now=SUNDAY_2)
    here.receive(alert(here, "P1"), cluster="a")
    assert here.state().parked


def test_rungbells_own_troubles_are_never_held() -> None:
    everything = replace(PATCH_NIGHT, match=())
    here = World(maintained(everything), now=SUNDAY_2)
    here.receive(alert(here, "P1"), source="rungbell")
    assert here.rang() != []


# -- what joins


def test_a_message_of_which_one_alert_is_not_held_pages_at_once() -> None:
    here = World(maintained(), now=SUNDAY_2)
    here.receive(alert(here, "P1", cluster="a"), alert(here, "P2", cluster="b"))
    assert here.rang() == [(0, L1), (0, L2)]
    assert here.told(EntryKind.MAINTENANCE) == []


def test_an_alert_that_is_not_held_ends_the_wait_of_its_incident() -> None:
    here = at(world("P2"), HOUR)
    join(here, "P2", cluster="b")
    assert here.rang() == [(HOUR, L1)]
    assert here.told(EntryKind.MAINTENANCE)[-1] == "paging is held no longer: not all that fires is under maintenance"
    assert at(here, HOUR + 900).rang_since(HOUR + 1) == [(HOUR + 900, L1), (HOUR + 900, L2)]


def test_an_alert_that_is_not_held_and_worse_pages_for_what_it_is() -> None:
    here = at(world("P2"), HOUR)
    join(here, "P0", cluster="b")
    assert here.rang() == [(HOUR, L1), (HOUR, L2), (HOUR, L3)]


def test_an_alert_that_is_held_raises_the_severity_in_silence() -> None:
    here = at(world("P2"), HOUR)
    join(here, "P1", cluster="a")
    assert (here.state().severity, at(here, FOUR_HOURS - 1).rang()) == (Severity.P1, [])
    assert at(here, FOUR_HOURS).rang() == [(FOUR_HOURS, L1), (FOUR_HOURS, L2)]
    assert at(here, FOUR_HOURS + 300).first_rang()[L3] == FOUR_HOURS + 300


def test_a_held_incident_that_becomes_p0_pages_at_once() -> None:
    here = at(world("P2"), HOUR)
    join(here, "P0", cluster="a")
    assert here.rang() == [(HOUR, L1), (HOUR, L2), (HOUR, L3)]


def test_an_alert_that_is_held_for_less_shortens_the_wait() -> None:
    shorter = MaintenanceWindow(
        name="short",
        match=parse_matchers(['cluster="b"']),
        begins=SUNDAY_2,
        ends=SUNDAY_2 + timedelta(hours=2),
    )
    here = at(world("P2", maintained(PATCH_NIGHT, shorter)), HOUR)
    join(here, "P2", cluster="b")
    assert at(here, 3 * HOUR).first_rang() == {L1: 2 * HOUR, L2: 2 * HOUR + 900, L3: 2 * HOUR + 1800}


def test_an_incident_that_pages_already_is_not_held() -> None:
    here = at(world("P2", now=SUNDAY_2 - timedelta(minutes=10)), 20 * 60)
    join(here, "P1", cluster="a")
    assert (20 * 60, L2) in here.rang()


# -- what comes back


def test_what_fires_again_in_the_window_is_held_and_after_it_pages_at_once() -> None:
    here = at(world("P1"), HOUR)
    here.quieten()
    fire(at(here, HOUR + 60), "P1", cluster="a")
    assert clocks(here) == [(ClockName.MAINTENANCE, FOUR_HOURS)]
    here.quieten()
    fire(at(here, FOUR_HOURS + 60), "P1", cluster="a")
    assert here.rang() == [(FOUR_HOURS + 60, L1), (FOUR_HOURS + 60, L2)]


def test_what_was_paged_before_and_fires_again_in_the_window_is_rung_again_at_its_end() -> None:
    here = at(world("P1", now=SUNDAY_2 - timedelta(minutes=10)), 5 * 60)
    assert here.rang() != []
    here.quieten()
    fire(at(here, 15 * 60), "P1", cluster="a")
    over = FOUR_HOURS + 600
    assert at(here, over - 1).rang_since(301) == []
    assert at(here, over).rang_since(301) == [(over, L1), (over, L2)]
    assert at(here, over + 300).rang_since(over + 1)[-1] == (over + 300, L4)


def test_who_holds_what_resolves_in_the_window_is_asked_to_resolve_it_after_the_window() -> None:
    here = at(world("P1"), HOUR)
    assert here.acknowledge("alice").outcome is Outcome.DONE
    here.quieten()
    assert at(here, FOUR_HOURS - 1).rang() == []
    assert at(here, FOUR_HOURS).rang() == [(FOUR_HOURS, L1)]


def test_the_next_cycle_of_an_incident_is_held_as_its_first() -> None:
    here = world("P2", now=SUNDAY_2 - timedelta(minutes=30))
    here.acknowledge("alice")
    here.quieten()
    at(here, 20 * 60)
    assert here.state().status is Status.RESOLVED
    fire(at(here, 40 * 60), "P2", cluster="a")
    assert (here.state().cycle, here.state().parked) == (2, True)
    assert at(here, FOUR_HOURS + 1800).rang_since(40 * 60) == [(FOUR_HOURS + 1800, L1)]


# -- what people do


def test_who_acknowledges_a_held_incident_is_asked_again_when_the_window_ends() -> None:
    here = at(world("P1"), 60)
    assert here.acknowledge("alice").text == "alice holds the incident until 04:01 UTC"
    assert at(here, FOUR_HOURS - 1).rang() == []
    assert at(here, FOUR_HOURS).rang() == [(FOUR_HOURS, L1), (FOUR_HOURS, L2)]


def test_who_still_holds_an_incident_when_the_window_ends_is_not_rung() -> None:
    here = at(world("P1"), 3 * HOUR)
    here.acknowledge("alice")
    assert at(here, FOUR_HOURS + 60).rang() == []


def test_who_gives_a_held_incident_back_is_told_that_it_waits() -> None:
    here = at(world("P1"), 60)
    here.acknowledge("alice")
    told = here.unacknowledge("alice").text
    assert told == "nobody holds the incident; paging waits for the end of the maintenance"
    assert at(here, FOUR_HOURS).rang() == [(FOUR_HOURS, L1), (FOUR_HOURS, L2)]


def test_who_escalates_ends_the_wait() -> None:
    here = at(world("P1"), HOUR)
    assert here.escalate("alice", Tier.L3).text == "L3 is being paged"
    assert at(here, HOUR + 1).rang() == [(HOUR, L1), (HOUR, L2), (HOUR, L3)]


def test_who_raises_the_severity_ends_the_wait_and_who_lowers_it_does_not() -> None:
    here = at(world("P2"), HOUR)
    here.set_severity("alice", Severity.P3, "a test")
    assert clocks(here) == [(ClockName.MAINTENANCE, FOUR_HOURS)]
    here.set_severity("alice", Severity.P1)
    assert here.rang() == [(HOUR, L1), (HOUR, L2)]


def test_a_reload_changes_nothing_of_an_incident_that_waits() -> None:
    here = at(world("P1"), HOUR)
    here.book = shipped()
    assert at(here, FOUR_HOURS).rang() == [(FOUR_HOURS, L1), (FOUR_HOURS, L2)]


def test_nobody_is_reminded_of_what_is_owed_before_the_window_ends() -> None:
    here = at(world("P1"), HOUR)
    here.acknowledge("alice")
    here.quieten()
    assert not at(here, FOUR_HOURS - 1).outbox
    assert here.told(EntryKind.OVERDUE) == []


def test_rungbell_that_comes_late_to_the_end_of_a_window_begins_the_ladder_then() -> None:
    here = world("P1")
    here.sleep_until(timedelta(seconds=FOUR_HOURS + 3 * HOUR))
    here.tick()
    assert here.rang() == [(FOUR_HOURS + 3 * HOUR, L1), (FOUR_HOURS + 3 * HOUR, L2)]
    assert at(here, FOUR_HOURS + 3 * HOUR + 299).rang() == here.rang()


def happen(here: World, what: str) -> None:
    if what.startswith("P"):
        fire(here, what, cluster="a", instance=what)
    elif what == "resolve":
        here.quieten()
    elif here.state().open and what == "acknowledge":
        here.acknowledge("alice")
    elif here.state().open and what == "give back":
        here.unacknowledge("alice")
    elif here.state().open and what == "lower":
        here.set_severity("alice", Severity.P3, "not so bad")


@given(
    st.lists(
        st.tuples(
            st.integers(1, 90), st.sampled_from(["P1", "P2", "P3", "resolve", "acknowledge", "give back", "lower"])
        ),
        max_size=12,
    )
)
def test_whatever_happens_to_what_is_held_nobody_is_rung_before_the_window_ends(acts: list[tuple[int, str]]) -> None:
    here, minutes = world("P2"), 0
    for after, what in acts:
        minutes += after
        if minutes < 240:
            happen(at(here, minutes * 60), what)
    assert not at(here, FOUR_HOURS - 1).outbox, "not even told"
    quiet = here.state().quiet_until  # what fired again lately has its quiet time first (rule 7)
    waits = here.state().parked and here.state().holder is None and here.state().severity is not Severity.P3
    waits = waits and (quiet is None or quiet <= here.started + timedelta(seconds=FOUR_HOURS))
    assert (FOUR_HOURS in {second for second, _ in at(here, FOUR_HOURS).rang()}) or not waits


# -- when a window is


def test_hours_of_the_week_that_join_are_one_window() -> None:
    weekend = replace(PATCH_NIGHT, hours=WeeklyHours("Europe/London", frozenset({5, 6})))
    saturday = datetime(2026, 11, 28, tzinfo=UTC)
    assert weekend.until(saturday + timedelta(hours=3)) == saturday + timedelta(days=2)
    assert weekend.until(saturday - MOMENT) is None
    assert weekend.until(saturday + timedelta(days=2)) is None


def test_a_window_may_be_from_one_moment_to_another() -> None:
    assert MOVE.begins is not None
    assert MOVE.ends is not None
    assert [MOVE.until(now) for now in (MOVE.begins - MOMENT, MOVE.begins, MOVE.ends - MOMENT, MOVE.ends)] == [
        None,
        MOVE.ends,
        MOVE.ends,
        None,
    ]


def test_hours_of_the_week_may_be_bounded() -> None:
    window = replace(
        PATCH_NIGHT,
        hours=WeeklyHours("UTC", frozenset(range(7)), time(2), time(6)),
        begins=SUNDAY_2 + timedelta(hours=1),
        ends=SUNDAY_2 + timedelta(days=1, hours=1),
    )
    hours = [window.until(SUNDAY_2 + timedelta(hours=after)) for after in (0, 1, 3, 4, 24, 25)]
    assert hours == [None, SUNDAY_2 + timedelta(hours=4), SUNDAY_2 + timedelta(hours=4), None, window.ends, None]


def test_where_one_window_covers_the_end_of_another_paging_waits_for_both() -> None:
    here = world("P2", maintained(MOVE, PATCH_NIGHT))
    assert here.state().maintenance_until == MOVE.ends
    assert here.told(EntryKind.MAINTENANCE) == [
        "maintenance (patch night, move): paging is held until 2026-11-29 08:00 UTC"
    ]


def test_windows_that_take_turns_do_not_hold_for_ever() -> None:
    days = replace(PATCH_NIGHT, name="days", hours=WeeklyHours("UTC", opens=time(6), closes=time(18)))
    nights = replace(PATCH_NIGHT, name="nights", hours=WeeklyHours("UTC", opens=time(18), closes=time(6)))
    found = held((days, nights), [known("P2")], {}, SUNDAY_2)
    assert found == Hold(SUNDAY_2 + timedelta(hours=16), ("nights", "days"))


def known(severity: str) -> KnownAlert:
    return KnownAlert(
        firing=True,
        starts_at=SUNDAY_2,
        key="k",
        ends_at=None,
        severity=Severity(severity),
        labels={"cluster": "a"},
        annotations={},
    )


def test_every_moment_of_a_window_is_held_until_the_same_end() -> None:
    moments = [SUNDAY_2 + timedelta(minutes=minutes) for minutes in range(-5, 245)]
    ends = [PATCH_NIGHT.until(now) for now in moments]
    changes = [(now, end) for now, (before, end) in zip(moments[1:], pairwise(ends), strict=True) if before != end]
    assert changes == [(SUNDAY_2, SUNDAY_2 + timedelta(hours=4)), (SUNDAY_2 + timedelta(hours=4), None)]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hours": None}, "maintenance 'patch night' never ends: give it an end, or hours of the week"),
        (
            {"hours": WeeklyHours("UTC")},
            "maintenance 'patch night' never ends: give it an end, or hours of the week",
        ),
        ({"begins": SUNDAY_2, "ends": SUNDAY_2}, "maintenance 'patch night' ends before it begins"),
    ],
)
def test_windows_that_cannot_be_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{message}$"):
        replace(PATCH_NIGHT, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("severity", [None, Severity.P0])
def test_who_declares_a_held_incident_ends_the_wait(severity: Severity | None) -> None:
    here = at(world(), 60)
    here.happen(Declared(incident=here.id, by="chen", severity=severity))
    at(here, 60)
    assert not here.state().parked
    assert here.rang()[:2] == [(60, L1), (60, L2)]
