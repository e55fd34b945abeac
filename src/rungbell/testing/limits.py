"""How long a message may be, in the unit of its provider.

May import: the standard library only.
"""

from collections.abc import Callable
from typing import Any

from rungbell.domain.values import dataclass


def in_characters(text: str) -> int:
    """Count code points."""
    return len(text)


def in_bytes(text: str) -> int:
    """Count bytes of UTF-8."""
    return len(text.encode())


def in_utf16(text: str) -> int:
    """Count UTF-16 code units: what many clients call a character."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class Limit:
    """A part of a message that may not be longer than ``most`` of its unit."""

    name: str
    most: int
    unit: Callable[[str], int]
    part: Callable[[Any], str]
    """Takes the part out of what arrived last at a stage."""
