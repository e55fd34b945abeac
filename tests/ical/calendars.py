"""Calendars to be read, as programs write them."""

from collections.abc import Iterable
from datetime import UTC, datetime


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(*lines: str, uid: str = "a@example.com") -> list[str]:
    """One event, with these lines and what every event has."""
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]


def calendar(*parts: str | Iterable[str], end: str = "\r\n") -> bytes:
    """A calendar of lines, and of components that are lists of lines."""
    lines = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//tests//EN", *lines, "END:VCALENDAR"]
    return "".join(line + end for line in whole).encode()


def shift(person: str, begins: str, ends: str, zone: str = "", *more: str, uid: str = "") -> list[str]:
    """A shift by the clocks of a zone: ``begins`` and ``ends`` such as ``20260301T090000``."""
    where = f";TZID={zone}" if zone else ""
    return event(
        f"DTSTART{where}:{begins}",
        f"DTEND{where}:{ends}",
        f"SUMMARY:{person}",
        *more,
        uid=uid or f"{person}-{begins}@x",
    )


OWN_ZONE = [
    "BEGIN:VTIMEZONE",
    "TZID:Half an hour aside",
    "BEGIN:STANDARD",
    "DTSTART:19701025T030000",
    "TZOFFSETFROM:+0130",
    "TZOFFSETTO:+0030",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:19700329T020000",
    "TZOFFSETFROM:+0030",
    "TZOFFSETTO:+0130",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
]
