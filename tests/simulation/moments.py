"""Moments: milliseconds since 1970, the unit of every time in the simulation."""

from datetime import UTC, datetime, timedelta
from typing import Final

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
MONDAY: Final = 1_795_392_000_000
"""2026-11-23 00:00 UTC."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def instant(at: int) -> datetime:
    """The time in UTC."""
    return EPOCH + timedelta(milliseconds=at)
