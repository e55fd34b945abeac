"""The words of the file for times: weekdays, times of day, dates, zones, and how long something lasts.

Rules
-----
* Each type takes what YAML gave and answers with a value of the domain, or says what it wants.

May import: ``domain``, ``mistakes``, ``durations``, ``holidays``, ``readers`` and pydantic.
"""

import json
import re
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import TypeAdapter

from rungbell.config.durations import Duration, format_duration, parse_duration
from rungbell.config.holidays import country_named
from rungbell.config.mistakes import did_you_mean, wrong
from rungbell.config.readers import After, Plain
from rungbell.domain.calendar import WEEKDAYS, zone_named
from rungbell.domain.rotation import SHORTEST_TURN

FIRST_START, LAST_START = date(1970, 1, 1), date(2199, 12, 31)
"""The days between which a rotation may start, and a maintenance window may be."""

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def _clock(text: str, example: str) -> time:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise wrong(f"{text[:40]!r} is not a time of day", f"write {example}, in quotes")
    return time(int(found[1]), int(found[2]))


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise wrong(f"{text[:40]!r} is not a weekday", did_you_mean(text[:3], WEEKDAYS))
    return WEEKDAYS.index(text)


def _days(value: object) -> frozenset[int]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        raise wrong("must be weekdays", "such as mon-fri, or [mon, tue, sat]")
    days: set[int] = set()
    for part in parts:
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        begin = _weekday(first)
        end = _weekday(last) if dash else begin
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)


def _hours(value: object) -> tuple[time, time]:
    opens, dash, closes = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise wrong("must be two times of day", 'such as "09:00-17:00", in quotes')
    hours = _clock(opens, '"09:00-17:00"'), _clock(closes, '"09:00-17:00"')
    if hours[0] >= hours[1]:
        raise wrong(f"{opens.strip()} is not before {closes.strip()}", "for around the clock, see hours: always")
    return hours


def _window(value: object) -> tuple[time, time]:
    opens, dash, closes = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise wrong("must be two times of day", 'such as "09:00-17:00", in quotes')
    closes = "00:00" if closes.strip() == "24:00" else closes
    return _clock(opens, '"09:00-17:00"'), _clock(closes, '"09:00-17:00"')


def _handover(value: object) -> tuple[int | None, time]:
    if not isinstance(value, str):
        raise wrong("must be a time of day, or a weekday and a time of day", "such as 09:00, or mon 09:00")
    day, _, clock = value.strip().rpartition(" ")
    return _weekday(day) if day else None, _clock(clock, "09:00, or mon 09:00")


def _wall(value: object) -> datetime:
    try:
        wall = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        wall = None
    if wall is None:
        raise wrong("must be a day and a time of day", "such as 2026-12-01 22:00")
    if wall.tzinfo is not None:
        raise wrong("has a zone of its own", "leave it out, and set `zone`")
    _starts(wall.date())
    return wall


def _starts(value: date) -> date:
    if not FIRST_START <= value <= LAST_START:
        raise wrong(f"{value} is too far away", f"a day from {FIRST_START} to {LAST_START}")
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    try:
        zone_named(value)
    except ValueError:
        near = did_you_mean(value, sorted(_zones()))
        hint = "an IANA name such as Europe/London" if near.startswith("known") else near
        raise wrong(f"{value[:40]!r} is not a time zone", hint) from None
    return value


def _turns(value: timedelta) -> timedelta:
    if not SHORTEST_TURN <= value <= timedelta(weeks=52):
        raise wrong(f"turns cannot last {format_duration(value)}", "from 1h to 52w")
    return value


def _lasts(value: object) -> timedelta | None:
    if value == "next_business_day":
        return None
    try:
        lasts = parse_duration(value) if isinstance(value, str) else timedelta()
    except ValueError as error:
        raise wrong(str(error), "or next_business_day") from None
    if lasts < timedelta(seconds=1):
        raise wrong("must be a duration of at least 1s, or next_business_day")
    return lasts


@cache
def _dates() -> TypeAdapter[tuple[date, ...]]:
    return TypeAdapter(tuple[date, ...])


def dates(value: object) -> tuple[date, ...]:
    """Read a list of dates as YAML gave it."""
    return _dates().validate_json(json.dumps(value), strict=True)


def at_least(least: timedelta) -> After:
    """Refuse durations shorter than ``least``."""

    def check(value: timedelta) -> timedelta:
        if value < least:
            raise wrong(f"must be at least {format_duration(least)}")
        return value

    return After(check)


def at_most(most: timedelta) -> After:
    """Refuse durations longer than ``most``."""

    def check(value: timedelta) -> timedelta:
        if value > most:
            raise wrong(f"must be at most {format_duration(most)}")
        return value

    return After(check)


Lasts = Annotated[timedelta | None, Plain(_lasts)]
"""How long an acknowledgement lasts; ``None`` is ``next_business_day``."""
Days = Annotated[frozenset[int], Plain(_days)]
Hours = Annotated[tuple[time, time], Plain(_hours)]
Window = Annotated[tuple[time, time], Plain(_window)]
"""Two times of day; the second may be on the following day, and the same twice is a whole day."""
Handover = Annotated[tuple[int | None, time], Plain(_handover)]
"""A time of day, with the weekday before it where turns last whole weeks."""
Wall = Annotated[datetime, Plain(_wall)]
"""A day and a time of day, as the clocks of a zone show them."""
Starts = Annotated[date, After(_starts)]
Zone = Annotated[str, After(_zone)]
Dates = Annotated[tuple[date, ...], Plain(dates)]
Country = Annotated[str, After(country_named)]
"""A country whose holidays are known, as the two letters of ISO 3166."""
TurnLength = Annotated[Duration, After(_turns)]
Wait = Annotated[Duration, at_least(timedelta(seconds=1))]
"""A time after which a clock acts: a second at least."""
