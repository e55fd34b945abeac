"""The last good copy of each calendar, on the disk beside the store: a restart knows who is on call without asking.

Rules
-----
* A copy is what a calendar said, already worked out for more than a year ahead: to use it, nothing is read again.
* One of another place, or one that cannot be read, is none. It appears whole or not at all, readable by its owner only.
* A calendar that is not in the configuration any more leaves none behind.

May import: ``config``, ``ical``, ``clock``, structlog, the standard library.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import structlog

from rungbell.clock import written
from rungbell.config.settings import CalendarSettings
from rungbell.domain.values import dataclass
from rungbell.ical.events import Events

log = structlog.get_logger()

FORMAT = 1
SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Copy:
    """What a calendar said, and when it was last known to say so."""

    events: Events
    read_at: datetime


class Copies:
    """Keeps copies in a folder, which is made with the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, calendar: CalendarSettings) -> Copy | None:
        """Give the copy of a calendar; ``None`` where there is none."""
        file = self._file(calendar)
        try:
            plain = json.loads(file.read_bytes())
            if (plain["format"], plain["place"]) != (FORMAT, _place(calendar)):
                return None
            return Copy(Events.of(plain), datetime.fromisoformat(plain["read_at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:
            log.warning("the copy of a calendar cannot be read", calendar=calendar.name, error=repr(error))
            return None

    def keep(self, calendar: CalendarSettings, copy: Copy) -> None:
        """Put a copy in the place of the last one; where that cannot be done, the log says so."""
        plain = {"format": FORMAT, "place": _place(calendar), "read_at": written(copy.read_at), **copy.events.plain()}
        file = self._file(calendar)
        fresh = file.with_name(file.name + ".new")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as opened:
                json.dump(plain, opened, ensure_ascii=False, separators=(",", ":"))
                opened.flush()
                os.fsync(opened.fileno())
            fresh.rename(file)
        except OSError as error:
            log.warning("the copy of a calendar cannot be written", calendar=calendar.name, error=error.strerror)

    def forget_all_but(self, calendars: Iterable[CalendarSettings]) -> None:
        """Remove the copies of all other calendars."""
        kept = {self._file(calendar) for calendar in calendars}
        for file in self._folder.glob(f"*{SUFFIX}"):
            if file not in kept:
                file.unlink(missing_ok=True)

    def _file(self, calendar: CalendarSettings) -> Path:
        return self._folder / f"{calendar.name}{SUFFIX}"


def _place(calendar: CalendarSettings) -> str:
    """Name where a calendar is read and by whose clocks, so that nobody can tell the URL from it."""
    where = calendar.url.get_secret_value() if calendar.url is not None else str(calendar.file)
    return hashlib.sha256(f"{where}\n{calendar.zone}".encode()).hexdigest()
