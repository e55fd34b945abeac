"""The running engine on a clock that a test moves: handler, clock watcher and outbox sender over a real SQLite store.

Rules
-----
* Everything is what the daemon is built of; only the channels record instead of sending. No rehearsal is used.
* Time goes from due time to due time, as the store says. At each, watcher and sender look until nothing is left to do.
* What rungbell tells the operator is taken care of as soon as it opens: that incident is no case.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from rungbell.clock import new_id
from rungbell.config import Settings
from rungbell.domain.alert import AlertGroup
from rungbell.domain.events import Acknowledged, AlertsReceived, Resolved
from rungbell.notifiers import Message
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.link_tokens import LinkSigner
from rungbell.runtime.sending.outbox_sender import OutboxSender
from rungbell.runtime.watching.clock_watcher import ClockWatcher
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store.opening import open_sqlite
from rungbell.store.sqlite import SqliteStore
from rungbell.telemetry import Metrics

LOOKS = 100
"""Looks in one moment after which it will never be quiet."""


class NoSettings(BaseModel):
    """A recording channel has nothing to set."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Kind:
    """What the reader of the configuration must know of a recording channel."""

    needs: str | None = None
    settings: type[BaseModel] = NoSettings


KINDS = {"anybody": Kind(), "by_phone": Kind("phone"), "by_mail": Kind("email")}


@dataclass(frozen=True, slots=True, order=True)
class Rung:
    """One page that left."""

    at: datetime
    tier: str
    person: str
    channel: str
    purpose: str


@dataclass(frozen=True, slots=True, order=True)
class Sent:
    """One message that left, about one incident or several."""

    at: datetime
    person: str
    channel: str
    incidents: tuple[int, ...]
    """Their numbers."""


@dataclass
class MovedClock:
    """Time that stands still until it is moved."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class Recorder:
    """A channel that takes everything and writes down what it took, by incident."""

    settings: ClassVar[type[BaseModel]] = NoSettings
    needs: ClassVar[str | None] = None

    channel: str
    clock: MovedClock
    took: dict[str, list[Rung]]
    sent: list[Sent]

    async def send(self, message: Message) -> str:
        about = (message.incident,) if message.incident is not None else message.bundle
        assert about, "nothing but incidents is told of here"
        numbers = tuple(sorted(one.number for one in about))
        self.sent.append(Sent(self.clock.at, message.person.id, self.channel, numbers))
        if message.incident is None:
            return ""
        purpose = message.intent.rpartition(":")[2]
        rung = Rung(self.clock.at, message.about, message.person.id, self.channel, purpose)
        self.took.setdefault(message.incident.id, []).append(rung)
        return ""


class Engine:
    """One store with handler, watcher and sender, and whatever goes through them."""

    def __init__(self, store: SqliteStore, clock: MovedClock, settings: Settings) -> None:
        metrics = Metrics()
        metrics.know(settings.channels, ())
        self._clock = clock
        self._store = store
        self.sent: list[Sent] = []
        self._took: dict[str, list[Rung]] = {}
        self._channels = tuple(settings.channels)
        self._cases: set[str] = set()
        self._handler = IncidentHandler(store=store, clock=clock, book=settings.book, metrics=metrics)
        self._watcher = ClockWatcher(store=store, clock=clock, handler=self._handler, metrics=metrics)
        self._sender = OutboxSender(
            store=store,
            clock=clock,
            handler=self._handler,
            notifiers={name: Recorder(name, clock, self._took, self.sent) for name in self._channels},
            writer=MessageWriter(external_url="http://rungbell.example.org", signer=LinkSigner(["a key of no use"])),
            copies=CopyWriter(external_url="http://rungbell.example.org"),
            metrics=metrics,
        )

    async def fires(self, group: AlertGroup) -> str:
        """A message arrives; give the incident it opens, or nothing."""
        handled = await self._handler.handle(AlertsReceived(group=group, new_id=new_id()))
        found = handled.incident.id if handled.incident else ""
        self._cases.add(found)
        await self._settle()
        return found

    async def acknowledges(self, incident: str, by: str) -> None:
        """Somebody acknowledges."""
        await self._handler.handle(Acknowledged(incident=incident, by=by))
        await self._settle()

    async def ends(self, incident: str) -> list[Rung]:
        """The incident is over; give every page that left for it."""
        await self._handler.handle(Resolved(incident=incident, by="local", reason="taken care of"))
        return self._took.pop(incident, [])

    async def passes_time(self, until: datetime) -> None:
        """Time goes on to ``until``, stopping wherever something is due."""
        while (due := await self._next_due()) is not None and due <= until:
            self._clock.at = max(self._clock.at, due)
            await self._settle()
        self._clock.at = until

    async def _settle(self) -> None:
        for _ in range(LOOKS):
            served = not await self._watcher.look()
            sent = await self._sender.look()
            if not served and not sent and not await self._takes_care():
                return
        raise AssertionError(f"at {self._clock.at} there is always more to do")

    async def _takes_care(self) -> bool:
        """Resolve what was opened for the operator."""
        operators = set(await self._store.read(lambda transaction: transaction.open_ids())) - self._cases
        for incident in operators:
            await self.ends(incident)
        return bool(operators)

    async def _next_due(self) -> datetime | None:
        times = await self._store.read(
            lambda transaction: [transaction.next_wake(), *(transaction.next_due(name) for name in self._channels)]
        )
        return min((at for at in times if at is not None), default=None)


@asynccontextmanager
async def engine(file: Path, settings: Settings, at: datetime) -> AsyncIterator[Engine]:
    """Give an engine whose store is that file and whose time begins ``at``."""
    store = await open_sqlite(file)
    try:
        yield Engine(store, MovedClock(at), settings)
    finally:
        await store.close()
