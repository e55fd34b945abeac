"""Every zone there is, and every change of its clocks from 2000 to 2037, read from the zone data themselves (RFC 9636).

What the data list is taken from their list; what they leave to the rule at their end, which changes the clocks twice a
year, is found week by week.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from tests.domain.clock_changes import between

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER = struct.Struct(">4sc15x6l")


@dataclass(frozen=True)
class Change:
    """From ``at`` on the clocks of ``zone`` show another time than just before: ``was`` was next, ``shows`` is."""

    zone: str
    at: datetime
    was: datetime
    shows: datetime


@cache
def zones() -> tuple[tuple[str, ...], ...]:
    """Every zone of this machine; those with the same data, such as a place and its old name, stand together."""
    same: dict[bytes, list[str]] = {}
    for name in sorted(available_timezones()):
        same.setdefault(_data(name), []).append(name)
    return tuple(tuple(names) for names in same.values())


def changes(zone: str) -> Iterator[Change]:
    """Every change of offset from 2000 to 2037, in order."""
    data = _data(zone)
    info, listed = ZoneInfo(zone), _listed(data)
    has_rule = b"," in data.splitlines()[-1]
    ruled = _ruled(info, max([FIRST, *listed])) if has_rule else ()
    for at in dict.fromkeys([*listed, *ruled]):
        before = (at - timedelta(microseconds=1)).astimezone(info)
        was = before.replace(tzinfo=None) + timedelta(microseconds=1)
        shows = at.astimezone(info).replace(tzinfo=None)
        if FIRST <= at < LAST and was != shows:
            yield Change(zone, at, was, shows)


def _data(zone: str) -> bytes:
    for folder in TZPATH:
        if (path := Path(folder, zone)).is_file():
            return path.read_bytes()
    return files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()


def _listed(data: bytes) -> list[datetime]:
    """Give every instant in the list of the data's second, 64-bit block."""
    _, _, utc, standard, leaps, times, types, letters = _HEADER.unpack_from(data)
    second = _HEADER.size + times * 5 + types * 6 + letters + leaps * 8 + standard + utc
    _, version, _, _, _, times, _, _ = _HEADER.unpack_from(data, second)
    assert version >= b"2", "data without a 64-bit block are older than this test"
    return [_EPOCH + timedelta(seconds=at) for at in struct.unpack_from(f">{times}q", data, second + _HEADER.size)]


def _ruled(info: ZoneInfo, at: datetime) -> Iterator[datetime]:
    while at < LAST:
        later = at + timedelta(weeks=1)
        if at.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            yield between(info, at, later)
        at = later
