"""What operators and fate do: reloads, deaths, clocks that are set, disks and providers that fail."""

from rungbell.domain.events import FailureReason, PageUndelivered
from tests.simulation import invariants
from tests.simulation.chance import OUTAGES, drawn
from tests.simulation.shops import draw_shop
from tests.simulation.world import World

HOUR = 3600.0
"""Seconds, as all times here."""


class Fate:
    """Lets things happen that nobody wants."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng

    def reload(self) -> None:
        """Another configuration."""
        world = self._world
        owes, storms = "playbook" in world.odds.parts, "storms" in world.odds.parts
        world.use(draw_shop(self._rng, shared=world.database.shared, owes=owes, storms=storms))
        before = world.database.connection.total_changes
        for replica in world.replicas:
            if replica.alive:
                replica.reload(world.shop)
        invariants.i19_a_reload_writes_nothing(before, world.database.connection.total_changes)

    def crash(self) -> None:
        """A process dies, and is started again some time later."""
        world, rng = self._world, self._rng
        replica = rng.choice(world.replicas)
        away = rng.choice((1.0, 10.0, 120.0, 400.0, HOUR, 26 * HOUR))
        world.hits["crash", "whenever"] += 1
        world.say(f"  replica {replica.number} for {away:.0f} s")
        world.kill(replica, away)

    def absence(self) -> float:
        """Nobody runs for longer than a day, or almost; gives for how long."""
        world = self._world
        away = self._rng.choice((23 * HOUR, 25 * HOUR, 26 * HOUR, 50 * HOUR))
        world.say(f"  nobody runs for {away / HOUR:.0f} h")
        for replica in world.replicas:
            world.kill(replica, away)
        return away

    def time(self, act: str) -> None:
        """The machine sleeps, or somebody sets its clock."""
        world, rng = self._world, self._rng
        seconds = rng.choice((3.0, 15.0, 60.0, 60.0, 400.0, 400.0, 1800.0, 1800.0, 2 * HOUR, 26 * HOUR))
        world.say(f"  by {seconds:.0f} s")
        world.hits["fault", act] += 1
        match act:
            case "suspend":
                world.machine.suspend(seconds)
            case "step forward":
                world.machine.wall_is_off += seconds
            case _:
                world.machine.wall_is_off -= seconds
        world.is_well()

    def store(self, act: str) -> None:
        """The disk fails, or is full, for a while."""
        world = self._world
        world.hits["fault", act] += 1
        seconds = self._rng.choice((0.5, 4.0, 9.0, 45.0))
        world.say(f"  for {seconds:.0f} s")
        if act == "store fails":
            world.database.broken = True
        else:
            world.database.full = True
        world.at(world.machine.true() + seconds, self._store_works())

    async def _store_works(self) -> None:
        self._world.database.broken = self._world.database.full = False
        self._world.is_well()

    async def never_arrived(self) -> None:
        """A provider says of a page that it took, or of any other, that it reached nobody."""
        world, rng = self._world, self._rng
        known = [row for rows in world.judge.reading.pages.values() for row in rows.values() if row.kind != "copy"]
        taken = [row for row in known if row.state == "accepted"]
        found = taken if taken and rng.random() < 0.9 else known
        if not found:
            return
        row = rng.choice(found)
        world.say(f"  {row.channel}: {row.intent}")
        event = PageUndelivered(incident=row.intent.partition(":")[0], intent=row.intent, reason=FailureReason.REFUSED)
        await world.ask(world.anybody(), event)

    def provider(self) -> None:
        """A provider answers every call in the same bad way for a while."""
        world, rng = self._world, self._rng
        channel, answer = rng.choice(world.shop.channels), drawn(rng, OUTAGES)
        seconds = rng.choice((20.0, 120.0, 900.0))
        world.say(f"  {channel} {answer} for {seconds:.0f} s")
        world.hits["outage", answer] += 1
        world.outages[channel] = answer
        world.at(world.machine.true() + seconds, self._provider_works(channel))

    async def _provider_works(self, channel: str) -> None:
        self._world.outages.pop(channel, None)
