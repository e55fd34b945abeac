"""The schedules of the file: what must hold for them, and what they are as values of the domain.

Rules
-----
* A rotation is in its own zone, else in that of its layer, else in that of the file.
* What is no layer is the only layer of its schedule.
* A calendar is filled in later, with what it says then (see ``calendars``).
* A layer after one that always has somebody is a mistake: it is never reached.

May import: ``domain``, ``ical``, ``findings``, ``hosts``, ``mistakes``, ``model``, ``references`` and ``secrets``.
"""

from collections.abc import Iterator, Mapping
from datetime import time, timedelta

from rungbell.config.findings import Findings
from rungbell.config.hosts import is_web_address
from rungbell.config.mistakes import Path
from rungbell.config.model.file import FileSection
from rungbell.config.model.schedules import Duties, LayerSection, RotationSection, ScheduleSection
from rungbell.config.references import people_of, refer
from rungbell.config.secrets import is_known
from rungbell.domain.book import Telling
from rungbell.domain.hours import EVERY_DAY, MIDNIGHT, WeeklyHours
from rungbell.domain.oncall import Layer, Schedule
from rungbell.domain.policy import Through
from rungbell.domain.roster import Roster
from rungbell.domain.rotation import Rotation
from rungbell.domain.shifts import Shifts
from rungbell.ical.reader import EXTRA, installed

NINE_O_CLOCK = time(9)
MONDAY = 0


def check_schedules(file: FileSection, findings: Findings) -> None:
    """Hold the schedules against the people, and their layers against each other."""
    for name, schedule in file.schedules.items():
        path: Path = ("schedules", name)
        if name in people_of(file):
            findings.wrong(path, "is also the name of a person", "a tier that reaches it could mean either")
        layers = getattr(schedule, "layers", None) or ()
        for place, duties in [(path, schedule), *(((*path, "layers", n), layer) for n, layer in enumerate(layers))]:
            for where, person in _names(place, duties):
                refer(where, person, people_of(file), "person", findings)
            if getattr(duties, "calendar", None) is not None and not installed():
                findings.wrong((*place, "calendar"), "nothing here reads calendars", EXTRA)
            _check_url((*place, "calendar", "url"), duties, findings)
        tell = getattr(schedule, "tell", None)
        for index, channel in enumerate(getattr(tell, "through", None) or ()):
            refer((*path, "tell", "through", index), channel, getattr(file, "channels", {}), "channel", findings)
        _check_reachable(path, findings)


def _names(path: Path, duties: Duties) -> Iterator[tuple[Path, str]]:
    rotation = getattr(duties, "rotation", None)
    lists = {
        ("people",): getattr(duties, "people", None),
        ("rotation", "people"): getattr(rotation, "people", None),
        ("round_robin",): getattr(duties, "round_robin", None),
    }
    for keys, names in lists.items():
        for index, name in enumerate(names or ()):
            yield (*path, *keys, index), name
    calendar = getattr(duties, "calendar", None)
    for alias, name in getattr(calendar, "aliases", {}).items():
        yield (*path, "calendar", "aliases", alias), name


def _check_url(path: Path, duties: Duties, findings: Findings) -> None:
    url = getattr(getattr(duties, "calendar", None), "url", None)
    if url is None or not is_known(url):
        return
    if calendar_url(url.get_secret_value()) is None:
        twin = (*path[:-1], "url_file")
        place = twin if findings.document.holds(twin) else path
        findings.wrong(place, "is not the URL of a calendar", "such as https://calendar.example.com/team.ics")


def calendar_url(link: str) -> str | None:
    """Give the URL behind a link to a calendar, ``None`` where it is none; ``webcal`` is their word for ``https``."""
    scheme, separator, rest = link.strip().partition("://")
    url = f"{'https' if scheme.lower() in {'webcal', 'webcals'} else scheme}{separator}{rest}"
    return url if is_web_address(url) else None


def _check_reachable(path: Path, findings: Findings) -> None:
    """Find a layer after one that always has somebody; read from the plain data, where broken hours are hours."""
    layers: object = findings.document.data
    for key in (*path, "layers"):
        layers = layers.get(key) if isinstance(layers, dict) else None
    for index, layer in enumerate(layers[:-1] if isinstance(layers, list) else ()):
        if isinstance(layer, dict) and not layer.keys() & {"hours", "days", "rotation", "calendar"}:
            always = findings.document.locate((*path, "layers", index)).line
            message = f"is never reached: layers[{index}] (line {always}) always has somebody on call"
            hint = "give that one `hours` or `days`, or let it be the last"
            findings.wrong((*path, "layers", index + 1), message, hint, kind="unreachable-step")
            return


def build_schedules(file: FileSection) -> dict[str, Schedule]:
    """Build the schedules of a sound file, by name."""
    return {
        name: Schedule(
            name, tuple(_layer(duties, calendar, file.zone) for calendar, _, duties in layers_of(name, section))
        )
        for name, section in file.schedules.items()
    }


def build_tellings(file: FileSection) -> dict[str, Telling]:
    """Build how people hear of their shifts, by schedule."""
    return {
        name: Telling(section.tell.through, section.tell.starts, section.tell.ends, section.tell.before)
        for name, section in file.schedules.items()
        if section.tell is not None
    }


def warn_untold(roster: Roster, tellings: Mapping[str, Telling], findings: Findings) -> None:
    """Note as a warning who would hear nothing of their shifts."""
    for name, telling in tellings.items():
        for person in roster.schedules[name].members:
            if not roster.ways(person, tuple(Through(channel) for channel in telling.through)):
                needed = " or ".join(sorted({roster.channels[channel].needs or "" for channel in telling.through}))
                path: Path = ("schedules", name, "tell", "through")
                findings.warn(
                    "person-not-told", path, f"no channel of it reaches {person}", f"people.{person} has no {needed}"
                )


def layers_of(name: str, section: ScheduleSection) -> Iterator[tuple[str, Path, LayerSection | ScheduleSection]]:
    """Give each layer of a schedule, with its place in the file and the name that a calendar of it has."""
    path: Path = ("schedules", name)
    if section.layers is None:
        yield name, path, section
    for index, layer in enumerate(section.layers or ()):
        yield f"{name}[{index}]", (*path, "layers", index), layer


def _layer(section: LayerSection | ScheduleSection, calendar: str, zone: str) -> Layer:
    zone = getattr(section, "zone", None) or zone
    return Layer(
        people=section.people or (),
        rotation=_rotation(section.rotation, zone) if section.rotation else None,
        round_robin=section.round_robin or (),
        shifts=Shifts(calendar) if section.calendar else None,
        hours=_hours(section, zone),
    )


def _hours(section: LayerSection | ScheduleSection, zone: str) -> WeeklyHours | None:
    days, hours = getattr(section, "days", None), getattr(section, "hours", None)
    if days is None and hours is None:
        return None
    return WeeklyHours(zone, days or EVERY_DAY, *(hours or (MIDNIGHT, MIDNIGHT)))


def _rotation(section: RotationSection, zone: str) -> Rotation:
    weekday, at = section.handover or (None if section.every % timedelta(weeks=1) else MONDAY, NINE_O_CLOCK)
    return Rotation(
        zone=section.zone or zone,
        people=section.people,
        every=section.every,
        starts=section.starts,
        at=at,
        weekday=weekday,
        together=section.together,
    )
