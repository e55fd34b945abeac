"""How a length of time is written where people read it: as the configuration has it, ``1h30m``.

May import: the standard library.
"""

from collections.abc import Mapping
from datetime import timedelta

_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


def written(duration: timedelta) -> str:
    """``30m``, ``9m37s``, ``1d2h``: to the second, largest unit first; ``0s`` where it is none."""
    return in_units(max(round(duration.total_seconds()), 0), _SECONDS)


def in_units(length: int, units: Mapping[str, int]) -> str:
    """Write a length of at least 0 in these units, of which the largest comes first."""
    text, rest = "", length
    for unit, size in units.items():
        amount, rest = divmod(rest, size)
        text += f"{amount}{unit}" if amount else ""
    return text or "0s"
