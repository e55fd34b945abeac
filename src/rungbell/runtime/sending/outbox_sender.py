"""The outbox: what was decided is rung, once where nothing crashes, at least once whatever does.

Rules
-----
* A page is leased before it is sent, in the commit that decides it where its lane has room (``room``), and recorded
  afterwards (``results``); a crash in between lets the lease end and the page leaves again, under the same intent. The
  number of the attempt is the fencing token: a late result of a lost lease is void.
* Each channel has a lane of its own, so that a provider that hangs holds up nobody else (reliability row 32).
* What this process still has in hand is not leased again, whatever its lease says: a machine that was suspended, or a
  store that hung, must ring nobody twice. A result stays in hand until it is recorded, however long that takes.
* What a budget holds back leaves later, together (``budgets``, ``bundling``); each of its pages is recorded alone.
* Only as many pages are leased as can leave at once; the core decided everything else.
* What is due is looked for at least once a second, whether somebody woke the lane or not.

May import: ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, ``telemetry``, the rest of
``runtime``, structlog.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Lock

import structlog

from rungbell.clock import Clock
from rungbell.domain.budgets import Budgets
from rungbell.domain.contacts import Trial, mark_of
from rungbell.domain.decision import Decision
from rungbell.domain.errors import StoreError
from rungbell.domain.events import FailureReason
from rungbell.domain.page import LEASE
from rungbell.domain.roster import Person
from rungbell.notifiers import Message, Notifier, SendFailed
from rungbell.notifiers.following import Change, Following
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.lanes.bundling import Sorted, sort_out
from rungbell.runtime.lanes.lane import (
    IN_FLIGHT,
    LONGEST_SLEEP,
    Lane,
    Leased,
    LeasedBundle,
    LeasedCopy,
    LeasedEcho,
    LeasedNotice,
    intents_of,
)
from rungbell.runtime.lanes.leasing import ready
from rungbell.runtime.lanes.room import Room
from rungbell.runtime.sending.results import Results
from rungbell.runtime.sending.until_written import UntilWritten
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.notices import notice_message
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store import Store, Transaction
from rungbell.telemetry import Metrics

log = structlog.get_logger()


class OutboxSender:
    """Runs one lane per channel, and one for pages whose channel is gone."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handler: IncidentHandler,
        notifiers: Mapping[str, Notifier | Following],
        writer: MessageWriter,
        copies: CopyWriter,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._writer = writer
        self._copies = copies
        self._metrics = metrics
        self._lanes = {name: Lane(name, notifier, self) for name, notifier in notifiers.items()}
        self._group: asyncio.TaskGroup | None = None
        self._ended: list[Lane] = []
        self._in_hand: set[str] = set()
        """The intents of what was leased and whose results are not recorded yet."""
        self._stop = asyncio.Event()
        self._finished = asyncio.Event()
        self._finished.set()
        handler.on_commit(self._wake)
        self._budgets = Budgets(lambda: handler.book.storms, Lock())
        self._results = Results(
            store=store,
            clock=clock,
            handler=handler,
            metrics=metrics,
            budgets=self._budgets,
            until_written=UntilWritten(store, self._stop.is_set),
        )
        handler.rooms = lambda: Room(self._lanes.values(), clock, self._budgets, self.word)

    async def run(self) -> None:
        """Ring until cancelled or drained."""
        self._finished.clear()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for lane in self._lanes.values():
                    group.create_task(lane.run(), name=f"lane-{lane.channel}")
                group.create_task(self._watch_orphans(), name="lane-orphans")
        finally:
            self._group = None
            self._finished.set()

    def replace(self, notifiers: Mapping[str, Notifier | Following]) -> None:
        """Use other channels from now on, after a reload; what waits for one that is gone fails over (rule 18)."""
        for name in self._lanes.keys() - notifiers.keys():
            lane = self._lanes.pop(name)
            lane.end()
            self._ended.append(lane)
        for name, notifier in notifiers.items():
            if name in self._lanes:
                self._lanes[name].notifier = notifier
                continue
            lane = self._lanes[name] = Lane(name, notifier, self)
            if self._group is not None:
                self._group.create_task(lane.run(), name=f"lane-{name}")

    async def look(self) -> int:
        """Send what is due now on every channel, wait for the results, and give how many pages that were."""
        sent = await self._fail_orphans()
        for lane in self._lanes.values():
            sent += await lane.look()
        await asyncio.gather(*(lane.idle() for lane in self._lanes.values()))
        return sent

    async def drain(self) -> None:
        """Lease nothing more and wait for what is under way."""
        self._stop.set()
        for lane in self._lanes.values():
            lane.wake.set()
        # A lane may be in the middle of leasing: what it has leased by then must leave before the rest is stopped.
        await self._finished.wait()
        await asyncio.gather(*(lane.idle() for lane in [*self._lanes.values(), *self._ended]))

    @property
    def stopping(self) -> bool:
        """Whether no lane may take anything more."""
        return self._stop.is_set()

    def tell(self, channels: Iterable[str]) -> None:
        """Say that something of these channels is due."""
        for channel in channels:
            if (lane := self._lanes.get(channel)) is not None:
                lane.told = True
                lane.wake.set()

    def _wake(self, decision: Decision) -> None:
        self.tell(page.channel for page in decision.pages if page.intent not in self._in_hand)
        self.tell(copy.channel for copy in decision.copies)
        self.tell(one.channel for one in decision.echoes)
        if decision.forward or decision.delivery is not None:
            for lane in self._lanes.values():
                lane.wake.set()

    async def _watch_orphans(self) -> None:
        """Fail the pages of channels that a reload took away, so that the ladder goes on."""
        while not self.stopping:
            try:
                await self._fail_orphans()
            except StoreError as error:
                log.warning("outbox cannot reach the store", error=str(error))
            except Exception as error:
                log.exception("pages without a channel could not be failed", error=repr(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_SLEEP):
                    await self._stop.wait()

    async def _fail_orphans(self) -> int:
        failed = 0
        waiting = await self._store.read(lambda transaction: transaction.waiting_channels())
        for channel in sorted(waiting - self._lanes.keys()):
            for leased in await self.lease(channel, IN_FLIGHT, told=True):
                gone = SendFailed(FailureReason.CHANNEL_GONE, f"no channel {channel!r}", permanent=True)
                try:
                    await self.record_failure(leased, gone)
                finally:
                    self.let_go(leased)
                failed += 1
        return failed

    # -- what lanes share ---------------------------------------------------------------------------------------

    async def lease(self, channel: str, limit: int, *, told: bool) -> list[Leased]:
        """Take due pages of a channel; unless somebody told of one, a cheap look first: an idle lane writes nothing."""
        if not told:
            due = await self._store.read(lambda transaction: transaction.next_due(channel))
            if due is None or due > self._clock.now():
                return []

        in_hand = frozenset(self._in_hand)

        def work(transaction: Transaction) -> tuple[list[Leased], Sorted]:
            now = self._clock.now()  # here, so that the time spent waiting for the store is not taken off the lease
            limits = self._budgets.limits(channel)
            found = sort_out(transaction, channel, self._budgets, now, in_hand) if limits else Sorted()
            free = max(0, limit - len(found.bundles))
            claimed = transaction.claim(channel, now, now + LEASE, free, but=in_hand | found.intents)
            roster = self._handler.book.roster
            alone = [leased for sent in claimed if (leased := ready(transaction, sent, roster, now)) is not None]
            return [*alone, *found.bundles], found

        leased, found = await self._store.write(work, reserved=True)
        for person in found.people:
            self._budgets.bundle_leaves(person, channel, self._clock.now())
        self._metrics.paging.channel(channel).held_back.inc(found.held_back)
        self._in_hand.update(intent for one in leased for intent in intents_of(one))
        return leased

    def take(self, leased: Leased) -> None:
        """A page is in hand: its commit is on disk, and it leaves."""
        self._in_hand.add(leased.sent.intent)

    def let_go(self, leased: Leased) -> None:
        """A page is out of hand: its result was recorded, or can be recorded no more."""
        self._in_hand.difference_update(intents_of(leased))

    async def next_due(self, channel: str) -> datetime | None:
        """When the lane has something to do next."""
        return await self._store.read(lambda transaction: transaction.next_due(channel))

    def seconds_until(self, due: datetime | None) -> float:
        """How long a lane may sleep."""
        if due is None:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, max(0.0, (due - self._clock.now()).total_seconds()))

    def word(self, leased: Leased) -> Message | Change:
        """Word the message as things stand now.

        Raises:
            SendFailed: the person is not in the configuration any more.
        """
        worded = self._worded(leased)
        return self._writer.marked(worded) if isinstance(worded, Message) else worded

    def _worded(self, leased: Leased) -> Message | Change:
        book = self._handler.book
        if isinstance(leased, LeasedCopy):
            now = self._clock.now()
            return self._copies.write(leased.sent, leased.incident, leased.policy, leased.entries, book, now)
        if isinstance(leased, LeasedEcho):
            return self._writer.change(leased.sent, leased.incident, leased.places, self._clock.now(), leased.firing)
        name = leased.sent.notice.person if isinstance(leased, LeasedNotice) else leased.sent.page.person
        person: Person | None = book.roster.people.get(name)
        if person is None:
            detail = f"{name} is not in the configuration"
            raise SendFailed(FailureReason.RECIPIENT_GONE, detail, permanent=True)
        if isinstance(leased, LeasedNotice):
            return self._noticed(leased, person)
        if isinstance(leased, LeasedBundle):
            return self._writer.bundle(leased.name, leased.pages, person, self._clock.now())
        return self._writer.write(
            leased.sent, leased.incident, person, self._clock.now(), leased.places, leased.useful_for
        )

    def _noticed(self, leased: LeasedNotice, person: Person) -> Message:
        sent, book, now = leased.sent, self._handler.book, self._clock.now()
        if isinstance(sent.notice, Trial):
            mark = mark_of(book.roster, (person.id, sent.notice.channel))
            return self._writer.trial(sent, sent.notice, person, mark, now)
        return notice_message(sent, sent.notice, leased.note, person, book, now, self._writer.nameless())

    async def record_acceptance(self, leased: Leased, message: Message | Change, reference: str) -> None:
        """Tell the door that a provider took it, in these words."""
        await self._results.taken(leased, message, reference)

    async def record_failure(self, leased: Leased, failed: SendFailed) -> None:
        """Tell the door that it did not leave."""
        await self._results.failed(leased, failed)
