"""What happens when: a calendar's events, with everything that repeats, by icalendar and recurring-ical-events.

Rules
-----
* Recurrence, exceptions, moved occurrences and the clocks' changes are the libraries' business; what they make of a
  calendar that cannot be understood is not used: the event that is wrong is named, by its UID and line.
* An all-day event lasts from midnight to midnight, and one without a zone goes by the clocks, of the calendar's zone
  (``X-WR-TIMEZONE``), else of the one that is given.
* An event that was cancelled does not happen. "Free" and "busy" make no difference: calendars call shifts either.
* What would never come to an end is cut off: shifts do not repeat by the minute, and so many occurrences are no rota.

May import: ``domain.calendar``, ``ical.content``, ``ical.events``, icalendar, recurring-ical-events.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]

from rungbell.domain.calendar import instant_at, zone_named
from rungbell.ical.content import Block, Content
from rungbell.ical.events import Attendee, CalendarError, Event, Events, Named

MOST_OCCURRENCES = 20_000
"""Of all events together: more than one for each hour of 400 days."""
TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY"})
_MARGIN = timedelta(days=2)
"""By so much may the clocks of a zone, and a day that is whole elsewhere, reach into the period."""
_LASTING = ("DTEND", "DURATION", "RDATE")
"""Of an event with one of these it is said how long it lasts."""
_NOBODY = frozenset({"ROOM", "RESOURCE"})
_MOST_ATTENDEES = 50
_LONGEST_TEXT = 200
Thing: TypeAlias = Any
"""One of the libraries' own: a component, a property, a value; their types say only that it may be any of thirty."""


class OutOfTimeError(Exception):
    """The time that a calendar may take is over; whoever counts it raises this in the midst of the work."""


def expand(content: Content, zone: str, begins: datetime, ends: datetime) -> Events:
    """Give what happens from ``begins`` to ``ends`` (UTC); ``zone`` counts where the calendar has none of its own.

    Raises:
        CalendarError: it cannot be understood.
    """
    if content.zone:
        zone = _known_zone(content.zone, content.zone_line)
    for block in content.zones:
        with _about(block, "time zone"):
            icalendar.Timezone.from_ical(block.text)  # the library keeps it for the events that refer to it
    calendar = icalendar.Calendar()
    blocks: dict[str, list[Block]] = {}
    for block in content.events:
        if not _far_away(block, begins, ends):
            with _about(block):
                event = _event(block)
                _refuse_endless(block, event, begins, ends)
                _cut_off(event, begins, ends)
            calendar.add_component(event)
            blocks.setdefault(str(event["UID"]), []).append(block)
    for same in blocks.values():
        _tell_apart(same)
    if content.zone:
        calendar["X-WR-TIMEZONE"] = zone
    found: list[Event] = []
    for series in recurring_ical_events.of(calendar).series:
        same = blocks[str(series.uid)]
        with _about(same[0]):
            _refuse_endless_again(same, series, begins, ends)
            found += _happens(series, zone, begins, ends, MOST_OCCURRENCES - len(found))
    return Events(begins, ends, tuple(sorted(found, key=lambda one: one.begins)))


@contextmanager
def _about(block: Block, what: str = "event") -> Iterator[None]:
    """Say of whatever goes wrong where it does."""
    try:
        yield
    except CalendarError:
        raise
    except OutOfTimeError:
        raise CalendarError(f"{what} {_spelled(block)} takes too long to work out", block.number) from None
    except MemoryError:
        raise CalendarError(f"{what} {_spelled(block)} takes too much memory to work out", block.number) from None
    except Exception as error:
        reason = " ".join(str(error).split())[:_LONGEST_TEXT] or type(error).__name__
        raise CalendarError(f"{what} {_spelled(block)} cannot be understood: {reason}", block.number) from error


def _wrong(block: Block, name: str, message: str) -> CalendarError:
    return CalendarError(f"event {_spelled(block)} {message}", block.line_of(name))


def _spelled(block: Block) -> str:
    """Name a component as its calendar does."""
    found = block.first("UID" if block.name == "VEVENT" else "TZID")
    return ascii(found.value[:80]) if found else "without a UID"


def _known_zone(name: str, line: int) -> str:
    try:
        return zone_named(name).key
    except ValueError as error:
        raise CalendarError(str(error), line) from None


def _far_away(block: Block, begins: datetime, ends: datetime) -> bool:
    """Whether what happens once does so outside of the period; read off its digits, for the library takes longer."""
    if any(block.first(name) for name in ("RRULE", "RDATE", "RECURRENCE-ID")):
        return False
    starts, stops = block.first("DTSTART"), block.first("DTEND")
    if starts is None or stops is None:
        return False
    first, last = starts.value[:8], stops.value[:8]
    if not (first.isdecimal() and last.isdecimal() and first <= last):
        return False
    return first > f"{ends + _MARGIN:%Y%m%d}" or last < f"{begins - _MARGIN:%Y%m%d}"


def _event(block: Block) -> Thing:
    """Read one event, and refuse what the library would guess at."""
    event: Thing = icalendar.Event.from_ical(block.text)
    if event.errors:
        name, message = event.errors[0][:2]
        raise _wrong(block, str(name), f"has a {name} that cannot be read: {message}")
    if "DTSTART" not in event:
        raise _wrong(block, "UID", "has no DTSTART")
    if "UID" not in event:
        event.add("UID", f"line {block.number}")
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"):
        for value in _several(event.get(name)):
            _refuse_unknown_zone(block, name, value)
    _refuse_backwards(block, event)
    for rule in _several(event.get("RRULE")):
        if TOO_OFTEN & {str(one).upper() for one in _several(rule.get("FREQ"))}:
            raise _wrong(block, "RRULE", "repeats by the minute or the second, as no shift does")
    return event


def _several(value: Thing) -> list[Thing]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _refuse_unknown_zone(block: Block, name: str, value: Thing) -> None:
    zone = value.params.get("TZID")
    for one in getattr(value, "dts", None) or [value]:
        at = one.dt[0] if isinstance(one.dt, tuple) else one.dt
        if zone and isinstance(at, datetime) and at.tzinfo is None:
            raise _wrong(block, name, f"is in the unknown time zone {str(zone)[:80]!a}")


def _refuse_backwards(block: Block, event: Thing) -> None:
    starts, stops, lasts = event["DTSTART"].dt, event.get("DTEND"), event.get("DURATION")
    if lasts is not None and lasts.dt < timedelta():
        raise _wrong(block, "DURATION", "has a DURATION below zero")
    if stops is None:
        return
    whole_days = [not isinstance(one, datetime) for one in (starts, stops.dt)]
    if whole_days[0] != whole_days[1]:
        raise _wrong(block, "DTEND", "has a DTSTART and a DTEND of which only one is a whole day")
    if _comparable(stops.dt) < _comparable(starts):
        raise _wrong(block, "DTEND", "ends before it begins")


def _refuse_endless(block: Block, event: Thing, begins: datetime, ends: datetime) -> None:
    """Refuse an event of the period that begins at a time and never ends: by the standard nobody is on call by it."""
    starts = event["DTSTART"].dt
    lasts = any(name in event for name in (*_LASTING, "RRULE"))
    if lasts or not isinstance(starts, datetime) or _cancelled(event):
        return
    if begins - _MARGIN <= _comparable(starts) <= ends + _MARGIN:
        raise _endless(block)


def _refuse_endless_again(same: list[Block], series: Thing, begins: datetime, ends: datetime) -> None:
    """Refuse one that repeats, where it does so in the period: one that stopped years ago keeps nobody from a shift."""
    block = next((one for one in same if one.first("RRULE") and not any(map(one.first, _LASTING))), None)
    if block is None:
        return
    for occurrence in series.between(begins - _MARGIN, ends + _MARGIN):
        none_of_it = isinstance(occurrence.start, datetime) and occurrence.start == occurrence.end
        if none_of_it and not _cancelled(occurrence.as_component(keep_recurrence_attributes=False)):
            raise _endless(block)


def _endless(block: Block) -> CalendarError:
    return _wrong(block, "DTSTART", "has no end, neither a DTEND nor a DURATION: nobody would be on call by it")


def _cancelled(event: Thing) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _cut_off(event: Thing, begins: datetime, ends: datetime) -> None:
    """Let what happens once for ages begin and end outside of the period, but not so far that it cannot be counted."""
    if any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID")):
        return
    for name in ("DTSTART", "DTEND"):
        if name in event:
            at = event[name].dt
            year = min(max(at.year, begins.year - 2), ends.year + 2)
            if year != at.year:
                event[name].dt = at.replace(year=year, day=min(at.day, 28))


def _comparable(at: date) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time(), UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _tell_apart(same: list[Block]) -> None:
    """Refuse different events under one UID; the library would keep one, and a shift be lost."""
    masters: dict[str, Block] = {}
    for block in same:
        if block.first("RECURRENCE-ID") is None:
            sequence = block.first("SEQUENCE")
            first = masters.setdefault(sequence.value if sequence else "", block)
            if [line.text for line in first.lines] != [line.text for line in block.lines]:
                raise _wrong(block, "UID", f"has the same UID as the one of line {first.number}")


def _happens(series: Thing, zone: str, begins: datetime, ends: datetime, most: int) -> list[Event]:
    """Give the occurrences of one event that touch the period, cut off where it ends."""
    found: list[Event] = []
    for count, occurrence in enumerate(series.between(begins - _MARGIN, ends + _MARGIN)):
        if count >= most:
            raise CalendarError(f"there are more than {MOST_OCCURRENCES} shifts in {(ends - begins).days} days")
        first, last = (_instant(at, zone, begins, ends) for at in (occurrence.start, occurrence.end))
        if first < last:
            event = occurrence.as_component(keep_recurrence_attributes=False)
            if not _cancelled(event):
                found.append(Event(first, last, _named(event)))
    return found


def _instant(at: date, zone: str, begins: datetime, ends: datetime) -> datetime:
    """Give the instant of a day's beginning, or of a time with a zone or without, cut off where the period ends."""
    if not begins.year - 1 <= at.year <= ends.year + 1:
        return begins if at.year < begins.year else ends
    if not isinstance(at, datetime):
        found = instant_at(zone_named(zone), at, time())
    elif at.tzinfo is None:
        found = instant_at(zone_named(zone), at.date(), at.time())
    else:
        found = at.astimezone(UTC)
    return min(max(found, begins), ends)


def _named(event: Thing) -> Named:
    attendees = [
        _attendee(one)
        for one in _several(event.get("ATTENDEE"))[:_MOST_ATTENDEES]
        if str(one.params.get("PARTSTAT", "")).upper() != "DECLINED"
        and str(one.params.get("CUTYPE", "")).upper() not in _NOBODY
    ]
    organizers: Iterable[Thing] = _several(event.get("ORGANIZER"))[:1]
    return Named(
        summary=str(event.get("SUMMARY", ""))[:_LONGEST_TEXT],
        organizer=next((_attendee(one) for one in organizers), None),
        attendees=tuple(attendees),
    )


def _attendee(value: Thing) -> Attendee:
    address = str(value)[:_LONGEST_TEXT]
    scheme, _, rest = address.partition(":")
    return Attendee(str(value.params.get("CN", ""))[:_LONGEST_TEXT], rest if scheme.lower() == "mailto" else address)
