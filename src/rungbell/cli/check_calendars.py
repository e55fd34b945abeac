"""What ``rungbell check config`` says of calendars: who is on call by them now, and when nobody is.

May import: ``config``, ``domain``, ``ical``, ``runtime.calendars.fetch`` (lazily), the standard library.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from rungbell.config import Settings
from rungbell.config.settings import CalendarSettings
from rungbell.domain.calendar import zone_named
from rungbell.domain.rota import gaps, next_change, shifts

AHEAD = timedelta(days=14)


def fetch_calendar(calendar: CalendarSettings) -> bytes:
    """Ask a calendar's URL.

    Raises:
        CalendarError: it cannot be had.
    """
    import aiohttp

    from rungbell.runtime.calendars.fetch import fetch

    async def ask() -> bytes:
        async with aiohttp.ClientSession() as session:
            return (await fetch(calendar, session)).raw or b""

    return asyncio.run(ask())


def calendars_found(settings: Settings, now: datetime, *, fetched: bool) -> list[dict[str, Any]]:
    """Give what is known of each calendar; ``fetched`` says whether URLs were asked."""
    return [_found(settings, calendar, now, fetched=fetched) for calendar in settings.calendars.values()]


def _found(settings: Settings, calendar: CalendarSettings, now: datetime, *, fetched: bool) -> dict[str, Any]:
    schedule = settings.book.roster.schedules[calendar.schedule]
    known = fetched or calendar.file is not None
    until = next_change(schedule, now) if known else None
    return {
        "name": calendar.name,
        "schedule": calendar.schedule,
        "read": known,
        "zone": calendar.zone,
        "on_call": list(schedule.on_call(now)) if known else [],
        "until": until and until.isoformat(),
        "shifts": len(shifts(schedule, now, now + AHEAD)) if known else 0,
        "gaps": [[gap.begins.isoformat(), gap.ends.isoformat()] for gap in gaps(schedule, now, now + AHEAD)]
        if known
        else [],
    }


def calendar_lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """Write that for people, by the clocks of each calendar."""
    for one in found:
        if not one["read"]:
            yield f"calendar {one['name']}: not read; --fetch-calendars asks its URL"
            continue

        def local(at: str, zone: str = one["zone"]) -> str:
            return f"{datetime.fromisoformat(at).astimezone(zone_named(zone)):%a %Y-%m-%d %H:%M}"

        people = ", ".join(one["on_call"]) or "nobody"
        until = f" until {local(one['until'])}" if one["until"] else ""
        count = f"{one['shifts']} shift{'' if one['shifts'] == 1 else 's'}"
        yield f"calendar {one['name']}: {people} on call{until}; {count} in {AHEAD.days} days"
        for begins, ends in one["gaps"]:
            yield f"  nobody from {local(begins)} to {local(ends)}"
