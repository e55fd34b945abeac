"""A small world around rungbell: replicas on one machine, one store, providers, and time that goes from due to due.

Rules
-----
* Every choice comes from one generator, so the same seed is the same run.
* While nothing can happen, time is skipped: every task would look once a second and find nothing.
* Who acts is ``acts``; this is who reacts, when, and how time passes.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import datetime
from heapq import heappop, heappush
from random import Random
from typing import Any

from rungbell.domain.errors import StoreBusy, StoreUnavailable
from rungbell.domain.events import Event, FailureReason
from rungbell.notifiers import Message, SendFailed
from rungbell.runtime.incident_handler import Handled
from rungbell.store.transaction import VersionConflict
from tests.simulation import invariants
from tests.simulation.chance import ANSWERS, RARE, SLOW, Odds, drawn
from tests.simulation.database import Commit, Database
from tests.simulation.invariants import Broken
from tests.simulation.judge import Judge
from tests.simulation.loop import Astray, VirtualLoop
from tests.simulation.machine import Machine
from tests.simulation.moments import MINUTE, SECOND, instant, milliseconds
from tests.simulation.replica import DOING, Died, Replica
from tests.simulation.shops import Shop
from tests.simulation.without import Without

SERVED_WITHIN = 5.0
"""Seconds in which a due clock is served and a due page taken in hand, while nothing is in the way."""
HELD_FOR = 16.0
"""Seconds that a sender may have a page in hand: a call and what it takes to record it."""
LOOK_EVERY = 0.5
HEARD_WITHIN = 2 * SECOND
"""Milliseconds in which silence is noticed."""
LONGEST_SKIP = 6 * 3600.0
"""Seconds; what is written only now and then must not grow too old."""
PATIENCE = 12
"""Commits after which whatever comes next comes at once: a ladder that rings on for hours shows nothing new."""
MOST_TURNS = 5_000
"""Turns of the loop after which a world has gone astray."""


class World:
    """One world."""

    def __init__(self, rng: Random, odds: Odds, database: Database, begins: int, first: Shop) -> None:
        self.rng = rng
        self.odds = odds
        self.loop = VirtualLoop()
        self.machine = Machine(self.loop, begins)
        self.database = database
        self.judge = Judge(database, without=Without() if "playbook" in odds.parts else None)
        self.judge.loop_time = self.loop.time
        self.shop = first
        self.replicas = [Replica(n, self.machine, database, self, first, odds) for n in range(odds.replicas)]
        self.had_operator = True
        """In every configuration so far."""
        self.outages: dict[str, str] = {}
        """Channel to how its provider answers for now."""
        self.calm = False
        """Nothing goes wrong any more."""
        self.events: list[tuple[float, int, Coroutine[Any, Any, None] | None]] = []
        """(true time, number, what happens); the heap of what is yet to come."""
        self.sending = 0
        self.broken: Broken | None = None
        self.told: list[str] | None = None
        """Lines of the trace, where somebody wants them."""
        self.rivals: Callable[[], list[Event]] = list
        """What another replica may be asked for at the same moment."""
        self.meanwhile: Callable[[], Coroutine[Any, Any, None]] = self._nothing
        """What may happen while a provider is being called."""
        self._begun: set[Coroutine[Any, Any, None]] = set()
        self._acting = 0
        """Acts that are not over: people and senders of messages who wait for an answer, or to come back."""
        self._count = self._ids = 0
        self._well_since = 0.0
        self._first_seen: dict[str, float] = {}
        self._looked = 0.0
        self._patient_since = 0
        self._whole = False
        self._racing = False
        database.clear()
        database.shared = odds.replicas > 1
        self.use(first)
        database.committed = self._committed
        database.between = self._between

    # -- time ---------------------------------------------------------------------------------------------------

    @property
    def hits(self) -> Counter[tuple[str, str]]:
        """What was hit."""
        return self.judge.hits

    def now(self) -> int:
        """What rungbell's clock says, or where none runs, the wall's."""
        for replica in self.replicas:
            if replica.alive:
                return milliseconds(replica.clock.now())
        return round(self.machine.wall() * SECOND)

    def at(self, true: float, work: Coroutine[Any, Any, None] | None = None) -> None:
        """Let something happen then; without work, only stop there."""
        self._count += 1
        heappush(self.events, (true, self._count, work))

    def run(self, until: float, *, whole: bool = False) -> None:
        """Let time pass; ``whole``: all of it, however much happens meanwhile."""
        self._whole = whole
        self.at(until)
        for _ in range(MOST_TURNS):
            try:
                self.loop.run_ready(self._is_broken)
            except Astray:
                self._breaks(Broken("I10", "something goes on and on, and time does not pass"))
            if self.broken is not None:
                raise self.broken
            if not self.events and not self._acting:
                return
            self._turn()
        raise Broken("I10", "the world does not come to rest: somebody waits for an answer that never comes")

    def close(self) -> None:
        """Nothing goes on any more."""
        for replica in self.replicas:
            replica.alive = False
        self.loop.close()  # whoever is told that nobody answers may plan what comes next once more
        for work in (*self._begun, *(work for _, _, work in self.events if work is not None)):
            work.close()

    def use(self, shop: Shop) -> None:
        """This is the configuration from now on."""
        self.shop = shop
        self.had_operator = self.had_operator and shop.operator is not None
        self.judge.ledger.expected.append(shop.watchdog)

    def anybody(self) -> Replica:
        """A process that somebody turns to."""
        alive = [replica for replica in self.replicas if replica.alive and replica.up]
        return self.rng.choice(alive or self.replicas)

    def new_id(self, letter: str) -> str:
        """An identity that nobody has yet."""
        self._ids += 1
        return f"{letter}{self._ids}"

    def _is_broken(self) -> bool:
        return self.broken is not None

    def _turn(self) -> None:
        """Go to whatever comes next."""
        true = self.machine.true()
        at_event = self.events[0][0] if self.events else true + LONGEST_SKIP
        if self.events and self.judge.commits - self._patient_since > PATIENCE and not self._whole:
            at_event = min(at_event, true)
        timer = self.loop.next_timer()
        at_timer = at_event if timer is None else true + (timer - self.loop.time())
        if at_timer < at_event and self._nothing_happens():
            skipped = min(self._interesting(at_event, true) - true, LONGEST_SKIP)
            if skipped > at_timer - true:
                skipped -= self.rng.choice((0.0, 1.0))
                if skipped > 0:
                    self.machine.skip(skipped)
                    return
        if timer is not None and at_timer <= at_event:
            self.loop.advance(timer)
            self._look_for_what_is_late()
            return
        if not self.events:
            self.loop.advance(self.machine.loop_time(at_event))
            return
        _, _, work = heappop(self.events)
        self._patient_since = self.judge.commits
        if at_event > true:
            self.loop.advance(self.machine.loop_time(at_event))
        if work is not None:
            self._begun.add(work)
            self.loop.create_task(self._happen(work))

    async def _happen(self, work: Coroutine[Any, Any, None]) -> None:
        self._acting += 1
        try:
            await work
        except Broken as broken:
            self._breaks(broken)
            raise
        finally:
            self._acting -= 1
            self._begun.discard(work)

    def _nothing_happens(self) -> bool:
        """Whether every task only waits for something to become due."""
        if not any(replica.alive for replica in self.replicas):
            return True
        return not (self._acting or self.sending or self._unwell()) and self.loop.time() - self._well_since > 2.0

    def _interesting(self, at_event: float, true: float) -> float:
        """When the next thing is due, in true time."""
        due = self.judge.earliest_due()
        page = self.database.rows("SELECT min(due_at) FROM outbox WHERE due_at IS NOT NULL")[0][0]
        wake = self.database.rows("SELECT min(wake_at) FROM incidents WHERE wake_at IS NOT NULL")[0][0]
        silent = self.judge.ledger.silent_from(r.number for r in self.replicas if r.up)
        if silent is not None and silent + HEARD_WITHIN < self.now():
            silent = None
        found = [at for at in (due, page, wake, silent) if at is not None]
        if not found or not any(replica.alive for replica in self.replicas):
            return at_event
        return min(at_event, true + (min(found) - self.now()) / SECOND)

    # -- what is late -------------------------------------------------------------------------------------------

    def _unwell(self) -> bool:
        """Whether something is in the way of work that is due."""
        return self.database.broken or self.database.full or not any(r.alive and r.up for r in self.replicas)

    def looks_well(self) -> None:
        """Everything works again, and every process knows it."""
        for replica in self.replicas:
            invariants.i22_health_is_truthful(replica.number, replica.store.failing)
        if "heartbeats" in self.odds.parts and self.had_operator:
            self.judge.ledger.silence_is_told(self.now(), (replica.number for replica in self.replicas))

    def is_well(self) -> None:
        """From here on everything that is due must be served in time."""
        self._well_since = self.judge.ledger.unsure_since = self.loop.time()
        self._first_seen.clear()

    def _look_for_what_is_late(self) -> None:
        if self._unwell():
            self.is_well()
            return
        now, at = self.now(), self.loop.time()
        if at - self._looked < LOOK_EVERY:
            return
        self._looked = at
        due = {name: kept.wake_at for name, kept in self.judge.kept.items() if kept.wake_at and kept.wake_at <= now}
        pages = {
            f"{intent} {attempts}"
            for intent, attempts in self.database.rows("SELECT intent, attempts FROM outbox WHERE due_at <= ?", now)
            if not self._in_hand(intent, at)
        }
        seen = self._first_seen
        self._first_seen = {name: seen.get(name, at) for name in (*(f"{n} {w}" for n, w in due.items()), *pages)}
        for name, since in self._first_seen.items():
            late = at - max(since, self._well_since)
            if late > SERVED_WITHIN:
                told = invariants.i10_due_is_sent if name in pages else invariants.i10_due_is_served
                told(name.partition(" ")[0], late)

    def _in_hand(self, intent: str, at: float) -> bool:
        owner = self.judge.owners.get(intent)
        return owner is not None and at - max(owner[2], self._well_since) < HELD_FOR

    # -- what replicas meet ---------------------------------------------------------------------------------------

    async def step(self, replica: Replica, point: str) -> None:
        if not replica.alive:
            raise Died
        dies = self.odds.dies_starting if not replica.up else self.odds.dies * (5 if DOING.get() in RARE else 1)
        if dies and not self.calm and not self._racing and self.rng.random() < dies:
            self._dies(replica, point)
        if self.odds.yields and self.rng.random() < self.odds.yields:
            for _ in range(self.rng.randint(1, 3)):
                await asyncio.sleep(0)
            if not replica.alive:  # whoever asked it from outside lives on, and must not write in its name
                raise Died

    def _dies(self, replica: Replica, point: str) -> None:
        self.hits["crash", f"{point} · {DOING.get()}"] += 1
        self.say(f"replica {replica.number} dies {point} ({DOING.get()})")
        self.kill(replica, self.rng.choice((0.5, 3.0, 30.0, 400.0) if replica.up else (0.5, 3.0)))
        raise Died

    async def _never(self) -> None:
        await self.loop.create_future()

    def commit_fails(self, replica: Replica) -> bool:
        if self.calm or self._racing or not self.odds.commit_fails or self.rng.random() >= self.odds.commit_fails:
            return False
        self.hits["fault", "a commit fails"] += 1
        self.is_well()
        return True

    def started(self, replica: Replica) -> None:
        self.say(f"replica {replica.number} is up")
        self.is_well()
        try:
            self._after_a_start(replica)
        except Broken as broken:
            self._breaks(broken)
            raise

    def _after_a_start(self, replica: Replica) -> None:
        now = milliseconds(replica.clock.now())
        self.hits["start", "held" if self.judge.held_since_start else "not held"] += 1
        self.judge.held_since_start = 0
        invariants.i14_time_goes_on(now, replica.told_before)
        if "heartbeats" in self.odds.parts:
            self.judge.ledger.listening_since[replica.number] = now
        self.judge.ledger.is_up(now, replica.shop, self.judge.reading.incidents.values())
        if not self.database.shared:
            invariants.i12_nothing_is_left_in_dead_hands(
                intent for (intent,) in self.database.rows("SELECT intent FROM outbox WHERE state = 'leased'")
            )

    def fault(self, text: str) -> None:
        self._breaks(Broken("a fault", text))

    def _breaks(self, broken: Broken) -> None:
        self.broken = self.broken or broken

    def kill(self, replica: Replica, restart_after: float) -> None:
        """The process dies, and starts again later."""
        if not replica.alive:
            return
        self.judge.died(replica.number)
        replica.kill()
        self.at(self.machine.true() + restart_after, self.start(replica.number))

    async def start(self, number: int) -> None:
        """Start a process in the place of the one that died."""
        replica = self.replicas[number] = Replica(number, self.machine, self.database, self, self.shop, self.odds)
        alive_at = self.database.rows("SELECT value FROM notes WHERE name = 'alive_at'")
        written = self.database.rows("SELECT max(at) FROM timeline")[0][0] or 0
        replica.told_before = max(written, milliseconds(datetime.fromisoformat(alive_at[0][0])) if alive_at else 0)
        replica.start()

    # -- providers ------------------------------------------------------------------------------------------------

    async def send(self, replica: Replica, channel: str, message: Message) -> str:
        intent, attempt = message.intent, message.attempt
        if not replica.alive:  # what a source asked of it began the sending, and has not noticed that it died
            raise asyncio.CancelledError
        try:
            self.judge.called(intent, attempt, self.now())
        except Broken as broken:
            self._breaks(broken)
            raise
        self.sending += 1
        try:
            answer = "takes it"
            if not self.calm and (self.odds.rough_providers or channel in self.outages):
                answer = self.outages.get(channel) or drawn(self.rng, ANSWERS)
            self.hits["send", answer] += 1
            if answer in SLOW and self.rng.random() < self.odds.meanwhile:
                self.at(self.machine.true() + 0.02, self.meanwhile())
            if self.told is not None:
                self.say(f"{channel} is called for {intent} (attempt {attempt}): {answer}")
            return await self._answer(replica, answer, intent)
        except asyncio.CancelledError:
            self.judge.nobody_knows(intent, attempt)  # rungbell gave up waiting, or died
            raise
        except Broken as broken:
            self._breaks(broken)
            raise
        finally:
            self.sending -= 1

    async def _answer(self, replica: Replica, answer: str, intent: str) -> str:  # noqa: C901 -- a table of answers
        rng = self.rng
        match answer:
            case "takes it late":
                await asyncio.sleep(rng.choice((0.05, 0.4, 2.0, 9.0)))
            case "refuses":
                raise SendFailed(FailureReason.REFUSED, permanent=True)
            case "is away":
                await asyncio.sleep(rng.choice((0.0, 0.3)))
                raise SendFailed(rng.choice((FailureReason.PROVIDER_ERROR, FailureReason.UNREACHABLE)))
            case "asks to wait":
                raise SendFailed(FailureReason.RATE_LIMITED, retry_after=instant(20_000) - instant(0))
            case "asks to wait too long":
                raise SendFailed(FailureReason.RATE_LIMITED, retry_after=instant(10 * MINUTE) - instant(0))
            case "hangs":
                await self._never()
            case "takes it and hangs":
                self.judge.was_accepted(intent)
                await self._never()
            case "breaks":
                raise KeyError("a fault of the notifier")
            case "dies before":
                self._dies(replica, "before the call")
            case "dies after":
                self.judge.was_accepted(intent)
                self._dies(replica, "after the call")
            case _:
                if self.odds.yields:
                    await asyncio.sleep(0)
        self.judge.was_accepted(intent)
        return "taken"

    # -- commits --------------------------------------------------------------------------------------------------

    def _committed(self, commits: list[Commit]) -> None:
        try:
            self.judge.committed(commits)
        except Broken as broken:
            self._breaks(broken)
            raise

    async def _nothing(self) -> None:
        """Happens."""

    def _between(self, commit: Commit, statement: str) -> None:
        """Another replica commits between this one's reading and its writing."""
        if self.calm or self.rng.random() >= self.odds.raced:
            return
        others = [r for r in self.replicas if r.alive and r.up and r.number != commit.replica]
        events = self.rivals()
        if not others or not events:
            return
        rival, event = self.rng.choice(others), self.rng.choice(events)
        self.hits["race", f"{commit.doing} · {type(event).__name__}"] += 1
        self.say(f"replica {rival.number} is faster: {type(event).__name__}")
        self.database.shared, self._racing = False, True  # the faster one is not raced itself
        try:
            _at_once(rival.handler.handle(event))
        finally:
            self.database.shared, self._racing = True, False

    async def ask(
        self, replica: Replica, event: Event, *, once: str | None = None, message: bytes | None = None
    ) -> Handled | None:
        """Let somebody do something; ``None`` where no answer came."""
        if not replica.alive:
            return None
        try:
            return await replica.asked(replica.handler.handle(event, once=once, message=message))
        except (StoreBusy, StoreUnavailable, VersionConflict, Died):
            self.hits["answer", "not now"] += 1
            return None

    def say(self, text: str) -> None:
        """Write a line of the trace."""
        if self.told is not None:
            self.told.append(f"{instant(self.now()):%a %H:%M:%S.%f}"[:-3] + f"  {text}")


def _at_once(work: Coroutine[Any, Any, Any]) -> None:
    """Run work that waits for nothing but others to be done."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        return
