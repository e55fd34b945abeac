"""The rota over a period: exact, without a break, and the same as asking who is on call at each moment."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.override import Override
from rungbell.domain.rota import Gap, gaps, next_change, shifts, stretches
from rungbell.domain.rotation import Rotation
from rungbell.domain.shifts import Shift
from tests.domain.clock_changes import instants
from tests.domain.test_hours import weekly
from tests.domain.test_oncall import SUN, WEEKLY
from tests.domain.test_rotation import rotations

MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def taken(person: str, begins: str, ends: str, instead_of: str | None = None) -> Override:
    return Override(
        id=f"{person}-{begins}",
        schedule="support",
        person=person,
        begins=utc(begins),
        ends=utc(ends),
        instead_of=instead_of,
        made_at=utc("2026-01-01 00:00"),
    )


layers = st.one_of(
    st.builds(lambda rotation, hours: Layer(rotation=rotation, hours=hours), rotations(), st.none() | weekly),
    st.builds(lambda hours: Layer(people=("zoe",), hours=hours), weekly),
)


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    begins = draw(instants)
    return Override(
        id=str(draw(st.integers(0, 99))),
        schedule="any",
        person=draw(st.sampled_from(["person0", "person1", "yan"])),
        begins=begins,
        ends=begins + draw(st.timedeltas(min_value=MOMENT, max_value=5 * DAY)),
        instead_of=draw(st.sampled_from([None, "person0", "zoe"])),
        made_at=begins,
    )


schedules = st.builds(
    lambda layers, overrides: Schedule("any", tuple(layers), tuple(overrides)),
    st.lists(layers, max_size=3),
    st.lists(overrides(), max_size=3),
)


def test_shifts_are_merged_cut_at_the_period_and_know_the_overrides() -> None:
    schedule = replace(WEEKLY, overrides=(taken("dana", "2026-06-10 12:00", "2026-06-10 13:00"),))
    assert shifts(schedule, utc("2026-06-08 00:00"), utc("2026-06-16 00:00")) == (
        Shift("bob", utc("2026-06-08 00:00"), utc("2026-06-08 08:00")),
        Shift("alice", utc("2026-06-08 08:00"), utc("2026-06-10 12:00")),
        Shift("dana", utc("2026-06-10 12:00"), utc("2026-06-10 13:00")),
        Shift("alice", utc("2026-06-10 13:00"), utc("2026-06-15 08:00")),
        Shift("bob", utc("2026-06-15 08:00"), utc("2026-06-16 00:00")),
    )


def test_a_stretch_says_who_was_planned_and_which_override_counts() -> None:
    dana = taken("dana", "2026-06-10 12:00", "2026-06-10 13:00")
    found = stretches(replace(WEEKLY, overrides=(dana,)), utc("2026-06-10 00:00"), utc("2026-06-11 00:00"))
    assert [(stretch.people, stretch.planned, stretch.overrides) for stretch in found] == [
        (("alice",), ("alice",), ()),
        (("dana",), ("alice",), (dana,)),
        (("alice",), ("alice",), ()),
    ]


def test_of_several_together_each_has_one_shift() -> None:
    pairs = Rotation(zone="UTC", people=("alice", "bob", "chen"), every=DAY, starts=date(2026, 6, 1), together=2)
    found = shifts(Schedule("pairs", (Layer(rotation=pairs),)), utc("2026-06-01 09:00"), utc("2026-06-04 09:00"))
    assert found == (
        Shift("alice", utc("2026-06-01 09:00"), utc("2026-06-02 09:00")),
        Shift("bob", utc("2026-06-01 09:00"), utc("2026-06-03 09:00")),
        Shift("chen", utc("2026-06-02 09:00"), utc("2026-06-04 09:00")),
        Shift("alice", utc("2026-06-03 09:00"), utc("2026-06-04 09:00")),
    )


def test_gaps_are_where_no_layer_and_no_override_has_anybody() -> None:
    schedule = replace(SUN, overrides=(taken("dana", "2026-06-13 00:00", "2026-06-14 00:00"),))
    assert gaps(schedule, utc("2026-06-11 12:00"), utc("2026-06-15 12:00")) == (
        Gap(utc("2026-06-11 21:00"), utc("2026-06-12 00:00")),
        Gap(utc("2026-06-12 21:00"), utc("2026-06-13 00:00")),
        Gap(utc("2026-06-14 00:00"), utc("2026-06-15 00:00")),
    )
    assert gaps(WEEKLY, utc("2026-06-11 12:00"), utc("2026-06-15 12:00")) == ()


def test_the_next_change_is_when_somebody_else_is_on_call() -> None:
    assert next_change(WEEKLY, utc("2026-06-10 12:00")) == utc("2026-06-15 08:00")
    assert next_change(SUN, utc("2026-06-12 20:00")) == utc("2026-06-12 21:00")
    alone = Rotation(zone="UTC", people=("alice",), every=DAY, starts=date(2026, 6, 1))
    assert next_change(Schedule("alone", (Layer(rotation=alone),)), utc("2026-06-10 12:00")) is None
    assert next_change(Schedule("nobody"), utc("2026-06-10 12:00")) is None


@settings(max_examples=60)
@given(schedules, instants, st.lists(st.timedeltas(timedelta(), 14 * DAY - MOMENT), min_size=20, max_size=20))
def test_a_rota_says_at_each_moment_what_the_schedule_says(
    schedule: Schedule, begins: datetime, offsets: list[timedelta]
) -> None:
    ends = begins + 14 * DAY
    found = stretches(schedule, begins, ends)
    assert (found[0].begins, found[-1].ends) == (begins, ends)
    assert all(one.ends == following.begins for one, following in pairwise(found))
    for stretch in found:
        for at in (stretch.begins, stretch.ends - MOMENT):
            assert schedule.on_call(at) == stretch.people
    everybodys = shifts(schedule, begins, ends)
    for offset in offsets:
        at = begins + offset
        covering = [stretch for stretch in found if stretch.begins <= at < stretch.ends]
        assert [stretch.people for stretch in covering] == [schedule.on_call(at)]
        on_shift = {shift.person for shift in everybodys if shift.begins <= at < shift.ends}
        assert on_shift == set(schedule.on_call(at))


def test_a_year_in_which_the_clocks_change_in_2100_has_no_gap() -> None:
    begins = utc("2100-01-01 00:00")
    assert gaps(WEEKLY, begins, begins + 365 * DAY) == ()
    assert len(shifts(WEEKLY, begins, begins + 365 * DAY)) == 53


@pytest.mark.parametrize(
    ("begins", "ends", "message"),
    [
        ("2026-06-10 12:00", "2026-06-10 11:59", "a period ends after it begins: "),
        ("2026-06-10 12:00", "9999-12-31 12:00", "a period lasts at most 366 days"),
    ],
)
def test_periods_that_cannot_be_are_refused(begins: str, ends: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{message}"):
        stretches(WEEKLY, utc(begins), utc(ends))


def test_a_thousand_overrides_that_overlap_are_all_found() -> None:
    begins = utc("2026-06-01 08:00")
    made = tuple(
        Override(
            id=f"{n:04}",
            schedule="support",
            person=f"person{n % 7}",
            begins=begins + timedelta(minutes=20 * n),
            ends=begins + timedelta(minutes=20 * n + 45),
            made_at=begins - timedelta(minutes=n),
        )
        for n in range(1000)
    )
    found = shifts(replace(WEEKLY, overrides=tuple(reversed(made))), begins, begins + 14 * DAY)
    assert len(found) == 1001, "each takes over when the one made after it has ended, and at last the rotation does"
    assert found[0] == Shift("person0", begins, begins + timedelta(minutes=45))


def test_a_period_of_no_time_has_nothing() -> None:
    assert stretches(WEEKLY, utc("2026-06-10 12:00"), utc("2026-06-10 12:00")) == ()


def test_a_handover_at_night_is_found_to_the_second() -> None:
    night = Rotation(zone="Europe/London", people=("alice", "bob"), every=DAY, at=time(1, 30), starts=date(2026, 3, 1))
    found = shifts(Schedule("night", (Layer(rotation=night),)), utc("2026-03-28 12:00"), utc("2026-03-30 12:00"))
    assert [shift.begins for shift in found][1:] == [utc("2026-03-29 01:00"), utc("2026-03-30 00:30")]
