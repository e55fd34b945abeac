"""Whom rungbell tells of incidents, and in whose name: clients, rooms and executives, as the file states them.

Rules
-----
* Like the roster, these are today's: a reload counts for open incidents too. What is owed by when is the policy's.
* A client with ``match`` is affected by incidents whose labels match; one without, by all.
* Executives are told by mail or chat, never by what pages them (A37).

May import: ``communication.audience``, ``matchers``, ``severity`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field

from rungbell.domain.communication.audience import Audience
from rungbell.domain.matchers import Matcher
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who uses the product and must hear when it fails them."""

    id: str
    name: str
    contacts: Mapping[str, str] = field(default_factory=dict)
    through: tuple[str, ...] = ()
    """The channels by which they are told, all together."""
    match: tuple[Matcher, ...] = ()
    technicians: int | None = None
    """How many people work with the product there."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where the team reads: a channel, and the room in it where the channel has several."""

    channel: str
    room: str = ""

    @property
    def id(self) -> str:
        """How the ledger names it."""
        return self.room or self.channel


@dataclass(frozen=True, slots=True)
class CommunicationPlan:
    """All of it; what is empty is not stated."""

    product: str = ""
    """How clients know what they use; stands in their subjects."""
    support_email: str = ""
    support_phone: str = ""
    """The hotline."""
    sign_off: str = ""
    """Who signs."""
    clients: Mapping[str, Client] = field(default_factory=dict)
    rooms: Mapping[Severity, Room] = field(default_factory=dict)
    restricted_room: Room | None = None
    """Where restricted incidents are told internally; ``None``: nowhere (A28)."""
    executives: tuple[str, ...] = ()
    """People and schedules."""
    executives_through: tuple[str, ...] = ()
    engineers: str = ""
    """How the engineers on call are called in chat (playbook L429)."""
    automatic: frozenset[Audience] = frozenset({Audience.INTERNAL, Audience.EXECUTIVES})
    """Who is told without a person's review; never clients."""


NOTHING_PLANNED = CommunicationPlan()
