"""A calendar is read by a process of its own."""

import os
import resource
import threading
import time
from pathlib import Path

import pytest

from rungbell.ical import reader
from rungbell.ical.events import Attendee, CalendarError, Event, Events, Named
from rungbell.ical.reader import CalendarReader, bytes_of, period
from tests.ical.calendars import calendar, event, shift, utc

NOW = utc("2026-03-20 12:00")
NEVER = "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"
ENDLESS = calendar(event("DTSTART:20200101T000000Z", "DTEND:20200101T010000Z", NEVER, uid="a@x"))


def complaint(raw: bytes, seconds: float = 20.0) -> str:
    with pytest.raises(CalendarError) as told:
        CalendarReader(seconds).read(raw, "UTC", NOW)
    return str(told.value)


def test_it_gives_the_events_of_a_month_ago_and_of_the_year_to_come() -> None:
    raw = calendar(
        shift("alice", "20260401T090000", "20260401T170000"), shift("bob", "20260201T090000Z", "20260202T090000Z")
    )
    assert CalendarReader().read(raw, "Europe/London", NOW) == Events(
        utc("2026-02-17 00:00"),
        utc("2027-04-24 00:00"),
        (Event(utc("2026-04-01 08:00"), utc("2026-04-01 16:00"), Named("alice")),),
    )


def test_what_is_wrong_is_told_with_its_line() -> None:
    assert complaint(b"<html>").startswith("is a page of HTML")
    assert complaint(calendar(event("DTSTART;TZID=Mars/Base:20260101T000000", uid="a@x"))).startswith(
        "line 7: event 'a@x'"
    )


def test_a_calendar_that_never_comes_to_an_end_is_given_up_and_said_to() -> None:
    assert complaint(ENDLESS, seconds=2) == "line 4: event 'a@x' takes too long to work out"


def test_one_that_takes_too_much_memory_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MEMORY", 80_000_000)
    lines = b"BEGIN:VCALENDAR\r\n" + 2_000_000 * b"A:\n" + b"END:VCALENDAR\r\n"
    assert complaint(lines) == "takes too much memory to work out"


def test_it_can_be_ended_from_outside() -> None:
    reading = CalendarReader()
    ended = threading.Timer(0.3, reading.end)
    ended.start()
    began = time.monotonic()
    with pytest.raises(CalendarError, match=r"^the process that reads it ended with -9$"):
        reading.read(ENDLESS, "UTC", NOW)
    assert time.monotonic() - began < 15


def test_reading_costs_this_process_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    CalendarReader().read(
        calendar(*(shift("a", "20260401T090000Z", "20260401T170000Z", uid=f"{n}") for n in range(2000))), "UTC", NOW
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_without_the_libraries_it_says_what_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "installed", lambda: False)
    assert complaint(calendar()) == "nothing here reads calendars: pip install 'rungbell[calendar]'"


def test_events_are_the_same_after_a_stay_in_json() -> None:
    alice = Attendee("Alice", "alice@example.com")
    events = tuple(
        Event(NOW, utc("2026-03-21 12:00"), one) for one in (Named("a", alice, (alice,)), Named("b"), Named("b"))
    )
    before = Events(*period(NOW), events)
    assert Events.of(before.plain()) == before
    assert len(before.plain()["named"]) == 2


def test_a_file_is_read_where_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(b"x")
    assert bytes_of(tmp_path / "team.ics") == b"x"
    os.mkfifo(tmp_path / "pipe")
    wrong = {"pipe": "is not a regular file", "no": "cannot be read: No such file or directory"}
    for name, told in wrong.items():
        with pytest.raises(CalendarError, match=f"^{told}$"):
            bytes_of(tmp_path / name)
