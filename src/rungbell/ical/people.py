"""Whose shift an event is: what a calendar calls people, and who they are in the configuration.

Rules
-----
* A person is meant by the id, the name or the mail address of the configuration, or by an alias, whatever the case.
* A summary names whom it is wholly, else whom a part of it is: "On call: Alice Ng / Bob" names Alice Ng and Bob. Parts
  end at , ; : / | & + brackets, line ends and a dash between blanks. The other parts are only words.
* An event that names nobody the configuration knows is nobody's shift, and is told.

May import: ``domain``, ``ical.events`` and the standard library.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from rungbell.domain.roster import Person
from rungbell.domain.shifts import Shift
from rungbell.domain.values import dataclass
from rungbell.ical.events import Attendee, Event, Events, Named

_BETWEEN = re.compile(r"[,;:/|&+()\[\]\n\r]|\s[-\u2013\u2014]\s")


class NamedBy(StrEnum):
    """Where an event says who is on call."""

    SUMMARY = "summary"
    ATTENDEE = "attendee"
    ORGANIZER = "organizer"


@dataclass(frozen=True, slots=True)
class Meant:
    """The shifts of a calendar, and the events that are nobody's, in order of time."""

    shifts: tuple[Shift, ...]
    unknown: tuple[Event, ...]


class Names:
    """Knows people by what they are called; ``aliases`` are further names of people, by id, and come first."""

    def __init__(self, people: Iterable[Person], aliases: Mapping[str, str] | None = None) -> None:
        self._people: dict[str, tuple[str, ...]] = {}
        called = [(person.id, person.id) for person in people]
        called += [(known, person.id) for person in people for known in (person.name, person.contacts.get("email", ""))]
        for known, person in called:
            if known:
                key = _key(known)
                self._people[key] = tuple(dict.fromkeys([*self._people.get(key, ()), person]))
        self._people.update({_key(known): (person,) for known, person in (aliases or {}).items()})

    def whole(self, text: str) -> tuple[str, ...]:
        """Give who is called so, by id; several where they have one name."""
        return self._people.get(_key(text), ())

    def within(self, text: str) -> tuple[str, ...]:
        """Give who is called so, else whoever a part of it names."""
        return self.whole(text) or tuple(
            dict.fromkeys(person for part in _BETWEEN.split(text) for person in self.whole(part))
        )


def whose(events: Events, names: Names, by: NamedBy) -> Meant:
    """Give the shifts of everybody who is named."""
    known: dict[Named, tuple[str, ...]] = {}
    shifts: list[Shift] = []
    unknown: list[Event] = []
    for event in events.events:
        people = known.get(event.named)
        if people is None:
            people = known[event.named] = tuple(dict.fromkeys(_people(event.named, names, by)))
        shifts += [Shift(person, event.begins, event.ends) for person in people]
        if not people:
            unknown.append(event)
    return Meant(tuple(shifts), tuple(unknown))


def called(named: Named, by: NamedBy) -> str:
    """Give what an event says, as it is shown to people."""
    text = named.summary if by is NamedBy.SUMMARY else ", ".join(one.name or one.email for one in _asked(named, by))
    return " ".join(text.split())[:80] or f"(no {by})"


def _people(named: Named, names: Names, by: NamedBy) -> Iterator[str]:
    if by is NamedBy.SUMMARY:
        yield from names.within(named.summary)
    for one in _asked(named, by):
        yield from names.whole(one.email) or names.whole(one.name)


def _asked(named: Named, by: NamedBy) -> tuple[Attendee, ...]:
    if by is NamedBy.ATTENDEE:
        return named.attendees
    return (named.organizer,) if by is NamedBy.ORGANIZER and named.organizer else ()


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()
