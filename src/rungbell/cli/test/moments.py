"""Times of a test file: so long after the test's start (``5m``), or a day and a time of day (``2026-11-23 09:30``).

Rules
-----
* A day and a time are wall clock in the test's zone, unless they have an offset of their own.
* A time that the clocks skip or show twice that night is a mistake: the writer says which one is meant.

May import: ``config``, ``domain``, the standard library and pydantic.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from rungbell.config.durations import format_duration, parse_duration
from rungbell.config.mistakes import wrong
from rungbell.config.readers import Before, Plain
from rungbell.domain.calendar import zone_named
from rungbell.domain.values import dataclass

DURATION = "such as 30s, 5m or 1h30m after the test's start"
CALENDAR = "such as 2026-11-23 09:30, or 2026-11-23T09:30:00Z"
YEARS = range(1970, 9001)
"""Beyond them, clocks and zones cannot be counted on."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it was written; exactly one of ``after`` and ``at``."""

    text: str
    after: timedelta | None = None
    at: datetime | None = None
    """With a zone, or wall clock of the test's."""

    def instant(self, start: datetime, zone: str) -> datetime:
        """Give it in UTC.

        Raises ``ValueError``, in words, where the clocks of ``zone`` do not show it exactly once.
        """
        if self.at is None:
            return start + (self.after or timedelta())
        if self.at.tzinfo is not None:
            return self.at.astimezone(UTC)
        first = self.at.replace(tzinfo=zone_named(zone))
        second = first.replace(fold=1)
        if first.utcoffset() == second.utcoffset():
            return first.astimezone(UTC)
        shown = first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None) == self.at
        how = "show it twice" if shown else "skip it"
        raise ValueError(f"is not one moment: the clocks of {zone} {how} that day")


def offset_hint(moment: Moment, zone: str) -> str:
    """Say how to write a wall time that the clocks do not show exactly once: with the offset before or after."""
    if moment.at is None:
        return ""
    wall = moment.at.replace(tzinfo=zone_named(zone))
    before, after = (wall.replace(fold=fold).isoformat(timespec="minutes") for fold in (0, 1))
    return f"add the offset that is meant: {before} or {after}"


def shown(at: datetime, start: datetime, zone: str) -> str:
    """``5m    Mon 10:05``: since the start, and on the wall, with seconds where there are any."""
    wall = at.astimezone(zone_named(zone))
    clock = f"{wall:%a %H:%M:%S}" if wall.second else f"{wall:%a %H:%M}"
    return f"{format_duration(at - start):<8} {clock}"


def _calendar(text: str) -> datetime | None:
    if len(text) <= len("2026-11-23"):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.year in YEARS else None


def _start(value: object) -> Moment:
    at = _calendar(value) if isinstance(value, str) else None
    if at is None:
        raise wrong("must be a day and a time of day", CALENDAR)
    return Moment(str(value), at=at)


def _when(value: object) -> Moment:
    text = "0" if value == 0 and not isinstance(value, bool) else value
    try:
        return _read(text if isinstance(text, str) else "")
    except ValueError:
        raise wrong("must be a time", f"{DURATION}, or {CALENDAR}") from None


@lru_cache(maxsize=1024)
def _read(text: str) -> Moment:
    """Read a time; many tests name the same ones."""
    if (at := _calendar(text)) is not None:
        return Moment(text, at=at)
    return Moment(text, after=parse_duration(text))


def _one_or_many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,)


Start = Annotated[Moment, Plain(_start)]
"""When a test starts: a day and a time of day."""
When = Annotated[Moment, Plain(_when)]
Whens = Annotated[tuple[When, ...], Before(_one_or_many), Field(min_length=1)]
"""One time or several."""
