"""How a length of time is written where people read it: as the configuration has it, ``1h30m``.

May import: the standard library.
"""

from datetime import timedelta

_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)), ("s", timedelta(seconds=1)))


def written(duration: timedelta) -> str:
    """``30m``, ``9m37s``, ``1d2h``: to the second, largest unit first; ``0s`` where it is none."""
    rest = max(timedelta(seconds=round(duration.total_seconds())), timedelta())
    text = ""
    for unit, size in _UNITS:
        amount, rest = divmod(rest, size)
        text += f"{amount}{unit}" if amount else ""
    return text or "0s"
