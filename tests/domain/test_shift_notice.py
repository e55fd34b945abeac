"""What people are told of their shifts, and when."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.attempt import refused, taken
from rungbell.domain.book import Book, Telling
from rungbell.domain.events import FailureReason
from rungbell.domain.hours import WeeklyHours
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.override import Override
from rungbell.domain.page import ATTEMPTS, PageState
from rungbell.domain.rotation import Rotation
from rungbell.domain.shift_notice import (
    LATE,
    Says,
    SentNotice,
    ShiftNotice,
    due_notices,
    pointless,
    quiet_until,
)
from tests.domain.shipped import shipped

NINE = datetime(2026, 11, 30, 9, tzinfo=UTC)
"""Alice hands over to bob."""
MINUTE = timedelta(minutes=1)
SHIFTS = Rotation(zone="UTC", people=("alice", "bob"), every=timedelta(days=1), starts=date(2026, 11, 29))


def book(*overrides: Override, telling: Telling | None = None, layers: tuple[Layer, ...] = ()) -> Book:
    playbook = shipped()
    schedule = Schedule("support", layers or (Layer(rotation=SHIFTS),))
    roster = replace(playbook.roster, schedules={"support": schedule}).with_overrides(overrides)
    return replace(playbook, roster=roster, tellings={"support": telling or Telling(("chat",))})


def override(person: str, begins: datetime, ends: datetime, number: int = 1) -> Override:
    return Override(id=str(number), schedule="support", person=person, begins=begins, ends=ends, made_at=begins)


def told(book: Book, now: datetime) -> set[tuple[str, str, datetime]]:
    return {(one.person, one.says.removeprefix("shift_"), one.at) for one in due_notices(book, now)}


def test_at_a_handover_the_one_hears_that_the_shift_ended_and_the_other_that_it_has_begun() -> None:
    assert told(book(), NINE - timedelta(milliseconds=1)) == set()
    assert told(book(), NINE) == {("alice", "ended", NINE), ("bob", "begun", NINE)}


def test_what_was_missed_is_told_for_an_hour_and_then_never() -> None:
    assert told(book(), NINE + LATE - MINUTE) == told(book(), NINE)
    assert told(book(), NINE + LATE) == set()


def test_a_shift_is_told_of_beforehand_where_that_is_wanted() -> None:
    early = book(telling=Telling(("chat",), starts=False, ends=False, before=15 * MINUTE))
    assert told(early, NINE - 16 * MINUTE) == set()
    assert told(early, NINE - 15 * MINUTE) == {("bob", "coming", NINE)}
    assert told(early, NINE) == set()


@pytest.mark.parametrize(
    ("telling", "says"),
    [(Telling(("chat",), ends=False), {"begun"}), (Telling(("chat",), starts=False), {"ended"})],
)
def test_only_what_is_wanted_is_told(telling: Telling, says: set[str]) -> None:
    assert {one[1] for one in told(book(telling=telling), NINE)} == says


def test_an_override_is_a_shift_as_any_other() -> None:
    ten, eleven = NINE + timedelta(hours=1), NINE + timedelta(hours=2)
    changed = book(override("chen", ten, eleven))
    assert told(changed, ten) == {("bob", "ended", ten), ("chen", "begun", ten)}
    assert told(changed, eleven) == {("chen", "ended", eleven), ("bob", "begun", eleven)}


def test_an_override_that_changes_nobody_is_no_news() -> None:
    assert told(book(override("bob", NINE, NINE + timedelta(hours=5))), NINE) == told(book(), NINE)


def test_who_came_and_went_while_nobody_looked_hears_only_what_is_still_so() -> None:
    changed = book(override("chen", NINE + 10 * MINUTE, NINE + 20 * MINUTE))
    assert told(changed, NINE + 30 * MINUTE) == {
        ("alice", "ended", NINE),
        ("bob", "begun", NINE),
        ("chen", "ended", NINE + 20 * MINUTE),
        ("bob", "begun", NINE + 20 * MINUTE),
    }


def test_each_channel_that_reaches_the_person_is_a_notice_of_its_own() -> None:
    found = due_notices(book(telling=Telling(("chat", "pager", "nothing"), ends=False)), NINE)
    assert [one.channel for one in found] == ["chat", "pager"]
    assert len({one.intent for one in found}) == 2
    assert found[0].intent == "shift_begun:support:2026-11-30T09:00:00.000Z:bob:chat"


def test_without_a_schedule_of_that_name_nobody_is_told() -> None:
    assert due_notices(replace(book(), tellings={"gone": Telling(("chat",))}), NINE) == ()


HOURS = Layer(people=("chen",), hours=WeeklyHours("Europe/London", frozenset({0, 2}), time(8), time(12)))
BEGINNING = datetime(2026, 11, 28, tzinfo=UTC)


@given(
    minutes=st.integers(0, 7 * 24 * 60),
    before=st.sampled_from([None, 15 * MINUTE, timedelta(hours=30)]),
    begins=st.integers(0, 7 * 24 * 60),
    lasts=st.integers(1, 600),
)
def test_until_it_is_quiet_no_longer_nothing_new_becomes_due(
    minutes: int, before: timedelta | None, begins: int, lasts: int
) -> None:
    one = override("dana", BEGINNING + begins * MINUTE, BEGINNING + (begins + lasts) * MINUTE)
    changed = book(one, telling=Telling(("chat",), before=before), layers=(HOURS, Layer(rotation=SHIFTS)))
    now = BEGINNING + minutes * MINUTE
    until = quiet_until(changed, now)
    assert until is not None
    assert until > now
    known = {notice.intent for notice in due_notices(changed, now)}
    for step in (timedelta(milliseconds=1), (until - now) / 2, until - now - timedelta(milliseconds=1)):
        assert {notice.intent for notice in due_notices(changed, now + step)} <= known


def test_where_nothing_ever_changes_it_is_quiet_for_ever() -> None:
    assert quiet_until(book(layers=(Layer(people=("alice",)),)), NINE) is None
    assert quiet_until(replace(book(), tellings={}), NINE) is None


# -- on its way ------------------------------------------------------------------------------------------------------


def notice(says: Says, person: str, at: datetime = NINE) -> ShiftNotice:
    return ShiftNotice("support", says, at, person, "chat")


def test_a_notice_that_is_not_so_any_more_or_is_old_need_not_leave() -> None:
    roster = book().roster
    assert not pointless(notice(Says.BEGUN, "bob"), roster, NINE)
    assert pointless(notice(Says.BEGUN, "bob"), roster, NINE + LATE + MINUTE)
    assert pointless(notice(Says.BEGUN, "alice"), roster, NINE)
    assert not pointless(notice(Says.ENDED, "alice"), roster, NINE)
    assert pointless(notice(Says.ENDED, "bob"), roster, NINE)
    assert not pointless(notice(Says.COMING, "bob"), roster, NINE - MINUTE)
    assert pointless(notice(Says.COMING, "alice"), roster, NINE - MINUTE)
    assert pointless(notice(Says.COMING, "bob"), roster, NINE)
    assert pointless(notice(Says.BEGUN, "bob"), replace(roster, schedules={}), NINE)


def test_one_that_was_not_taken_is_tried_again_as_pages_are_and_then_given_up() -> None:
    sent = SentNotice(notice(Says.BEGUN, "bob"), PageState.LEASED, 1, NINE)
    again = refused(sent, FailureReason.TIMEOUT, NINE, permanent=False)
    assert (again.state, again.due_at, again.attempt) == (PageState.WAITING, NINE + timedelta(seconds=1), 1)
    for lost in (
        refused(sent, FailureReason.REFUSED, NINE, permanent=True),
        refused(replace(sent, attempts=ATTEMPTS), FailureReason.TIMEOUT, NINE, permanent=False),
    ):
        assert (lost.state, lost.due_at) == (PageState.FAILED, None)
    assert taken(sent, "x" * 300).reference == "x" * 200
