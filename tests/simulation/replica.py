"""A replica: one process of rungbell, made of its own parts, that can die at any step and start again.

Rules
-----
* Door, watcher, sender, overrides, heartbeats and their loops are the real ones; only the words of a message are left
  out. Not every world has all of them: what looks every second costs.
* It starts as the daemon does: time taken over, leases ended, overrides read, looked how long nobody watched, then the
  loops.
* A replica that died does nothing more: what it had not committed never happened.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextvars import ContextVar, copy_context
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel

from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.decision import Reply, Situation
from rungbell.domain.errors import StoreError
from rungbell.domain.events import ClockDue, Event, TroubleKind
from rungbell.domain.handling import Handling
from rungbell.domain.incident import Incident
from rungbell.domain.page import Place, SentPage
from rungbell.domain.roster import Person, Roster
from rungbell.notifiers import IncidentView, Message
from rungbell.runtime.books.overrides import OverrideBook
from rungbell.runtime.books.present import PresentBook
from rungbell.runtime.incident_handler import Handled, IncidentHandler
from rungbell.runtime.link_tokens import LinkSigner
from rungbell.runtime.sending.outbox_sender import OutboxSender
from rungbell.runtime.watching.clock_watcher import ClockWatcher, take_over_time
from rungbell.runtime.watching.heartbeat import Heartbeats
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store import Store
from rungbell.store.opening import end_leases
from rungbell.telemetry import Metrics
from tests.simulation.chance import Odds
from tests.simulation.database import Commit, Database, Decided, MemoryStore, RecordedTransaction
from tests.simulation.duty import Taken
from tests.simulation.grouped import GroupedStore
from tests.simulation.ladders import CHANNELS
from tests.simulation.loop import OWNER
from tests.simulation.machine import Machine
from tests.simulation.moments import milliseconds
from tests.simulation.shops import Shop, number_of

Result = TypeVar("Result")
Done = TypeVar("Done")
DOING: ContextVar[str] = ContextVar("DOING", default="looking")
"""What the present task is about: the name of an event or of a step."""


class Died(asyncio.CancelledError):
    """The process in which this would go on is gone."""


class Outside(Protocol):
    """What a replica meets in the world."""

    async def step(self, replica: "Replica", point: str) -> None:
        """Something may happen here; it never comes back where the replica dies."""
        ...

    def commit_fails(self, replica: "Replica") -> bool:
        """Whether the disk takes a commit back."""
        ...

    async def send(self, replica: "Replica", channel: str, message: Message) -> str:
        """A provider is called."""
        ...

    def started(self, replica: "Replica") -> None:
        """The replica runs."""
        ...

    def fault(self, text: str) -> None:
        """Something failed that never fails."""
        ...


class BriefWriter(MessageWriter):
    """Writes what providers look at, and no words."""

    def write(
        self,
        sent: SentPage,
        incident: Incident,
        person: Person,
        now: datetime,
        places: tuple[Place, ...] = (),
        useful_for: timedelta | None = None,
    ) -> Message:
        view = IncidentView(
            id=incident.id,
            number=incident.number,
            title="",
            severity=incident.severity,
            status=incident.status.value,
            url="",
        )
        return Message(
            kind=sent.page.kind,
            intent=sent.page.intent,
            incident=view,
            tier=sent.page.tier,
            person=person,
            text="",
            acknowledge_url="",
            sent_at=now,
            attempt=sent.attempts,
        )


class BriefCopyWriter(CopyWriter):
    """Words copies in a word."""

    def text(self, kind: CommunicationKind, *_about: object) -> Text:
        return Text(kind, "in a word")


class WatchedHandling(Handling):
    """One event's way through the core; whatever is decided is told to whoever looks at the commit."""

    def _decide(self, event: Event, situation: Situation) -> tuple[Reply, Incident | None]:
        commit = self.records.commit if isinstance(self.records, RecordedTransaction) else Commit(0, "nothing")
        place = len(commit.decided)  # a trouble inside this decision is another one, decided after it
        reply, incident = super()._decide(event, situation)
        book = self.book
        decided = Decided(
            event, milliseconds(self.now), number_of(book.routes), _taken(book.roster), reply.outcome.value
        )
        commit.decided.insert(place, decided)
        return reply, incident


def _taken(roster: Roster) -> tuple[Taken, ...]:
    """The overrides that lie over a roster, those of each schedule in their order."""
    return tuple(
        Taken(one.schedule, one.person, milliseconds(one.begins), milliseconds(one.ends), one.instead_of)
        for schedule in roster.schedules.values()
        for one in schedule.overrides
    )


class WatchedHandler(IncidentHandler):
    """The door; it says what it is about."""

    async def handle(
        self, event: Event, *, once: str | None = None, delivered: bool = False, message: bytes | None = None
    ) -> Handled:
        token = DOING.set(type(event).__name__)
        try:
            return await super().handle(event, once=once, delivered=delivered, message=message)
        finally:
            DOING.reset(token)

    async def serve(self, due: Sequence[str]) -> None:
        token = DOING.set(ClockDue.__name__)
        try:
            await super().serve(due)
        finally:
            DOING.reset(token)


class SimulatedNotifier:
    """One channel of one replica; what the provider does is the world's business."""

    settings: ClassVar[type[BaseModel]] = BaseModel
    needs: ClassVar[str | None] = None

    def __init__(self, replica: "Replica", channel: str, outside: Outside) -> None:
        self._replica, self._channel, self._outside = replica, channel, outside

    async def send(self, message: Message) -> str:
        return await self._outside.send(self._replica, self._channel, message)


@cache
def metrics() -> Metrics:
    """Counted into, never looked at; making one anew would take longer than a whole world."""
    made = Metrics()
    made.know([*CHANNELS], ["shop"])
    for kind in TroubleKind:
        made.daemon.troubles.labels(kind)
    return made


def expected(shop: Shop) -> dict[str, timedelta | None]:
    """How often which source is to send a Watchdog."""
    return {"shop": None if shop.watchdog is None else timedelta(milliseconds=shop.watchdog)}


class Replica:
    """One process."""

    def __init__(
        self, number: int, machine: Machine, database: Database, outside: Outside, shop: Shop, odds: Odds
    ) -> None:
        self.number = number
        self.alive = False
        self.up = False
        """It has started, and its loops run."""
        self.told_before = 0
        """When a process before it was alive, by its own clock."""
        self.shop = shop
        self._odds = odds
        self._machine = machine
        self._database = database
        self._outside = outside

    # -- its life -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a new process."""
        self.alive = True
        self._inside(self._open)
        # Several replicas would read their database's clock.
        self.clock = self._machine.clock if self._database.shared else self._machine.new_clock()
        self.handler = WatchedHandler(store=self.store, clock=self.clock, book=self.shop.book, metrics=metrics())
        self._book = PresentBook(self.shop.book, self.handler)
        self.overrides = OverrideBook(store=self.store, clock=self.clock, handler=self.handler, book=self._book)
        self._inside(self._machine.loop.create_task, self._run())

    def _open(self) -> None:
        self.store: Store = (GroupedStore if self._odds.grouped else MemoryStore)(self._database, self)

    async def _run(self) -> None:
        while True:
            token = DOING.set("starting")
            try:
                await self._boot()
                break
            except StoreError:  # whoever watches over the process starts it again
                await asyncio.sleep(1)
            finally:
                DOING.reset(token)
        self.up = True
        self._outside.started(self)
        for loop in self._loops():
            self._machine.loop.create_task(self._supervised(loop))
        await self._supervised(self.sender.run)

    def _loops(self) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
        yield self.watcher.run
        if "overrides" in self._odds.parts:
            yield self.overrides.run
        if "heartbeats" in self._odds.parts:
            self.heartbeats = Heartbeats(
                store=self.store,
                clock=self.clock,
                handler=self.handler,
                metrics=metrics(),
                expected=expected(self.shop),
            )
            yield self.heartbeats.run

    async def _boot(self) -> None:
        if not self._database.shared:
            await end_leases(self.store)
        await take_over_time(self.store, self.clock)
        await self.overrides.load()
        self.watcher = ClockWatcher(store=self.store, clock=self.clock, handler=self.handler, metrics=metrics())
        await self.watcher.start()
        self.sender = OutboxSender(
            store=self.store,
            clock=self.clock,
            handler=self.handler,
            notifiers=self._notifiers(),
            writer=BriefWriter(external_url="", signer=LinkSigner(["nobody follows a link here"])),
            copies=BriefCopyWriter(external_url=""),
            metrics=metrics(),
        )

    def _notifiers(self) -> dict[str, SimulatedNotifier]:
        return {name: SimulatedNotifier(self, name, self._outside) for name in self.shop.channels}

    def reload(self, shop: Shop) -> None:
        """Take up another configuration, in the order of the daemon."""
        self.shop = shop
        self._book.configure(shop.book)
        if hasattr(self, "sender"):
            self._inside(self.sender.replace, self._notifiers())
        if hasattr(self, "heartbeats"):
            self.heartbeats.expect(expected(shop))

    async def asked(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do what somebody outside asks for, and give what came of it.

        Raises:
            Died: whoever asks a process that dies has no answer.
        """
        if not self._odds.grouped:
            return await work
        task: asyncio.Task[Result] = self._inside(
            self._machine.loop.create_task, work
        )  # what waits in a queue is lost with the process
        try:
            return await task
        except asyncio.CancelledError:
            if self.alive:
                raise
            raise Died from None

    def _inside(self, do: Callable[..., Done], *args: object) -> Done:
        """Do something so that the tasks it makes are this process's."""
        context = copy_context()
        context.run(OWNER.set, self)
        return context.run(do, *args)

    def kill(self) -> None:
        """SIGKILL: whatever it was about, it does not go on."""
        self.alive = self.up = False
        self._machine.loop.cancel(self)

    # -- what its store asks ------------------------------------------------------------------------------------

    def doing(self) -> str:
        return DOING.get()

    def commit(self) -> Commit:
        return Commit(self.number, DOING.get())

    async def step(self, point: str) -> None:
        await self._outside.step(self, point)

    def commit_fails(self) -> bool:
        return self._outside.commit_fails(self)

    async def _supervised(self, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start a loop again that failed, as the daemon does; but none should."""
        while True:
            try:
                await loop()
            except Exception as error:  # noqa: BLE001 -- whatever it is
                self._outside.fault(f"a loop failed: {error!r}")
            await asyncio.sleep(1)
