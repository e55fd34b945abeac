"""Times as people say them in a call: ``17:00``, ``10:42 UTC``, ``5pm``, ``tomorrow 12:00``, ``Friday``, ``in 2 h``.

Rules
-----
* Without a zone it is the wall clock of the zone that is given; ``UTC`` and ``Z`` say otherwise.
* A time of day without a day is the next such moment where something is to be done, the last one where something
  happened. A day without a time ends at 23:59.
* What cannot be read is no time, and nobody's mistake.
* Expressions stay text until somebody says a time: ``re`` keeps what it compiled, and most commands hear nobody.

May import: ``calendar`` and the standard library's pure parts.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rungbell.domain.calendar import instant_at

END_OF_DAY = time(23, 59)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_ZONE = r"\s?(?:utc|gmt|z)$"
_IN = r"(?:in )?(\d{1,3}) ?(m|h|d|w)(?:in|inutes?|ours?|r|rs|ays?|eeks?)?s?"
_CLOCK = r"(\d{1,2})(?::(\d{2}))?(?::\d{2})? ?(am|pm)?"
_DATE = r"(\d{4})-(\d{2})-(\d{2})(?:[t ]+(.+))?"
_DAY = rf"(?:on |next |this )?(today|tomorrow|yesterday|{'|'.join(_DAYS)})(?:,? (?:at )?(.+))?"
_ENDS = {"end of day": "today", "the end of the day": "today", "eod": "today", "tonight": "today"}


def said_time(words: str, now: datetime, zone: ZoneInfo, *, ahead: bool) -> datetime | None:
    """Give the moment that is meant, in UTC; ``ahead`` says whether it lies before us or behind us."""
    said = " ".join(words.lower().split()).rstrip(" .,!")
    said = _ENDS.get(said, said)
    if ahead and (found := re.fullmatch(_IN, said)) is not None:
        return now + int(found[1]) * _UNITS[found[2]]
    if (named := re.search(_ZONE, said)) is not None:
        said, zone = said[: named.start()], ZoneInfo("UTC")
    today = now.astimezone(zone).date()
    try:
        return _read(said, today, now, zone, ahead=ahead)
    except (ValueError, OverflowError):
        return None


def _read(said: str, today: date, now: datetime, zone: ZoneInfo, *, ahead: bool) -> datetime | None:
    if (found := re.fullmatch(_DATE, said)) is not None:
        return _on(date(int(found[1]), int(found[2]), int(found[3])), found[4], zone)
    if (found := re.fullmatch(_DAY, said)) is not None:
        return _on(_day(found[1], today, ahead=ahead), found[2], zone)
    wall = _wall(said)
    if wall is None:
        return None
    moment = instant_at(zone, today, wall)
    if ahead and moment <= now:
        return instant_at(zone, today + timedelta(days=1), wall)
    if not ahead and moment > now:
        return instant_at(zone, today - timedelta(days=1), wall)
    return moment


def _on(day: date, clock: str | None, zone: ZoneInfo) -> datetime | None:
    wall = END_OF_DAY if clock is None else _wall(clock)
    return None if wall is None else instant_at(zone, day, wall).astimezone(UTC)


def _day(name: str, today: date, *, ahead: bool) -> date:
    near = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if name in near:
        return today + timedelta(days=near[name])
    later = (_DAYS.index(name) - today.weekday()) % 7
    return today + timedelta(days=later if ahead or not later else later - 7)


def _wall(said: str) -> time | None:
    found = re.fullmatch(_CLOCK, said)
    if found is None or (found[2] is None and found[3] is None):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return time(hour, minute)
