"""The lines of a calendar."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.ical.content import LARGEST, escaped, folded, read_content
from rungbell.ical.events import CalendarError
from tests.ical.calendars import OWN_ZONE, calendar, event, shift

HTML = "is a page of HTML or XML, no calendar; the link wanted is the one that ends in .ics"
ONE = calendar(shift("alice", "20260401T090000Z", "20260401T100000Z"))


def complaint(raw: bytes) -> str:
    with pytest.raises(CalendarError) as told:
        read_content(raw)
    return str(told.value)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_lines_end_in_any_way_and_are_counted(end: str) -> None:
    (found,) = read_content(calendar(event("DTSTART:20260401T090000Z"), end=end)).events
    assert found.line_of("DTSTART") == 7


def test_a_mark_of_the_byte_order_and_small_letters_and_empty_lines_are_nothing() -> None:
    raw = b"\xef\xbb\xbf" + ONE.lower().replace(b"uid", b"\r\n\r\nuid")
    (found,) = read_content(raw).events
    assert found.line_of("DTSTART") == 9


def test_a_folded_line_is_one_line_even_in_the_midst_of_a_name() -> None:
    (found,) = read_content(calendar(event("DTSTA", " RT:2026", "\t0401T090000Z", "SUMMARY:alice"))).events
    assert [line.text for line in found.lines if line.name == "DTSTART"] == ["DTSTART:20260401T090000Z"]
    assert found.line_of("SUMMARY") == 10


def test_of_an_event_only_that_is_kept_which_says_who_does_what_when() -> None:
    alarm = ["BEGIN:VALARM", "TRIGGER:-PT5M", "SUMMARY:ring", "END:VALARM"]
    (found,) = read_content(calendar(event("SUMMARY:alice", "DESCRIPTION:\x00 anything", *alarm))).events
    assert [line.text for line in found.lines] == ["BEGIN:VEVENT", "UID:a@example.com", "SUMMARY:alice", "END:VEVENT"]


def test_of_a_zone_everything_is_kept() -> None:
    (found,) = read_content(calendar(OWN_ZONE)).zones
    assert found.text.splitlines() == OWN_ZONE


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "is empty"),
        (b"\r\n\r\n", "is empty"),
        (b"<!DOCTYPE html><html>", HTML),
        (b"PK\x03\x04", "line 1: this is no calendar: it does not begin with BEGIN:VCALENDAR"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "line 1: this is no calendar: it does not begin with BEGIN:VCALENDAR"),
        (ONE + b"<p>", HTML),
        (ONE[: len(ONE) // 2], "breaks off: there is no END:VCALENDAR"),
        (ONE.removesuffix(b"END:VCALENDAR\r\n"), "breaks off: there is no END:VCALENDAR"),
        (ONE.replace(b"END:VEVENT", b"END:VTODO"), "line 10: END:VTODO ends the VEVENT of line 4"),
        (b"\xff\xfe" + "BEGIN:VCALENDAR".encode("utf-16-le"), "line 1: is not UTF-8"),
        (ONE.replace(b"SUMMARY:alice", b"\n\nSUMMARY:Jos\xe9"), "line 11: is not UTF-8"),
        (b"BEGIN:VCALENDAR\r\n" + 20 * b"BEGIN:X\r\n", "line 9: components stand too deep inside of each other"),
        (b" " * (LARGEST + 1), f"is longer than {LARGEST} bytes"),
        (calendar(*20_001 * [["BEGIN:VEVENT", "END:VEVENT"]]), "line 40005: there are more than 20000 events"),
    ],
)  # fmt: skip
def test_what_is_no_whole_calendar_is_refused_with_the_line(raw: bytes, told: str) -> None:
    assert complaint(raw) == told


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(raw: bytes) -> None:
    for one in (raw, b"BEGIN:VCALENDAR\r\n" + raw + b"\r\nEND:VCALENDAR\r\n"):
        with contextlib.suppress(CalendarError):
            read_content(one)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_written_lines_are_short_and_no_character_is_torn(text: str) -> None:
    written = folded([f"SUMMARY:{escaped(text)}"])
    lines = written.split("\r\n")
    assert lines.pop() == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    assert all(line.startswith(" ") for line in lines[1:])
    assert not set("".join(lines)) & {chr(number) for number in range(32)}


def test_a_text_is_escaped_as_a_value() -> None:
    assert escaped("Ng, Alice; \\o/\r\nnight\x07 \N{WOMAN}\u200d\N{PERSONAL COMPUTER}") == (
        "Ng\\, Alice\\; \\\\o/\\nnight \N{WOMAN}\u200d\N{PERSONAL COMPUTER}"
    )
