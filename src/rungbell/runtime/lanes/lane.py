"""One channel's lane: sleeps until something is due, leases what can leave at once, sends it.

Rules
-----
* A lane shares nothing with another: a provider that hangs, or a notifier that fails, holds up its own channel only
  (reliability row 32). Whatever goes wrong in it, it goes on.
* No send lasts longer than ``SEND_DEADLINE``, and its result is recorded before its place is free.

May import: ``domain``, ``notifiers`` (the port), structlog.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from contextvars import Context, copy_context
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

import structlog

from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.echo import ECHO_ATTEMPTS, SentEcho
from rungbell.domain.errors import StoreError
from rungbell.domain.events import FailureReason
from rungbell.domain.handover import HandoverNote
from rungbell.domain.incident import Incident
from rungbell.domain.page import ATTEMPTS, SEND_DEADLINE, Place, SentPage
from rungbell.domain.policy import Policy
from rungbell.domain.shift_notice import SentNotice
from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass
from rungbell.notifiers import Message, Notifier, SendFailed
from rungbell.notifiers.following import Change, Following

log = structlog.get_logger()

IN_FLIGHT = 16
"""Sends of one channel at a time."""
LONGEST_SLEEP = 1.0
"""Seconds between two looks at the store."""
SHORTEST_SLEEP = 0.05
"""Seconds, where all that is due is in hand already: its lease has ended, its result has not come."""


@dataclass(frozen=True, slots=True)
class LeasedPage:
    """A page that is ours for now, with the incident it is about."""

    sent: SentPage
    incident: Incident
    places: tuple[Place, ...] = ()
    """For a channel that follows: where it has told of the incident before."""
    useful_for: timedelta | None = None
    """The time that its tier has; see ``Message``."""


@dataclass(frozen=True, slots=True)
class LeasedNotice:
    """A notice, or a test page, that is ours for now; with the last handover note of its schedule, if any."""

    sent: SentNotice
    note: HandoverNote | None


@dataclass(frozen=True, slots=True)
class LeasedCopy:
    """A copy that is ours for now, with what it is worded from where no review has fixed its words."""

    sent: SentCopy
    incident: Incident
    policy: Policy
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class LeasedEcho:
    """An echo that is ours for now, with what it tells of and where."""

    sent: SentEcho
    incident: Incident
    places: tuple[Place, ...]
    firing: tuple[Mapping[str, str], ...] = ()
    """For the Alertmanager of its source: the labels of each of its alerts that fires."""


@dataclass(frozen=True, slots=True)
class LeasedBundle:
    """Pages to one person that are ours for now and leave as one message, the most urgent first."""

    name: str
    pages: tuple[LeasedPage, ...]

    @property
    def sent(self) -> SentPage:
        """The most urgent page."""
        return self.pages[0].sent


Leased: TypeAlias = LeasedPage | LeasedNotice | LeasedCopy | LeasedEcho | LeasedBundle


def intents_of(leased: Leased) -> tuple[str, ...]:
    """Give the keys of the rows that are ours for now."""
    if isinstance(leased, LeasedBundle):
        return tuple(page.sent.intent for page in leased.pages)
    return (leased.sent.intent,)


class Desk(Protocol):
    """What lanes ask of the sender they belong to."""

    @property
    def stopping(self) -> bool:
        """Whether no lane may take anything more."""
        ...

    async def lease(self, channel: str, limit: int, *, told: bool) -> list[Leased]:
        """Take due pages of a channel; ``told``: somebody said that there are some."""
        ...

    def take(self, leased: Leased) -> None:
        """A page is in hand from now on, and nobody else may lease it."""
        ...

    def let_go(self, leased: Leased) -> None:
        """Whatever came of it, the page is out of hand."""
        ...

    async def next_due(self, channel: str) -> datetime | None:
        """When the lane has something to do next."""
        ...

    def seconds_until(self, due: datetime | None) -> float:
        """How long a lane may sleep."""
        ...

    def word(self, leased: Leased) -> Message | Change:
        """Word the message as things stand now."""
        ...

    async def record_acceptance(self, leased: Leased, message: Message | Change, reference: str) -> None:
        """A provider took it, in these words."""
        ...

    async def record_failure(self, leased: Leased, failed: SendFailed) -> None:
        """It did not leave."""
        ...


class Lane:
    """One channel: sleeps until something is due, leases what can leave at once, sends it."""

    def __init__(self, channel: str, notifier: Notifier | Following, desk: Desk) -> None:
        self.channel = channel
        self.wake = asyncio.Event()
        self.told = False
        """Somebody said that a page of this channel is due."""
        self.notifier = notifier
        """Replaced by a reload; what is under way ends with the old one."""
        self._ended = False
        self._desk = desk
        self._sending: set[asyncio.Task[None]] = set()
        self._context: Context | None = None
        """That of the lane while it runs: what it sends is its own, whoever decided it."""
        self._kept = 0
        """Places kept for pages that are being decided."""
        self._busy = True
        """What is due is being leased, or there may be more of it than could leave."""

    def end(self) -> None:
        """Take nothing more: the channel is no longer configured."""
        self._ended = True
        self.wake.set()

    async def run(self) -> None:
        """Send until the sender stops or the channel ends."""
        self._context = copy_context()
        while not (self._desk.stopping or self._ended):
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
        self._busy = True
        free = self._free
        told, self.told = self.told, False
        leased = await self._desk.lease(self.channel, free, told=told) if free > 0 else []
        for one in leased:
            self._start(self._send(one))
        self._busy = len(leased) >= free
        return len(leased)

    @property
    def _free(self) -> int:
        return IN_FLIGHT - len(self._sending) - self._kept

    def keep(self, most: int) -> int:
        """Keep room for pages that are being decided, and give how much; none where others wait for it."""
        if self._busy or self.told or self._ended or self._desk.stopping or self._context is None:
            return 0
        kept = max(0, min(most, self._free))
        self._kept += kept
        return kept

    def give_back(self, places: int) -> None:
        """Room that was kept is needed no more."""
        self._kept -= places
        if places and (self.told or self._busy):
            self.wake.set()

    def begin(self, leased: LeasedPage, worded: Message | Change | None) -> None:
        """Send a page for which room was kept; where rungbell stops, it leaves after the next start."""
        self._kept -= 1
        if not self._desk.stopping and self._context is not None:
            self._desk.take(leased)
            self._context.run(self._start, self._send(leased, worded))

    async def _round(self) -> None:
        self.wake.clear()
        if await self.look():
            return
        full = self._free <= 0
        pause = LONGEST_SLEEP if full else self._desk.seconds_until(await self._desk.next_due(self.channel))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(pause, SHORTEST_SLEEP)):
                await self.wake.wait()

    def _start(self, sending: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: "asyncio.Task[None]") -> None:
        self._sending.discard(task)
        self.wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a page's result could not be recorded; its lease will end", error=repr(error))

    async def _send(self, leased: Leased, worded: Message | Change | None = None) -> None:
        try:
            await self._attempt(leased, worded)
        finally:
            self._desk.let_go(leased)

    async def _attempt(self, leased: Leased, worded: Message | Change | None) -> None:
        if leased.sent.attempts > (ECHO_ATTEMPTS if isinstance(leased, LeasedEcho) else ATTEMPTS):
            lost = SendFailed(FailureReason.INTERNAL, "the results of all attempts were lost", permanent=True)
            await self._desk.record_failure(leased, lost)
            return
        try:
            async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
                message = worded or self._desk.word(leased)
                reference = await self._hand_over(message)
        except SendFailed as failed:
            await self._desk.record_failure(leased, failed)
        except TimeoutError:
            late = SendFailed(FailureReason.TIMEOUT, f"no answer within {SEND_DEADLINE.total_seconds():.0f} s")
            await self._desk.record_failure(leased, late)
        except Exception as error:
            fault = SendFailed(FailureReason.INTERNAL, f"{type(error).__name__} in the notifier")
            log.exception("notifier failed", channel=self.channel)
            await self._desk.record_failure(leased, fault)
        else:
            await self._desk.record_acceptance(leased, message, reference)

    async def _hand_over(self, message: Message | Change) -> str:
        notifier = self.notifier
        if isinstance(message, Message) and hasattr(notifier, "send"):
            return await notifier.send(message)
        if isinstance(message, Change) and isinstance(notifier, Following):
            return await notifier.follow(message)
        wanted = "page" if isinstance(message, Message) else "follow"
        raise SendFailed(FailureReason.CHANNEL_GONE, f"{self.channel} does not {wanted} any more", permanent=True)
