"""Whether people are really reached: contacts that were tried by a test page, and those that nobody ever answered by.

Rules
-----
* A contact is verified by an answer that came through its channel: to a test page, or to a page.
* It is so for ``VERIFIED_FOR``, and only while it is the same contact: of the one that was tried a mark of 16 bits is
  kept, from which nobody can tell the contact again.
* What counts is what pages may use: each channel of each tier on which somebody may stand, where it can reach them.
* A test page is for one person and one channel, says TEST, is about no incident and wakes nobody else. One a minute.

May import: ``plain_text``, ``book``, ``roster`` and the standard library's pure parts.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from rungbell.domain.book import Book
from rungbell.domain.roster import Roster
from rungbell.domain.values import dataclass

VERIFIED_FOR = timedelta(days=90)
TRIED_EVERY = timedelta(minutes=1)
"""At most so often a test page leaves for the same person through the same channel."""
TRIAL_LASTS = timedelta(hours=1)
"""A test page that could not leave within that time need not leave any more."""
TRIAL = "test_page"
"""What it says, in the place of why a page is sent."""


class Standing(StrEnum):
    """What is known of a contact."""

    VERIFIED = "verified"
    NEVER = "never"
    """Nobody has ever answered through it."""
    CHANGED = "changed"
    """Somebody did, and the configuration has another contact since."""
    OLD = "old"
    """Somebody did, longer than ``VERIFIED_FOR`` ago."""


Way = tuple[str, str]
"""A person and a channel."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A test page: one person is asked through one channel whether it reaches them."""

    person: str
    channel: str
    by: str
    at: datetime

    @property
    def says(self) -> str:
        """What it says, as a notice of a shift says what becomes of the shift."""
        return TRIAL

    @property
    def intent(self) -> str:
        """The unique key, readable in logs and at the provider."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{TRIAL}:{at}:{self.person}:{self.channel}"


@dataclass(frozen=True, slots=True)
class Verification:
    """Somebody answered through a channel: when, and the mark of the contact that it had then."""

    at: datetime
    mark: str


def contact_of(roster: Roster, way: Way) -> str:
    """What the channel knows the person by; empty where it needs nothing of them, or they are not there."""
    person, channel = roster.people.get(way[0]), roster.channels.get(way[1])
    if person is None or channel is None or channel.needs is None:
        return ""
    return person.contacts.get(channel.needs, "")


def mark_of(roster: Roster, way: Way) -> str:
    """Give what tells one contact from another, and from what neither can be told."""
    told = "\0".join((*way, contact_of(roster, way)))
    return hashlib.sha256(told.encode()).hexdigest()[:4]


def ways_of(book: Book) -> tuple[Way, ...]:
    """Give every way by which a page may reach somebody, person by person."""
    found: dict[Way, None] = {}
    policies = [route.policy for route in book.routes] + ([book.operator] if book.operator else [])
    for plan in (plan for policy in policies for plan in policy.tiers.values()):
        for name in plan.reach:
            schedule = book.roster.schedules.get(name)
            for person in schedule.members if schedule else (name,):
                found |= {(person, way.channel): None for way in book.roster.ways(person, plan.through)}
    return tuple(sorted(found, key=lambda way: way[0]))


def standing(roster: Roster, way: Way, found: Verification | None, now: datetime) -> Standing:
    """Say what is known of one contact at ``now``."""
    if found is None:
        return Standing.NEVER
    if found.mark != mark_of(roster, way):
        return Standing.CHANGED
    return Standing.VERIFIED if now - found.at <= VERIFIED_FOR else Standing.OLD


def count_unverified(book: Book, found: Mapping[Way, Verification], now: datetime) -> int:
    """Count the ways of pages that nobody has lately shown to work."""
    return sum(standing(book.roster, way, found.get(way), now) is not Standing.VERIFIED for way in ways_of(book))


class CannotTryError(Exception):
    """No test page can leave; the text says why."""


def channels_to_try(book: Book, person: str, channel: str | None) -> tuple[str, ...]:
    """Give the channels through which a test page leaves: the one that is asked for, or all that pages may use.

    Raises:
        CannotTryError: none reaches them.
    """
    known = book.roster.people[person]
    if channel is None:
        found = tuple(channel for who, channel in ways_of(book) if who == person)
        if not found:
            raise CannotTryError(f"no tier reaches {person}: name a channel")
        return found
    there = book.roster.channels.get(channel)
    if there is None:
        raise CannotTryError(f"there is no channel {channel!r}; known: {', '.join(sorted(book.roster.channels))}")
    if there.needs is not None and not known.contacts.get(there.needs):
        raise CannotTryError(f"{person} has no `{there.needs}`, and {channel} needs one")
    return (channel,)
