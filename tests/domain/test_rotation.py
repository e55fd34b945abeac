"""Rotations: somebody at every instant after the first handover, whatever the length of a turn."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rungbell.domain.rotation import Rotation, Turn
from tests.domain.clock_changes import instants, zones

MOMENT = timedelta(microseconds=1)
WEEK = timedelta(weeks=1)
SUPPORT = Rotation(zone="Europe/London", people=("alice", "bob"), weekday=0, starts=date(2026, 1, 5))

lengths = st.one_of(
    st.sampled_from([timedelta(hours=hours) for hours in (1, 12, 24, 36, 168, 240, 336)]),
    st.timedeltas(min_value=timedelta(hours=1), max_value=timedelta(weeks=5)),
)


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    names = [f"person{n}" for n in range(draw(st.integers(1, 5)))]
    every = draw(lengths)
    return Rotation(
        zone=draw(zones),
        people=tuple(names),
        every=every,
        weekday=None if every % WEEK else draw(st.sampled_from([None, *range(7)])),
        at=draw(st.times()),
        starts=draw(st.dates(date(2019, 1, 1), date(2026, 1, 1))),
        together=draw(st.integers(1, len(names))),
    )


def local(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def people(rotation: Rotation, now: datetime) -> tuple[str, ...]:
    turn = rotation.turn(now)
    return turn.people if turn else ()


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
    assert people(SUPPORT, local(now)) == ((person,) if person else ())


@pytest.mark.parametrize(
    ("starts", "first"),
    [
        (date(2026, 1, 5), "2026-01-05 09:00"),  # a Monday itself
        (date(2026, 1, 6), "2026-01-12 09:00"),
        (date(2026, 1, 11), "2026-01-12 09:00"),
    ],
)
def test_with_a_weekday_the_first_handover_is_the_first_such_day_on_or_after_the_start(
    starts: date, first: str
) -> None:
    rotation = Rotation(zone="Europe/London", people=("alice",), weekday=0, starts=starts)
    assert rotation.begins == local(first)
    assert rotation.turn(local(first) - MOMENT) is None
    assert rotation.turn(local(first)) == Turn(("alice",), utc(first), utc(first) + WEEK)


@pytest.mark.parametrize(
    ("every", "now", "begins", "ends", "person"),
    [
        (timedelta(weeks=2), "2026-01-20 12:00", "2026-01-15 17:30", "2026-01-29 17:30", "bob"),
        (timedelta(days=1), "2026-01-03 17:30", "2026-01-03 17:30", "2026-01-04 17:30", "chen"),
        (timedelta(hours=12), "2026-01-02 05:30", "2026-01-02 05:30", "2026-01-02 17:30", "bob"),
        (timedelta(hours=36), "2026-01-04 17:29", "2026-01-03 05:30", "2026-01-04 17:30", "bob"),
        (timedelta(days=10), "2026-01-31 17:29", "2026-01-21 17:30", "2026-01-31 17:30", "chen"),
        (timedelta(hours=1), "2026-01-01 20:00", "2026-01-01 19:30", "2026-01-01 20:30", "chen"),
    ],
)
def test_a_turn_may_last_any_time_from_an_hour_on(
    every: timedelta, now: str, begins: str, ends: str, person: str
) -> None:
    rotation = Rotation(
        zone="UTC", people=("alice", "bob", "chen"), every=every, at=time(17, 30), starts=date(2026, 1, 1)
    )
    assert rotation.turn(utc(now)) == Turn((person,), utc(begins), utc(ends))


def test_a_daily_handover_stays_at_nine_when_the_clocks_change() -> None:
    rotation = Rotation(zone="Europe/London", people=("alice",), every=timedelta(days=1), starts=date(2026, 3, 1))
    turn = rotation.turn(local("2026-03-28 20:00"))
    assert turn == Turn(("alice",), utc("2026-03-28 09:00"), utc("2026-03-29 08:00"))


def test_an_hour_that_the_clocks_skip_is_nobodys_turn_and_one_they_show_twice_is_one_turn() -> None:
    rotation = Rotation(
        zone="Europe/London",
        people=tuple(f"hour{n}" for n in range(24)),
        every=timedelta(hours=1),
        at=time(),
        starts=date(2026, 1, 1),
    )
    assert people(rotation, utc("2026-03-29 00:59")) == ("hour0",)
    assert people(rotation, utc("2026-03-29 01:00")) == ("hour2",)
    assert rotation.turn(utc("2026-10-25 01:30")) == Turn(("hour1",), utc("2026-10-25 00:00"), utc("2026-10-25 02:00"))


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
    before, after = rotation.turn(handover - MOMENT), rotation.turn(handover)
    assert before is not None
    assert after is not None
    assert (before.people, before.ends) == (("alice",), handover)
    assert (after.people, after.begins) == (("bob",), handover)
    assert handover.astimezone(ZoneInfo(zone)).date() == date.fromisoformat(change)


def test_several_are_on_call_together_and_the_next_of_the_list_join_the_one_whose_turn_it_is() -> None:
    rotation = Rotation(
        zone="UTC", people=("alice", "bob", "chen"), every=timedelta(days=1), starts=date(2026, 1, 1), together=2
    )
    days = [people(rotation, utc(f"2026-01-0{day} 12:00")) for day in (1, 2, 3, 4)]
    assert days == [("alice", "bob"), ("bob", "chen"), ("chen", "alice"), ("alice", "bob")]


def test_somebody_who_stands_twice_in_the_list_is_not_on_call_together_with_themselves() -> None:
    rotation = Rotation(
        zone="UTC", people=("alice", "bob", "alice"), every=timedelta(days=1), starts=date(2026, 1, 1), together=2
    )
    days = [people(rotation, utc(f"2026-01-0{day} 12:00")) for day in (1, 2, 3)]
    assert days == [("alice", "bob"), ("bob", "alice"), ("alice", "bob")]


@given(rotations(), instants)
def test_a_turn_covers_now_and_the_next_begins_where_it_ends(rotation: Rotation, now: datetime) -> None:
    turn = rotation.turn(now)
    assume(turn is not None)
    assert turn is not None
    assert turn.begins <= now < turn.ends
    assert turn.begins.tzinfo is UTC
    assert turn.ends.tzinfo is UTC
    assert len(turn.people) == rotation.together
    assert rotation.turn(turn.begins) == turn
    assert rotation.turn(turn.ends - MOMENT) == turn
    following = rotation.turn(turn.ends)
    assert following is not None
    assert following.begins == turn.ends


@given(rotations(), instants)
def test_going_back_turn_by_turn_ends_at_the_first_handover(rotation: Rotation, now: datetime) -> None:
    turn, steps = rotation.turn(now), 0
    while turn is not None and steps < 20:
        earlier = rotation.turn(turn.begins - MOMENT)
        if earlier is None:
            assert turn.begins == rotation.begins
            assert turn.people[0] in rotation.people
            assert rotation.turn(now - timedelta(days=36_500)) is None
        else:
            assert earlier.ends == turn.begins
        turn, steps = earlier, steps + 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"zone": "Mars/Base"}, "unknown time zone 'Mars/Base': use an IANA name such as Europe/London"),
        ({"people": ()}, "a rotation needs people: name at least one"),
        ({"together": 2}, "2 together are none, or more than the 1 people"),
        ({"together": 0}, "0 together are none, or more than the 1 people"),
        ({"every": timedelta(minutes=59)}, "a turn lasts at least an hour, not 59m"),
        ({"weekday": 7}, "weekday 7 does not exist: weekdays are 0 (Monday) to 6 (Sunday)"),
        ({"weekday": -1}, "weekday -1 does not exist: weekdays are 0 (Monday) to 6 (Sunday)"),
        (
            {"every": timedelta(days=10), "weekday": 0},
            "turns of 10d do not all begin on one weekday: leave it out",
        ),
        (
            {"at": time(9, tzinfo=UTC)},
            "the handover is a wall-clock time: leave out its own zone, and set `zone`",
        ),
    ],
)
def test_rotations_that_cannot_be_are_refused(fields: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"zone": "Europe/London", "people": ("alice",), "starts": date(2026, 1, 5)}
    with pytest.raises(ValueError, match=r"^.+$") as raised:
        Rotation(**(good | fields))  # type: ignore[arg-type]
    assert str(raised.value) == message


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 6, 8, 12)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(ValueError, match=r"^2026-06-08T12:00:00 has no time zone: give a time-zone-aware datetime$"):
        SUPPORT.turn(naive)
