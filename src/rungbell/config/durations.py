"""Durations as Prometheus users write them: ``5m``, ``1h30m``, ``2w``.

Rules
-----
* Units in this order, each at most once: y (365 days), w, d, h, m, s, ms. No bare numbers, except 0.
* At most ten years, so that no sum of times overflows.

May import: ``domain.duration``, ``mistakes``, ``readers`` and the standard library.
"""

import re
from datetime import timedelta
from functools import lru_cache
from typing import Annotated

from rungbell.config.mistakes import wrong
from rungbell.config.readers import Plain
from rungbell.domain.duration import in_units

LONGEST = timedelta(days=3650)
"""The longest duration that is taken: ten years of 365 days."""

EXAMPLE = "such as 30s, 5m, 1h30m or 2d"
_UNITS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_GRAMMAR = re.compile("".join(f"(?:([0-9]+){unit})?" for unit in _UNITS))


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> timedelta:
    """Read a duration; raises ``ValueError`` with a sentence that shows an example."""
    if text == "0":
        return timedelta()
    found = _GRAMMAR.fullmatch(text) if text else None
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a duration, {EXAMPLE}")
    if any(len(digits or "") > 15 for digits in found.groups()):
        raise ValueError("a duration may last ten years at most")
    amounts = zip(found.groups(default="0"), _UNITS.values(), strict=True)
    milliseconds = sum(int(digits) * size for digits, size in amounts)
    if milliseconds > LONGEST / timedelta(milliseconds=1):
        raise ValueError("a duration may last ten years at most")
    return timedelta(milliseconds=milliseconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration of at least 0 in the same grammar, largest unit first; smaller than a millisecond is cut off."""
    return in_units(duration // timedelta(milliseconds=1), _UNITS)


def _validated(value: object) -> timedelta:
    if value == 0 and not isinstance(value, bool):
        return timedelta()
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong(f"{value} has no unit", f"a duration has one, {EXAMPLE}")
    if not isinstance(value, str):
        raise wrong("is empty" if value is None else "must be a duration", f"a duration is text {EXAMPLE}")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise wrong(str(error)) from None


Duration = Annotated[timedelta, Plain(_validated)]
"""Type of a pydantic field that holds a duration; for the settings of notifiers too."""
