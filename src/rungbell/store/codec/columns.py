"""What all columns have in common: rows, and times in milliseconds.

May import: the standard library.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Row = Sequence[Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_column(at: datetime) -> int:
    """Epoch milliseconds, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def from_column(value: int) -> datetime:
    """Read epoch milliseconds as an aware time in UTC."""
    return _EPOCH + value * _MILLISECOND


def optional(value: int | None) -> datetime | None:
    """Read epoch milliseconds where there are any."""
    return None if value is None else from_column(value)
