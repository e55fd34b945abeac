"""Hours of the week: windows by the wall clock that may pass midnight."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.hours import WeeklyHours
from tests.domain.clock_changes import instants, zones

MOMENT = timedelta(microseconds=1)
NIGHTS = WeeklyHours("Europe/London", frozenset({4, 5}), time(22), time(6))
WEEKEND = WeeklyHours("Europe/London", frozenset({5, 6}))

weekly = st.builds(
    WeeklyHours, zones, st.frozensets(st.integers(0, 6), min_size=1), st.times(), st.times()
)  # of any length from a moment to a day


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "open_", "until"),
    [
        ("2026-01-09 21:59", False, "2026-01-09 22:00"),  # a Friday
        ("2026-01-09 22:00", True, "2026-01-10 06:00"),
        ("2026-01-10 05:59", True, "2026-01-10 06:00"),
        ("2026-01-10 06:00", False, "2026-01-10 22:00"),
        ("2026-01-11 03:00", True, "2026-01-11 06:00"),  # the night that began on Saturday
        ("2026-01-11 22:00", False, "2026-01-16 22:00"),
    ],
)
def test_a_window_may_pass_midnight_and_belongs_to_the_day_on_which_it_opens(now: str, open_: bool, until: str) -> None:
    assert NIGHTS.at(utc(now)) == (open_, utc(until))


def test_whole_days_open_at_midnight_and_join() -> None:
    assert WEEKEND.at(utc("2026-01-09 23:59")) == (False, utc("2026-01-10 00:00"))
    assert WEEKEND.at(utc("2026-01-10 00:00")) == (True, utc("2026-01-11 00:00"))
    assert WEEKEND.at(utc("2026-01-11 00:00")) == (True, utc("2026-01-12 00:00"))
    assert WEEKEND.at(utc("2026-01-12 00:00")) == (False, utc("2026-01-17 00:00"))


def test_a_window_over_a_change_of_the_clocks_is_an_hour_shorter_or_longer() -> None:
    nights = WeeklyHours("Europe/London", opens=time(22), closes=time(6))
    assert nights.at(utc("2026-03-28 23:00")) == (True, utc("2026-03-29 05:00"))
    assert nights.at(utc("2026-10-24 23:00")) == (True, utc("2026-10-25 06:00"))


def test_a_window_that_the_clocks_skip_is_none() -> None:
    sundays = WeeklyHours("Europe/London", frozenset({6}), time(1), time(2))
    assert sundays.at(utc("2026-03-29 00:30")) == (False, utc("2026-04-05 00:00"))


def test_always_is_every_day_from_one_time_to_the_same() -> None:
    assert WeeklyHours("UTC").always
    assert WeeklyHours("UTC", opens=time(9), closes=time(9)).always
    assert not WEEKEND.always
    assert not NIGHTS.always


@given(weekly, instants)
def test_what_is_so_now_is_so_until_it_changes(hours: WeeklyHours, now: datetime) -> None:
    seen = [(now, *hours.at(now))]
    for _ in range(6):
        _, open_, until = seen[-1]
        assert hours.at(until - MOMENT) == (open_, until)
        seen.append((until, *hours.at(until)))
    for (_, was_open, until), (_, open_, later) in pairwise(seen):
        assert was_open or open_, "windows do not begin with a pause"
        assert until < later


@pytest.mark.parametrize(
    ("days", "opens", "message"),
    [
        (frozenset(), time(9), "hours have no days: name at least one, 0 (Monday) to 6 (Sunday)"),
        (frozenset({7}), time(9), "day 7 does not exist: days are 0 (Monday) to 6 (Sunday)"),
        (
            frozenset({0}),
            time(9, tzinfo=UTC),
            "hours are wall-clock times: leave out their own zone, and set `zone`",
        ),
    ],
)
def test_hours_that_cannot_be_are_refused(days: frozenset[int], opens: time, message: str) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as raised:
        WeeklyHours("Europe/London", days, opens)
    assert str(raised.value) == message
