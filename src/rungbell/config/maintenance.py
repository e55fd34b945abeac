"""The maintenance windows of the file: what must hold for them, and what they are as values of the domain.

Rules
-----
* A window is in its own zone, else in that of the file; a wall time that the clocks skip is when they skip it.
* Paging that may be held for longer than ``LONG`` in one go is a warning.

May import: ``domain``, ``durations``, ``findings`` and ``model``.
"""

from datetime import datetime, timedelta

from rungbell.config.durations import format_duration
from rungbell.config.findings import Findings
from rungbell.config.model.file import FileSection
from rungbell.config.model.holding import MaintenanceSection
from rungbell.domain.calendar import instant_at, zone_named
from rungbell.domain.hours import EVERY_DAY, MIDNIGHT, WeeklyHours
from rungbell.domain.maintenance import MaintenanceWindow
from rungbell.domain.matchers import parse_matchers

LONG = timedelta(days=7)


def check_maintenance(file: FileSection, findings: Findings) -> None:
    """Hold the windows against each other, and against what is usual."""
    names: list[str] = []
    for index, section in enumerate(file.maintenance):
        name, begins, ends = (getattr(section, key, None) for key in ("name", "from_", "until"))
        if name in names:
            findings.wrong(("maintenance", index, "name"), f"there is another maintenance `{name}`")
        names += [name] if name else []
        weekly = getattr(section, "days", None) or getattr(section, "hours", None)
        zone = getattr(section, "zone", None) or getattr(file, "zone", None)
        if begins and ends and zone and _instant(begins, zone) == _instant(ends, zone):
            skipped = f"the clocks of {zone} skip all of the time from {begins:%H:%M} to {ends:%H:%M} that day"
            findings.wrong(("maintenance", index, "until"), f"is no later than `from`: {skipped}", "end it later")
        if begins and ends and not weekly and ends - begins > LONG:
            length = format_duration(ends - begins)
            held = f"paging of what matches is held for {length} in one go"
            findings.warn("long-maintenance", ("maintenance", index, "until"), held)


def build_maintenance(file: FileSection) -> tuple[MaintenanceWindow, ...]:
    """Build the windows of a sound file, in its order."""
    return tuple(_window(section, section.zone or file.zone) for section in file.maintenance)


def _window(section: MaintenanceSection, zone: str) -> MaintenanceWindow:
    hours = None
    if section.days is not None or section.hours is not None:
        hours = WeeklyHours(zone, section.days or EVERY_DAY, *(section.hours or (MIDNIGHT, MIDNIGHT)))
    return MaintenanceWindow(
        name=section.name,
        match=parse_matchers(section.match),
        only=frozenset(section.only),
        hours=hours,
        begins=_instant(section.from_, zone),
        ends=_instant(section.until, zone),
    )


def _instant(wall: datetime | None, zone: str) -> datetime | None:
    return None if wall is None else instant_at(zone_named(zone), wall.date(), wall.time())
