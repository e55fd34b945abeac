"""Times and durations as the texts say them: in UTC, to the minute.

May import: the standard library's pure parts.
"""

from datetime import UTC, datetime, timedelta

MINUTE = timedelta(minutes=1)


def moment(at: datetime) -> str:
    """``2025-11-04 10:30 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def time_of_day(at: datetime, now: datetime) -> str:
    """``10:30 UTC``; with its date where that is not today's."""
    here, today = at.astimezone(UTC), now.astimezone(UTC).date()
    return f"{here:%H:%M} UTC" if here.date() == today else moment(at)


def lasted(duration: timedelta) -> str:
    """``2 hours 15 minutes``: whole minutes that have passed (playbook L496, L541)."""
    hours, minutes = divmod(max(duration, timedelta()) // MINUTE, 60)
    return f"{_counted(hours, 'hour')} {_counted(minutes, 'minute')}"


def in_words(duration: timedelta) -> str:
    """``30 minutes``, ``1 hour``, ``0 minutes``: as in a sentence, without what is zero of it."""
    hours, minutes = divmod(duration // MINUTE, 60)
    parts = [_counted(count, unit) for count, unit in ((hours, "hour"), (minutes, "minute")) if count]
    return " ".join(parts) or "0 minutes"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
