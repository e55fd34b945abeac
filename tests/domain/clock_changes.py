"""Where the clocks change: every change of offset from 2020 to 2030 in zones that do it in different ways."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

ZONES = (
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",  # no changes in these years
    "America/Havana",  # at midnight
    "America/Nuuk",  # across midnight, and by politics
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",  # offset +05:45
    "Asia/Beirut",  # at midnight
    "Africa/Casablanca",  # twice around each Ramadan
    "Africa/Cairo",
    "Pacific/Chatham",  # at 02:45
    "Antarctica/Troll",  # by two hours
    "UTC",
)

_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """Every instant, in UTC, from which the zone has another offset than just before."""
    info, found = ZoneInfo(zone), []
    at = _FIRST
    while at < _LAST:
        later = at + timedelta(days=1)
        if at.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            found.append(between(info, at, later))
        at = later
    return tuple(found)


def between(info: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Give the one instant between two at which the zone changes its offset."""
    offset = low.astimezone(info).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(info).utcoffset() == offset else (low, middle)
    return high.replace(microsecond=0)


ALL_CHANGES = [(zone, change) for zone in ZONES for change in changes(zone)]

zones = st.sampled_from(ZONES)
offsets = st.timedeltas(min_value=timedelta(days=-4), max_value=timedelta(days=4))
anywhere = st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
near_a_change = st.builds(lambda change, offset: change[1] + offset, st.sampled_from(ALL_CHANGES), offsets)
instants = st.one_of(near_a_change, anywhere)
"""Instants from 2020 to 2030, many of them close to a change of some zone's clocks."""
