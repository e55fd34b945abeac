"""The twenty rules of requirements 3.11, each in every part of its sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from rungbell.domain.alert import AlertGroup
from rungbell.domain.book import Book
from rungbell.domain.decide import decide
from rungbell.domain.decision import Decision, Outcome, Situation
from rungbell.domain.events import (
    Acknowledged,
    AlertsReceived,
    FailureReason,
    PageFailed,
    Trouble,
    TroubleKind,
    Unacknowledged,
)
from rungbell.domain.incident import Status
from rungbell.domain.page import PageKind, PageState, Purpose
from rungbell.domain.policy import Resolves, Through, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
from rungbell.domain.trouble import own_sightings, says_something, trouble_group
from tests.domain.shipped import (
    L1,
    L2,
    L3,
    L4,
    L5,
    alert,
    at,
    default_policy,
    fire,
    opened,
    shipped,
    with_plan,
    with_tier,
    without,
)
from tests.domain.world import MONDAY_10, World

HOUR, DAY = 3600, 24 * 3600
SUPPORT, ENGINEERING = ("alice", "bob"), ("dana", "eli")
EVERYBODY = ("alice", "bob", "chen", "dana", "eli", "farah", "grace")
TWO_MINUTES = timedelta(minutes=2)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def held(severity: str, by: str = "alice", *, book: Book | None = None) -> World:
    world = at(opened(severity, book=book), 60)
    assert world.acknowledge(by).outcome is Outcome.DONE
    return world


def ends_after(world: World, seconds: int, by: str) -> World:
    """The incident is resolved by a person at that second, its alerts with it."""
    at(world, seconds).quieten()
    assert world.resolve(by, "the service is back").outcome is Outcome.DONE
    return world


# -- 1. paging clocks run from the receipt, after an upgrade from that moment


def test_rule_01_an_alert_that_has_fired_for_days_rings_l1_and_not_the_cto() -> None:
    world = World(shipped())
    fire(world, "P2", since=MONDAY_10 - timedelta(days=12))
    assert world.rang() == [(0, L1)]
    assert at(world, 899).rang() == [(0, L1)]


@pytest.mark.requirement("8")
def test_rule_01_detection_serves_reports() -> None:
    world = World(shipped())
    fire(world, "P0", since=MONDAY_10 - timedelta(days=3))
    assert world.state().detected_at == MONDAY_10 - timedelta(days=3)
    assert at(world, 3599).first_rang() == {L1: 0, L2: 0, L3: 0, L4: 300, L5: 600}


def test_rule_01_after_an_upgrade_every_paging_clock_runs_from_it() -> None:
    world = at(opened("P1"), 1000)
    world.set_severity("alice", Severity.P0)
    world.acknowledge("alice")
    assert {(clock.tier, clock.due - MONDAY_10) for clock in world.paging_deadlines()} == {
        (Tier.L3, timedelta(seconds=1900)),
        (Tier.L4, timedelta(seconds=4600)),
        (Tier.L5, timedelta(seconds=8200)),
        (Tier.L1, timedelta(seconds=4600)),  # the end of her acknowledgement
    }


def test_rule_01_an_alert_that_raises_the_severity_is_such_an_upgrade() -> None:
    world = at(held("P2"), 600)
    fire(world, "P1", instance="db-1")
    assert at(world, 1200).first_rang() == {L1: 0, L2: 600, L3: 900, L4: 1200}


def test_rule_01_after_an_upgrade_in_the_stability_window_a_refire_rings_the_tiers_it_demands() -> None:
    world = at(held("P2"), 120)
    world.quieten()
    world.set_severity("chen", Severity.P0, "all clients, as it turns out")
    at(world, 200)
    fire(world, "P0")
    assert at(world, 499).rang_since(1) == []
    assert at(world, 500).rang_since(1) == [(500, L1), (500, L2), (500, L3)]


# -- 2. lapse


@pytest.mark.parametrize(
    ("severity", "first"),
    [
        ("P0", {L1: 0, L2: 0, L3: 0, L4: 300, L5: 600}),
        ("P1", {L1: 0, L2: 0, L3: 300, L4: 600}),
        ("P2", {L1: 0, L2: 900, L3: 1800}),
    ],
)
def test_rule_02_without_an_acknowledgement_the_ladder_climbs_one_tier_at_each_lapse(
    severity: str, first: dict[str, int]
) -> None:
    assert at(opened(severity), 2700).first_rang() == first


def test_rule_02_a_lapse_rings_the_unanswered_tiers_again() -> None:
    assert at(opened("P1"), 600).rang_since(600) == [(600, L1), (600, L2), (600, L3), (600, L4)]


def test_rule_02_a_lapse_rings_the_unanswered_tiers_again_also_where_engagement_climbs_at_the_same_moment() -> None:
    world = held("P1")
    at(world, 1500)
    world.unacknowledge("alice")
    assert at(world, 1800).rang_since(1) == [(1800, L1), (1800, L2), (1800, L3)]


def test_rule_02_the_next_deadline_runs_from_the_commit_of_the_climb_also_when_it_was_late() -> None:
    world = opened("P2")
    world.sleep_until(timedelta(seconds=1000))
    world.tick()
    assert at(world, 1899).first_rang() == {L1: 0, L2: 1000}
    assert at(world, 1900).first_rang() == {L1: 0, L2: 1000, L3: 1900}


@pytest.mark.parametrize("by", ["alice", "chen"])
def test_rule_02_an_acknowledgement_by_any_paged_tier_stops_the_lapse_clock(by: str) -> None:
    world = at(opened("P1"), 299)
    world.acknowledge(by)
    assert at(world, 1799).rang_since(1) == []


def test_rule_02_the_pages_of_a_lapse_go_in_one_commit_with_one_climb() -> None:
    world = opened("P0")
    world.sleep_until(timedelta(seconds=300))
    decision = world.tick()
    assert {page.tier.value for page in decision.pages} == {L1, L2, L3, L4}
    assert [page.tier.value for page in decision.pages if page.purpose is Purpose.LAPSE] == [L4, L4]


@pytest.mark.parametrize(("severity", "never"), [("P1", {L5}), ("P2", {L4, L5}), ("P3", {L2, L3, L4, L5})])
def test_rule_02_after_a_downgrade_no_lapse_rings_a_tier_above_the_new_cap(severity: str, never: set[str]) -> None:
    world = at(opened("P0"), 600)
    world.set_severity("chen", Severity(severity), "not that bad")
    assert never.isdisjoint(tier for _, tier in at(world, 2 * DAY).rang_since(601))


def test_rule_02_a_policy_may_choose_to_climb_without_ringing_the_silent_tiers_again() -> None:
    book = with_plan("P1", replace(default_policy().plan(Severity.P1), repage_unanswered=False))
    assert at(opened("P1", book=book), 600).rang_since(1) == [(300, L3), (600, L4)]


# -- 3. engagement


@pytest.mark.parametrize(
    ("severity", "rang"),
    [
        ("P0", [(900, L3), (900, L4), (1200, L3), (1200, L4)]),
        ("P1", [(1800, L3), (2100, L3), (2100, L4)]),
    ],
)
@pytest.mark.requirement("40")
def test_rule_03_unless_engineering_acknowledged_it_is_paged_then_again_with_l4_once_more_and_never_l5(
    severity: str, rang: list[tuple[int, str]]
) -> None:
    assert at(held(severity), 3599).rang_since(1) == rang


def test_rule_03_for_a_p2_engagement_stays_within_its_cap_and_acts_twice() -> None:
    world = at(held("P2"), 14399)
    assert world.first_rang() == {L1: 0, L2: 1800}
    at(world, 14460)
    world.acknowledge("alice")
    assert at(world, 28000).rang_since(14400) == [(14400, L3), (14460, L1), (15300, L3)]


@pytest.mark.parametrize(("severity", "by"), [("P0", "dana"), ("P0", "farah"), ("P1", "dana")])
def test_rule_03_an_acknowledgement_by_l3_or_higher_is_engagement(severity: str, by: str) -> None:
    world = at(opened(severity), 300)
    world.acknowledge(by)
    assert at(world, 3599).rang_since(301) == []


def test_rule_03_an_acknowledgement_by_l2_is_no_engagement() -> None:
    assert at(held("P1", "chen"), 1800).rang_since(1) == [(1800, L3)]


def test_rule_03_engineering_that_answers_the_first_engagement_is_not_rung_a_second_time() -> None:
    world = at(held("P0"), 1000)
    world.acknowledge("dana")
    assert at(world, 3599).rang_since(901) == []


def test_rule_03_engagement_never_rings_l5_although_nobody_stands_on_l4() -> None:
    world = held("P0", book=without("farah"))
    assert set(at(world, 3599).first_rang()) == {L1, L2, L3}


def test_rule_03_after_an_upgrade_engagement_is_demanded_anew() -> None:
    world = at(held("P1"), 2400)
    world.set_severity("alice", Severity.P0)
    world.acknowledge("alice")
    assert at(world, 3600).rang_since(2401) == [(3300, L3), (3300, L4), (3600, L3), (3600, L4)]


def test_rule_03_an_answer_of_engineering_before_an_upgrade_is_none_after_it() -> None:
    world = at(held("P1"), 1800)
    world.acknowledge("dana")
    at(world, 2400)
    world.set_severity("alice", Severity.P0)
    world.acknowledge("alice")
    assert at(world, 3300).rang_since(2401) == [(3300, L3), (3300, L4)]


# -- 4. unresolved


@pytest.mark.requirement("56", "57")
def test_rule_04_no_acknowledgement_stops_the_unresolved_clocks_of_a_p0() -> None:
    world = at(held("P0"), 120)
    world.acknowledge("dana")
    first = at(world, 3600).first_rang()
    assert first[L4] == 3600
    world.acknowledge("farah")
    assert at(world, 7200).first_rang()[L5] == 7200


def test_rule_04_a_p2_pages_l2_at_thirty_minutes_whoever_holds_it() -> None:
    assert at(held("P2", "dana"), 1800).rang_since(1) == [(1800, L2)]


def test_rule_04_a_silent_tier_that_is_paged_while_somebody_holds_the_incident_is_paged_again_without_a_climb() -> None:
    assert at(held("P2"), 14399).rang_since(1) == [(1800, L2), (2700, L2)]


def test_rule_04_a_tier_that_answers_is_not_paged_again() -> None:
    world = at(held("P2"), 1900)
    world.acknowledge("chen")
    assert at(world, 14399).rang_since(1) == [(1800, L2)]


def test_rule_04_the_end_of_the_incident_stops_them() -> None:
    world = ends_after(held("P0"), 600, "alice")
    assert at(world, 3 * HOUR).rang_since(1) == []


def test_rule_04_a_tier_that_holds_the_incident_is_not_silent() -> None:
    world = at(opened("P2"), 1000)
    world.acknowledge("chen")
    assert world.state().holder is not None
    assert at(world, 1800).rang_since(901) == [(1800, L2)]
    assert at(world, 14399).rang_since(901) == [(1800, L2)]


def test_rule_04_a_silent_tier_is_paged_again_also_where_another_person_took_the_incident_over_meanwhile() -> None:
    world = at(held("P0"), 3650)
    world.acknowledge("dana")
    assert at(world, 7199).rang_since(1201) == [(3600, L4), (3900, L4)]


# -- 5. what an acknowledgement withdraws


@pytest.mark.requirement("29", "A20")
def test_rule_05_an_acknowledgement_withdraws_lapse_pages_and_repeats() -> None:
    world = at(opened("P1"), 300)
    world.acknowledge("alice")
    assert world.states(L3, Purpose.LAPSE) == {PageState.WITHDRAWN}
    assert world.states(L1, Purpose.REPEAT) == {PageState.WITHDRAWN}
    assert world.states(L2, Purpose.REPEAT) == {PageState.WITHDRAWN}


def test_rule_05_it_withdraws_what_an_exhausted_ladder_repeats() -> None:
    world = at(opened("P1"), 1200)
    world.acknowledge("alice")
    assert world.states(L4, Purpose.EXHAUSTED) == {PageState.WITHDRAWN}
    assert world.states(L1, Purpose.EXHAUSTED) == {PageState.WITHDRAWN}


def test_rule_05_it_withdraws_the_page_that_stands_in_for_a_lapse_page_to_an_empty_tier() -> None:
    world = at(opened("P1", book=without(*ENGINEERING)), 300)
    assert world.rang_since(300) == [(300, L1), (300, L2), (300, L4)]
    world.acknowledge("alice")
    assert {sent.state for sent in world.outbox.values() if sent.page.tier == L4} == {PageState.WITHDRAWN}


@pytest.mark.parametrize(("severity", "tiers"), [("P0", [L1, L2, L3]), ("P1", [L1, L2]), ("P2", [L1]), ("P3", [L1])])
def test_rule_05_it_never_withdraws_the_first_page_of_an_at_once_tier(severity: str, tiers: list[str]) -> None:
    world = opened(severity)
    world.acknowledge("alice")
    assert [world.states(tier, Purpose.AT_ONCE) for tier in tiers] == [{PageState.WAITING}] * len(tiers)


def test_rule_05_it_never_withdraws_the_first_page_of_an_upgrade() -> None:
    world = at(opened("P2"), 600)
    world.set_severity("alice", Severity.P1)
    world.acknowledge("alice")
    assert world.states(L2, Purpose.UPGRADE) == {PageState.WAITING}


def test_rule_05_it_never_withdraws_an_engagement_page() -> None:
    world = at(held("P1"), 1800)
    world.acknowledge("chen")
    assert world.states(L3, Purpose.ENGAGEMENT) == {PageState.WAITING}


def test_rule_05_it_never_withdraws_an_unresolved_page() -> None:
    world = at(held("P2"), 1800)
    assert world.acknowledge("dana").outcome is Outcome.ALREADY
    assert world.acknowledge("chen").outcome is Outcome.DONE
    assert world.states(L2, Purpose.UNRESOLVED) == {PageState.WAITING}


def test_rule_05_a_page_that_is_a_repeat_and_an_unresolved_page_at_once_stays() -> None:
    world = at(opened("P2"), 1800)
    world.acknowledge("alice")
    assert world.sent(L1).state is PageState.WITHDRAWN
    assert world.sent(L2).state is PageState.WAITING
    assert world.sent(L3).state is PageState.WITHDRAWN


def test_rule_05_what_has_reached_a_provider_is_not_taken_back() -> None:
    world = at(opened("P1"), 300)
    lapse = world.sent(L3, "phone")
    world.accept(lapse)
    world.acknowledge("alice")
    assert world.outbox[lapse.page.intent].state is PageState.ACCEPTED


def test_rule_05_a_lapse_page_that_fails_after_the_acknowledgement_is_not_tried_again() -> None:
    world = at(opened("P1"), 300)
    lapse = world.sent(L3, "phone")
    world.outbox[lapse.page.intent] = replace(lapse, state=PageState.LEASED, attempts=1)
    world.acknowledge("alice")
    world.happen(_failed(world, lapse.page.intent, 1))
    assert world.outbox[lapse.page.intent].state is PageState.WITHDRAWN


def test_rule_05_an_at_once_page_that_fails_after_the_acknowledgement_is_tried_again() -> None:
    world = opened("P1")
    first = world.sent(L2, "phone")
    world.outbox[first.page.intent] = replace(first, state=PageState.LEASED, attempts=1)
    world.acknowledge("alice")
    world.happen(_failed(world, first.page.intent, 1))
    assert world.outbox[first.page.intent].state is PageState.WAITING


def _failed(world: World, intent: str, attempt: int, *, permanent: bool = False) -> PageFailed:
    return PageFailed(
        incident=world.id, intent=intent, attempt=attempt, reason=FailureReason.TIMEOUT, permanent=permanent
    )


def test_rule_05_whoever_acknowledges_is_not_rung_by_their_own_second_way_and_the_others_are() -> None:
    delayed = (Through("chat"), Through("phone", TWO_MINUTES))
    world = at(opened("P1", book=with_tier(L1, through=delayed, reach=SUPPORT)), 10)
    world.acknowledge("alice")
    assert world.sent(L1, "phone", "alice").state is PageState.WITHDRAWN
    assert world.sent(L1, "phone", "bob").state is PageState.WAITING
    assert world.sent(L2, "phone").state is PageState.WAITING


# -- 6. an acknowledgement ends


@pytest.mark.parametrize(("severity", "ends"), [("P0", 3660), ("P1", 7260), ("P2", 14460), ("P3", 23 * HOUR)])
def test_rule_06_the_holder_is_paged_when_the_acknowledgement_ends(severity: str, ends: int) -> None:
    world = at(held(severity), ends - 1)
    assert world.state().status is Status.ACKNOWLEDGED
    at(world, ends)
    assert world.state().status is Status.TRIGGERED
    ended = [page for page in world.pages() if page.purpose is Purpose.ACKNOWLEDGEMENT_ENDED]
    assert {page.person for page in ended} == {"alice"}
    assert len(world.told(EntryKind.ACKNOWLEDGEMENT_ENDED)) == 1


def test_rule_06_only_the_holder_is_paged_not_the_tier() -> None:
    book = with_tier(L1, reach=("alice", "bob"))
    world = at(held("P1", "bob", book=book), 7260)
    assert {page.person for page in world.pages() if page.send_after == MONDAY_10 + timedelta(seconds=7260)} == {"bob"}


def test_rule_06_then_the_lapse_clock_starts_again() -> None:
    assert at(held("P1"), 7559).rang_since(7261) == []
    assert at(held("P1"), 7560).rang_since(7261) == [(7560, L1), (7560, L2), (7560, L3), (7560, L4)]


def test_rule_06_the_holder_may_take_it_again_for_as_long() -> None:
    world = at(held("P1"), 7260)
    assert world.acknowledge("alice").outcome is Outcome.DONE
    at(world, 14459)
    assert world.state().holder is not None
    at(world, 14460)
    assert world.state().holder is None


def test_rule_06_an_upgrade_ends_it_too() -> None:
    world = held("P1")
    world.set_severity("alice", Severity.P0)
    assert world.state().holder is None
    assert world.state().status is Status.TRIGGERED


def test_rule_06_an_upgrade_in_the_stability_window_ends_it_too() -> None:
    world = at(held("P2"), 120)
    world.quieten()
    world.set_severity("alice", Severity.P1, "worse than it looked")
    assert world.state().holder is None


def test_rule_06_a_holder_who_left_is_answered_for_by_the_tier() -> None:
    world = held("P1", "chen")
    world.book = without("chen", book=world.book)
    at(world, 7259)
    at(world, 7260)
    assert (7260, L3) in world.rang()


def told_late(world: World, by: str, second: int) -> Outcome:
    """Somebody's acknowledgement of that second of the world is told now."""
    said_at = world.started + timedelta(seconds=second)
    return world.happen(Acknowledged(incident=world.id, by=by, said_at=said_at)).reply.outcome


def test_rule_06_what_is_told_again_after_it_was_given_back_or_has_ended_or_become_worse_acknowledges_nothing() -> None:
    given_back = held("P2")
    at(given_back, 70).unacknowledge("alice")
    ended = at(held("P2"), 60 + 4 * HOUR)
    worse = at(held("P2"), 120)
    fire(worse, "P1", disk="b")
    for world in (given_back, ended, worse):
        assert (told_late(world, "alice", 60), world.state().status) == (Outcome.STALE, Status.TRIGGERED)
        assert told_late(world, "alice", int((world.now - world.started).total_seconds())) is Outcome.DONE


def test_rule_06_one_that_nobody_had_heard_counts_however_late_it_is_told() -> None:
    climbed = at(opened("P1"), 400)
    assert told_late(climbed, "alice", 10) is Outcome.DONE
    assert told_late(at(held("P1", "alice"), 90), "chen", 30) is Outcome.DONE


def test_rule_06_who_has_given_it_to_somebody_else_does_not_get_it_back_by_being_told_again() -> None:
    world = held("P1", "dana")
    at(world, 70).unacknowledge("dana")
    at(world, 80).acknowledge("alice")

    assert told_late(world, "dana", 60) is Outcome.STALE
    assert told_late(world, "alice", 80) is Outcome.ALREADY
    late = Unacknowledged(incident=world.id, by="dana", said_at=world.started + timedelta(seconds=75))
    assert world.happen(late).reply.outcome is Outcome.STALE
    holder = world.state().holder
    assert holder is not None
    assert holder.by == "alice"


# -- 7. the stability window


@pytest.mark.parametrize("severity", ["P0", "P1"])
def test_rule_07_monitoring_parks_all_paging(severity: str) -> None:
    world = at(opened(severity), 200)
    world.quieten()
    assert world.state().status is Status.MONITORING
    assert at(world, 1999).rang_since(1) == []


def test_rule_07_what_has_not_left_when_the_last_alert_resolves_is_withdrawn() -> None:
    world = at(opened("P1"), 300)
    world.quieten()
    assert {sent.state for sent in world.outbox.values()} == {PageState.WITHDRAWN}


def test_rule_07_a_refire_resumes_the_same_cycle() -> None:
    world = at(held("P1"), 600)
    world.quieten()
    at(world, 900)
    fire(world, "P1")
    assert (world.id, world.state().cycle, world.incidents) == ("i1", 1, 1)
    assert world.state().status is Status.ACKNOWLEDGED
    assert world.state().monitoring_since is None


def test_rule_07_a_refire_nobody_holds_is_triggered_again_and_pages_nobody_at_once() -> None:
    world = at(opened("P1"), 200)
    world.quieten()
    at(world, 210)
    fire(world, "P1")
    assert world.state().status is Status.TRIGGERED
    assert world.rang_since(1) == []


def test_rule_07_nothing_is_due_earlier_than_one_acknowledge_within_after_the_refire() -> None:
    world = at(opened("P1"), 290)
    world.quieten()
    at(world, 310)
    fire(world, "P1")
    assert at(world, 609).rang_since(1) == []
    assert at(world, 610).rang_since(1) == [(610, L1), (610, L2), (610, L3)]


def test_rule_07_not_even_a_clock_of_hours_that_came_due_meanwhile() -> None:
    world = at(held("P0"), 3500)
    world.acknowledge("dana")
    world.quieten()
    at(world, 3700)
    fire(world, "P0")
    assert at(world, 3999).rang_since(3500) == []
    assert (4000, L4) in at(world, 4000).rang()


def test_rule_07_a_clock_that_is_due_later_keeps_its_time() -> None:
    world = at(held("P1"), 300)
    world.quieten()
    at(world, 400)
    fire(world, "P1")
    assert at(world, 1800).rang_since(1) == [(1800, L3)]


@pytest.mark.requirement("42", "A11")
def test_rule_07_a_refire_starts_the_window_anew() -> None:
    world = at(held("P2"), 100)
    world.quieten()
    at(world, 900)
    fire(world, "P2")
    at(world, 950).quieten()
    assert at(world, 1849).state().status is Status.MONITORING
    assert at(world, 1850).state().status is Status.RESOLVED


@pytest.mark.parametrize("later", [1, 3599, 3600])
def test_rule_07_within_an_hour_of_resolved_a_refire_is_the_next_cycle_of_the_same_incident(later: int) -> None:
    world = ends_after(held("P1"), 600, "alice")
    at(world, 600 + later)
    fire(world, "P1")
    assert (world.id, world.state().cycle, world.incidents) == ("i1", 2, 1)
    assert world.rang_since(1) == [(600 + later, L1), (600 + later, L2)]
    assert world.state().holder is None


def test_rule_07_later_it_is_a_new_incident() -> None:
    world = ends_after(held("P1"), 600, "alice")
    at(world, 4201)
    fire(world, "P1")
    assert (world.id, world.state().cycle, world.incidents) == ("i2", 1, 2)
    assert world.rang_since(1) == [(4201, L1), (4201, L2)]


def test_rule_07_the_clocks_of_the_next_cycle_run_from_its_opening() -> None:
    world = ends_after(held("P1"), 600, "alice")
    at(world, 1000)
    fire(world, "P1")
    assert at(world, 1600).rang_since(1) == [
        (1000, L1), (1000, L2),
        (1300, L1), (1300, L2), (1300, L3),
        (1600, L1), (1600, L2), (1600, L3), (1600, L4),
    ]  # fmt: skip


def test_rule_07_a_refire_takes_back_the_unsent_question_to_resolve() -> None:
    world = at(held("P1"), 100)
    world.quieten()
    at(world, 1900)
    fire(world, "P1")
    assert world.states(L1, Purpose.RESOLUTION) == {PageState.WITHDRAWN}


def test_rule_07_a_question_to_resolve_that_fails_after_the_refire_rings_nobody() -> None:
    world = at(held("P1"), 100)
    world.quieten()
    at(world, 1900)
    asked = [intent for intent, sent in world.outbox.items() if sent.page.purpose is Purpose.RESOLUTION]
    for intent in asked:
        world.outbox[intent] = replace(world.outbox[intent], state=PageState.LEASED, attempts=1)
    fire(world, "P1")
    for intent in asked:
        world.happen(_failed(world, intent, 1, permanent=True))
    assert world.rang_since(1901) == []
    assert L3 not in world.first_rang()


# -- 8. catching up


@pytest.mark.parametrize(("severity", "highest"), [("P0", L5), ("P1", L3), ("P2", L2)])
def test_rule_08_after_three_hours_away_one_commit_pages_the_highest_due_tier_only(severity: str, highest: str) -> None:
    world = opened(severity)
    world.sleep_until(timedelta(hours=3))
    assert {page.tier.value for page in world.tick().pages} == {highest}
    assert world.tick().empty


def test_rule_08_the_lower_tiers_that_were_due_do_not_follow_a_moment_later() -> None:
    world = opened("P0")
    world.sleep_until(timedelta(hours=3))
    world.tick()
    assert at(world, 3 * HOUR + 299).rang_since(1) == [(3 * HOUR, L5)]


def test_rule_08_each_later_tick_climbs_one_tier_at_most() -> None:
    world = opened("P1")
    world.sleep_until(timedelta(hours=3))
    climbed = []
    for second in range(3 * HOUR, 4 * HOUR, 20):
        at(world, second)
        tiers = len(world.state().tiers)
        climbed.append(tiers)
    assert all(after - before <= 1 for before, after in pairwise(climbed))
    assert climbed[-1] == 4


def test_rule_08_of_a_held_incident_the_holder_and_the_highest_tier_are_paged_in_that_commit() -> None:
    world = held("P1")
    world.sleep_until(timedelta(hours=3))
    world.tick()
    assert world.rang_since(61) == [(3 * HOUR, L1), (3 * HOUR, L3)]


@pytest.mark.parametrize("incidents_away", [timedelta(hours=3), timedelta(hours=23)])
def test_rule_08_a_p3_rings_l1_once_on_catching_up(incidents_away: timedelta) -> None:
    world = opened("P3")
    world.sleep_until(incidents_away)
    world.tick()
    world.tick()
    assert world.rang_since(1) == [(int(incidents_away.total_seconds()), L1)]


def test_rule_08_where_nobody_stands_on_the_highest_due_tier_the_ladder_still_climbs_to_the_others() -> None:
    world = opened("P0", book=without("grace"))
    world.sleep_until(timedelta(hours=3))
    world.tick()
    assert L4 in at(world, 3 * HOUR + 300).first_rang()


def test_rule_08_the_end_of_an_acknowledgement_leaves_nothing_to_a_second_look_at_the_same_moment() -> None:
    world = opened("P1")
    world.quieten()
    world.set_severity("alice", Severity.P0)
    world.acknowledge("alice")
    fire(world, "P0")
    world.sleep_until(timedelta(minutes=61))
    world.tick()
    assert world.tick().empty


# -- 9. exhausted


@pytest.mark.parametrize(("severity", "passed", "last"), [("P0", 900, L5), ("P1", 900, L4), ("P2", 2700, L3)])
def test_rule_09_when_the_cap_is_passed_the_operator_is_alarmed_once(severity: str, passed: int, last: str) -> None:
    world = at(opened(severity), passed)
    assert world.state().exhausted_at == MONDAY_10 + timedelta(seconds=passed)
    at(world, 3 * HOUR)
    assert [(trouble.kind, trouble.source, trouble.over) for trouble in world.troubles] == [
        (TroubleKind.LADDER_EXHAUSTED, "am", False)
    ]
    assert f"paged up to {last}" in world.troubles[0].text


def test_rule_09_the_last_tier_and_l1_are_paged_again_every_acknowledge_within_for_as_long_as_it_takes() -> None:
    world = at(opened("P2"), 3 * DAY)
    tail = [(second, tier) for second in range(3600, 3 * DAY + 1, 900) for tier in (L1, L3)]
    assert [rang for rang in world.rang_since(3600) if rang[0] not in {14400, 15300}] == [
        rang for rang in tail if rang[0] not in {14400, 15300}
    ]


def test_rule_09_until_a_person_acts_and_then_the_operator_s_alarm_is_over() -> None:
    world = at(opened("P1"), 1200)
    world.acknowledge("alice")
    assert world.state().exhausted_at is None
    assert [trouble.over for trouble in world.troubles] == [False, True]
    assert world.troubles[0].about == world.troubles[1].about
    assert at(world, 1799).rang_since(1201) == []


def test_rule_09_a_person_who_escalates_acts_as_well() -> None:
    world = at(opened("P1"), 1200)
    world.escalate("chen", Tier.L3)
    assert at(world, 1499).rang_since(1201) == []
    assert world.troubles[-1].over


def test_rule_09_a_p3_is_repeated_in_business_hours_only() -> None:
    world = opened("P3", at=utc("2026-11-27 15:30"))  # a Friday
    world.pass_time(utc("2026-11-30 11:00"))
    assert sorted({sent.created_at for sent in world.outbox.values()}) == [
        utc("2026-11-27 15:30"),
        utc("2026-11-27 16:30"),
        utc("2026-11-30 09:30"),
        utc("2026-11-30 10:30"),
    ]


def test_rule_09_a_p3_with_nobody_on_l1_is_exhausted_at_once() -> None:
    world = opened("P3", book=without(*SUPPORT))
    assert world.state().exhausted_at == MONDAY_10
    assert [trouble.kind for trouble in world.troubles] == [TroubleKind.LADDER_EXHAUSTED]
    assert world.pages() == []


def test_rule_09_a_p3_with_nobody_on_l1_at_night_is_exhausted_when_its_page_is_due() -> None:
    world = opened("P3", at=utc("2026-11-23 22:00"), book=without(*SUPPORT))
    assert world.troubles == []
    world.pass_time(utc("2026-11-24 09:00"))
    assert world.state().exhausted_at == utc("2026-11-24 09:00")


def test_rule_09_a_climb_that_meets_nobody_on_the_last_tier_is_exhausted_at_once() -> None:
    world = at(opened("P1", book=without("farah")), 600)
    assert world.state().exhausted_at == MONDAY_10 + timedelta(seconds=600)
    assert len(world.troubles) == 1


def test_rule_09_with_nobody_anywhere_it_is_exhausted_at_once_and_rings_whoever_comes_back() -> None:
    world = opened("P1", book=without(*EVERYBODY))
    assert world.state().exhausted_at == MONDAY_10
    at(world, 700)
    assert len(world.troubles) == 1
    world.book = shipped()
    assert at(world, 900).rang() == [(900, L1), (900, L4)]


def test_rule_09_rungbell_s_own_incident_does_not_alarm_the_operator_about_itself() -> None:
    world = World(shipped())
    world.receive(alert(world, "P1"), source="rungbell")
    at(world, HOUR)
    assert world.state().exhausted_at is not None
    assert world.troubles == []


def test_rule_09_a_page_by_hand_to_an_empty_last_tier_does_not_end_the_climb_of_the_others() -> None:
    world = at(opened("P1", book=without("farah")), 60)
    world.escalate("chen", Tier.L4)
    assert at(world, 360).first_rang() == {L1: 0, L2: 0, L3: 360}


def test_rule_09_a_policy_may_choose_how_often_an_exhausted_ladder_rings() -> None:
    plan = replace(default_policy().plan(Severity.P2), repeat_exhausted_every=timedelta(minutes=40))
    assert at(opened("P2", book=with_plan("P2", plan)), 7500).rang_since(2701) == [
        (5100, L1), (5100, L3),
        (7500, L1), (7500, L3),
    ]  # fmt: skip


def test_rule_09_a_p3_whose_clock_is_looked_at_late_in_the_evening_rings_at_the_next_opening() -> None:
    world = opened("P3", at=utc("2026-11-23 15:30"))
    world.now = utc("2026-11-23 20:00")
    world.tick()
    world.pass_time(utc("2026-11-24 08:59:59"))
    assert {sent.created_at for sent in world.outbox.values()} == {utc("2026-11-23 15:30")}
    world.pass_time(utc("2026-11-24 09:00"))
    assert max(sent.created_at for sent in world.outbox.values()) == utc("2026-11-24 09:00")


# -- 10. identity


GROUP = AlertGroup("am", "rungbell", {"alertname": "DiskFull", "cluster": "a", "severity": "warning"}, ())


def test_rule_10_the_severity_label_is_no_part_of_the_identity() -> None:
    other = replace(GROUP, group_labels={"alertname": "DiskFull", "cluster": "a", "severity": "critical"})
    without_it = replace(GROUP, group_labels={"cluster": "a", "alertname": "DiskFull"})
    assert GROUP.key == other.key == without_it.key


@pytest.mark.parametrize(
    "other",
    [
        replace(GROUP, source="grafana"),
        replace(GROUP, receiver="other"),
        replace(GROUP, group_labels={"alertname": "DiskFull", "cluster": "b"}),
        replace(GROUP, group_labels={"alertname": "DiskFull"}),
    ],
)
def test_rule_10_source_receiver_and_each_other_group_label_are(other: AlertGroup) -> None:
    assert other.key != GROUP.key


def test_rule_10_one_group_whose_severity_label_changes_stays_one_incident() -> None:
    world = World(shipped())
    world.receive(world.alert("warning"), alertname="DiskFull", severity="warning")
    world.receive(world.alert("critical"), alertname="DiskFull", severity="critical")
    assert world.incidents == 1
    assert world.state().severity is Severity.P1


def test_rule_10_all_resolved_spans_the_groups_of_one_identity() -> None:
    world = World(shipped())
    world.receive(alert(world, "P2"), severity="warning")
    world.receive(alert(world, "P1"), severity="critical")
    world.receive(alert(world, "P2", firing=False), severity="warning")
    assert world.state().status is Status.TRIGGERED
    world.receive(alert(world, "P1", firing=False), severity="critical")
    assert world.state().status is Status.MONITORING


def test_rule_10_an_alert_that_a_message_leaves_out_is_not_resolved() -> None:
    world = World(shipped())
    world.receive(alert(world, "P2", instance="a"), alert(world, "P2", instance="b"))
    world.receive(alert(world, "P2", instance="a", firing=False))
    assert world.state().status is Status.TRIGGERED
    assert world.state().firing_count == 1


def test_rule_10_a_truncated_message_resolves_nothing_by_absence() -> None:
    world = World(shipped())
    world.receive(alert(world, "P2", instance="a"), truncated=4)
    world.receive(alert(world, "P2", instance="a", firing=False), truncated=4, firing=True)
    assert world.state().status is Status.TRIGGERED
    assert at(world, 900).rang_since(1) == [(900, L1), (900, L2)]


def test_rule_10_once_the_sender_says_that_the_whole_group_is_over_it_is() -> None:
    world = World(shipped())
    world.receive(alert(world, "P2", instance="a"), truncated=4)
    world.receive(alert(world, "P2", instance="a", firing=False), truncated=4, firing=True)
    world.receive(alert(world, "P2", instance="a", firing=False), truncated=4, firing=False)
    assert world.state().status is Status.MONITORING


# -- 11. resolution


@pytest.mark.parametrize(
    ("severity", "who"),
    [("P0", Resolves.PERSON), ("P1", Resolves.PERSON), ("P2", Resolves.WINDOW), ("P3", Resolves.WINDOW)],
)
@pytest.mark.requirement("43", "A11")
def test_rule_11_p0_and_p1_are_resolved_by_a_person_p2_and_p3_by_the_window(severity: str, who: Resolves) -> None:
    assert default_policy().plan(Severity(severity)).resolves is who


def test_rule_11_a_window_that_is_over_resolves_a_p2() -> None:
    world = at(opened("P2"), 100)
    world.quieten()
    assert at(world, 999).state().status is Status.MONITORING
    assert at(world, 1000).state().status is Status.RESOLVED


def test_rule_11_where_a_person_must_resolve_the_holder_is_paged_when_the_window_is_over() -> None:
    world = at(held("P1", "chen"), 100)
    world.quieten()
    assert at(world, 1899).rang_since(1) == []
    assert at(world, 1900).rang_since(1) == [(1900, L2)]
    assert {page.person for page in world.pages() if page.purpose is Purpose.RESOLUTION} == {"chen"}
    assert world.state().status is Status.MONITORING


def test_rule_11_who_answers_the_question_is_not_asked_again_at_once() -> None:
    world = at(opened("P1"), 100)
    world.quieten()
    at(world, 1900)
    at(world, 1960).acknowledge("alice")
    assert at(world, 1960 + 7199).rang_since(1901) == []
    assert at(world, 1960 + 7200).rang_since(1901) == [(9160, L1)]


def test_rule_11_where_nobody_holds_it_l1_is_asked_to_resolve() -> None:
    world = at(opened("P1"), 100)
    world.quieten()
    assert at(world, 1900).rang_since(1) == [(1900, L1)]


def test_rule_11_resolving_while_alerts_fire_needs_a_reason() -> None:
    world = held("P1")
    assert world.resolve("alice").outcome is Outcome.INVALID
    assert world.resolve("alice", "  ").outcome is Outcome.INVALID
    assert world.state().status is Status.ACKNOWLEDGED
    assert world.resolve("alice", "known, will be replaced tomorrow").outcome is Outcome.DONE
    assert world.state().status is Status.RESOLVED


def test_rule_11_resolving_when_nothing_fires_needs_none_where_the_window_would_do_it() -> None:
    world = at(held("P2"), 100)
    world.quieten()
    assert world.resolve("alice").outcome is Outcome.DONE


def test_rule_11_repeats_with_the_same_start_do_not_reopen() -> None:
    world = held("P1")
    world.resolve("alice", "known")
    at(world, 300)
    fire(world, "P1", since=MONDAY_10)
    assert world.state().status is Status.RESOLVED
    assert world.rang_since(1) == []


def test_rule_11_nor_do_they_open_a_new_incident_later() -> None:
    world = held("P1")
    world.resolve("alice", "known")
    at(world, 2 * DAY)
    fire(world, "P1", since=MONDAY_10)
    assert world.incidents == 1
    assert world.state().status is Status.RESOLVED


def test_rule_11_a_new_start_reopens() -> None:
    world = held("P1")
    world.resolve("alice", "known")
    at(world, 300)
    fire(world, "P1")
    assert world.state().status is Status.TRIGGERED
    assert world.state().cycle == 2


def test_rule_11_resolving_takes_back_every_page_that_has_not_left() -> None:
    world = at(opened("P0"), 600)
    world.resolve("chen", "the feed was wrong")
    assert {sent.state for sent in world.outbox.values()} == {PageState.WITHDRAWN}


def test_rule_11_where_nobody_can_be_asked_the_operator_hears_of_it_until_somebody_resolves() -> None:
    world = at(held("P1"), 100)
    world.quieten()
    world.book = without(*EVERYBODY)
    at(world, 1900)
    assert [trouble.over for trouble in world.troubles] == [False]
    world.book = shipped()
    world.resolve("alice", "the service is back")
    assert [trouble.over for trouble in world.troubles] == [False, True]
    assert world.troubles[0].about == world.troubles[1].about


# -- 12. a new alert that joins


def test_rule_12_a_new_alert_that_joins_an_acknowledged_incident_informs_the_holder_and_pages_nobody() -> None:
    world = at(held("P1", "chen"), 120)
    decision = fire(world, "P1", instance="db-2")
    assert {(page.person, page.kind) for page in decision.pages} == {("chen", PageKind.NOTIFICATION)}
    assert world.rang_since(1) == []
    assert world.state().holder is not None


def test_rule_12_one_of_lower_severity_does_the_same() -> None:
    world = at(held("P1", "chen"), 120)
    decision = fire(world, "P2", instance="db-2")
    assert {page.kind for page in decision.pages} == {PageKind.NOTIFICATION}
    assert world.state().severity is Severity.P1


def test_rule_12_it_pages_when_the_severity_rises() -> None:
    world = at(held("P1", "chen"), 120)
    fire(world, "P0", instance="db-2")
    assert world.state().severity is Severity.P0
    assert world.rang_since(1) == [(120, L1), (120, L2), (120, L3)]


def test_rule_12_a_repeat_of_a_known_alert_informs_nobody() -> None:
    world = at(held("P1", "chen"), 120)
    assert fire(world, "P1", since=MONDAY_10).empty


def test_rule_12_one_that_joins_an_incident_nobody_holds_leaves_its_clocks_alone() -> None:
    world = at(opened("P1"), 120)
    fire(world, "P1", instance="db-2")
    assert at(world, 300).rang_since(1) == [(300, L1), (300, L2), (300, L3)]


# -- 13. default severities


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "P1"), ("page", "P1"), ("emergency", "P1"), ("error", "P1"), ("high", "P1"),
        ("warning", "P2"), ("info", "P3"), ("moderate", "P2"), ("", "P2"), ("P0", "P2"), ("sev0", "P2"),
    ],
)  # fmt: skip
def test_rule_13_a_word_opens_an_incident_of(word: str, severity: str) -> None:
    world = World(shipped())
    world.fire(word)
    assert world.state().severity is Severity(severity)


@pytest.mark.parametrize(("word", "guessed"), [("moderate", True), ("", True), ("warning", False), ("critical", False)])
def test_rule_13_what_no_rule_knows_is_shown_as_guessed(word: str, guessed: bool) -> None:
    world = World(shipped())
    world.fire(word)
    assert world.state().guessed is guessed


def test_rule_13_none_never_pages() -> None:
    world = World(shipped())
    world.fire("none")
    assert world.incident is None


@pytest.mark.parametrize(
    ("scheme", "word", "severity"),
    [
        ("p0", "P0", "P0"), ("p0", "p3", "P3"), ("p1", "P1", "P0"), ("p1", "p4", "P3"),
        ("sev0", "SEV-0", "P0"), ("sev0", "sev1", "P1"), ("sev1", "Sev 1", "P0"), ("sev1", "sev_2", "P1"),
        ("disaster", "Disaster", "P0"), ("disaster", "high", "P1"), ("disaster", "Average", "P2"),
    ],
)  # fmt: skip
def test_rule_13_p0_comes_from_a_scheme_that_its_source_declared(scheme: str, word: str, severity: str) -> None:
    book = shipped()
    world = World(replace(book, rules=replace(book.rules, schemes={"am": scheme})))
    world.fire(word)
    assert world.state().severity is Severity(severity)


def test_rule_13_a_scheme_counts_for_the_source_that_declared_it_only() -> None:
    book = shipped()
    world = World(replace(book, rules=replace(book.rules, schemes={"zabbix": "sev0"})))
    world.fire("sev0")
    assert world.state().severity is Severity.P2


# -- 14. through


CHAT_THEN_PHONE = (Through("chat"), Through("phone", TWO_MINUTES))


@pytest.mark.requirement("53")
def test_rule_14_all_channels_of_a_tier_go_together() -> None:
    world = opened("P1")
    sends = {(sent.page.channel, sent.page.send_after) for sent in world.outbox.values() if sent.page.tier == L2}
    assert sends == {("pager", MONDAY_10), ("chat", MONDAY_10), ("phone", MONDAY_10)}


def test_rule_14_a_channel_with_a_delay_waits_that_long() -> None:
    world = opened("P2", book=with_tier(L1, through=CHAT_THEN_PHONE))
    assert world.due_at[world.sent(L1, "chat").page.intent] == MONDAY_10
    assert world.due_at[world.sent(L1, "phone").page.intent] == MONDAY_10 + TWO_MINUTES


@pytest.mark.requirement("A35")
def test_rule_14_a_permanent_failure_brings_the_waiting_one_forward() -> None:
    world = at(opened("P2", book=with_tier(L1, through=CHAT_THEN_PHONE)), 5)
    world.fail(world.sent(L1, "chat"))
    assert world.due_at[world.sent(L1, "phone").page.intent] == MONDAY_10 + timedelta(seconds=5)


def test_rule_14_a_passing_failure_does_not() -> None:
    world = at(opened("P2", book=with_tier(L1, through=CHAT_THEN_PHONE)), 5)
    world.fail(world.sent(L1, "chat"), permanent=False)
    assert world.due_at[world.sent(L1, "phone").page.intent] == MONDAY_10 + TWO_MINUTES


def test_rule_14_a_permanent_failure_brings_forward_that_person_s_channel_and_nobody_else_s() -> None:
    world = at(opened("P2", book=with_tier(L1, through=CHAT_THEN_PHONE, reach=("alice", "bob"))), 5)
    world.fail(world.sent(L1, "chat", "alice"))
    assert world.due_at[world.sent(L1, "phone", "bob").page.intent] == MONDAY_10 + TWO_MINUTES


def test_rule_14_it_holds_for_the_page_at_the_end_of_the_stability_window_too() -> None:
    world = at(held("P1", book=with_tier(L1, through=CHAT_THEN_PHONE)), 100)
    world.quieten()
    at(world, 1900)
    world.fail(world.sent(L1, "chat"))
    assert world.due_at[world.sent(L1, "phone").page.intent] == MONDAY_10 + timedelta(seconds=1900)


@pytest.mark.requirement("A35")
def test_rule_14_with_no_channel_left_the_next_tier_is_paged_at_once() -> None:
    world = at(opened("P2"), 5)
    world.fail(world.sent(L1, "chat"))
    assert world.rang_since(1) == []
    world.fail(world.sent(L1, "pager"))
    assert world.rang_since(1) == [(5, L2)]


def test_rule_14_with_somebody_else_of_the_tier_still_reachable_it_is_not() -> None:
    world = at(opened("P2", book=with_tier(L1, reach=("alice", "bob"))), 5)
    world.fail(world.sent(L1, "chat", "alice"))
    world.fail(world.sent(L1, "pager", "alice"))
    assert world.rang_since(1) == []


def test_rule_14_a_person_on_two_tiers_gets_one_page_per_channel_in_a_commit() -> None:
    world = opened("P1", book=with_tier(L2, reach=("alice",)))
    pages = [(page.person, page.channel) for page in world.pages()]
    assert sorted(pages) == [("alice", "chat"), ("alice", "pager"), ("alice", "phone")]


def test_rule_14_also_when_a_lapse_rings_both_tiers() -> None:
    world = opened("P1", book=with_tier(L3, reach=("alice",)))
    world.sleep_until(timedelta(seconds=300))
    pages = [(page.person, page.channel) for page in world.tick().pages if page.person == "alice"]
    assert sorted(pages) == [("alice", "chat"), ("alice", "pager"), ("alice", "phone")]


def test_rule_14_of_two_delays_for_the_same_person_and_channel_the_shorter_counts() -> None:
    book = with_tier(L2, reach=("alice",), through=(Through("pager", TWO_MINUTES), Through("phone")))
    world = opened("P1", book=book)
    assert {sent.page.channel: sent.page.send_after - MONDAY_10 for sent in world.outbox.values()} == {
        "pager": timedelta(),
        "chat": timedelta(),
        "phone": timedelta(),
    }


def test_rule_14_the_higher_of_the_two_tiers_names_the_page() -> None:
    world = opened("P1", book=with_tier(L2, reach=("alice",)))
    assert {page.tier for page in world.pages()} == {Tier.L2}


def with_choice(person: str, *ways: Through, severity: Severity = Severity.P2, book: Book | None = None) -> Book:
    """The book in which somebody chose how they are reached."""
    book = book or shipped()
    known = book.roster.people[person]
    people = {**book.roster.people, person: replace(known, reached={severity: ways})}
    return replace(book, roster=replace(book.roster, people=people))


def left(world: World, person: str) -> dict[str, timedelta]:
    """Through which channels somebody is rung, and after how long."""
    sends = {sent.page.channel: sent.page.send_after - MONDAY_10 for sent in world.outbox.values()}
    return sends if all(sent.page.person == person for sent in world.outbox.values()) else {}


PHONE_LATER = Through("phone", TWO_MINUTES)


def test_rule_14_people_choose_which_channels_of_the_tier_and_after_how_long() -> None:
    tier = with_tier(L1, through=(Through("pager"), Through("chat"), Through("phone")))
    world = opened("P2", book=with_choice("alice", Through("chat"), PHONE_LATER, book=tier))
    assert left(world, "alice") == {"chat": timedelta(), "phone": TWO_MINUTES}


def test_rule_14_what_they_chose_is_for_that_severity_only() -> None:
    tier = with_tier(L1, through=(Through("pager"), Through("chat")))
    world = opened("P2", book=with_choice("alice", Through("chat"), severity=Severity.P0, book=tier))
    assert left(world, "alice") == {"pager": timedelta(), "chat": timedelta()}


def test_rule_14_a_channel_that_the_tier_does_not_allow_counts_for_nothing() -> None:
    world = opened("P2", book=with_choice("alice", PHONE_LATER, Through("chat")))
    assert left(world, "alice") == {"chat": timedelta()}


def test_rule_14_a_choice_of_which_the_tier_allows_nothing_leaves_it_to_the_tier() -> None:
    world = opened("P2", book=with_choice("alice", Through("phone"), Through("mail")))
    assert left(world, "alice") == {"pager": timedelta(), "chat": timedelta()}


def test_rule_14_where_all_that_they_chose_would_wait_the_first_does_not() -> None:
    tier = with_tier(L1, through=(Through("pager"), Through("chat"), Through("phone")))
    world = opened("P2", book=with_choice("alice", PHONE_LATER, Through("chat", TWO_MINUTES), book=tier))
    assert left(world, "alice") == {"phone": timedelta(), "chat": TWO_MINUTES}


@pytest.mark.requirement("A35")
def test_rule_14_what_they_left_out_rings_them_where_all_that_they_chose_has_failed_and_then_the_next_tier() -> None:
    tier = with_tier(L1, through=(Through("pager"), Through("chat"), Through("phone")))
    world = at(opened("P2", book=with_choice("alice", Through("chat"), PHONE_LATER, book=tier)), 5)
    world.fail(world.sent(L1, "chat"))
    assert {sent.page.channel for sent in world.outbox.values()} == {"chat", "phone"}
    world.fail(world.sent(L1, "phone"))
    assert world.due_at[world.sent(L1, "pager").page.intent] == MONDAY_10 + timedelta(seconds=5)
    assert world.rang_since(1) == [(5, L1)]
    assert world.told(EntryKind.PAGED)[-1] == "L1: alice by pager too, for nothing that they chose has worked"
    world.fail(world.sent(L1, "pager"))
    assert world.rang_since(1) == [(5, L1), (5, L2)]


def test_rule_14_the_holder_is_rung_as_they_chose_too() -> None:
    world = opened("P1", book=with_choice("alice", Through("chat"), severity=Severity.P1))
    world.acknowledge("alice")
    lapsed = at(world, 7200)
    again = [page for page in lapsed.pages() if page.purpose is Purpose.ACKNOWLEDGEMENT_ENDED]
    assert {(page.person, page.channel) for page in again if page.person == "alice"} == {("alice", "chat")}


def test_rule_14_where_every_channel_would_wait_the_first_does_not() -> None:
    book = with_tier(L1, through=(Through("chat", TWO_MINUTES), Through("phone", TWO_MINUTES)))
    world = opened("P2", book=book)
    assert {sent.page.channel: sent.page.send_after - MONDAY_10 for sent in world.outbox.values()} == {
        "chat": timedelta(),
        "phone": TWO_MINUTES,
    }


def test_rule_14_a_channel_that_waits_for_its_next_attempt_keeps_its_pause() -> None:
    world = at(opened("P2"), 5)
    world.fail(world.sent(L1, "pager"), permanent=False)
    world.fail(world.sent(L1, "chat"))
    assert world.due_at[world.sent(L1, "pager").page.intent] == MONDAY_10 + timedelta(seconds=6)


# -- 15. for which tier an acknowledgement counts


def test_rule_15_it_counts_for_the_highest_tier_on_which_the_person_was_paged_in_this_cycle() -> None:
    world = opened("P0", book=with_tier(L3, reach=("alice",)))
    world.acknowledge("alice")
    holder = world.state().holder
    assert holder is not None
    assert holder.tier is Tier.L3
    assert at(world, 3599).rang_since(1) == []


def test_rule_15_mapped_people_who_were_not_paged_count_as_l1() -> None:
    world = held("P1", "dana")
    holder = world.state().holder
    assert holder is not None
    assert holder.tier is Tier.L1
    assert at(world, 1800).rang_since(1) == [(1800, L3)]


def test_rule_15_a_holder_who_is_paged_on_a_higher_tier_and_answers_counts_for_that_one() -> None:
    world = at(held("P1", "dana"), 1860)
    world.acknowledge("dana")
    assert at(world, 3599).rang_since(1) == [(1800, L3)]


def test_rule_15_the_highest_tier_counts_also_when_a_lower_one_rang_last() -> None:
    world = at(opened("P1", book=with_tier(L1, reach=("dana",))), 1200)
    assert world.sent(L1).page.person == "dana"
    world.acknowledge("dana")
    holder = world.state().holder
    assert holder is not None
    assert holder.tier is Tier.L3


@pytest.mark.requirement("A19")
def test_rule_15_others_are_refused() -> None:
    world = opened("P1")
    assert world.acknowledge("mallory").outcome is Outcome.REFUSED
    assert world.state().holder is None
    assert at(world, 300).rang_since(1) == [(300, L1), (300, L2), (300, L3)]


def test_rule_15_what_somebody_was_paged_on_in_an_earlier_cycle_does_not_count() -> None:
    world = at(opened("P1"), 300)
    world.acknowledge("dana")
    ends_after(world, 600, "dana")
    at(world, 900)
    fire(world, "P1")
    world.acknowledge("dana")
    holder = world.state().holder
    assert holder is not None
    assert holder.tier is Tier.L1


# -- 16. business hours without A22's last clause


def test_rule_16_opened_at_half_past_four_is_due_at_half_past_nine_of_the_next_business_day() -> None:
    world = opened("P3", at=utc("2026-11-23 16:30"))
    world.pass_time(utc("2026-11-24 09:29:59"))
    assert len({sent.created_at for sent in world.outbox.values()}) == 1
    world.pass_time(utc("2026-11-24 09:30"))
    assert max(sent.created_at for sent in world.outbox.values()) == utc("2026-11-24 09:30")


# -- 17. number and name


@pytest.mark.parametrize(
    ("severity", "name"),
    [("P0", "INC-20261123-1000"), ("P1", "INC-20261123-1000"), ("P2", None), ("P3", None)],
)
def test_rule_17_the_name_is_given_to_p0_and_p1(severity: str, name: str | None) -> None:
    assert opened(severity).state().name == name


def test_rule_17_an_incident_that_rises_to_p1_gets_its_name_then() -> None:
    world = at(opened("P2"), 600)
    world.set_severity("alice", Severity.P1)
    assert world.state().name == "INC-20261123-1000"


def test_rule_17_also_when_it_rises_in_the_stability_window() -> None:
    world = at(opened("P2"), 600)
    world.quieten()
    world.set_severity("alice", Severity.P1, "it was worse than it looked")
    assert world.state().name == "INC-20261123-1000"


def test_rule_17_it_keeps_the_name_when_it_falls() -> None:
    world = opened("P1")
    world.set_severity("chen", Severity.P2, "one client")
    assert world.state().name == "INC-20261123-1000"


def test_rule_17_the_core_draws_no_number_of_its_own() -> None:
    world = World(shipped())
    decision = world.receive(alert(world, "P1"))
    assert decision.incident is not None
    assert decision.incident.number == 0


# -- 18. a reload


def faster() -> Book:
    plan = replace(default_policy().plan(Severity.P1), acknowledge_within=timedelta(seconds=10), climb_to=Tier.L2)
    return with_plan("P1", plan)


def test_rule_18_a_reload_changes_no_ladder_and_no_due_time_of_an_open_incident() -> None:
    world = at(opened("P1"), 60)
    world.book = faster()
    assert at(world, 600).first_rang() == {L1: 0, L2: 0, L3: 300, L4: 600}


def test_rule_18_nor_what_its_next_cycle_does() -> None:
    world = ends_after(held("P1"), 600, "alice")
    world.book = faster()
    at(world, 700)
    fire(world, "P1")
    assert at(world, 1000).rang_since(1) == [(700, L1), (700, L2), (1000, L1), (1000, L2), (1000, L3)]


def test_rule_18_a_new_incident_follows_the_new_ladder() -> None:
    world = opened("P1", book=faster())
    assert at(world, 10).state().exhausted_at == MONDAY_10 + timedelta(seconds=10)


@pytest.mark.parametrize("what", ["people", "schedule", "channels"])
def test_rule_18_who_vanishes_makes_the_tier_empty_which_is_recorded_and_the_next_is_paged_at_once(what: str) -> None:
    world = at(opened("P1"), 60)
    roster = world.book.roster
    vanished = {
        "people": replace(roster, people={k: v for k, v in roster.people.items() if k not in ENGINEERING}),
        "schedule": replace(roster, schedules={k: v for k, v in roster.schedules.items() if k != "engineering"}),
        "channels": replace(roster, channels={k: v for k, v in roster.channels.items() if k == "mail"}),
    }[what]
    world.book = replace(world.book, roster=vanished)
    at(world, 300)
    assert (300, L3) not in world.rang()
    assert (300, L4) in world.rang()
    assert Tier.L3 in {entry.tier for entry in world.entries if entry.kind is EntryKind.TIER_EMPTY}


def test_rule_18_a_tier_that_is_empty_at_the_opening_lets_the_next_be_paged_at_once() -> None:
    world = opened("P2", book=without(*SUPPORT))
    assert world.rang() == [(0, L2)]
    assert [entry.tier for entry in world.entries if entry.kind is EntryKind.TIER_EMPTY] == [Tier.L1]


def test_rule_18_somebody_who_left_can_no_longer_acknowledge() -> None:
    world = opened("P1")
    world.book = without("alice")
    assert world.acknowledge("alice").outcome is Outcome.REFUSED


@pytest.mark.requirement("24")
def test_rule_18_whoever_is_on_call_today_is_paged_not_who_was_at_the_opening() -> None:
    world = opened("P2", at=utc("2026-11-30 08:50"))  # a handover at 09:00
    world.pass_time(utc("2026-11-30 09:05"))
    assert [sent.page.person for sent in world.outbox.values() if sent.page.tier == L1] == ["alice"] * 2 + ["bob"] * 2


# -- 19. rungbell's own trouble


def tell(trouble: Trouble, *, book: Book | None = None, now: datetime = MONDAY_10) -> Decision:
    group = trouble_group(trouble, now)
    situation = Situation(book or shipped(), known={}, sightings=own_sightings(group))
    return decide(situation, AlertsReceived(group=group, new_id="own"), now)


@pytest.mark.parametrize("kind", TroubleKind)
def test_rule_19_each_trouble_opens_a_p1_incident(kind: TroubleKind) -> None:
    incident = tell(Trouble(kind=kind, source="am", text="it went wrong")).incident
    assert incident is not None
    assert incident.severity is Severity.P1
    assert incident.status is Status.TRIGGERED


def test_rule_19_it_follows_the_operator_s_policy_whatever_the_routes_say() -> None:
    operator = replace(default_policy(), name="operators", hash="operators")
    decision = tell(
        Trouble(kind=TroubleKind.WEBHOOK_UNREADABLE, source="am", text="bad"),
        book=replace(shipped(), operator=operator),
    )
    assert decision.incident is not None
    assert (decision.incident.policy_name, decision.incident.policy) == ("operators", "operators")


def test_rule_19_it_pages_like_any_p1() -> None:
    decision = tell(Trouble(kind=TroubleKind.WATCHDOG_SILENT, source="am", text="silent"))
    assert {page.tier.value for page in decision.pages} == {L1, L2}


def test_rule_19_there_is_one_incident_per_source() -> None:
    silent = trouble_group(Trouble(kind=TroubleKind.WATCHDOG_SILENT, source="am", text="silent"), MONDAY_10)
    unreadable = trouble_group(Trouble(kind=TroubleKind.WEBHOOK_UNREADABLE, source="am", text="bad"), MONDAY_10)
    elsewhere = trouble_group(Trouble(kind=TroubleKind.WATCHDOG_SILENT, source="grafana", text="silent"), MONDAY_10)
    assert silent.key == unreadable.key
    assert silent.key != elsewhere.key


def test_rule_19_a_trouble_told_again_while_it_lasts_says_nothing_and_its_end_does() -> None:
    trouble = Trouble(kind=TroubleKind.WATCHDOG_SILENT, source="am", text="silent")
    over = replace(trouble, over=True)
    group = trouble_group(trouble, MONDAY_10)
    known = {alert.key: alert for alert in tell(trouble).alerts}
    assert says_something(trouble, group, {})
    assert not says_something(trouble, group, known)
    assert says_something(over, trouble_group(over, MONDAY_10), known)
    assert not says_something(over, trouble_group(over, MONDAY_10), {})


def test_rule_19_exhausted_ladders_of_two_incidents_are_two_alerts_of_one_incident() -> None:
    one, two = (
        trouble_group(Trouble(kind=TroubleKind.LADDER_EXHAUSTED, source="am", text="", about=about), MONDAY_10)
        for about in ("i1/1", "i2/1")
    )
    assert one.key == two.key
    assert own_sightings(one)[0].key != own_sightings(two)[0].key


def test_rule_19_a_rule_of_the_operator_cannot_make_it_a_p0_or_silence_it() -> None:
    group = trouble_group(Trouble(kind=TroubleKind.STORE_REPAIRED, source="am", text=""), MONDAY_10)
    assert [sighting.mapped.severity for sighting in own_sightings(group)] == [Severity.P1]


# -- 20. away for more than a day


def away(world: World, days: int = 3) -> World:
    since = world.now
    world.sleep_until(timedelta(days=days))
    world.hold(since)
    return world


@pytest.mark.parametrize("severity", ["P0", "P1", "P2", "P3"])
def test_rule_20_paging_holds_and_no_old_ladder_is_replayed(severity: str) -> None:
    world = away(at(opened(severity), 60))
    assert at(world, 3 * DAY + 12 * HOUR).rang_since(1) == []


def test_rule_20_unsent_pages_are_taken_back() -> None:
    world = away(at(opened("P1"), 300))
    assert {sent.state for sent in world.outbox.values()} == {PageState.WITHDRAWN}


def test_rule_20_it_says_so_on_the_timeline() -> None:
    (told,) = away(at(opened("P1"), 60)).told(EntryKind.HELD)
    assert told == "rungbell was away for 2d23h59m: paging holds until a person acts or something new fires"


def test_rule_20_the_operator_is_told_again_each_day_for_as_long_as_it_holds() -> None:
    world = at(away(at(opened("P1"), 60)), 5 * DAY)
    assert [trouble.kind for trouble in world.troubles] == [TroubleKind.PAGING_HELD] * 2


@pytest.mark.parametrize("severity", ["P0", "P1", "P2"])
def test_rule_20_an_acknowledgement_releases_it_and_the_clocks_run_from_then(severity: str) -> None:
    world = away(at(opened(severity), 60))
    world.acknowledge("alice")
    assert at(world, 3 * DAY + 899).rang_since(1) == []


def test_rule_20_a_new_alert_releases_it_and_pages() -> None:
    world = away(at(opened("P1"), 60))
    fire(world, "P1", instance="db-2")
    assert at(world, 3 * DAY + 299).rang_since(1) == [(3 * DAY, L1), (3 * DAY, L2)]
    assert (3 * DAY + 300, L3) in at(world, 3 * DAY + 300).rang()


def test_rule_20_a_new_alert_does_not_replay_the_repeats_of_an_exhausted_ladder() -> None:
    world = away(at(opened("P1"), 1000))
    fire(world, "P1", instance="db-2")
    assert at(world, 3 * DAY + 299).rang_since(1001) == [(3 * DAY, L1), (3 * DAY, L2)]


def test_rule_20_when_its_alerts_resolve_the_stability_window_runs_as_always() -> None:
    world = away(at(opened("P2"), 60))
    world.quieten()
    assert at(world, 3 * DAY + 899).state().status is Status.MONITORING
    assert at(world, 3 * DAY + 900).state().status is Status.RESOLVED


def test_rule_20_a_page_that_fails_while_paging_holds_rings_nobody_else() -> None:
    world = opened("P2")
    for channel in ("pager", "chat"):
        sent = world.sent(L1, channel)
        world.outbox[sent.page.intent] = replace(sent, state=PageState.LEASED, attempts=1)
    away(world)
    for channel in ("pager", "chat"):
        world.happen(_failed(world, world.sent(L1, channel).page.intent, 1, permanent=True))
    assert world.rang_since(1) == []


def test_rule_20_a_page_that_fails_while_paging_holds_is_not_sent_again() -> None:
    world = opened("P2")
    sent = world.sent(L1, "pager")
    world.outbox[sent.page.intent] = replace(sent, state=PageState.LEASED, attempts=1)
    away(world)
    world.happen(_failed(world, sent.page.intent, 1))
    assert world.outbox[sent.page.intent].state is not PageState.WAITING


def test_rule_20_in_the_stability_window_nothing_holds() -> None:
    world = at(opened("P1"), 60)
    world.quieten()
    assert world.hold(MONDAY_10).empty


def test_rule_20_the_holder_who_acknowledges_again_releases_it() -> None:
    world = away(held("P1"))
    world.acknowledge("alice")
    assert world.state().held_since is None
    assert at(world, 3 * DAY + 1799).rang_since(61) == []
    assert at(world, 3 * DAY + 1800).rang_since(61) == [(3 * DAY + 1800, L3)]


@pytest.mark.parametrize("act", ["resolve", "escalate", "set_severity"])
def test_rule_20_so_does_every_other_act(act: str) -> None:
    world = away(held("P1"))
    if act == "resolve":
        world.resolve("chen", "long over")
    elif act == "escalate":
        world.escalate("chen", Tier.L3)
    else:
        world.set_severity("chen", Severity.P0)
    assert world.state().held_since is None


def test_rule_20_raising_the_severity_ends_the_hold_and_the_operators_alarm_with_it() -> None:
    world = at(away(at(opened("P1"), 60)), 5 * DAY)
    world.set_severity("alice", Severity.P0)
    assert world.state().held_since is None
    assert [trouble.over for trouble in world.troubles][-1] is True
