"""A calendar as it is known now: what it said last, how long ago, and what there is to tell of it.

May import: ``config``, ``domain``, ``ical``, ``runtime.calendars.fetch``, the standard library.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rungbell.config import format_duration
from rungbell.config.calendars import listed
from rungbell.config.settings import CalendarSettings
from rungbell.domain.events import Trouble, TroubleKind
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.roster import Roster
from rungbell.domain.shifts import Shifts
from rungbell.ical.events import Events
from rungbell.runtime.calendars.fetch import Known

GRACE = timedelta(minutes=2)
"""So long a calendar that was never read may take before nobody on call is a trouble."""


@dataclass(slots=True, eq=False)
class KnownCalendar:
    """One calendar of the configuration."""

    settings: CalendarSettings
    since: datetime
    """When it came into the configuration, as far as this process knows."""
    due: datetime
    """When it is to be read again."""
    events: Events | None = None
    read_at: datetime | None = None
    """When it was last known to say so."""
    known: Known = field(default_factory=Known)
    digest: bytes = b""
    """Of what came last, and of the day for which it was read."""
    verdict: str = ""
    """Why what came last cannot be understood."""
    problem: str = ""
    """What was wrong when it was to be read last."""
    reading: "asyncio.Task[None] | None" = None
    shifts: Shifts | None = None
    made_of: tuple[object, ...] = (None, None, None)
    """The events, settings and people that make ``shifts``."""
    unknown: tuple[str, ...] = ()
    """Whom it names that nobody knows."""
    told_stale: bool | None = None
    """Whether the operator was told; unknown at the start."""
    told_empty: bool | None = None

    def at_the_place_of(self, settings: CalendarSettings) -> bool:
        """Whether what is known of it is known of a calendar with these settings."""
        mine = self.settings
        return (mine.url, mine.file, mine.zone) == (settings.url, settings.file, settings.zone)

    def stale(self, now: datetime) -> bool:
        """Whether it could not be read for too long."""
        return now - (self.read_at or self.since) >= self.settings.stale_after

    def empty(self, roster: Roster, now: datetime) -> bool | None:
        """Whether nobody is on call now who ought to be; ``None``: it is too early to say.

        Outside of the hours of its layer, nobody is missed.
        """
        schedule = roster.schedules.get(self.settings.schedule)
        if schedule is None:
            return False
        if self.events is None and now < self.since + GRACE:
            return None
        layers = [one for one in schedule.layers if one.shifts and one.shifts.calendar == self.settings.name]
        asked = any(layer.hours is None or layer.hours.at(now)[0] for layer in layers)
        return asked and not schedule.on_call(now)

    def of_stale(self, *, over: bool) -> Trouble:
        """Tell that it could not be read for too long, or that it can be again."""
        name = self.settings.name
        known = (
            f"what it said at {self.read_at:%Y-%m-%d %H:%M} UTC counts" if self.read_at else "nobody is on call by it"
        )
        lasted = format_duration(self.settings.stale_after)
        text = (
            f"The calendar {name} can be read again."
            if over
            else f"The calendar {name} could not be read for {lasted}, and {known}: it {self._problem}."
        )
        return Trouble(kind=TroubleKind.CALENDAR_STALE, source=OWN_SOURCE, text=text, about=name, over=over)

    def of_empty(self, *, over: bool) -> Trouble:
        """Tell that it leaves nobody on call, or that somebody is again."""
        schedule, name = self.settings.schedule, self.settings.name
        reason = f"it {self._problem}" if self.events is None else "it has nobody now"
        if self.unknown:
            reason = f"of `people` it names nobody by {listed(self.unknown)}"
        text = (
            f"Somebody is on call for {schedule} again."
            if over
            else f"Nobody is on call for {schedule} by the calendar {name}: {reason}."
        )
        about = f"calendar {name}"
        return Trouble(kind=TroubleKind.NOBODY_ON_CALL, source=OWN_SOURCE, text=text, about=about, over=over)

    @property
    def _problem(self) -> str:
        return self.problem or "was not read yet"

    def stop_reading(self) -> None:
        """End what is being fetched or read."""
        if self.reading is not None:
            self.reading.cancel()
