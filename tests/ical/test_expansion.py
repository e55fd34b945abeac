"""What happens when: recurrence, exceptions, whole days, zones and the clocks' changes."""

import pytest

from rungbell.ical.content import read_content
from rungbell.ical.events import Attendee, CalendarError, Named
from rungbell.ical.expansion import MOST_OCCURRENCES, expand
from rungbell.ical.reader import period
from tests.ical.calendars import OWN_ZONE, calendar, event, shift, utc

NOW = utc("2026-03-20 12:00")
BEGINS, ENDS = period(NOW)
LONDON = "Europe/London"


def happens(raw: bytes, zone: str = LONDON) -> list[tuple[str, str, str]]:
    """Give summary, beginning and end of everything, in UTC."""
    found = expand(read_content(raw), zone, BEGINS, ENDS).events
    return [(one.named.summary, f"{one.begins:%m-%d %H:%M}", f"{one.ends:%m-%d %H:%M}") for one in found]


def complaint(raw: bytes) -> str:
    with pytest.raises(CalendarError) as told:
        happens(raw)
    return str(told.value)


def test_a_weekly_shift_begins_at_nine_by_the_wall_before_and_after_the_clocks_change() -> None:
    weekly = shift("alice", "20260316T090000", "20260323T090000", LONDON, "RRULE:FREQ=WEEKLY;COUNT=3")
    assert happens(calendar(weekly)) == [
        ("alice", "03-16 09:00", "03-23 09:00"),
        ("alice", "03-23 09:00", "03-30 08:00"),
        ("alice", "03-30 08:00", "04-06 08:00"),
    ]


def test_a_shift_is_left_out_moved_or_cancelled_by_itself() -> None:
    daily = shift("alice", "20260301T090000", "20260301T170000", LONDON, "RRULE:FREQ=DAILY;COUNT=5", uid="d@x")
    daily.insert(-1, "EXDATE;TZID=Europe/London:20260302T090000")
    moved = shift(
        "bob",
        "20260303T120000",
        "20260303T200000",
        LONDON,
        "RECURRENCE-ID;TZID=Europe/London:20260303T090000",
        uid="d@x",
    )
    off = shift("alice", "20260304T090000", "20260304T170000", LONDON, "STATUS:CANCELLED", uid="d@x")
    off.insert(-1, "RECURRENCE-ID;TZID=Europe/London:20260304T090000")
    assert happens(calendar(moved, daily, off)) == [
        ("alice", "03-01 09:00", "03-01 17:00"),
        ("bob", "03-03 12:00", "03-03 20:00"),
        ("alice", "03-05 09:00", "03-05 17:00"),
    ]


def test_further_dates_and_periods_are_shifts_too() -> None:
    further = shift("alice", "20260301T090000Z", "20260301T100000Z", "", "RDATE:20260305T090000Z")
    further.insert(-1, "RDATE;VALUE=PERIOD:20260307T090000Z/PT3H")
    assert happens(calendar(further)) == [
        ("alice", "03-01 09:00", "03-01 10:00"),
        ("alice", "03-05 09:00", "03-05 10:00"),
        ("alice", "03-07 09:00", "03-07 12:00"),
    ]


def test_a_whole_day_is_from_midnight_to_midnight_by_the_clocks() -> None:
    whole = event("DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260331", "SUMMARY:alice")
    assert happens(calendar(whole)) == [("alice", "03-29 00:00", "03-30 23:00")]
    assert happens(calendar(whole), "Asia/Tokyo") == [("alice", "03-28 15:00", "03-30 15:00")]
    assert happens(calendar("X-WR-TIMEZONE:America/New_York", whole)) == [("alice", "03-29 04:00", "03-31 04:00")]


def test_a_whole_day_without_an_end_is_one_day_and_may_come_back_every_week() -> None:
    sundays = event("DTSTART;VALUE=DATE:20260322", "RRULE:FREQ=WEEKLY;COUNT=2", "SUMMARY:alice")
    assert happens(calendar(sundays)) == [
        ("alice", "03-22 00:00", "03-23 00:00"),
        ("alice", "03-29 00:00", "03-29 23:00"),
    ]


def test_a_time_without_a_zone_goes_by_the_calendars_clocks_else_by_those_given() -> None:
    floating = shift("alice", "20260401T090000", "20260401T100000")
    assert happens(calendar(floating)) == [("alice", "04-01 08:00", "04-01 09:00")]
    assert happens(calendar("X-WR-TIMEZONE:Asia/Tokyo", floating)) == [("alice", "04-01 00:00", "04-01 01:00")]


def test_a_zone_may_be_named_as_windows_does_or_bring_its_own_rules() -> None:
    windows = shift("alice", "20260401T090000", "20260401T100000", "GMT Standard Time")
    own = shift("bob", "20260401T090000", "20260401T100000", "Half an hour aside")
    earlier = shift("bob", "20260301T090000", "20260301T100000", "Half an hour aside")
    assert happens(calendar(OWN_ZONE, windows, own, earlier)) == [
        ("bob", "03-01 08:30", "03-01 09:30"),
        ("bob", "04-01 07:30", "04-01 08:30"),
        ("alice", "04-01 08:00", "04-01 09:00"),
    ]


def test_a_shift_without_a_dtend_has_its_duration() -> None:
    lasting = event("DTSTART:20260401T090000Z", "DURATION:PT12H", "SUMMARY:alice")
    assert happens(calendar(lasting)) == [("alice", "04-01 09:00", "04-01 21:00")]


def test_what_reaches_out_of_the_period_is_cut_off_there() -> None:
    ages = shift("alice", "00010101T000000Z", "99991231T000000Z")
    assert happens(calendar(ages)) == [("alice", f"{BEGINS:%m-%d %H:%M}", f"{ENDS:%m-%d %H:%M}")]
    past, far = (shift("bob", f"{year}0101T000000Z", f"{year}0102T000000Z") for year in (1999, 2100))
    assert happens(calendar(past, far)) == []


def test_all_the_ways_of_naming_somebody_are_kept_but_not_who_declined_nor_rooms() -> None:
    one = event(
        "DTSTART:20260401T090000Z", "DTEND:20260401T100000Z", r"SUMMARY:On call\, please",
        "ORGANIZER;CN=Dana:MAILTO:dana@example.com", "ATTENDEE;CN=Alice Ng:mailto:alice@example.com",
        "ATTENDEE;CN=Bob;PARTSTAT=DECLINED:mailto:bob@example.com", "ATTENDEE;CUTYPE=ROOM;CN=Attic:mailto:room@x",
    )  # fmt: skip
    (found,) = expand(read_content(calendar(one)), LONDON, BEGINS, ENDS).events
    dana, alice = Attendee("Dana", "dana@example.com"), Attendee("Alice Ng", "alice@example.com")
    assert found.named == Named("On call, please", dana, (alice,))


def test_ten_thousand_events_are_read() -> None:
    many = [
        shift("alice", f"2026{month:02}{day:02}T{hour:02}0000Z", f"2026{month:02}{day:02}T{hour:02}3000Z", uid=f"{n}@x")
        for n, (month, day, hour) in enumerate(
            (month, day, hour) for month in range(3, 12) for day in range(1, 29) for hour in range(4)
        )
    ]
    old = [shift("bob", "20100101T000000Z", "20100102T000000Z", uid=f"old-{n}@x") for n in range(10_000 - len(many))]
    assert len(happens(calendar(*many, *old))) == len(many)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["DTSTART;TZID=Mars/Base:20260101T000000"], "line 7: event 'a@x' is in the unknown time zone 'Mars/Base'"),
        (["SUMMARY:x"], "line 5: event 'a@x' has no DTSTART"),
        (["DTSTART:20261301T000000Z"], "line 7: event 'a@x' has a DTSTART that cannot be read: "),
        (["DTSTART:20260402T000000Z", "DTEND:20260401T000000Z"], "line 8: event 'a@x' ends before it begins"),
        (["DTSTART:20260402T000000Z", "DURATION:-PT1H"], "line 8: event 'a@x' has a DURATION below zero"),
        (["DTSTART:20260402T000000Z"], "line 7: event 'a@x' has no end, neither a DTEND nor a DURATION"),
        (["DTSTART:20200102T000000Z", "RRULE:FREQ=DAILY"], "line 7: event 'a@x' has no end, neither"),
        (["DTSTART;VALUE=DATE:20260402", "DTEND:20260403T000000Z"], "line 8: event 'a@x' has a DTSTART and a"),
        (["DTSTART:20260402T000000Z", "RRULE:FREQ=SECONDLY"], "line 8: event 'a@x' repeats by the minute or"),
        (["DTSTART:20260402T000000Z", "RRULE:FREQ=SOMETIMES"], "line 8: event 'a@x' has a RRULE that cannot"),
        (["DTSTART:20260402T000000Z", "EXDATE;TZID=Mars/Base:20260402T000000"], "line 8: event 'a@x' is in the"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_understood_is_named_with_its_line(lines: list[str], told: str) -> None:
    assert complaint(calendar(event(*lines, uid="a@x"))).startswith(told)


def test_an_event_without_an_end_is_nothing_where_it_is_long_over_or_cancelled() -> None:
    over = event("DTSTART:20100402T000000Z", "SUMMARY:alice")
    cancelled = event("DTSTART:20260402T000000Z", "SUMMARY:alice", "STATUS:CANCELLED", uid="b@x")
    assert happens(calendar(over, cancelled)) == []


@pytest.mark.parametrize("stops", ["UNTIL=20240110T000000Z", "COUNT=9"])
def test_one_that_repeated_without_an_end_and_stopped_long_ago_keeps_nobody_from_a_shift(stops: str) -> None:
    over = event("DTSTART:20240102T090000Z", f"RRULE:FREQ=DAILY;{stops}", "SUMMARY:stand-up")
    cancelled = event("DTSTART:20240102T000000Z", "RRULE:FREQ=DAILY", "STATUS:CANCELLED", uid="b@x")
    now = shift("alice", "20260401T090000Z", "20260401T100000Z", uid="c@x")
    assert happens(calendar(over, cancelled, now)) == [("alice", "04-01 09:00", "04-01 10:00")]


def test_a_calendar_in_an_unknown_zone_is_refused() -> None:
    assert complaint(calendar("X-WR-TIMEZONE:Mars/Base")).startswith(
        "line 4: unknown time zone 'Mars/Base': use an IANA"
    )


def test_two_different_events_with_one_uid_are_refused_for_one_of_them_would_be_lost() -> None:
    one, other = (shift(name, "20260401T090000Z", "20260401T100000Z", uid="same") for name in ("alice", "bob"))
    assert complaint(calendar(one, other)) == "line 12: event 'same' has the same UID as the one of line 4"
    assert happens(calendar(one, one)) == [("alice", "04-01 09:00", "04-01 10:00")]
    newer = [*other[:-1], "SEQUENCE:2", "END:VEVENT"]
    assert happens(calendar(one, newer)) == [("bob", "04-01 09:00", "04-01 10:00")]


def test_what_repeats_more_often_than_any_rota_is_refused() -> None:
    hours = ",".join(map(str, range(24)))
    minutes = ",".join(map(str, range(60)))
    often = f"RRULE:FREQ=DAILY;BYHOUR={hours};BYMINUTE={minutes}"
    raw = calendar(shift("alice", "20260301T000000Z", "20260301T000030Z", "", often))
    assert complaint(raw) == f"there are more than {MOST_OCCURRENCES} shifts in {(ENDS - BEGINS).days} days"
