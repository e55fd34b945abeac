"""One seed: a world from its first alert to the time after everything works again."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from random import Random

from tests.simulation.acts import Acts
from tests.simulation.chance import Odds, odds, with_storms
from tests.simulation.database import Database
from tests.simulation.hosting import Log, begin_anew, hosted
from tests.simulation.invariants import Broken
from tests.simulation.moments import DAY, HOUR, MINUTE, MONDAY, SECOND
from tests.simulation.orders import i2_order_does_not_matter
from tests.simulation.shops import Shop, draw_shop
from tests.simulation.world import World

HEALED_WITHIN = 30.0
"""Seconds: a lease that nobody answers for ends, and what failed is tried again."""
CLOCK_AFTERWARDS = 0.4
"""Share of the worlds in which the next clock is served too; half of what a world costs would else be this."""
ORDERS_EVERY = 16
"""Of so many seeds one also tries another order of its messages."""
FURTHEST = 4 * DAY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed."""

    seed: int
    trace: str
    """A hash over everything that was committed."""
    commits: int
    hits: Counter[tuple[str, str]]
    broken: str = ""
    invariant: str = ""
    lines: list[str] = field(default_factory=list)


@cache
def _database() -> Database:
    return Database()


def run(seed: int, *, trace: bool = False) -> Outcome:
    """Run one seed; with ``trace`` its story is kept line by line."""
    with hosted() as log:
        return run_hosted(seed, log, trace=trace)


def run_hosted(seed: int, log: Log, *, trace: bool = False) -> Outcome:
    """Run one of several seeds."""
    log.errors.clear()
    rng = Random(seed)
    begin_anew(seed)
    begins = MONDAY + rng.choice((0, 0, 0, 3, 5)) * DAY + rng.randrange(24) * HOUR + rng.choice((0, 55, 59)) * MINUTE
    chances = with_storms(odds(rng), seed)
    world = World(rng, chances, _database(), begins, shop_for(rng, chances))
    if trace:
        world.told = []
        world.judge.tell = world.say
    broken: Broken | None = None
    with world.loop.running():
        try:
            _live(world)
            if seed % ORDERS_EVERY == 0:
                i2_order_does_not_matter(rng, world.database, begins)
            _explained(log)
        except Broken as found:
            broken = found
            world.say(f"BROKEN {found}")
        finally:
            world.close()
    return Outcome(
        seed=seed,
        trace=world.judge.trace.hexdigest(),
        commits=world.judge.commits,
        hits=world.hits,
        broken=broken.text if broken else "",
        invariant=broken.invariant if broken else "",
        lines=world.told or [],
    )


def shop_for(rng: Random, chances: Odds) -> Shop:
    """Draw the configuration that a world begins with."""
    return draw_shop(
        rng, shared=chances.replicas > 1, owes="playbook" in chances.parts, storms="storms" in chances.parts
    )


def _explained(log: Log) -> None:
    if log.errors:
        raise Broken("a fault", log.errors[0])


def _live(world: World) -> None:
    for replica in world.replicas:
        replica.start()
    Acts(world).plan()
    world.run(world.machine.true() + 1.0)
    _heal(world)


def _heal(world: World) -> None:
    """Let everything work again, and watch what is open for a while."""
    world.calm = True
    world.outages.clear()
    world.database.broken = world.database.full = False
    world.is_well()
    began = world.now()
    world.run(world.machine.true() + HEALED_WITHIN, whole=True)
    world.looks_well()
    due = world.judge.earliest_due()
    if due is not None and due - world.now() < FURTHEST and world.rng.random() < CLOCK_AFTERWARDS:
        world.run(world.machine.true() + max(0.0, (due - world.now()) / SECOND) + 3.0)
    world.judge.finish(world.shop, world.now(), began)
