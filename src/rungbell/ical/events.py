"""What a calendar says once it is read: who is named when.

May import: the standard library.
"""

from datetime import UTC, datetime
from typing import Any

from rungbell.domain.values import dataclass


class CalendarError(Exception):
    """The calendar cannot be used; the message says why, and where, and hardly anything of what stands in it.

    ``lasting``: it cannot be as long as it says the same.
    """

    def __init__(self, message: str, line: int = 0, *, lasting: bool = False) -> None:
        self.lasting = lasting
        super().__init__(f"line {line}: {message}" if line else message)


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody of an event, by name and mail address, each of which may be missing."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Named:
    """Everything by which an event may name who is on call."""

    summary: str = ""
    organizer: Attendee | None = None
    attendees: tuple[Attendee, ...] = ()
    """Without those who declined, rooms and equipment."""


@dataclass(frozen=True, slots=True)
class Event:
    """``named`` from ``begins`` until just before ``ends``; UTC."""

    begins: datetime
    ends: datetime
    named: Named


@dataclass(frozen=True, slots=True)
class Events:
    """Everything that happens from ``begins`` to ``ends``, in order of time; UTC."""

    begins: datetime
    ends: datetime
    events: tuple[Event, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Give it as JSON knows it, each way of being named once."""
        named: dict[Named, int] = {}
        events = [
            [int(one.begins.timestamp()), int(one.ends.timestamp()), named.setdefault(one.named, len(named))]
            for one in self.events
        ]
        return {
            "begins": int(self.begins.timestamp()),
            "ends": int(self.ends.timestamp()),
            "named": [_plain(one) for one in named],
            "events": events,
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Events":
        """Read what ``plain`` gave; raises ``LookupError``, ``TypeError`` or ``ValueError`` for anything else."""
        named = [_named(one) for one in plain["named"]]
        events = tuple(Event(_instant(begins), _instant(ends), named[who]) for begins, ends, who in plain["events"])
        return cls(_instant(plain["begins"]), _instant(plain["ends"]), events)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _plain(named: Named) -> dict[str, Any]:
    organizer = named.organizer
    return {
        "summary": named.summary,
        "organizer": [organizer.name, organizer.email] if organizer else None,
        "attendees": [[one.name, one.email] for one in named.attendees],
    }


def _named(plain: dict[str, Any]) -> Named:
    organizer = plain["organizer"]
    return Named(
        summary=str(plain["summary"]),
        organizer=Attendee(*map(str, organizer)) if organizer else None,
        attendees=tuple(Attendee(*map(str, one)) for one in plain["attendees"]),
    )
