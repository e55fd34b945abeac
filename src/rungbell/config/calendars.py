"""The calendars of the file: where they are, and what those say that lie in files beside it.

Rules
-----
* A configuration counts whether its calendars can be read or not: the daemon reads them for itself, again and again,
  and keeps the last good copy. Whoever looks at a file without a daemon reads them once, and is told what is wrong.
* What lies behind a URL is read only by whoever asks for that.

May import: ``domain``, ``ical``, ``findings``, ``mistakes``, ``model``, ``schedules``, ``settings`` and
pydantic.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path as FilePath

from pydantic import SecretStr

from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path
from rungbell.config.model.file import FileSection
from rungbell.config.model.schedules import CalendarSection
from rungbell.config.schedules import calendar_url, layers_of
from rungbell.config.settings import CalendarSettings
from rungbell.domain.calendar import zone_named
from rungbell.domain.roster import Roster
from rungbell.domain.shifts import Shifts, written_down
from rungbell.domain.values import dataclass
from rungbell.ical.events import CalendarError, Events
from rungbell.ical.people import Meant, Names, called, whose
from rungbell.ical.reader import CalendarReader, bytes_of

AHEAD = timedelta(days=14)
"""How far ahead names that nobody knows are looked for."""
SHOWN = 5
Fetch = Callable[[CalendarSettings], bytes]
"""Gives what a calendar's URL answers, or raises ``CalendarError``."""


@dataclass(frozen=True, slots=True)
class Look:
    """How calendars are looked at without a daemon: at which time, and with what URLs are asked, if they are."""

    at: datetime
    fetch: Fetch | None = None


def build_calendars(file: FileSection, folder: FilePath) -> dict[str, CalendarSettings]:
    """Build the calendars of a sound file, by name; relative paths begin at ``folder``."""
    found: dict[str, CalendarSettings] = {}
    for schedule, section in file.schedules.items():
        for name, _, duties in layers_of(schedule, section):
            if duties.calendar is not None:
                zone = duties.calendar.zone or getattr(duties, "zone", None) or file.zone
                found[name] = _calendar(name, schedule, duties.calendar, zone, folder)
    return found


def _calendar(name: str, schedule: str, section: CalendarSection, zone: str, folder: FilePath) -> CalendarSettings:
    return CalendarSettings(
        name=name,
        schedule=schedule,
        url=SecretStr(calendar_url(section.url.get_secret_value()) or "") if section.url is not None else None,
        file=folder / section.file if section.file is not None else None,
        http=section,
        by=section.by,
        aliases=section.aliases,
        zone=zone,
        refresh=section.refresh,
        stale_after=section.stale_after,
    )


def meant(calendar: CalendarSettings, events: Events, roster: Roster) -> Meant:
    """Give whose shifts the events of a calendar are."""
    return whose(events, Names(roster.people.values(), calendar.aliases), calendar.by)


def unknown_names(calendar: CalendarSettings, found: Meant, now: datetime) -> tuple[str, ...]:
    """Give what the events of the days ahead say that name nobody the configuration knows, each once."""
    soon = (event for event in found.unknown if event.ends > now and event.begins < now + AHEAD)
    return tuple(dict.fromkeys(called(event.named, calendar.by) for event in soon))


def listed(names: tuple[str, ...]) -> str:
    """Write what calendars call people, so that it stands out and does not become endless."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"{name!r}" for name in names[:SHOWN]) + more


def read_calendars(
    file: FileSection, calendars: dict[str, CalendarSettings], roster: Roster, look: Look, findings: Findings
) -> Roster:
    """Fill in what calendars say; what is wrong with them is a mistake, what is missing in them a warning."""
    shifts: dict[str, Shifts] = {}
    for schedule, section in file.schedules.items():
        for name, path, _ in layers_of(schedule, section):
            if name in calendars and (calendars[name].file is not None or look.fetch is not None):
                whose_shifts = _read(calendars[name], (*path, "calendar"), roster, look, findings)
                shifts[name] = written_down(name, whose_shifts.shifts)
    roster = roster.with_calendars(shifts)
    for name, found in shifts.items():
        _check_somebody(calendars[name], roster, found, look.at, findings)
    return roster


def _read(calendar: CalendarSettings, path: Path, roster: Roster, look: Look, findings: Findings) -> Meant:
    place = (*path, "file" if calendar.file is not None else "url")
    try:
        raw = bytes_of(calendar.file) if calendar.file is not None else look.fetch(calendar) if look.fetch else b""
        found = meant(calendar, CalendarReader().read(raw, calendar.zone, look.at), roster)
    except CalendarError as error:
        findings.wrong(place, f"the calendar cannot be used: {error}")
        return Meant((), ())
    unknown = unknown_names(calendar, found, look.at)
    if unknown:
        text = f"within {AHEAD.days} days the calendar names nobody of `people`: {listed(unknown)}"
        findings.warn("calendar-unknown-name", place, text, "add `aliases: {what it says: who that is}`")
    return found


def _check_somebody(
    calendar: CalendarSettings, roster: Roster, shifts: Shifts, now: datetime, findings: Findings
) -> None:
    schedule = roster.schedules[calendar.schedule]
    if schedule.on_call(now):
        return
    until = shifts.at(now)[1]
    when = f", until {until.astimezone(zone_named(calendar.zone)):%a %Y-%m-%d %H:%M}" if until else ""
    findings.warn("calendar-nobody-now", ("schedules", calendar.schedule), f"nobody is on call now{when}")
