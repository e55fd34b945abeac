"""The lines of a calendar: read to the few that say who does what when, and written as RFC 5545 wants them.

Rules
-----
* Lines end with CRLF, LF or CR; one that begins with a blank goes on with the one before (3.1).
* Only what decides who is on call is kept: no description, alarm or attachment can be in the way.
* A calendar that breaks off is none: half of a rota must not be taken for all of it.

May import: ``ical.events`` and the standard library.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from rungbell.domain.values import dataclass
from rungbell.ical.events import CalendarError

LARGEST = 8 * 1024 * 1024
"""Bytes of a calendar; ten thousand events with all their descriptions are 3 million."""
MOST_EVENTS = 20_000
DEEPEST = 8
"""Components inside of each other; RFC 5545 has three."""
KEPT = frozenset(
    {
        "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE", "STATUS",
        "SUMMARY", "ORGANIZER", "ATTENDEE",
    }
)  # fmt: skip
"""The properties of an event that are read."""
LONGEST_LINE = 75
"""Octets of a written line, without its end."""

_NAME = re.compile(r"[A-Za-z0-9-]+")
_END_OF_LINE = re.compile(r"\r\n|\n|\r")
_ANY_END_OF_LINE = "\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]"
_CONTROL = "[\x00-\x09\x0b-\x1f\x7f]"


@dataclass(frozen=True, slots=True)
class Line:
    """A content line without its folds; ``number`` is where it begins, counted from 1."""

    number: int
    text: str

    @property
    def name(self) -> str:
        """The property's name in capitals; empty where there is none."""
        found = _NAME.match(self.text)
        return found[0].upper() if found else ""

    @property
    def value(self) -> str:
        """What stands behind the first colon."""
        return self.text.partition(":")[2].strip()


@dataclass(slots=True)
class Block:
    """One component: its lines from BEGIN to END, of an event those that are kept."""

    name: str
    number: int
    lines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What the libraries read."""
        return "".join(f"{line.text}\r\n" for line in self.lines)

    def first(self, name: str) -> Line | None:
        """Give the first line with that name."""
        return next((line for line in self.lines if line.name == name), None)

    def line_of(self, name: str) -> int:
        """The number of the first line with that name, else that of the block."""
        found = self.first(name)
        return found.number if found else self.number


@dataclass(slots=True)
class Content:
    """What is kept of a calendar."""

    zone: str = ""
    """Its ``X-WR-TIMEZONE``."""
    zone_line: int = 0
    zones: list[Block] = field(default_factory=list)
    events: list[Block] = field(default_factory=list)


def read_content(raw: bytes) -> Content:
    """Read a calendar's lines.

    Raises:
        CalendarError: it is none, or not whole; the message names the line.
    """
    reading = _Reading()
    for line in _lines(_decoded(raw)):
        reading.take(line)
    if reading.open or not reading.begun:
        raise CalendarError("breaks off: there is no END:VCALENDAR" if reading.begun else "is empty")
    return reading.content


class _Reading:
    """A calendar, as far as it has been read."""

    def __init__(self) -> None:
        self.content = Content()
        self.begun = False
        self.open: list[tuple[str, int]] = []
        """The components around the next line, with the lines where they begin."""
        self._block: Block | None = None

    def take(self, line: Line) -> None:
        if line.name == "BEGIN":
            self._begin(line)
        elif not self.open:
            raise _foreign(line)
        elif self._block is not None:
            if self._block.name == "VTIMEZONE" or (len(self.open) == 2 and line.name in KEPT | {"END"}):
                self._block.lines.append(line)
        elif len(self.open) == 1 and line.name == "X-WR-TIMEZONE" and not self.content.zone:
            self.content.zone, self.content.zone_line = line.value, line.number
        if line.name == "END":
            self._end(line)

    def _begin(self, line: Line) -> None:
        name = line.value.upper()
        if not self.open and name != "VCALENDAR":
            raise _foreign(line)
        self.begun = True
        self.open.append((name, line.number))
        if len(self.open) > DEEPEST:
            raise CalendarError("components stand too deep inside of each other", line.number)
        if len(self.open) == 2 and name in {"VEVENT", "VTIMEZONE"}:
            self._block = Block(name, line.number)
        if self._block is not None and (self._block.name == "VTIMEZONE" or len(self.open) == 2):
            self._block.lines.append(line)

    def _end(self, line: Line) -> None:
        name, begun = self.open.pop()
        if line.value.upper() != name:
            raise CalendarError(f"END:{ascii(line.value[:20])[1:-1]} ends the {name} of line {begun}", line.number)
        if self._block is not None and len(self.open) == 1:
            kept = self.content.events if name == "VEVENT" else self.content.zones
            kept.append(self._block)
            self._block = None
            if len(self.content.events) > MOST_EVENTS:
                raise CalendarError(f"there are more than {MOST_EVENTS} events", line.number)


def _decoded(raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise CalendarError(f"is longer than {LARGEST} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarError("is not UTF-8", raw[: error.start].count(b"\n") + 1) from None


def _lines(text: str) -> Iterator[Line]:
    """Give the lines without their folds; empty ones are passed over."""
    number, parts = 0, list[str]()
    for place, part in enumerate(_END_OF_LINE.split(text), 1):
        if part[:1] in {" ", "\t"} and parts:
            parts.append(part[1:])
            continue
        if parts:
            yield Line(number, "".join(parts))
        number, parts = place, [part] if part.strip() else []
    if parts:
        yield Line(number, "".join(parts))


def _foreign(line: Line) -> CalendarError:
    if line.text.lstrip().startswith("<"):
        return CalendarError("is a page of HTML or XML, no calendar; the link wanted is the one that ends in .ics")
    return CalendarError("this is no calendar: it does not begin with BEGIN:VCALENDAR", line.number)


def escaped(text: str) -> str:
    """Write a text as a value (3.3.11); control characters other than line ends have no place in one."""
    text = re.sub(_CONTROL, "", re.sub(_ANY_END_OF_LINE, "\n", text))
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return text


def folded(lines: Iterable[str]) -> str:
    """Put lines together, each folded to so many octets that no character is torn (3.1)."""
    return "".join(f"{piece}\r\n" for line in lines for piece in _pieces(line))


def _pieces(line: str) -> Iterator[str]:
    piece, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LONGEST_LINE:
            yield piece
            piece, size = " ", 1
        piece += character
        size += octets
    yield piece
