"""The small words of the file: names, weekdays, times of day, zones, contacts, matchers.

Rules
-----
* Each type takes what YAML gave (text, number, list) and answers with a value of the domain, or says what it wants.
* Lists of names may be written as one name.

May import: ``domain``, ``mistakes``, ``durations``, ``readers`` and pydantic.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, TypeAdapter

from rungbell.config.durations import Duration, format_duration, parse_duration
from rungbell.config.holidays import country_named
from rungbell.config.mistakes import did_you_mean, wrong
from rungbell.config.readers import After, Before, Plain
from rungbell.domain.calendar import zone_named
from rungbell.domain.command.war_room import PLACE
from rungbell.domain.matchers import MatcherError, parse_matchers
from rungbell.domain.policy import Tier
from rungbell.domain.rotation import SHORTEST_TURN
from rungbell.domain.severity import SCHEMES, Severity
from rungbell.domain.token import Scope

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Spelled as in the file; the position is Python's number of the weekday."""

FIRST_START, LAST_START = date(1970, 1, 1), date(2199, 12, 31)
"""The days between which a rotation may start, and a maintenance window may be."""

RESERVED_PEOPLE = frozenset({"local", "rungbell"})
"""Names that rungbell itself acts under."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{1,30}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise wrong(
            f"{value[:40]!r} cannot be a name",
            "up to 64 of a-z, 0-9, _, . and -, beginning with a letter or digit",
        )
    return value


def _person(value: str) -> str:
    if value in RESERVED_PEOPLE:
        raise wrong(f"`{value}` is reserved for rungbell itself", "choose another name")
    return _name(value)


def one_or_many(value: object) -> object:
    """Give a list also where a single name stands."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _somebody(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise wrong("must not be empty", kind="tier-with-nobody")
    return value


def _distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    twice = [str(item) for position, item in enumerate(value) if item in value[:position]]
    if twice:
        raise wrong(f"names `{twice[0]}` twice")
    return value


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


def _scheme(value: str) -> str:
    if value not in SCHEMES:
        raise wrong(f"unknown scheme {value[:40]!r}", did_you_mean(value, SCHEMES))
    return value


def _matcher(value: str) -> str:
    try:
        matchers = parse_matchers([value])
    except MatcherError as error:
        raise wrong(str(error), kind="slow-regex" if error.slow else "") from None
    if not matchers:
        raise wrong("matches everything", "leave `match` out to say so")
    return value


def _turns(value: timedelta) -> timedelta:
    if not SHORTEST_TURN <= value <= timedelta(weeks=52):
        raise wrong(f"turns cannot last {format_duration(value)}", "from 1h to 52w")
    return value


def _together(value: int) -> int:
    if value < 1:
        raise wrong(f"{value} is nobody", "1 or more")
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


def _not_empty(value: tuple[object, ...]) -> tuple[object, ...]:
    if not value:
        raise wrong("must not be empty")
    return value


not_empty = After(_not_empty)
"""Refuse an empty list; ``min_length`` would also call a list empty whose only item is wrong."""


def at_most(most: timedelta) -> After:
    """Refuse durations longer than ``most``."""

    def check(value: timedelta) -> timedelta:
        if value > most:
            raise wrong(f"must be at most {format_duration(most)}")
        return value

    return After(check)


def _matching(pattern: re.Pattern[str], message: str, hint: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise wrong(message, hint)
        return value

    return check


def _meeting(value: str) -> str:
    parts = urlsplit(value) if value.isascii() and value.isprintable() and " " not in value else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong("is not a web address", 'such as "https://meet.example.com/{incident}"')
    braces = value.replace(PLACE, "")
    if "{" in braces or "}" in braces:
        raise wrong(f"holds braces that are not {PLACE}", f"{PLACE} is where the incident's name goes")
    return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value) if value.isascii() and value.isprintable() and " " not in value else None
        sound = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        parts, sound = None, False
    if parts is None or not sound:
        raise wrong("is not the address of an Alertmanager", "such as http://alertmanager:9093")
    if parts.username is not None or parts.password is not None:
        raise wrong("holds credentials", "give them as `basic_auth`")
    if parts.query or parts.fragment or "/api/" in f"{parts.path}/":
        raise wrong("must end before the API", "such as http://alertmanager:9093, or the path of --web.external-url")
    return value.rstrip("/")


Text = Annotated[str, Field(min_length=1, max_length=200)]
Command = Annotated[str, Field(min_length=1, max_length=500)]
"""What a person types somewhere else."""
MeetingUrl = Annotated[str, After(_meeting)]
"""Where people meet; ``{incident}`` in it stands for the incident's name."""
Name = Annotated[str, After(_name)]
PersonId = Annotated[str, After(_person)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
"""The name of a header of HTTP."""
Names = Annotated[tuple[str, ...], Before(one_or_many), After(_somebody), After(_distinct)]
"""One name or several, none of them twice."""
Addresses = Annotated[
    tuple[Annotated[str, After(_address)], ...],
    Before(one_or_many),
    not_empty,
    After(_distinct),
]
"""Where the peers of one Alertmanager are asked: one, or several of a cluster."""
ReceiverNames = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Before(one_or_many), After(_distinct)]
"""Names of receivers, in Alertmanager's words."""
InTurn = Annotated[tuple[str, ...], Before(one_or_many), After(_somebody)]
"""People in the order of their turns; somebody may come round twice."""
Tiers = Annotated[tuple[Tier, ...], Before(one_or_many), Field(min_length=1), After(_distinct)]
Severities = Annotated[tuple[Severity, ...], Before(one_or_many), Field(min_length=1)]
Scopes = Annotated[tuple[Scope, ...], Before(one_or_many), Field(min_length=1), After(_distinct)]
Email = Annotated[str, After(_matching(_EMAIL, "is not a mail address", "such as alice@example.com"))]
Phone = Annotated[str, After(_matching(_PHONE, "is not a phone number", 'such as "+44 20 7946 0001"'))]
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
Scheme = Annotated[str, After(_scheme)]
Matchers = tuple[Annotated[str, After(_matcher)], ...]
Dates = Annotated[tuple[date, ...], Plain(dates)]
Country = Annotated[str, After(country_named)]
"""A country whose holidays are known, as the two letters of ISO 3166."""
Together = Annotated[int, After(_together)]
TurnLength = Annotated[Duration, After(_turns)]
Wait = Annotated[Duration, at_least(timedelta(seconds=1))]
"""A time after which a clock acts: a second at least."""
