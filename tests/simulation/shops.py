"""Shops: who works there and what their configuration says, in the simulation's own plain words.

From the same words come rungbell's book and what the second reading expects, so that neither is made from the other.

Rules
-----
* A shop is drawn from its number; the same number is the same shop in every process. From ``SHOPS`` on they are the
  same once more, with obligations in their policies and others whom they tell; from ``CALM`` on all of them are the
  same once more, with umbrellas in a storm.
* All shops share people, channels and the names of schedules, so that a reload from one to another takes some away and
  brings others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random
from typing import Final

from rungbell.domain.book import Book, PolicyRoute
from tests.simulation.books import book_of, policy_of, roster_of
from tests.simulation.circles import NOBODY, Circles, draw_circles
from tests.simulation.duty import Rota, Taken, draw_rotas
from tests.simulation.ladders import CHANNELS, PEOPLE, Hours, Ladder, Rung, draw_ladder, with_what_is_owed
from tests.simulation.maintenance import Window, draw_windows
from tests.simulation.moments import MINUTE
from tests.simulation.storms import Storm, draw_storm

LABELS: Final = {"disaster": "P0", "critical": "P1", "warning": "P2", "odd": "P2", "info": "P3", "none": None}
"""The label ``severity`` to what it means: the shops' own rule, the shipped defaults, the fallback, never."""
SHOPS: Final = 160
CALM: Final = 2 * SHOPS


@dataclass(frozen=True, slots=True)
class Shop:
    """A whole configuration."""

    number: int
    people: dict[str, tuple[str, ...]]
    """Person to their contacts."""
    channels: tuple[str, ...]
    default: Ladder
    database: Ladder | None
    """Where the label ``team`` says ``db``."""
    operator: Ladder | None
    rotas: tuple[Rota, ...]
    windows: tuple[Window, ...]
    watchdog: int | None
    """How often a Watchdog of the source is expected; ``None``: nothing is said."""
    book: Book
    circles: Circles = NOBODY
    """Whom it tells of incidents."""
    storm: Storm | None = None
    """When new incidents of a policy go on in an umbrella."""

    @property
    def ladders(self) -> list[Ladder]:
        """Every policy."""
        return [ladder for ladder in (self.database, self.default, self.operator) if ladder is not None]

    def ways(self, person: str, through: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
        """The channels that reach somebody, with their delays; if all of them wait, the first waits no more."""
        if person not in self.people:
            return []
        found = [
            (channel, after)
            for channel, after in through
            if channel in self.channels and CHANNELS[channel] in {None, *self.people[person]}
        ]
        if found and all(after for _, after in found):
            found[0] = (found[0][0], 0)
        return found

    def on_rung(
        self, rung: Rung, now: int, turns: Mapping[str, int], taken: Iterable[Taken]
    ) -> list[tuple[str, list[tuple[str, int]]]]:
        """Who stands on a tier and can be reached, with how; ``turns``: an incident's number in each round robin."""
        found: dict[str, list[tuple[str, int]]] = {}
        for name in rung.reach:
            rota = self.rota(name)
            counting = [one for one in taken if one.person in self.people]
            for person in (name,) if rota is None else rota.on_call(now, turns.get(name), counting):
                found[person] = self.ways(person, rung.through)
        return [(person, ways) for person, ways in found.items() if ways]

    def rota(self, name: str) -> Rota | None:
        """The schedule with that name."""
        return next((rota for rota in self.rotas if rota.name == name), None)

    @property
    def robins(self) -> bool:
        """Whether incidents take turns with anybody."""
        return any(rota.robin for rota in self.rotas)


NUMBERS: Final[dict[int, int]] = {}
"""Identity of a book's routes, which nobody lets go of, to the number of its shop; overrides change only the roster."""


def number_of(routes: tuple[PolicyRoute, ...]) -> int:
    """The number of the shop whose book has these routes."""
    return NUMBERS[id(routes)]


@cache
def shop(number: int) -> Shop:
    """Draw a shop."""
    rng = Random(f"shop {number % SHOPS}")
    channels = tuple(sorted(rng.sample(sorted(CHANNELS), rng.choice((1, 2, 2, 3)))))
    people: dict[str, tuple[str, ...]] = {name: rng.choice((("email",), ())) for name in PEOPLE if rng.random() < 0.85}
    people.setdefault("alice", ("email",))
    hours = Hours(rng.choice(("UTC", "Europe/London")), rng.choice(((), (date(2026, 11, 25),))))
    ladders = {name: draw_ladder(rng, name, hours, channels, people) for name in ("default", "database", "operator")}
    plain = number % CALM
    if plain >= SHOPS:
        obliging = Random(f"obligations {plain}")
        ladders = {name: with_what_is_owed(obliging, ladder) for name, ladder in ladders.items()}
    circles = draw_circles(Random(f"circles {plain}")) if plain >= SHOPS else NOBODY
    storm = draw_storm(Random(f"storm {number % SHOPS}")) if number >= CALM else None
    database = rng.choice((None, "database", "database"))
    operator = rng.choice((None, "default", "operator", "operator"))
    policies = {name: policy_of(ladder) for name, ladder in ladders.items()}
    hashed = {name: replace(ladder, hash=policies[name].hash) for name, ladder in ladders.items()}
    rotas, windows = draw_rotas(rng, sorted(people)), draw_windows(rng)
    book = book_of(
        policies[database] if database else None,
        policies["default"],
        policies[operator] if operator else None,
        roster_of(people, channels, rotas),
        windows,
        circles,
        storm,
    )
    NUMBERS[id(book.routes)] = number
    return Shop(
        number=number,
        people=people,
        channels=channels,
        default=hashed["default"],
        database=hashed[database] if database else None,
        operator=hashed[operator] if operator else None,
        rotas=rotas,
        windows=windows,
        watchdog=rng.choice((None, 5 * MINUTE, 15 * MINUTE)),
        book=book,
        circles=circles,
        storm=storm,
    )


def without_obligations(present: Shop) -> Shop:
    """The same shop, whose policies page and demand nothing else."""
    return shop(present.number - present.number % CALM + present.number % SHOPS)


def draw_shop(rng: Random, *, shared: bool, owes: bool = False, storms: bool = False) -> Shop:
    """Draw one; where several replicas write, without a round robin: its count has no version to compare (yet)."""
    first = (SHOPS if owes else 0) + (CALM if storms else 0)
    while (found := shop(first + rng.randrange(SHOPS))).robins and shared:
        pass
    return found
