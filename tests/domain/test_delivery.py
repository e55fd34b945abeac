"""What follows from the result of an attempt: how long it is tried again, and who is tried when it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.clocks import deadlines
from rungbell.domain.decision import Outcome
from rungbell.domain.events import FailureReason, PageAccepted, PageFailed
from rungbell.domain.incident import Status
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.page import PageKind, PageState, Purpose, next_attempt
from rungbell.domain.policy import Through, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind
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
    with_policy,
    with_tier,
    without,
)
from tests.domain.world import MONDAY_10, World

SECOND = timedelta(seconds=1)


def fail_all(world: World, tier: str, *, permanent: bool = True) -> None:
    """Every page of the tier's newest round fails."""
    newest = world.sent(tier).page.round
    for sent in list(world.outbox.values()):
        if sent.page.tier == tier and sent.page.round == newest:
            world.fail(world.outbox[sent.page.intent], permanent=permanent)


# -- how long it is tried again


@pytest.mark.parametrize(
    ("attempt", "pause"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (8, None), (9, None)]
)
def test_the_pause_doubles_from_one_second_to_thirty_and_the_eighth_attempt_is_the_last(
    attempt: int, pause: int | None
) -> None:
    again = next_attempt(attempt, permanent=False, retry_after=None, now=MONDAY_10)
    assert again == (None if pause is None else MONDAY_10 + pause * SECOND)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "pause"), [(1, 60, 60), (1, 120, 120), (6, 10, 30), (6, 31, 31), (1, 0, 1)]
)
def test_retry_after_is_kept_to_where_it_is_longer_than_the_pause(attempt: int, retry_after: int, pause: int) -> None:
    again = next_attempt(attempt, permanent=False, retry_after=retry_after * SECOND, now=MONDAY_10)
    assert again == MONDAY_10 + pause * SECOND


def test_a_provider_that_asks_for_more_than_two_minutes_has_failed() -> None:
    assert next_attempt(1, permanent=False, retry_after=121 * SECOND, now=MONDAY_10) is None


@pytest.mark.parametrize("attempt", range(1, 9))
def test_a_permanent_refusal_is_not_tried_again(attempt: int) -> None:
    assert next_attempt(attempt, permanent=True, retry_after=SECOND, now=MONDAY_10) is None


def test_all_attempts_of_a_page_end_after_ninety_one_seconds_and_then_the_next_tier_is_rung() -> None:
    world = opened("P2", book=with_tier(L1, through=(Through("pager"),)))
    intent = world.sent(L1).page.intent
    tried = []
    while intent in world.due_at:
        assert world.rang_since(1) == []
        world.now = world.due_at[intent]
        tried.append(int((world.now - MONDAY_10).total_seconds()))
        world.fail(world.outbox[intent], permanent=False)
    assert tried == [0, 1, 3, 7, 15, 31, 61, 91]
    assert world.outbox[intent].state is PageState.FAILED
    assert world.rang_since(1) == [(91, L2)]


def test_the_outbox_is_told_when_to_try_again() -> None:
    world = at(opened("P2"), 5)
    page = world.sent(L1, "pager")
    world.fail(page, FailureReason.RATE_LIMITED, permanent=False, retry_after=45 * SECOND)
    assert world.outbox[page.page.intent].state is PageState.WAITING
    assert world.due_at[page.page.intent] == MONDAY_10 + 50 * SECOND
    assert len(world.told(EntryKind.PAGE_RETRIED)) == 1


# -- acceptance


def test_acceptance_by_a_provider_stops_no_clock() -> None:
    world = opened("P1")
    before = deadlines(world.state(), default_policy())
    for sent in list(world.outbox.values()):
        world.accept(sent)
    assert deadlines(world.state(), default_policy()) == before
    assert at(world, 300).rang_since(1) == [(300, L1), (300, L2), (300, L3)]


@pytest.mark.parametrize("attempt", [0, 2])
def test_the_result_of_an_attempt_whose_lease_was_lost_changes_nothing(attempt: int) -> None:
    world = opened("P2")
    sent = world.sent(L1, "pager")
    world.outbox[sent.page.intent] = replace(sent, state=PageState.LEASED, attempts=1)
    accepted = PageAccepted(incident=world.id, intent=sent.page.intent, attempt=attempt)
    failed = PageFailed(
        incident=world.id, intent=sent.page.intent, attempt=attempt, reason=FailureReason.REFUSED, permanent=True
    )
    for event in (accepted, failed):
        decision = world.happen(event)
        assert decision.empty
        assert decision.reply.outcome is Outcome.ALREADY


# -- who is tried instead


def test_one_failed_channel_is_covered_by_the_others_of_that_person() -> None:
    world = at(opened("P1"), 5)
    world.fail(world.sent(L1, "pager"))
    assert world.rang_since(1) == []


def test_a_tier_that_cannot_be_reached_is_covered_by_a_higher_one_that_is_rung_already() -> None:
    world = at(opened("P1"), 5)
    fail_all(world, L1)
    assert world.rang_since(1) == []


def test_the_highest_tier_that_cannot_be_reached_brings_the_next_one_at_once() -> None:
    world = at(opened("P1"), 5)
    fail_all(world, L2)
    assert world.rang_since(1) == [(5, L3)]
    assert len(world.told(EntryKind.TIER_EMPTY)) == 1


@pytest.mark.parametrize("order", [(L1, L2), (L2, L1)])
def test_two_tiers_that_fail_together_bring_one_next_tier_whichever_fails_first(order: tuple[str, str]) -> None:
    world = at(opened("P1"), 5)
    for tier in order:
        fail_all(world, tier)
    assert world.rang_since(1) == [(5, L3)]


@pytest.mark.parametrize("order", [(L1, L2), (L2, L1)])
def test_a_person_of_two_tiers_whom_no_way_reaches_brings_the_next_tier_whichever_way_fails_first(
    order: tuple[str, str],
) -> None:
    policy = default_policy()
    ways = {Tier(L1): (Through("chat"),), Tier(L2): (Through("phone"),)}
    chens = {tier: replace(policy.tiers[tier], reach=("chen",), through=through) for tier, through in ways.items()}
    world = at(opened("P1", book=with_policy(replace(policy, tiers={**policy.tiers, **chens}))), 5)
    for tier in order:
        fail_all(world, tier)
    assert world.rang_since(1) == [(5, L3)]


@pytest.mark.parametrize("order", [(L1, L3), (L3, L1)])
def test_what_fails_last_for_a_person_of_two_tiers_counts_for_the_upper_one_though_others_between_are_rung(
    order: tuple[str, str],
) -> None:
    policy = default_policy()
    tiers = {
        Tier(L1): replace(policy.tiers[Tier(L1)], reach=("dana",), through=(Through("chat"),)),
        Tier(L3): replace(policy.tiers[Tier(L3)], reach=("dana",), through=(Through("phone"),)),
    }
    page = (Tier(L1), Tier(L2), Tier(L3))
    plans = {**policy.severities, Severity.P1: replace(policy.severities[Severity.P1], page=page)}
    book = with_policy(replace(policy, tiers={**policy.tiers, **tiers}, severities=plans))
    world = at(opened("P1", book=book), 5)
    for tier in order:
        fail_all(world, tier)
    assert world.rang_since(1) == [(5, L4)]


@pytest.mark.parametrize("left_out", [L1, L3])
@pytest.mark.parametrize("order", [(L1, L3), (L3, L1)])
def test_what_a_person_of_two_tiers_left_out_of_either_rings_them_before_the_next_tier(
    order: tuple[str, str], left_out: str
) -> None:
    policy = default_policy()
    through: dict[str, tuple[Through, ...]] = {L1: (Through("chat"),), L3: (Through("phone"),)}
    through[left_out] += (Through("mail"),)
    tiers = {Tier(one): replace(policy.tiers[Tier(one)], reach=("dana",), through=through[one]) for one in order}
    plans = {**policy.severities, Severity.P1: replace(policy.severities[Severity.P1], page=(Tier(L1), Tier(L3)))}
    book = with_policy(replace(policy, tiers={**policy.tiers, **tiers}, severities=plans))
    people = book.roster.people
    dana = replace(people["dana"], reached={Severity.P1: (Through("chat"), Through("phone"))})
    world = at(opened("P1", book=replace(book, roster=replace(book.roster, people={**people, "dana": dana}))), 5)
    for tier in order:
        fail_all(world, tier)
    assert {sent.page.channel for sent in world.outbox.values()} == {"chat", "phone", "mail"}
    assert world.rang_since(1) == [(5, left_out)]


@pytest.mark.parametrize("order", [(L1, L2, L3), (L3, L2, L1)])
def test_a_ladder_is_not_at_its_end_while_its_last_tier_has_just_been_rung(order: tuple[str, ...]) -> None:
    world = at(opened("P1"), 300)
    failing = [sent for sent in world.outbox.values() if sent.created_at == world.now]
    for tier in order:
        for sent in failing:
            if sent.page.tier == tier:
                world.fail(sent)
    assert world.rang_since(300) == [(300, L1), (300, L2), (300, L3), (300, L4)]
    assert world.state().exhausted_at is None


def test_the_tier_that_stepped_in_has_its_whole_time_to_answer() -> None:
    world = at(opened("P1"), 100)
    fail_all(world, L2)
    assert at(world, 399).rang_since(101) == []
    assert at(world, 400).rang_since(101) == [(400, L1), (400, L2), (400, L3), (400, L4)]


def test_also_while_somebody_of_a_lower_tier_holds_the_incident() -> None:
    world = at(opened("P1"), 5)
    world.acknowledge("alice")
    fail_all(world, L2)
    assert world.rang_since(1) == [(5, L3)]


@pytest.mark.parametrize(("severity", "tiers"), [("P0", [L3, L4, L5]), ("P1", [L2, L3, L4]), ("P2", [L1, L2, L3])])
def test_when_every_tier_up_to_the_cap_cannot_be_reached_the_ladder_is_exhausted(
    severity: str, tiers: list[str]
) -> None:
    world = opened(severity)
    for lower in {"P0": [L1, L2], "P1": [L1], "P2": []}[severity]:
        fail_all(world, lower)
    for tier in tiers:
        assert world.state().exhausted_at is None
        fail_all(world, tier)
    assert world.state().exhausted_at == MONDAY_10
    assert len(world.troubles) == 1


def test_an_engagement_page_that_fails_never_brings_l5() -> None:
    world = at(opened("P0"), 60)
    world.acknowledge("alice")
    at(world, 900)
    fail_all(world, L4)
    fail_all(world, L3)
    assert L5 not in at(world, 3599).first_rang()


def test_nobody_left_leave_no_page_to_fail() -> None:
    world = opened("P2", book=without("alice", "bob"))
    assert world.rang() == [(0, L2)]


def test_news_that_does_not_arrive_rings_nobody() -> None:
    world = at(opened("P2"), 60)
    world.acknowledge("alice")
    fire(world, "P2", instance="db-2")
    news = [sent for sent in world.outbox.values() if sent.page.kind is PageKind.NOTIFICATION]
    assert {sent.page.channel for sent in news} == {"pager", "chat"}
    for sent in news:
        world.fail(sent)
    assert world.rang_since(1) == []


def test_a_page_of_what_is_resolved_is_given_up_when_it_fails() -> None:
    world = opened("P1")
    leased = replace(world.sent(L2, "phone"), state=PageState.LEASED, attempts=1)
    world.outbox[leased.page.intent] = leased
    world.resolve("alice", "a false alarm")
    world.happen(
        PageFailed(
            incident=world.id, intent=leased.page.intent, attempt=1, reason=FailureReason.TIMEOUT, permanent=False
        )
    )
    assert world.outbox[leased.page.intent].state is PageState.WITHDRAWN


def test_a_page_of_an_earlier_cycle_is_given_up_when_it_fails() -> None:
    world = opened("P1")
    leased = replace(world.sent(L2, "phone"), state=PageState.LEASED, attempts=1)
    world.outbox[leased.page.intent] = leased
    world.resolve("alice", "a false alarm")
    at(world, 60)
    fire(world, "P1")
    rang = world.rang()
    world.happen(
        PageFailed(
            incident=world.id, intent=leased.page.intent, attempt=1, reason=FailureReason.REFUSED, permanent=True
        )
    )
    assert world.outbox[leased.page.intent].state is PageState.WITHDRAWN
    assert world.rang() == rang


def test_the_timeline_names_the_failure_in_words_of_the_closed_list() -> None:
    world = opened("P2")
    world.fail(world.sent(L1, "pager"), FailureReason.UNAUTHORIZED)
    failed = [entry for entry in world.entries if entry.kind is EntryKind.PAGE_FAILED]
    assert [(entry.channel, entry.facts) for entry in failed] == [("pager", {"reason": "unauthorized"})]


def test_a_page_by_hand_in_the_stability_window_is_tried_again_like_any_other() -> None:
    world = at(opened("P1"), 60)
    world.quieten()
    world.escalate("chen", Tier.L3)
    sent = world.sent(L3, "phone")
    world.fail(sent, FailureReason.TIMEOUT, permanent=False)
    assert world.outbox[sent.page.intent].state is PageState.WAITING
    assert world.due_at[sent.page.intent] == MONDAY_10 + 61 * SECOND


@pytest.mark.parametrize(("source", "told"), [("am", ["/resolve"]), (OWN_SOURCE, [])])
def test_that_nobody_can_be_asked_to_resolve_is_told_unless_it_is_about_the_operators_own_incident(
    source: str, told: list[str]
) -> None:
    world = World(shipped())
    firing = alert(world, "P0")
    world.receive(firing, source=source)
    world.receive(replace(firing, firing=False, ends_at=world.now), source=source)
    world.escalate("chen", Tier.L5)
    fail_all(world, L5)
    assert world.state().status is Status.MONITORING
    assert [trouble.about.removeprefix(f"{world.id}/1") for trouble in world.troubles] == told


# -- in which order pages leave


def test_first_pages_leave_before_all_others_the_worst_severity_first_and_news_last() -> None:
    page = opened("P0").sent(L1, "pager").page
    lines = [
        replace(page, severity=Severity.P0, purpose=Purpose.AT_ONCE),
        replace(page, severity=Severity.P1, purpose=Purpose.UPGRADE),
        replace(page, severity=Severity.P2, purpose=Purpose.AT_ONCE),
        replace(page, severity=Severity.P3, purpose=Purpose.AT_ONCE),
        replace(page, severity=Severity.P0, purpose=Purpose.LAPSE),
        replace(page, severity=Severity.P1, purpose=Purpose.REPEAT),
        replace(page, severity=Severity.P3, purpose=Purpose.EXHAUSTED),
        replace(page, severity=Severity.P0, purpose=Purpose.NEWS, kind=PageKind.NOTIFICATION),
    ]
    priorities = [line.priority for line in lines]
    assert priorities == sorted(priorities)
    assert len(set(priorities)) == 8


@pytest.mark.requirement("A32")
def test_an_intent_names_everything_that_makes_it_unique() -> None:
    page = opened("P0").sent(L3, "phone").page
    assert page.intent == "i1:1:1:L3:dana:phone:at_once"


@pytest.mark.requirement("A32")
def test_what_two_alertmanagers_of_one_source_tell_pages_once() -> None:
    world = opened("P1")
    once = list(world.outbox)
    world.now += timedelta(seconds=30)
    world.receive(alert(world, "P1", since=world.started))
    world.receive(alert(world, "P1", since=world.started))
    assert (world.incidents, list(world.outbox)) == (1, once)
