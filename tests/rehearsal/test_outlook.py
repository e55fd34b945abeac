"""Looking ahead of an incident: how far a ladder is followed, what goes round, and what is left of it later."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rungbell.domain.book import Book
from rungbell.domain.clock import ClockName
from rungbell.domain.events import Acknowledged, AlertsReceived, PagingHeld
from rungbell.domain.incident import Incident
from rungbell.domain.page import PageState, Purpose, SentPage
from rungbell.domain.policy import Resolves, Through, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.storms import PageBudget, Storms
from rungbell.rehearsal import Rehearsal
from rungbell.rehearsal.outlook import Ladder, outlook
from tests.domain.shipped import default_policy, shipped, with_plan, with_tier
from tests.domain.test_round_robin import in_turn
from tests.domain.world import MONDAY_10
from tests.rehearsal.samples import MINUTE, group, opening, tiers


def test_a_ladder_is_followed_until_it_has_gone_round_once_after_its_last_clock() -> None:
    ladder = opening("P0").unanswered
    assert tiers(ladder)[-1] == (125.0, "L5"), "L5 is rung for what is unresolved after two hours, and a round follows"
    assert ladder.goes_round is not None
    assert ladder.goes_round.clock is ClockName.EXHAUSTED
    assert (ladder.goes_round.next_at, ladder.goes_round.every) == (MONDAY_10 + 130 * MINUTE, 5 * MINUTE)
    assert not ladder.cut_off
    assert len(ladder.troubles) == 1


def test_of_the_rounds_of_an_exhausted_ladder_only_two_are_told() -> None:
    ladder = opening("P0").unanswered
    rounds = {one.at for one in ladder.told if one.page.purpose is Purpose.EXHAUSTED}
    assert len(rounds) == 2
    assert {one.page.purpose for one in ladder.attempts} == {one.page.purpose for one in ladder.told}


@pytest.mark.parametrize("waits", [2 * MINUTE, 12 * MINUTE])
def test_a_round_is_over_when_its_last_page_has_left_even_if_that_is_after_the_next_one(waits: timedelta) -> None:
    book = with_tier("L1", through=(Through("pager"), Through("chat", waits)))
    ladder = opening("P1", book).unanswered
    rounds = [one for one in ladder.attempts if one.page.purpose is Purpose.EXHAUSTED and one.page.tier is Tier.L1]
    assert {one.page.channel for one in rounds} == {"pager", "chat"}
    assert not ladder.cut_off


def test_clocks_of_seconds_beside_others_of_weeks_are_cut_off() -> None:
    plan = default_policy().plan(Severity.P2)
    slow = replace(plan, acknowledge_within=timedelta(seconds=1), while_unresolved={Tier.L2: timedelta(weeks=4)})
    assert opening("P2", with_plan("P2", slow)).unanswered.cut_off


# -- from an incident that is there ---------------------------------------------------------------------------------


def test_under_budgets_what_rings_the_operator_counts_as_it_does_in_the_engine() -> None:
    budgets = dict.fromkeys(shipped().roster.channels, PageBudget(1, timedelta(minutes=10)))
    book = replace(shipped(), storms=Storms(budgets=budgets))
    found = opening("P2", book).unanswered
    engine = Rehearsal(book, MONDAY_10)
    about = engine.happen(AlertsReceived(group=group("P2"), new_id="first")).incident
    assert about is not None
    engine.pass_time(found.until)
    expected = [one for one in engine.attempts if one.page.incident == about.id]
    assert [(one.at, one.page.person, one.page.channel, one.together) for one in found.attempts] == [
        (one.at, one.page.person, one.page.channel, one.together) for one in expected
    ]
    held_back = MONDAY_10 + timedelta(minutes=45, seconds=15)
    assert held_back in {one.at for one in found.attempts}, "the operator's page of the moment of the end came first"


def stored(severity: str, book: Book | None = None) -> tuple[Rehearsal, Incident]:
    rehearsal = Rehearsal(book or shipped(), MONDAY_10)
    incident = rehearsal.happen(AlertsReceived(group=group(severity), new_id="i1")).incident
    assert incident is not None
    return rehearsal, incident


def ahead(rehearsal: Rehearsal) -> Ladder:
    records = rehearsal.records
    incident = records.incidents["i1"]
    unsent: dict[SentPage, datetime] = {
        records.outbox[intent]: at for intent, at in records.due.items() if records.outbox[intent].page.incident == "i1"
    }
    return outlook(
        rehearsal.book, incident, records.policy(incident.policy), unsent, records.round_robins(), rehearsal.now
    )


def test_from_an_open_incident_on_it_is_the_rest_of_the_ladder() -> None:
    whole = opening("P0").unanswered
    rehearsal, _ = stored("P0")
    rehearsal.pass_time(MONDAY_10 + 7 * MINUTE)
    rest = ahead(rehearsal)
    later = [one for one in whole.attempts if one.at > rehearsal.now]
    assert [(one.at, one.page.intent) for one in rest.attempts] == [(one.at, one.page.intent) for one in later]


def test_pages_that_wait_to_leave_are_part_of_it() -> None:
    rehearsal, _ = stored("P1", with_tier("L1", through=(Through("pager"), Through("chat", 2 * MINUTE))))
    rehearsal.pass_time(MONDAY_10)
    first = ahead(rehearsal).attempts[0]
    assert (first.at, first.page.channel) == (MONDAY_10 + 2 * MINUTE, "chat")


def test_while_somebody_holds_it_it_goes_on_when_that_ends() -> None:
    rehearsal, _ = stored("P2")
    rehearsal.pass_time(MONDAY_10)
    rehearsal.happen(Acknowledged(incident="i1", by="alice"))
    found = tiers(ahead(rehearsal))
    assert found[:2] == [(30.0, "L2"), (45.0, "L2")]
    assert (240.0, "L1") in found


def test_a_round_robin_goes_on_where_it_stands() -> None:
    book = in_turn("dana", "eli", schedule="engineering")
    rehearsal, incident = stored("P1", book)
    policy = rehearsal.records.policy(incident.policy)
    for served, person in ((0, "dana"), (1, "eli"), (2, "dana")):
        found = outlook(book, incident, policy, {}, {"engineering": served}, rehearsal.now)
        assert {one.page.person for one in found.attempts if one.page.tier is Tier.L3} == {person}


def test_looking_ahead_changes_nothing() -> None:
    rehearsal, _ = stored("P2")
    rehearsal.pass_time(MONDAY_10)
    before = (dict(rehearsal.records.incidents), dict(rehearsal.records.outbox), list(rehearsal.attempts))
    ahead(rehearsal)
    assert (rehearsal.records.incidents, rehearsal.records.outbox, rehearsal.attempts) == before
    assert {sent.state for sent in rehearsal.records.outbox.values()} == {PageState.ACCEPTED}


@pytest.mark.parametrize("resolves", list(Resolves))
def test_what_is_stable_ends_by_itself_or_asks_until_somebody_says_so(resolves: Resolves) -> None:
    plan = replace(default_policy().plan(Severity.P2), resolves=resolves)
    rehearsal, _ = stored("P2", with_plan("P2", plan))
    rehearsal.happen(AlertsReceived(group=group("P2", firing=False), new_id="i2"))
    found = ahead(rehearsal)
    assert found.incident.open is (resolves is Resolves.PERSON)
    assert (found.goes_round is not None) is (resolves is Resolves.PERSON)
    if found.goes_round is not None:
        assert (found.goes_round.clock, found.goes_round.tiers) == (ClockName.STABILITY, (Tier.L1,))


def test_what_holds_tells_the_operator_every_day() -> None:
    rehearsal, _ = stored("P2")
    rehearsal.happen(PagingHeld(incident="i1", away_since=MONDAY_10 - timedelta(days=2)))
    found = ahead(rehearsal)
    assert found.goes_round is not None
    assert (found.goes_round.clock, found.goes_round.every) == (ClockName.HELD, timedelta(hours=24))
    assert found.attempts == ()
