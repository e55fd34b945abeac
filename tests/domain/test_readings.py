"""The readings A1 to A45 of requirements 3.9 that the paging rests on, as the rules of 3.11 narrow them."""
# ruff: noqa: N802 -- a test bears the name of its reading

from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.clock import ClockName
from rungbell.domain.decision import Outcome
from rungbell.domain.events import Reason
from rungbell.domain.incident import Status
from rungbell.domain.opening import full_name
from rungbell.domain.page import PageState, Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from tests.domain.shipped import L1, L2, L3, L4, L5, alert, at, default_policy, fire, opened, shipped
from tests.domain.world import MONDAY_10, World

HOUR = 3600


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def held(severity: str, by: str = "alice") -> World:
    world = at(opened(severity), 60)
    assert world.acknowledge(by).outcome is Outcome.DONE
    return world


# -- A1: when engineering is paged for a P0


@pytest.mark.requirement("55")
def test_A1_a_p0_pages_engineering_at_once_together_with_support() -> None:
    assert opened("P0").rang() == [(0, L1), (0, L2), (0, L3)]


@pytest.mark.requirement("10", "40")
def test_A1_fifteen_minutes_is_when_engineering_must_have_acknowledged_else_it_is_rung_again_with_l4() -> None:
    world = at(held("P0"), 899)
    assert world.rang_since(1) == []
    assert at(world, 900).rang_since(1) == [(900, L3), (900, L4)]


def test_A1_engineering_that_acknowledged_in_time_is_not_rung_at_fifteen_minutes() -> None:
    world = at(held("P0"), 899)
    world.acknowledge("dana")
    assert at(world, 3599).rang_since(1) == []


# -- A2: the lists of triggers are OR


@pytest.mark.requirement("54", "59")
def test_A2_a_p1_pages_l2_at_once() -> None:
    assert opened("P1").rang() == [(0, L1), (0, L2)]


@pytest.mark.requirement("10", "55")
def test_A2_a_held_p1_pages_engineering_at_thirty_minutes_not_at_an_hour() -> None:
    assert at(held("P1"), 1799).rang_since(1) == []
    assert at(held("P1"), 1800).rang_since(1) == [(1800, L3)]


@pytest.mark.requirement("54", "10")
def test_A2_a_held_p2_pages_l2_at_thirty_minutes_and_engineering_at_four_hours() -> None:
    assert at(held("P2"), 4 * HOUR).first_rang() == {L1: 0, L2: 1800, L3: 4 * HOUR}


def test_A2_a_tier_that_was_reached_by_one_trigger_is_not_climbed_to_again_by_the_next() -> None:
    world = at(opened("P2"), 1800)
    assert [entry.tier for entry in world.entries if entry.kind is EntryKind.CLIMBED] == [Tier.L2, Tier.L3]
    assert world.state().tiers[Tier.L2].paged_at == world.started + timedelta(seconds=900)


def test_A2_climbs_never_go_down_again() -> None:
    world = opened("P0")
    highest = [Tier.L3]
    for second in range(60, 3 * HOUR, 60):
        now_highest = at(world, second).state().highest_tier
        assert now_highest is not None
        highest.append(now_highest)
    assert highest == sorted(highest)


# -- A3: how far P2 and P3 climb by themselves


def test_A3_a_p2_that_nobody_acknowledges_climbs_to_l2_at_fifteen_minutes_and_does_not_skip_it() -> None:
    assert at(opened("P2"), 900).rang_since(1) == [(900, L1), (900, L2)]


def test_A3_a_p2_that_is_held_pages_l2_at_thirty_minutes() -> None:
    assert at(held("P2"), 1799).rang_since(1) == []
    assert at(held("P2"), 1800).rang_since(1) == [(1800, L2)]


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.requirement("59")
def test_A3_a_p3_never_climbs_past_l1_in_a_fortnight(answered: bool) -> None:
    world = held("P3") if answered else opened("P3")
    assert set(at(world, 14 * 24 * HOUR).first_rang()) == {L1}


# -- A4: the flow's one hour and two hours are P0's


@pytest.mark.requirement("57", "59")
def test_A4_a_p0_unresolved_for_two_hours_in_all_pages_l5_however_l4_answered() -> None:
    world = at(held("P0"), 120)
    world.acknowledge("dana")
    at(world, 3700)
    world.acknowledge("farah")
    at(world, 7199)
    assert L5 not in world.first_rang()
    assert at(world, 7200).first_rang()[L5] == 7200


def test_A4_a_p1_that_engineering_holds_pages_nobody_at_one_hour_and_nobody_at_two() -> None:
    world = at(held("P1"), 1800)
    world.acknowledge("dana")
    assert at(world, 2 * HOUR + 600).rang_since(1801) == []


def test_A4_a_held_p2_never_pages_l4() -> None:
    world = held("P2")
    assert set(at(world, 12 * HOUR).first_rang()) == {L1, L2, L3}


# -- A13: what happens when nobody acknowledges


@pytest.mark.requirement("9")
def test_A13_immediate_means_paged_and_a_p0_has_five_minutes_to_be_acknowledged() -> None:
    plan = default_policy().plan(Severity.P0)
    assert plan.acknowledge_within == timedelta(minutes=5)
    assert plan.acknowledge_within <= default_policy().plan(Severity.P1).acknowledge_within


def test_A13_a_p0_nobody_acknowledges_pages_l4_at_five_minutes_and_l5_at_ten() -> None:
    first = at(opened("P0"), 600).first_rang()
    assert (first[L4], first[L5]) == (300, 600)


def test_A13_a_p0_acknowledged_by_l1_only_pages_l4_at_fifteen_minutes() -> None:
    assert at(held("P0"), 900).first_rang()[L4] == 900


@pytest.mark.parametrize(
    ("severity", "deadline", "rung_again", "climbed_to"),
    [("P0", 300, [L1, L2, L3], L4), ("P1", 300, [L1, L2], L3), ("P2", 900, [L1], L2)],
)
def test_A13_a_lapse_pages_the_lowest_tier_not_yet_paged_and_the_silent_ones_again(
    severity: str, deadline: int, rung_again: list[str], climbed_to: str
) -> None:
    world = at(opened(severity), deadline)
    assert world.rang_since(1) == [(deadline, tier) for tier in [*rung_again, climbed_to]]


@pytest.mark.parametrize(
    ("severity", "cap", "never"), [("P1", L4, {L5}), ("P2", L3, {L4, L5}), ("P3", L1, {L2, L3, L4, L5})]
)
def test_A13_no_clock_passes_the_cap_in_a_week(severity: str, cap: str, never: set[str]) -> None:
    reached = at(opened(severity), 7 * 24 * HOUR).first_rang()
    assert max(reached) == cap
    assert never.isdisjoint(reached)


# -- A18: the name


def test_A18_the_name_is_the_minute_of_detection_in_utc() -> None:
    world = World(shipped(), now=utc("2026-07-01 09:00"))
    fire(world, "P0", since=utc("2026-06-30 23:59:59"))
    assert world.state().name == "INC-20260630-2359"


def test_A18_a_name_once_given_stays_though_an_earlier_alert_joins() -> None:
    world = opened("P1")
    fire(world, "P1", since=MONDAY_10 - timedelta(hours=3), instance="db-1")
    assert world.state().detected_at == MONDAY_10 - timedelta(hours=3)
    assert world.state().name == "INC-20261123-1000"


def test_A18_the_second_and_the_third_of_a_minute_get_a_suffix() -> None:
    names = [full_name("INC-20261123-1000", count) for count in (1, 2, 3)]
    assert names == ["INC-20261123-1000", "INC-20261123-1000-2", "INC-20261123-1000-3"]


# -- A20: what an acknowledgement stops


@pytest.mark.requirement("29")
def test_A20_an_acknowledgement_stops_the_climb_and_the_ringing_of_silent_tiers() -> None:
    world = at(opened("P1"), 299)
    world.acknowledge("alice")
    assert at(world, 1799).rang_since(1) == []


def test_A20_an_acknowledgement_leaves_the_first_page_of_l2_on_its_way() -> None:
    world = opened("P1")
    world.acknowledge("alice")
    assert world.states(L2, Purpose.AT_ONCE) == {PageState.WAITING}


def test_A20_an_acknowledgement_leaves_the_required_engagement_and_the_unresolved_clocks_running() -> None:
    world = held("P0")
    running = {(clock.clock, clock.tier, clock.due - MONDAY_10) for clock in world.paging_deadlines()}
    assert running == {
        (ClockName.ENGAGEMENT, Tier.L3, timedelta(minutes=15)),
        (ClockName.UNRESOLVED, Tier.L4, timedelta(hours=1)),
        (ClockName.UNRESOLVED, Tier.L5, timedelta(hours=2)),
        (ClockName.ACKNOWLEDGEMENT_ENDS, Tier.L1, timedelta(minutes=61)),
    }


# -- A21: a severity that changes


def test_A21_an_upgrade_pages_at_once() -> None:
    world = at(opened("P2"), 600)
    world.set_severity("alice", Severity.P0)
    assert world.rang_since(1) == [(600, L1), (600, L2), (600, L3)]


def test_A21_the_response_times_start_again_with_the_upgrade() -> None:
    world = at(opened("P2"), 600)
    world.set_severity("alice", Severity.P1)
    assert at(world, 899).rang_since(601) == []
    assert at(world, 1200).first_rang() == {L1: 0, L2: 600, L3: 900, L4: 1200}


def test_A21_durations_stay_from_detection() -> None:
    world = World(shipped())
    fire(world, "P2", since=MONDAY_10 - timedelta(hours=5))
    at(world, 600)
    world.set_severity("alice", Severity.P0)
    assert world.state().detected_at == MONDAY_10 - timedelta(hours=5)
    assert world.state().opened_at == MONDAY_10


def test_A21_a_downgrade_takes_back_what_has_not_left_for_tiers_the_lower_severity_does_not_reach() -> None:
    world = at(opened("P0"), 600)
    world.set_severity("chen", Severity.P2, "one client only")
    assert world.states(L5, Purpose.LAPSE) == {PageState.WITHDRAWN}
    assert world.states(L4, Purpose.LAPSE) == {PageState.WITHDRAWN}
    assert world.states(L3, Purpose.AT_ONCE) == {PageState.WAITING}


def test_A21_after_a_downgrade_the_lower_severity_s_response_time_starts() -> None:
    world = at(opened("P1"), 200)
    world.set_severity("chen", Severity.P2, "one client only")
    assert at(world, 1099).rang_since(1) == []
    assert at(world, 1100).rang_since(1) == [(1100, L1), (1100, L2), (1100, L3)]


def test_A21_a_downgrade_ends_the_clocks_that_the_lower_severity_does_not_have() -> None:
    world = held("P0")
    world.set_severity("chen", Severity.P1, "no data is lost")
    assert {clock.clock for clock in world.paging_deadlines()} == {
        ClockName.ENGAGEMENT,
        ClockName.ACKNOWLEDGEMENT_ENDS,
    }


# -- A22: business hours


@pytest.mark.parametrize(
    ("fires", "rings", "answer_is_due"),
    [
        ("2026-11-23 09:00", "2026-11-23 09:00", "2026-11-23 10:00"),
        ("2026-11-23 08:59:59", "2026-11-23 09:00", "2026-11-23 10:00"),
        ("2026-11-23 16:30", "2026-11-23 16:30", "2026-11-24 09:30"),
        ("2026-11-23 17:00", "2026-11-24 09:00", "2026-11-24 10:00"),
        ("2026-11-27 16:30", "2026-11-27 16:30", "2026-11-30 09:30"),
        ("2026-11-28 12:00", "2026-11-30 09:00", "2026-11-30 10:00"),
        ("2026-12-24 16:30", "2026-12-24 16:30", "2026-12-29 09:30"),
        ("2026-12-25 10:00", "2026-12-29 09:00", "2026-12-29 10:00"),
        # Summer time in London: 09:00 there is 08:00 UTC.
        ("2026-07-01 15:30", "2026-07-01 15:30", "2026-07-02 08:30"),
        ("2026-10-23 16:30", "2026-10-26 09:00", "2026-10-26 10:00"),
    ],
)
@pytest.mark.requirement("9")
def test_A22_a_p3_rings_in_business_hours_and_is_due_one_business_hour_later(
    fires: str, rings: str, answer_is_due: str
) -> None:
    world = opened("P3", at=utc(fires))
    world.pass_time(utc(answer_is_due) - timedelta(seconds=1))
    assert [sent.created_at for sent in world.outbox.values()] == [utc(rings)] * 2
    world.pass_time(utc(answer_is_due))
    assert [sent.created_at for sent in world.outbox.values()] == [utc(rings)] * 2 + [utc(answer_is_due)] * 2


# -- A25: the CTO is for P0


def test_A25_l4_and_l5_are_the_same_people_every_week_of_the_year() -> None:
    roster, policy = shipped().roster, default_policy()
    for week in range(53):
        now = MONDAY_10 + timedelta(weeks=week)
        assert [person for person, _ in roster.on_tier(policy.tiers[Tier.L4], now)] == ["farah"]
        assert [person for person, _ in roster.on_tier(policy.tiers[Tier.L5], now)] == ["grace"]


@pytest.mark.parametrize("severity", ["P1", "P2", "P3"])
@pytest.mark.parametrize("reason", [None, *(reason for reason in Reason if reason is not Reason.SECURITY_BREACH)])
@pytest.mark.requirement("53")
def test_A25_l5_refuses_a_page_by_hand_for_anything_but_a_p0(severity: str, reason: Reason | None) -> None:
    world = opened(severity)
    reply = world.escalate("chen", Tier.L5, reason)
    assert reply.outcome is Outcome.REFUSED
    assert L5 not in world.first_rang()


@pytest.mark.parametrize("reason", [Reason.CLIENT_RELATIONSHIP, Reason.PRESS])
def test_A25_for_the_reasons_of_executives_it_asks_to_raise_the_severity_first(reason: Reason) -> None:
    world = opened("P1")
    assert "raise the severity to P0 first" in world.escalate("chen", Tier.L5, reason).text
    world.set_severity("chen", Severity.P0, "a breach")
    assert world.escalate("chen", Tier.L5, reason).outcome is Outcome.DONE
    assert world.first_rang()[L5] == 0


@pytest.mark.parametrize("then", ["the acknowledgement ends", "the window is over"])
def test_A25_a_cto_who_holds_what_has_become_a_p1_is_not_paged_for_it_any_more(then: str) -> None:
    world = at(opened("P0"), 660)
    assert world.acknowledge("grace").outcome is Outcome.DONE
    world.set_severity("chen", Severity.P1, "not that bad")
    if then == "the window is over":
        world.quieten()
    rang = at(world, 660 + 2 * HOUR).rang_since(661)
    assert rang != []
    assert L5 not in {tier for _, tier in rang}


def test_A25_for_other_reasons_it_does_not_speak_of_the_severity() -> None:
    assert "raise the severity" not in opened("P1").escalate("chen", Tier.L5, Reason.CODE_FIX).text


# -- A39: what was missed while Alertmanager or rungbell was down


def test_A39_detection_is_the_earliest_start_but_paging_runs_from_the_receipt() -> None:
    world = World(shipped())
    old = MONDAY_10 - timedelta(days=9)
    world.receive(alert(world, "P0", since=old), alert(world, "P0", instance="b"))
    assert world.state().detected_at == old
    assert at(world, 600).first_rang() == {L1: 0, L2: 0, L3: 0, L4: 300, L5: 600}


def test_A39_a_start_in_the_future_is_not_a_detection_in_the_future() -> None:
    world = World(shipped())
    fire(world, "P2", since=MONDAY_10 + timedelta(hours=1))
    assert world.state().detected_at == MONDAY_10


@pytest.mark.parametrize(("severity", "highest"), [("P0", L5), ("P1", L3), ("P2", L2)])
def test_A39_on_catching_up_only_the_highest_due_tier_is_paged_once_and_the_timeline_says_so(
    severity: str, highest: str
) -> None:
    world = opened(severity)
    world.sleep_until(timedelta(hours=3))
    world.tick()
    world.tick()
    assert world.rang_since(1) == [(3 * HOUR, highest)]
    assert len(world.told(EntryKind.CAUGHT_UP)) == 1


def test_A39_a_clock_served_in_time_says_nothing_of_catching_up() -> None:
    assert at(opened("P1"), 900).told(EntryKind.CAUGHT_UP) == []


# -- A40: from when a tier is "unable to resolve"


def test_A40_l1_s_thirty_minutes_run_from_the_opening_not_from_its_acknowledgement() -> None:
    world = at(opened("P2"), 800)
    world.acknowledge("alice")
    assert at(world, 1799).rang_since(1) == []
    assert at(world, 1800).rang_since(1) == [(1800, L2)]


def test_A40_the_opening_is_when_rungbell_received_it() -> None:
    world = World(shipped())
    fire(world, "P2", since=MONDAY_10 - timedelta(days=2))
    at(world, 60)
    world.acknowledge("alice")
    assert at(world, 1800).first_rang() == {L1: 0, L2: 1800}


def test_A40_for_p1_the_time_of_A2_stands_instead() -> None:
    world = held("P1")
    assert ClockName.UNRESOLVED not in {clock.clock for clock in world.paging_deadlines()}


# -- A42: at the boundary


@pytest.mark.parametrize(
    ("severity", "answered", "boundary", "tier"),
    [
        ("P0", False, 300, L4),
        ("P0", False, 600, L5),
        ("P0", True, 900, L4),
        ("P1", False, 300, L3),
        ("P1", True, 1800, L3),
        ("P2", False, 900, L2),
        ("P2", True, 1800, L2),
        ("P2", True, 14400, L3),
    ],
)
def test_A42_a_clock_fires_at_its_boundary_and_not_a_microsecond_earlier(
    severity: str, answered: bool, boundary: int, tier: str
) -> None:
    world = held(severity) if answered else opened(severity)
    world.pass_time(timedelta(seconds=boundary) - timedelta(microseconds=1))
    assert tier not in world.first_rang()
    world.pass_time(timedelta(seconds=boundary))
    assert world.first_rang()[tier] == boundary


@pytest.mark.parametrize(("boundary", "tier"), [(3600, L4), (7200, L5)])
def test_A42_more_than_an_hour_and_more_than_two_mean_from_the_hour_on(boundary: int, tier: str) -> None:
    world = held("P0")
    world.acknowledge("dana")
    at(world, boundary - 1)
    assert (boundary, tier) not in world.rang()
    assert (boundary, tier) in at(world, boundary).rang()


# -- A45: an acknowledgement ends


@pytest.mark.parametrize(("severity", "ends"), [("P0", 3660), ("P1", 7260), ("P2", 14460), ("P3", 23 * HOUR)])
def test_A45_after_its_time_the_incident_is_nobody_s_and_the_holder_is_paged(severity: str, ends: int) -> None:
    world = at(held(severity), ends - 1)
    assert world.state().holder is not None
    at(world, ends)
    assert world.state().holder is None
    assert world.state().status is Status.TRIGGERED
    assert {page.person for page in world.pages() if page.purpose is Purpose.ACKNOWLEDGEMENT_ENDED} == {"alice"}


@pytest.mark.parametrize(
    ("severity", "ends", "lapses"), [("P0", 3660, 3960), ("P1", 7260, 7560), ("P2", 14460, 15360), ("P3", 82800, 86400)]
)
def test_A45_the_lapse_clock_starts_again_when_it_ends(severity: str, ends: int, lapses: int) -> None:
    world = at(held(severity), lapses - 1)
    before = {second for second, _ in world.rang_since(ends + 1)}
    assert (lapses, L1) in at(world, lapses).rang()
    assert before <= {15300}  # the second engagement of a P2


def test_A45_an_upgrade_ends_it_at_once() -> None:
    world = held("P2")
    at(world, 120)
    world.set_severity("chen", Severity.P1)
    assert world.state().holder is None
    assert world.state().status is Status.TRIGGERED
    assert at(world, 420).rang_since(61) == [(120, L1), (120, L2), (420, L1), (420, L2), (420, L3)]


def test_A45_an_acknowledgement_on_a_friday_lasts_over_the_weekend_for_a_p3() -> None:
    world = opened("P3", at=utc("2026-11-27 15:00"))
    world.acknowledge("bob")
    world.pass_time(utc("2026-11-30 08:59:59"))
    assert world.state().holder is not None
    world.pass_time(utc("2026-11-30 09:00"))
    assert world.state().holder is None
