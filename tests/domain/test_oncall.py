"""Who is on call: somebody at every instant after the first handover, and never two for one rotation."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rungbell.domain.oncall import Rotation, Schedule, Shift
from tests.domain.clock_changes import ALL_CHANGES, instants, zones

MOMENT = timedelta(microseconds=1)
SUPPORT = Rotation(zone="Europe/London", people=("alice", "bob"), weekday=0, at=time(9), starts=date(2026, 1, 5))


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    names = [f"person{n}" for n in range(draw(st.integers(1, 5)))]
    return Rotation(
        zone=draw(zones),
        people=tuple(names),
        weeks=draw(st.integers(1, 5)),
        weekday=draw(st.integers(0, 6)),
        at=draw(st.times()),
        starts=draw(st.dates(date(2019, 1, 1), date(2026, 1, 1))),
    )


def local(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "person"),
    [
        ("2026-01-05 08:59:59", None),
        ("2026-01-05 09:00", "alice"),
        ("2026-01-12 08:59:59", "alice"),
        ("2026-01-12 09:00", "bob"),
        ("2026-01-19 09:00", "alice"),
        ("2026-03-30 08:59", "bob"),  # the first handover by summer time
        ("2026-03-30 09:00", "alice"),
        ("2020-01-01 00:00", None),
    ],
)
def test_people_take_turns_by_the_wall_clock(now: str, person: str | None) -> None:
    assert SUPPORT.on_call(local(now)) == person


@pytest.mark.parametrize(
    ("starts", "first"),
    [
        (date(2026, 1, 5), "2026-01-05 09:00"),  # a Monday itself
        (date(2026, 1, 6), "2026-01-12 09:00"),
        (date(2026, 1, 11), "2026-01-12 09:00"),
    ],
)
def test_the_first_handover_is_the_first_such_weekday_on_or_after_the_start(starts: date, first: str) -> None:
    rotation = Rotation(zone="Europe/London", people=("alice",), weekday=0, at=time(9), starts=starts)
    assert rotation.shift(local(first) - MOMENT) is None
    assert rotation.shift(local(first)) == Shift("alice", utc(first), utc(first) + timedelta(weeks=1))


def test_a_shift_may_last_several_weeks() -> None:
    rotation = Rotation(
        zone="UTC", people=("alice", "bob", "chen"), weeks=2, weekday=4, at=time(17, 30), starts=date(2026, 1, 1)
    )
    assert rotation.shift(utc("2026-01-20 12:00")) == Shift("bob", utc("2026-01-16 17:30"), utc("2026-01-30 17:30"))
    assert rotation.on_call(utc("2026-02-13 17:29")) == "chen"
    assert rotation.on_call(utc("2026-02-13 17:30")) == "alice"


@pytest.mark.parametrize(
    ("zone", "starts", "at", "change", "begins"),
    [
        ("Europe/London", date(2026, 3, 22), time(1, 30), "2026-03-29", "2026-03-29 01:00"),  # skipped: at its end
        ("Europe/London", date(2026, 10, 18), time(1, 30), "2026-10-25", "2026-10-25 00:30"),  # twice: the first
        ("Australia/Lord_Howe", date(2026, 9, 27), time(2, 15), "2026-10-04", "2026-10-03 15:30"),
        ("America/New_York", date(2026, 3, 1), time(2), "2026-03-08", "2026-03-08 07:00"),
    ],
)
def test_a_handover_that_is_skipped_or_doubled_happens_once(
    zone: str, starts: date, at: time, change: str, begins: str
) -> None:
    rotation = Rotation(zone=zone, people=("alice", "bob"), weekday=6, at=at, starts=starts)
    handover = utc(begins)
    before, after = rotation.shift(handover - MOMENT), rotation.shift(handover)
    assert before is not None
    assert after is not None
    assert (before.person, before.ends) == ("alice", handover)
    assert (after.person, after.begins) == ("bob", handover)
    assert handover.astimezone(ZoneInfo(zone)).date() == date.fromisoformat(change)


@given(rotations(), instants)
def test_a_shift_covers_now_and_the_next_begins_where_it_ends(rotation: Rotation, now: datetime) -> None:
    shift = rotation.shift(now)
    assume(shift is not None)
    assert shift is not None
    assert shift.begins <= now < shift.ends
    assert shift.begins.tzinfo is UTC
    assert shift.ends.tzinfo is UTC
    assert rotation.on_call(now) == shift.person
    assert rotation.shift(shift.begins) == shift
    assert rotation.shift(shift.ends - MOMENT) == shift
    following = rotation.shift(shift.ends)
    assert following is not None
    assert following.begins == shift.ends
    turn = rotation.people.index(shift.person)
    assert following.person == rotation.people[(turn + 1) % len(rotation.people)]


@given(rotations(), instants)
def test_going_back_shift_by_shift_ends_at_the_first_handover(rotation: Rotation, now: datetime) -> None:
    shift, steps = rotation.shift(now), 0
    while shift is not None and steps < 20:
        earlier = rotation.shift(shift.begins - MOMENT)
        if earlier is None:
            zone = ZoneInfo(rotation.zone)
            assert shift.person == rotation.people[0]
            assert timedelta() <= shift.begins.astimezone(zone).date() - rotation.starts <= timedelta(days=7)
            assert rotation.on_call(now - timedelta(days=36_500)) is None
        else:
            assert earlier.ends == shift.begins
        shift, steps = earlier, steps + 1


def test_over_every_change_of_the_clocks_shifts_join_exactly() -> None:
    for zone, change in ALL_CHANGES:
        wall = change.astimezone(ZoneInfo(zone))
        for minutes in (-90, -30, -1, 0, 1, 30, 90):
            shown = (wall.replace(tzinfo=None, fold=0) + timedelta(minutes=minutes)).replace(microsecond=0)
            rotation = Rotation(
                zone=zone,
                people=("alice", "bob", "chen"),
                weekday=shown.weekday(),
                at=shown.time(),
                starts=shown.date() - timedelta(days=14),
            )
            seen = [rotation.shift(change + timedelta(hours=hours)) for hours in (-170, -26, -2, 0, 2, 26, 170)]
            shifts = list(dict.fromkeys(shift for shift in seen if shift is not None))
            assert len(shifts) in {3, 4}
            for one, following in pairwise(shifts):
                assert one.ends == following.begins
                assert one.person != following.person
                assert abs((one.ends - one.begins) - timedelta(weeks=1)) <= timedelta(hours=2)


def test_a_schedule_of_people_gives_all_of_them_at_any_time() -> None:
    assert Schedule("executives", people=("chen", "dana")).on_call(utc("2026-01-01 00:00")) == ("chen", "dana")


def test_a_schedule_with_a_rotation_gives_its_one() -> None:
    schedule = Schedule("support", rotation=SUPPORT)
    assert schedule.on_call(local("2026-01-12 09:00")) == ("bob",)
    assert schedule.on_call(local("2026-01-05 08:59")) == ()


def test_a_schedule_of_nobody_gives_nobody() -> None:
    assert Schedule("empty").on_call(utc("2026-01-01 00:00")) == ()


def test_a_schedule_cannot_have_both() -> None:
    with pytest.raises(ValueError, match=r"^schedule 'support' has people and a rotation: leave one out$"):
        Schedule("support", rotation=SUPPORT, people=("alice",))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"zone": "Mars/Base"}, "unknown time zone 'Mars/Base': use an IANA name such as Europe/London"),
        ({"people": ()}, "a rotation needs people: name at least one"),
        ({"weeks": 0}, "a shift lasts at least one week, not 0"),
        ({"weekday": 7}, "weekday 7 does not exist: weekdays are 0 (Monday) to 6 (Sunday)"),
        ({"weekday": -1}, "weekday -1 does not exist: weekdays are 0 (Monday) to 6 (Sunday)"),
        (
            {"at": time(9, tzinfo=UTC)},
            "the handover is a wall-clock time: leave out its own zone, and set `zone`",
        ),
    ],
)
def test_rotations_that_cannot_be_are_refused(fields: dict[str, object], message: str) -> None:
    good: dict[str, object] = {
        "zone": "Europe/London",
        "people": ("alice",),
        "weekday": 0,
        "at": time(9),
        "starts": date(2026, 1, 5),
    }
    with pytest.raises(ValueError, match=r"^.+$") as raised:
        Rotation(**(good | fields))  # type: ignore[arg-type]
    assert str(raised.value) == message


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 6, 8, 12)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(ValueError, match=r"^2026-06-08T12:00:00 has no time zone: give a time-zone-aware datetime$"):
        SUPPORT.on_call(naive)
