"""The outbox: what was decided is rung, once where nothing crashes, at least once whatever does.

Rules
-----
* A page is leased before it is sent and recorded afterwards; a crash in between lets the lease end and the page leaves
  again, under the same intent. The number of the attempt is the fencing token: a late result of a lost lease is void.
* Each channel has a lane of its own, so that a provider that hangs holds up nobody else (reliability row 32).
* Only as many pages are leased as can leave at once; the core decided everything else.
* What is due is looked for at least once a second, whether somebody woke the lane or not.

May import: ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, ``telemetry``, the rest of
``runtime``.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential

from rungbell.clock import Clock
from rungbell.domain.decision import Decision, Delivery
from rungbell.domain.delivery import pointless
from rungbell.domain.errors import StoreBusy, StoreError, StoreUnavailable
from rungbell.domain.events import FailureReason, PageAccepted, PageFailed
from rungbell.domain.incident import Incident
from rungbell.domain.page import ATTEMPTS, LEASE, SEND_DEADLINE, PageState, SentPage
from rungbell.domain.policy import Person
from rungbell.notifiers import Message, Notifier, SendFailed
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.wording import MessageWriter
from rungbell.store import Store, Transaction
from rungbell.telemetry import Metrics

log = structlog.get_logger()

IN_FLIGHT = 16
"""Sends of one channel at a time."""
LONGEST_SLEEP = 1.0
"""Seconds between two looks at the store."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A page that is ours for now, with the incident it is about."""

    sent: SentPage
    incident: Incident


class OutboxSender:
    """Runs one lane per channel, and one for pages whose channel is gone."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handler: IncidentHandler,
        notifiers: Mapping[str, Notifier],
        writer: MessageWriter,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._writer = writer
        self._metrics = metrics
        self._lanes = {name: _Lane(name, notifier, self) for name, notifier in notifiers.items()}
        self._stopping = False
        self._stop = asyncio.Event()
        self._finished = asyncio.Event()
        self._finished.set()
        handler.on_commit(self._wake)

    async def run(self) -> None:
        """Ring until cancelled or drained."""
        self._finished.clear()
        try:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes.values():
                    group.create_task(lane.run(), name=f"lane-{lane.channel}")
                group.create_task(self._watch_orphans(), name="lane-orphans")
        finally:
            self._finished.set()

    async def look(self) -> int:
        """Send what is due now on every channel, wait for the results, and give how many pages that were."""
        sent = await self._fail_orphans()
        for lane in self._lanes.values():
            sent += await lane.look()
        await asyncio.gather(*(lane.idle() for lane in self._lanes.values()))
        return sent

    async def drain(self) -> None:
        """Lease nothing more and wait for what is under way."""
        self._stopping = True
        self._stop.set()
        for lane in self._lanes.values():
            lane.wake.set()
        # A lane may be in the middle of leasing: what it has leased by then must leave before the rest is stopped.
        await self._finished.wait()
        await asyncio.gather(*(lane.idle() for lane in self._lanes.values()))

    @property
    def stopping(self) -> bool:
        """Whether no lane may take anything more."""
        return self._stopping

    def _wake(self, decision: Decision) -> None:
        for page in decision.pages:
            if (lane := self._lanes.get(page.channel)) is not None:
                lane.wake.set()
        if decision.forward or decision.delivery is not None:
            for lane in self._lanes.values():
                lane.wake.set()

    async def _watch_orphans(self) -> None:
        """Fail the pages of channels that a reload took away, so that the ladder goes on."""
        while not self._stopping:
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
        for channel in await self._store.read(lambda transaction: transaction.waiting_channels()) - self._lanes.keys():
            for leased in await self.lease(channel, IN_FLIGHT):
                gone = SendFailed(FailureReason.CHANNEL_GONE, f"no channel {channel!r}", permanent=True)
                await self.record_failure(leased, gone)
                failed += 1
        return failed

    # -- what lanes share ---------------------------------------------------------------------------------------

    async def lease(self, channel: str, limit: int) -> list[Leased]:
        """Take due pages of a channel; a cheap look first, so that an idle lane writes nothing."""
        due = await self._store.read(lambda transaction: transaction.next_due(channel))
        if due is None or due > self._clock.now():
            return []

        def work(transaction: Transaction) -> list[Leased]:
            now = self._clock.now()  # here, so that the time spent waiting for the store is not taken off the lease
            found = transaction.claim(channel, now, now + LEASE, limit)
            leased = [(sent, self._incident(transaction, sent)) for sent in found]
            return [Leased(sent, incident) for sent, incident in leased if incident is not None]

        return await self._store.write(work, reserved=True)

    @staticmethod
    def _incident(transaction: Transaction, sent: SentPage) -> Incident | None:
        """Load what a page is about; ``None`` where it need not leave any more, or cannot be read."""
        try:
            incident = transaction.incident(sent.page.incident)
            again = sent.attempts > 1 and incident is not None
            if incident is not None and again and pointless(incident, transaction.policy(incident.policy), sent):
                transaction.record(Delivery(sent.page.intent, sent.attempts, PageState.WITHDRAWN))
                return None
        except (ValueError, StoreError) as error:
            log.exception("the incident of a page cannot be read; the page is given up", error=repr(error))
            incident = None
        if incident is None:
            transaction.give_up(sent.page.intent)
        return incident

    async def next_due(self, channel: str) -> datetime | None:
        """When the lane has something to do next."""
        return await self._store.read(lambda transaction: transaction.next_due(channel))

    def seconds_until(self, due: datetime | None) -> float:
        """How long a lane may sleep."""
        if due is None:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, max(0.0, (due - self._clock.now()).total_seconds()))

    def word(self, leased: Leased) -> Message:
        """Word the message as things stand now.

        Raises:
            SendFailed: the person is not in the configuration any more, or the words cannot be made.
        """
        person: Person | None = self._handler.book.roster.people.get(leased.sent.page.person)
        if person is None:
            detail = f"{leased.sent.page.person} is not in the configuration"
            raise SendFailed(FailureReason.RECIPIENT_GONE, detail, permanent=True)
        return self._writer.write(leased.sent, leased.incident, person, self._clock.now())

    async def record_acceptance(self, leased: Leased, reference: str) -> None:
        """Tell the door that a provider took it."""
        page = leased.sent.page
        self._metrics.pages.labels(page.channel, page.tier).inc()
        waited = (self._clock.now() - page.send_after).total_seconds()
        self._metrics.page_latency.labels(page.channel).observe(max(0.0, waited))
        await self._record(
            PageAccepted(incident=page.incident, intent=page.intent, attempt=leased.sent.attempts, reference=reference)
        )

    async def record_failure(self, leased: Leased, failed: SendFailed) -> None:
        """Tell the door that it did not leave."""
        page = leased.sent.page
        self._metrics.pages.labels(page.channel, page.tier).inc()
        self._metrics.pages_failed.labels(page.channel, failed.reason).inc()
        log.warning(
            "page failed",
            channel=page.channel,
            intent=page.intent,
            reason=str(failed.reason),
            detail=failed.detail,
            permanent=failed.permanent,
        )
        await self._record(
            PageFailed(
                incident=page.incident,
                intent=page.intent,
                attempt=leased.sent.attempts,
                reason=failed.reason,
                permanent=failed.permanent,
                detail=failed.detail,
                retry_after=failed.retry_after,
            )
        )

    async def _record(self, event: PageAccepted | PageFailed) -> None:
        """Keep trying while the lease lasts: a result that is lost rings somebody twice."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((StoreBusy, StoreUnavailable)),
            stop=stop_after_delay(LEASE - SEND_DEADLINE),
            wait=wait_exponential(multiplier=0.05, max=1),
            reraise=True,
        ):
            with attempt:
                try:
                    await self._handler.handle(event)
                except StoreError:
                    raise
                except Exception as error:
                    log.exception("a result could not be decided; the page is closed", error=repr(error))
                    await self._close(event)

    async def _close(self, event: PageAccepted | PageFailed) -> None:
        """Write a result without asking the core."""
        state = PageState.ACCEPTED if isinstance(event, PageAccepted) else PageState.FAILED
        closed = Delivery(event.intent, event.attempt, state)
        await self._store.write(lambda transaction: transaction.record(closed), reserved=True)


class _Lane:
    """One channel: sleeps until something is due, leases what can leave at once, sends it."""

    def __init__(self, channel: str, notifier: Notifier, sender: OutboxSender) -> None:
        self.channel = channel
        self.wake = asyncio.Event()
        self._notifier = notifier
        self._sender = sender
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        while not self._sender.stopping:
            try:
                await self._round()
            except StoreError as error:
                log.warning("outbox cannot reach the store", channel=self.channel, error=str(error))
                await asyncio.sleep(LONGEST_SLEEP)
            except Exception as error:
                log.exception("a lane failed and goes on", channel=self.channel, error=repr(error))
                await asyncio.sleep(LONGEST_SLEEP)

    async def idle(self) -> None:
        """Wait until nothing of this lane is under way."""
        while self._sending:
            await asyncio.wait(self._sending)

    async def look(self) -> int:
        """Lease what can leave at once, start sending it, and give how much that was."""
        free = IN_FLIGHT - len(self._sending)
        leased = await self._sender.lease(self.channel, free) if free else []
        for one in leased:
            self._start(self._send(one))
        return len(leased)

    async def _round(self) -> None:
        self.wake.clear()
        if await self.look():
            return
        full = len(self._sending) >= IN_FLIGHT
        pause = LONGEST_SLEEP if full else self._sender.seconds_until(await self._sender.next_due(self.channel))
        if pause:
            try:
                async with asyncio.timeout(pause):
                    await self.wake.wait()
            except TimeoutError:
                pass

    def _start(self, sending: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: "asyncio.Task[None]") -> None:
        self._sending.discard(task)
        self.wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a page's result could not be recorded; its lease will end", error=repr(error))

    async def _send(self, leased: Leased) -> None:
        if leased.sent.attempts > ATTEMPTS:
            lost = SendFailed(FailureReason.INTERNAL, "the results of all attempts were lost", permanent=True)
            await self._sender.record_failure(leased, lost)
            return
        try:
            async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
                reference = await self._notifier.send(self._sender.word(leased))
        except SendFailed as failed:
            await self._sender.record_failure(leased, failed)
        except TimeoutError:
            late = SendFailed(FailureReason.TIMEOUT, f"no answer within {SEND_DEADLINE.total_seconds():.0f} s")
            await self._sender.record_failure(leased, late)
        except Exception as error:
            fault = SendFailed(FailureReason.INTERNAL, f"{type(error).__name__} in the notifier")
            log.exception("notifier failed", channel=self.channel)
            await self._sender.record_failure(leased, fault)
        else:
            await self._sender.record_acceptance(leased, reference)
