"""Shifts that are written down one by one: who is on call by them, alone and as a layer of a schedule."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.hours import WeeklyHours
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.rota import Gap, gaps, shifts
from rungbell.domain.shifts import Shift, Shifts, written_down
from tests.domain.shipped import shipped

START = datetime(2026, 6, 8, tzinfo=UTC)
PEOPLE = ("alice", "bob", "chen")


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def shift(person: str, begins: int, ends: int) -> Shift:
    return Shift(person, hour(begins), hour(ends))


WRITTEN = written_down("team", [shift("bob", 8, 16), shift("alice", 0, 8), shift("chen", 6, 10)])


def test_a_shift_begins_at_its_beginning_and_is_over_at_its_end() -> None:
    last_moment = hour(16) - timedelta(microseconds=1)
    assert [WRITTEN.at(at) for at in (hour(-1), hour(0), last_moment, hour(16))] == [
        ((), hour(0)),
        (("alice",), hour(6)),
        (("bob",), hour(16)),
        ((), None),
    ]


def test_everybody_who_has_a_shift_is_on_call_who_began_first_before_the_others() -> None:
    assert WRITTEN.at(hour(7)) == (("alice", "chen"), hour(8))
    assert WRITTEN.at(hour(9)) == (("chen", "bob"), hour(10))
    assert WRITTEN.members == ("alice", "chen", "bob")


def test_shifts_of_one_person_that_touch_or_overlap_are_one() -> None:
    joined = written_down("team", [shift("alice", 0, 8), shift("alice", 8, 12), shift("alice", 2, 4)])
    assert joined == written_down("team", [shift("alice", 0, 12)])


def test_a_shift_without_length_is_nobodys() -> None:
    assert written_down("team", [shift("alice", 4, 4), shift("bob", 6, 2)]) == Shifts("team")


def test_a_calendar_that_nobody_has_read_has_nobody() -> None:
    assert Shifts("team").at(hour(0)) == ((), None)


def test_ten_thousand_shifts_at_once_take_no_longer_than_one_after_the_other() -> None:
    many = written_down("team", [shift(PEOPLE[n % 3], -n, n) for n in range(10_000)])
    assert many.at(hour(0)) == (("alice", "chen", "bob"), hour(9_997))


@given(st.lists(st.builds(shift, st.sampled_from(PEOPLE), st.integers(0, 40), st.integers(0, 40))), st.integers(-1, 41))
def test_at_any_moment_they_are_on_call_whose_shift_covers_it(written: list[Shift], at: int) -> None:
    calendar = written_down("team", written)
    found, until = calendar.at(hour(at))
    assert set(found) == {one.person for one in written if one.begins <= hour(at) < one.ends}
    assert len(set(found)) == len(found)
    assert until is None or (until > hour(at) and calendar.at(until)[0] != found)


def test_a_rota_reads_them_as_any_other_layer() -> None:
    schedule = Schedule("support", (Layer(shifts=WRITTEN),))
    assert shifts(schedule, hour(-2), hour(20)) == (shift("alice", 0, 8), shift("chen", 6, 10), shift("bob", 8, 16))
    assert gaps(schedule, hour(-2), hour(20)) == (Gap(hour(-2), hour(0)), Gap(hour(16), hour(20)))


def test_where_the_calendar_has_nobody_the_next_layer_decides() -> None:
    night = WeeklyHours("UTC", opens=hour(20).time(), closes=hour(4).time())
    schedule = Schedule("support", (Layer(shifts=WRITTEN, hours=night), Layer(people=("dana",))))
    assert [schedule.on_call(hour(at)) for at in (3, 4, 21)] == [("alice",), ("dana",), ("dana",)]
    assert schedule.at(hour(3)).until == hour(4)


def test_the_roster_takes_the_shifts_of_the_calendars_that_it_has() -> None:
    roster = shipped().roster
    asking = {**roster.schedules, "support": Schedule("support", (Layer(shifts=Shifts("team")),))}
    with_calendar = type(roster)(roster.people, asking, roster.channels)
    known = with_calendar.with_calendars({"team": WRITTEN, "attic": WRITTEN})
    assert known.schedules["support"].on_call(hour(1)) == ("alice",)
    assert known.schedules["engineering"] == roster.schedules["engineering"]
    assert known.with_calendars({}) == known
