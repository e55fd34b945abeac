"""Times as people type and read them: in the zone of a policy, and in UTC beside it.

Rules
-----
* A time without a zone is wall clock in the policy's. One that the clocks skip is the moment they skip it, one that
  they show twice the first of the two, and both are said aloud.
* In UTC a time has its day only where that is another one.

May import: ``clock``, ``config.durations``, ``domain``, the standard library.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rungbell.clock import to_milliseconds
from rungbell.config.durations import format_duration
from rungbell.domain.calendar import instant_at, zone_named

YEARS = range(1970, 9001)
"""Beyond them, clocks and zones cannot be counted on."""
EXAMPLE = "write `now`, 2026-11-23T03:00 (in the zone of the file), or 2026-11-23T03:00+01:00"


def read_time(text: str, zone: str, now: datetime) -> tuple[datetime, str]:
    """Give the instant that was typed, in UTC, and what to say of it, if anything.

    Raises ``ValueError``, in words, where it is no time.
    """
    if text.strip().casefold() == "now":
        return to_milliseconds(now), ""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no time: {EXAMPLE}") from None
    if read.year not in YEARS:
        raise ValueError(f"the year {read.year} is out of reach: {YEARS[0]} to {YEARS[-1]}")
    read = to_milliseconds(read)
    if read.tzinfo is not None:
        return read.astimezone(UTC), ""
    info = zone_named(zone)
    at = instant_at(info, read.date(), read.time())
    return at, _doubt(read, at, info)


def _doubt(read: datetime, at: datetime, info: ZoneInfo) -> str:
    shown = at.astimezone(info)
    if shown.replace(tzinfo=None, fold=0) != read:
        return f"the clocks of {info.key} skip {read:%H:%M} that night; this is when they do"
    if read.replace(tzinfo=info, fold=1).utcoffset() != shown.utcoffset():
        return f"the clocks of {info.key} show {read:%H:%M} twice that night; this is the first time"
    return ""


def wall(at: datetime, zone: str) -> str:
    """``Mon 23 Nov 03:00``, with seconds where there are any."""
    shown = at.astimezone(zone_named(zone))
    return f"{shown:%a %d %b} {_clock(shown.time())}"


def whole(at: datetime, zone: str) -> str:
    """``Mon 2026-11-23 03:00 GMT (Europe/London), 03:00 UTC``: said once."""
    shown = at.astimezone(zone_named(zone))
    utc = "" if zone == "UTC" else f" ({zone}), {in_utc(at, zone)}"
    return f"{shown:%a %Y-%m-%d} {_clock(shown.time())} {shown:%Z}{utc}"


def in_utc(at: datetime, zone: str) -> str:
    """``03:00 UTC``, with its day where the zone has another one."""
    shown = at.astimezone(UTC)
    other_day = shown.date() != at.astimezone(zone_named(zone)).date()
    return f"{shown:%a }" * other_day + f"{_clock(shown.time())} UTC"


def after(seconds: float) -> str:
    """``+1h5m``."""
    return f"+{format_duration(timedelta(seconds=seconds))}"


def _clock(at: time) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
