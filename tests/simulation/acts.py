"""What happens: one act after the other, most of them about what is open, many just when a clock is due.

What is drawn how often stands in ``chance``; ``ACTS`` there and the table here have the same names.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

from tests.simulation.chance import ACTS, MEANWHILE, NEEDS, drawn
from tests.simulation.fate import Fate
from tests.simulation.moments import SECOND
from tests.simulation.sources import Sources
from tests.simulation.staff import CORRESPONDENCE, PERSONAL, Staff
from tests.simulation.world import World

MOST_COMMITS = 100
"""After so many, nothing more is added; the next seed has more to show."""
SOON = (0.0, 0.5, 3.0)


class Acts:
    """Draws acts and does them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng: Random = world.rng
        self._not_before = 0.0
        """True time: until then nobody runs who could be acted upon."""
        self._sources, self._staff, self._fate = Sources(world), Staff(world), Fate(world)
        self._weights = {act: weight for act, weight in ACTS.items() if NEEDS.get(act) in {None, *world.odds.parts}}
        staff, fate = self._staff, self._fate
        self.table: dict[str, Callable[[], Awaitable[object] | object]] = {
            **{name: partial(staff.act, name) for name in PERSONAL},
            "message": self._sources.send,
            "watchdog": self._sources.watchdog,
            "acknowledge twice": staff.acknowledge_twice,
            "link": staff.follow_a_link,
            "declare": partial(staff.declare, self._pause),
            "merge": staff.merge,
            **{name: partial(staff.go_on_with_a_text, name) for name in CORRESPONDENCE},
            "comes back": self._comes_back,
            "take the pager": staff.take_the_pager,
            "give the pager back": staff.give_the_pager_back,
            "reload": fate.reload,
            "crash": fate.crash,
            "absence": self._absence,
            "suspend": partial(fate.time, "suspend"),
            "step forward": partial(fate.time, "step forward"),
            "step back": partial(fate.time, "step back"),
            "store fails": partial(fate.store, "store fails"),
            "disk full": partial(fate.store, "disk full"),
            "provider fails": fate.provider,
            "never arrived": fate.never_arrived,
        }
        """Name of an act to what does it."""
        world.rivals, world.meanwhile = staff.rivals, self._meanwhile

    def plan(self) -> None:
        """Draw when the first act happens; each draws the next."""
        self._world.at(self._world.machine.true() + 0.5, self._first())

    async def _first(self) -> None:
        self._next(self._world.odds.acts - 1)
        if "heartbeats" in self._world.odds.parts and self._rng.random() < 0.7:
            await self._sources.watchdog()
        if "overrides" in self._world.odds.parts and self._rng.random() < 0.5:
            await self._staff.take_the_pager()
        await self._sources.send("fires")
        if "storms" in self._world.odds.parts:
            await self._storm()
        if "playbook" in self._world.odds.parts:
            await self._staff.set_the_scene()

    async def _storm(self) -> None:
        """Much fires, perhaps somebody takes on the umbrella, and more fires."""
        for _ in range(4):
            await self._sources.send("fires")
        await self._staff.take_on_a_storm()
        await self._sources.send("fires")

    def _next(self, left: int) -> None:
        if left and self._world.judge.commits < MOST_COMMITS:
            true = self._world.machine.true()
            self._world.at(max(true + self._pause(), self._not_before), self._act(left))

    def _pause(self) -> float:
        """Seconds until the next act: often nothing, often just when something is due."""
        rng, world = self._rng, self._world
        match rng.randrange(8):
            case 0 | 1:
                return rng.choice((0.0, 0.001, 0.2, 1.0))
            case 2:
                return rng.uniform(1, 30)
            case 3:
                return rng.uniform(30, 400)
            case 4 if rng.random() < 0.3:
                return rng.uniform(400, 3 * 3600)
            case _:
                due = world.judge.earliest_due()
                if due is None:
                    return rng.uniform(1, 600)
                ahead = max(0.0, (due - world.now()) / SECOND)
                return max(0.0, min(ahead, 86_400.0) + rng.choice((-0.3, -0.001, 0.0, 0.0, 0.001, 0.02, 0.7, 2.5)))

    async def _act(self, left: int) -> None:
        act = drawn(self._rng, self._weights)
        self._world.hits["act", act] += 1
        if left > 1 and self._rng.random() < 0.25:
            self._next(left - 1)  # the next one may begin before this one has ended
            left = 1
        self._world.say(f"— {act}")
        await self._do(act)
        if left > 1:
            self._next(left - 1)

    async def _meanwhile(self) -> None:
        """Do something while a provider takes its time."""
        if self._world.judge.commits > MOST_COMMITS:
            return
        act = drawn(self._rng, MEANWHILE)
        self._world.hits["meanwhile", act] += 1
        self._world.say(f"— meanwhile: {act}")
        await self._do(act)
        if act == "reload" and self._rng.random() < 0.6:
            await self._do("suspend")

    async def _do(self, act: str) -> None:
        done = self.table[act]()
        if isinstance(done, Awaitable):
            await done

    async def _comes_back(self) -> None:
        """What was thought to be over fires anew, perhaps while somebody cannot be reached as before."""
        resolved = await self._staff.resolve_too_early()
        if resolved is None:
            return
        if self._rng.random() < 0.6:
            self._fate.provider()
        await asyncio.sleep(self._rng.choice(SOON))
        await self._sources.send("fires anew", resolved.key)

    def _absence(self) -> None:
        self._not_before = self._world.machine.true() + self._fate.absence() + self._rng.choice((1.0, 5.0, 60.0))
