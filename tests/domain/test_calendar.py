"""Business hours: windows by the wall clock, durations in real time, correct when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.calendar import MAX_CLOSED_DAYS, BusinessHours, instant_at, zone_named
from tests.domain.clock_changes import ALL_CHANGES, ZONES, instants, zones

LONDON = BusinessHours("Europe/London")
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

durations = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=60))


@st.composite
def opening_hours(draw: st.DrawFn) -> BusinessHours:
    # An hour at least, so that the durations under test end within years.
    opens = draw(st.times(max_value=time(22, 59)))
    closes = draw(st.times(min_value=opens.replace(hour=opens.hour + 1)))
    return BusinessHours(
        draw(zones),
        draw(st.frozensets(st.integers(0, 6), min_size=1)),
        opens,
        closes,
        draw(st.frozensets(st.dates(date(2020, 1, 1), date(2030, 12, 31)), max_size=4)),
    )


def local(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_A22_business_hours_are_monday_to_friday_nine_to_five_in_a_stated_zone() -> None:  # noqa: N802 - a reading's number
    assert BusinessHours("Europe/London") == BusinessHours(
        zone="Europe/London",
        days=frozenset({0, 1, 2, 3, 4}),
        opens=time(9),
        closes=time(17),
        holidays=frozenset(),
    )
    # Outside the hours: at the next opening.
    assert LONDON.next_open(local("2026-06-05 17:00")) == local("2026-06-08 09:00")  # Friday evening
    assert LONDON.next_open(local("2026-06-06 12:00")) == local("2026-06-08 09:00")  # Saturday
    assert LONDON.next_open(local("2026-06-09 08:59")) == local("2026-06-09 09:00")
    # Opened on Monday at 16:30, one business hour: 09:30 of the next business day.
    assert LONDON.elapse(local("2026-06-08 16:30"), HOUR) == local("2026-06-09 09:30")
    assert LONDON.elapse(local("2026-06-05 16:30"), HOUR) == local("2026-06-08 09:30")
    # Opened outside: the hour begins at the opening.
    assert LONDON.elapse(local("2026-06-06 03:00"), HOUR) == local("2026-06-08 10:00")


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-06-08 08:59:59.999999", False),
        ("2026-06-08 09:00", True),
        ("2026-06-08 16:59:59.999999", True),
        ("2026-06-08 17:00", False),
        ("2026-06-07 12:00", False),
    ],
)
def test_a_window_contains_its_opening_and_not_its_closing(at: str, is_open: bool) -> None:
    assert LONDON.is_open(local(at)) is is_open


@pytest.mark.parametrize(
    ("start", "duration", "ends"),
    [
        ("2026-06-08 10:00", timedelta(), "2026-06-08 10:00"),
        ("2026-06-08 17:00", timedelta(), "2026-06-09 09:00"),
        ("2026-06-08 16:00", HOUR, "2026-06-09 09:00"),
        ("2026-06-08 09:00", 8 * HOUR, "2026-06-09 09:00"),
        ("2026-06-08 09:00", 8 * HOUR - SECOND, "2026-06-08 16:59:59"),
        ("2026-06-08 09:00", 40 * HOUR, "2026-06-15 09:00"),
        ("2026-06-08 09:00", 41 * HOUR, "2026-06-15 10:00"),
    ],
)
def test_only_open_time_counts_and_closing_time_rolls_over(start: str, duration: timedelta, ends: str) -> None:
    assert LONDON.elapse(local(start), duration) == local(ends)


def test_a_holiday_has_no_window() -> None:
    hours = BusinessHours("Europe/London", holidays=frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
    assert not hours.is_open(local("2026-12-25 12:00"))
    assert hours.next_open(local("2026-12-24 17:00")) == local("2026-12-29 09:00")
    assert hours.elapse(local("2026-12-24 16:30"), HOUR) == local("2026-12-29 09:30")
    assert hours.next_business_day(local("2026-12-24 03:00")) == local("2026-12-29 09:00")


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-06-08 03:00", "2026-06-09 09:00"),  # before this morning's opening: still tomorrow
        ("2026-06-08 12:00", "2026-06-09 09:00"),
        ("2026-06-08 23:59", "2026-06-09 09:00"),
        ("2026-06-09 00:00", "2026-06-10 09:00"),
        ("2026-06-05 12:00", "2026-06-08 09:00"),
        ("2026-06-06 12:00", "2026-06-08 09:00"),
    ],
)
def test_the_next_business_day_is_never_today(at: str, opens: str) -> None:
    assert LONDON.next_business_day(local(at)) == local(opens)


def test_today_is_the_date_of_the_offices_zone() -> None:
    # 23:30 UTC on Sunday is already Monday in London's summer.
    assert LONDON.next_business_day(utc("2026-06-07 23:30")) == local("2026-06-09 09:00")
    assert LONDON.next_business_day(utc("2026-06-07 22:30")) == local("2026-06-08 09:00")


@pytest.mark.parametrize(
    ("opens", "closes", "day", "length"),
    [
        (time(0, 30), time(3), date(2026, 3, 29), timedelta(hours=1, minutes=30)),  # spans the gap 01:00-02:00
        (time(1, 30), time(3), date(2026, 3, 29), timedelta(hours=1)),  # opens in it
        (time(0, 30), time(1, 30), date(2026, 3, 29), timedelta(minutes=30)),  # closes in it
        (time(0, 30), time(3), date(2026, 10, 25), timedelta(hours=3, minutes=30)),  # spans the fold 01:00-02:00
        (time(1, 30), time(3), date(2026, 10, 25), timedelta(hours=2, minutes=30)),  # opens in it, the first time
        (time(0, 30), time(1, 30), date(2026, 10, 25), timedelta(hours=1)),  # closes in it, the first time
    ],
)
def test_a_window_across_a_change_of_the_clocks_is_shorter_or_longer(
    opens: time, closes: time, day: date, length: timedelta
) -> None:
    hours = BusinessHours("Europe/London", frozenset(range(7)), opens, closes)
    begins = hours.next_open(local(f"{day} 00:00"))
    assert hours.elapse(begins, length - SECOND) == begins + length - SECOND
    assert hours.elapse(begins, length) == hours.next_business_day(begins)


def test_a_window_that_the_clocks_skip_is_no_window() -> None:
    hours = BusinessHours("Europe/London", frozenset(range(7)), time(1), time(2))
    assert hours.next_open(local("2026-03-28 02:00")) == local("2026-03-30 01:00")
    # Samoa crossed the date line and had no 30 December 2011 at all.
    samoa = BusinessHours("Pacific/Apia", frozenset(range(7)))
    assert samoa.next_business_day(local("2011-12-29 12:00", "Pacific/Apia")) == local(
        "2011-12-31 09:00", "Pacific/Apia"
    )


def test_an_hour_that_the_clocks_show_twice_is_open_once_or_both_times_by_the_window() -> None:
    first, second = utc("2026-10-25 00:15"), utc("2026-10-25 01:15")  # both 01:15 in London
    across = BusinessHours("Europe/London", frozenset({6}), time(1), time(3))
    until_the_first = BusinessHours("Europe/London", frozenset({6}), time(0), time(1, 30))
    assert across.is_open(first)
    assert across.is_open(second)
    assert across.is_open(first.astimezone(ZoneInfo("Europe/London")))
    assert until_the_first.is_open(first)
    assert not until_the_first.is_open(second)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("Europe/London", date(2026, 3, 29), time(1, 30), "2026-03-29 01:00"),
        ("Europe/London", date(2026, 3, 29), time(1, 0, 0, 1), "2026-03-29 01:00"),
        ("Europe/London", date(2026, 10, 25), time(1, 30), "2026-10-25 00:30"),
        ("Europe/London", date(2026, 10, 25), time(1, 30, fold=1), "2026-10-25 00:30"),
        ("America/New_York", date(2026, 3, 8), time(2, 59, 59, 999999), "2026-03-08 07:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), "2026-10-03 15:30"),
        ("Pacific/Apia", date(2011, 12, 30), time(12), "2011-12-30 10:00"),
        ("Asia/Kathmandu", date(2026, 1, 1), time(9), "2026-01-01 03:15"),
    ],
)
def test_a_skipped_wall_time_is_the_moment_of_the_change_and_a_doubled_one_the_first(
    zone: str, day: date, wall: time, expected: str
) -> None:
    assert instant_at(zone_named(zone), day, wall) == utc(expected)


@given(zones, st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.times())
def test_wall_times_fall_on_the_first_instant_that_shows_them_or_a_later_time(zone: str, day: date, wall: time) -> None:
    at, wanted = instant_at(zone_named(zone), day, wall), datetime.combine(day, wall)

    def shown(instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert shown(at) >= wanted
    assert shown(at - timedelta(microseconds=1)) < wanted


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_the_clocks_keeps_windows_whole(zone: str) -> None:
    hours = BusinessHours(zone, frozenset(range(7)), time(0, 15), time(23, 45))
    for _, change in (known for known in ALL_CHANGES if known[0] == zone):
        at, spent = hours.next_open(change - timedelta(days=1)), timedelta()
        start = at
        while at < change + timedelta(days=1):
            at, spent = hours.elapse(at, timedelta(minutes=15)), spent + timedelta(minutes=15)
            assert hours.is_open(at)
            assert at == hours.elapse(start, spent)


@given(opening_hours(), instants)
def test_the_next_opening_is_open_and_nothing_before_it_is(hours: BusinessHours, at: datetime) -> None:
    opens = hours.next_open(at)
    assert opens >= at
    assert opens.tzinfo is UTC
    assert hours.is_open(opens)
    assert hours.next_open(opens) == opens
    assert hours.is_open(at) is (opens == at)
    if opens > at:
        assert not hours.is_open(opens - timedelta(microseconds=1))
        assert not hours.is_open(at + (opens - at) / 2)


@given(opening_hours(), instants, durations)
def test_elapse_ends_open_and_never_before_the_duration(
    hours: BusinessHours, start: datetime, duration: timedelta
) -> None:
    ends = hours.elapse(start, duration)
    assert hours.is_open(ends)
    assert ends >= start + duration
    assert hours.elapse(start, timedelta()) == hours.next_open(start)


@given(opening_hours(), instants, durations, durations)
def test_elapse_adds_up(hours: BusinessHours, start: datetime, one: timedelta, other: timedelta) -> None:
    assert hours.elapse(hours.elapse(start, one), other) == hours.elapse(start, one + other)


@given(opening_hours(), instants, durations, durations)
def test_elapse_grows_with_the_duration(
    hours: BusinessHours, start: datetime, one: timedelta, other: timedelta
) -> None:
    shorter, longer = sorted((one, other))
    assert (hours.elapse(start, shorter) < hours.elapse(start, longer)) is (shorter < longer)


@given(opening_hours(), instants, instants, durations)
def test_who_starts_later_never_ends_earlier(
    hours: BusinessHours, one: datetime, other: datetime, duration: timedelta
) -> None:
    # Years apart adds nothing: what could cross are neighbours.
    other = one + (other - one) % timedelta(days=5)
    assert hours.elapse(one, duration) <= hours.elapse(other, duration)


@given(opening_hours(), instants)
def test_the_next_business_day_opens_on_a_later_local_date(hours: BusinessHours, at: datetime) -> None:
    zone, opens = ZoneInfo(hours.zone), hours.next_business_day(at)
    today, that_day = at.astimezone(zone).date(), opens.astimezone(zone).date()
    assert that_day > today
    assert that_day.weekday() in hours.days
    assert that_day not in hours.holidays
    assert hours.is_open(opens)


@given(opening_hours(), instants, zones)
def test_the_zone_in_which_a_time_is_given_does_not_matter(hours: BusinessHours, at: datetime, zone: str) -> None:
    elsewhere = at.astimezone(ZoneInfo(zone))
    assert hours.is_open(elsewhere) is hours.is_open(at)
    assert hours.elapse(elsewhere, HOUR) == hours.elapse(at, HOUR)
    assert hours.next_business_day(elsewhere) == hours.next_business_day(at)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"zone": "Mars/Base"}, "unknown time zone 'Mars/Base': use an IANA name such as Europe/London"),
        ({"zone": ""}, "unknown time zone '': use an IANA name such as Europe/London"),
        ({"zone": "../etc/passwd"}, "unknown time zone '../etc/passwd': use an IANA name such as Europe/London"),
        ({"zone": "America"}, "unknown time zone 'America': use an IANA name such as Europe/London"),
        ({"days": frozenset()}, "business hours have no days: name at least one, 0 (Monday) to 6 (Sunday)"),
        ({"days": frozenset({0, 7})}, "business day 7 does not exist: days are 0 (Monday) to 6 (Sunday)"),
        (
            {"opens": time(17), "closes": time(9)},
            "business hours close at 09:00, not after they open at 17:00: a window lies within one day",
        ),
        (
            {"opens": time(9), "closes": time(9)},
            "business hours close at 09:00, not after they open at 09:00: a window lies within one day",
        ),
        (
            {"opens": time(9, tzinfo=UTC)},
            "business hours are wall-clock times: leave out their own zone, and set `zone`",
        ),
    ],
)
def test_hours_that_cannot_be_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as raised:
        BusinessHours(**({"zone": "Europe/London"} | fields))  # type: ignore[arg-type]
    assert str(raised.value) == message


def test_an_office_that_never_opens_is_reported_and_not_searched_for_ever() -> None:
    first = date(2026, 1, 1)
    closed = frozenset(first + timedelta(days=n) for n in range(MAX_CLOSED_DAYS + 10))
    hours = BusinessHours("Europe/London", holidays=closed)
    message = r"^no business day in the 732 days before 2028-01-0\d: look at the days and holidays$"
    for ask in (hours.is_open, hours.next_open, hours.next_business_day, lambda at: hours.elapse(at, HOUR)):
        with pytest.raises(ValueError, match=message):
            ask(utc("2026-01-02 12:00"))


def test_a_year_of_holidays_is_bridged() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(366))
    hours = BusinessHours("Europe/London", holidays=closed)
    assert hours.next_open(utc("2026-01-01 12:00")) == utc("2027-01-04 09:00")


def test_an_answer_lies_within_ten_years() -> None:
    blink = BusinessHours("Europe/London", opens=time(9), closes=time(9, 0, 1))
    assert blink.elapse(utc("2026-01-01 00:00"), timedelta(minutes=40)) == local("2035-03-15 09:00")  # 480 weeks of 5 s
    with pytest.raises(ValueError, match=r"^the business hours are too short: so much open time does not pass within"):
        blink.elapse(utc("2026-01-01 00:00"), HOUR)
    with pytest.raises(ValueError, match=r"^the business hours are too short"):
        LONDON.elapse(utc("2026-01-01 00:00"), timedelta.max)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match=r"^business time does not run backwards: -1 day, 23:00:00 is negative$"):
        LONDON.elapse(utc("2026-06-08 12:00"), -HOUR)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 6, 8, 12)  # noqa: DTZ001 - the mistake under test
    message = "^2026-06-08T12:00:00 has no time zone: give a time-zone-aware datetime$"
    for ask in (LONDON.is_open, LONDON.next_open, LONDON.next_business_day, lambda at: LONDON.elapse(at, HOUR)):
        with pytest.raises(ValueError, match=message):
            ask(naive)
