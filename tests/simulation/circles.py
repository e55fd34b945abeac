"""Whom a shop tells of incidents, in the simulation's plain words, and rungbell's own plan of the same words.

Rules
-----
* All shops share the names of clients and rooms, so that a reload takes some away and brings others.
* A room is told through its channel, an executive through those of all executives, a client through their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.plan import Client as OwnClient
from rungbell.domain.communication.plan import CommunicationPlan
from rungbell.domain.communication.plan import Room as OwnRoom
from rungbell.domain.matchers import Matcher
from rungbell.domain.severity import Severity
from tests.simulation.duty import SCHEDULES
from tests.simulation.ladders import CHANNELS, PEOPLE, SEVERITIES

CLIENTS: Final = ("acme", "globex", "initech")
ROOMS: Final = tuple(f"{channel} room" for channel in CHANNELS)


class Client(NamedTuple):
    """Somebody who uses what the shop makes; of a team they hear of that team's incidents only."""

    has: tuple[str, ...]
    """Contacts."""
    through: tuple[str, ...]
    team: str | None


class Room(NamedTuple):
    """Where the team reads."""

    channel: str
    name: str
    """Empty: the channel is the room."""

    @property
    def id(self) -> str:
        """How it is called."""
        return self.name or self.channel


@dataclass(frozen=True, slots=True)
class Circles:
    """All of it; of nobody, nobody is told."""

    clients: Mapping[str, Client] = field(default_factory=dict)
    rooms: Mapping[str, Room] = field(default_factory=dict)
    """By severity."""
    secret: Room | None = None
    """For what is restricted."""
    executives: tuple[str, ...] = ()
    """People and schedules."""
    through: tuple[str, ...] = ()
    """How executives are told."""
    alone: frozenset[str] = frozenset({"internal", "executives"})
    """Audiences that are told without anybody's review."""

    def room(self, id_: str) -> Room | None:
        """The room that is called so."""
        every = (*self.rooms.values(), *((self.secret,) if self.secret else ()))
        return next((room for room in every if room.id == id_), None)


NOBODY: Final = Circles()


def draw_circles(rng: Random) -> Circles:
    """Draw whom a shop tells."""
    rooms = [Room(channel, rng.choice((f"{channel} room", f"{channel} room", ""))) for channel in CHANNELS]
    return Circles(
        clients={name: _client(rng) for name in CLIENTS if rng.random() < 0.85},
        rooms={severity: rng.choice(rooms) for severity in SEVERITIES if rng.random() < 0.8},
        secret=Room("chat", "secret room") if rng.random() < 0.5 else None,
        executives=tuple(rng.sample([*PEOPLE, *SCHEDULES], rng.choice((0, 1, 1, 2)))),
        through=tuple(rng.sample(sorted(CHANNELS), rng.choice((1, 2)))),
        alone=frozenset(rng.choice((("internal", "executives"), ("internal", "executives"), ("internal",), ()))),
    )


def _client(rng: Random) -> Client:
    return Client(
        has=rng.choice((("email",), ("email",), ())),
        through=tuple(rng.sample(sorted(CHANNELS), rng.choice((1, 1, 2)))),
        team=rng.choice((None, None, "db")),
    )


def plan_of(circles: Circles) -> CommunicationPlan:
    """rungbell's own, of the same words."""
    return CommunicationPlan(
        clients={
            name: OwnClient(
                id=name,
                name=name.title(),
                contacts=dict.fromkeys(client.has, "somewhere"),
                through=client.through,
                match=() if client.team is None else (Matcher("team", "=", client.team),),
            )
            for name, client in circles.clients.items()
        },
        rooms={Severity(severity): OwnRoom(*room) for severity, room in circles.rooms.items()},
        restricted_room=None if circles.secret is None else OwnRoom(*circles.secret),
        executives=circles.executives,
        executives_through=circles.through,
        automatic=frozenset(map(Audience, circles.alone)),
    )
