"""The door: every event enters here, whoever sent it.

    handle(event)   in one transaction the core handles it (``domain.handling``) · commit all of it · answer

Rules
-----
* Loading, deciding and writing happen in one transaction; an answer is given after its commit is on disk.
* ``now`` is read once per event. A clash of versions runs the work again from the start.
* After the commit, the pages that it leased leave, and whoever waits for others or for clocks is woken.
* A message that changed nothing is answered from memory when it is told again (``known_messages``).

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``, ``runtime.answered_before``,
``runtime.known_messages``, ``runtime.lanes.lane``, ``runtime.lanes.room``, structlog, tenacity.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random

from rungbell.clock import Clock, new_id
from rungbell.domain.book import Book
from rungbell.domain.broken import newly_broken
from rungbell.domain.decision import Decision, Outcome, Reply
from rungbell.domain.events import AlertsReceived, ClockDue, Event, Trouble
from rungbell.domain.handling import Handling
from rungbell.domain.incident import Incident
from rungbell.domain.lifecycle.events import StormJoined
from rungbell.domain.timeline import EntryKind
from rungbell.domain.triage import Tally
from rungbell.domain.values import dataclass
from rungbell.runtime.answered_before import given_again, kept
from rungbell.runtime.known_messages import KnownMessages, Unchanged
from rungbell.runtime.lanes.lane import LeasedPage
from rungbell.runtime.lanes.room import Room
from rungbell.store import Store, Transaction
from rungbell.store.transaction import VersionConflict
from rungbell.telemetry import Metrics

log = structlog.get_logger()

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Handled:
    """What an event came to."""

    reply: Reply
    incident: Incident | None = None
    """The incident as it now stands."""


@dataclass(frozen=True, slots=True)
class _Commit:
    """What one piece of work wrote, for whoever counts and wakes after the commit."""

    handling: Handling
    """With the book of rules when the work began; a reload meanwhile is for the next one."""
    source: str = ""
    state: tuple[int, int] = (0, 0)
    """For a message: that of its group before it."""
    leased: list[LeasedPage] = field(default_factory=list)
    """Pages that leave at once."""


LARGE = 100
"""Alerts from which a message is written in the writing thread, so that the loop goes on."""


class IncidentHandler:
    """Holds the present book of rules and lets events in."""

    def __init__(self, *, store: Store, clock: Clock, book: Book, metrics: Metrics) -> None:
        self.book = book
        self.known_messages = KnownMessages()
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._listeners: list[Callable[[Decision], None]] = []
        self.rooms: Callable[[], Room] | None = None
        """Gives room for the pages of an event that leave at once; ``None``: nobody sends."""

    def on_commit(self, listener: Callable[[Decision], None]) -> None:
        """Call ``listener`` with every decision that was committed."""
        self._listeners.append(listener)

    def known(self, message: bytes | None) -> Unchanged | None:
        """Give what a message comes to that was told before and still changes nothing, and count it."""
        unchanged = self.known_messages.find(message, self.book) if message is not None else None
        if unchanged is not None:
            self._count_alerts(unchanged.tally, unchanged.source)
        return unchanged

    async def handle(
        self, event: Event, *, once: str | None = None, delivered: bool = False, message: bytes | None = None
    ) -> Handled:
        """Let an event in and answer after its commit.

        ``once`` is the identity of an event that must have an effect once only: a link that is used, a request with an
        idempotency key. Told again, it is answered as ``ALREADY``, with when it was told first and what was answered.
        One that is ``delivered`` is told again by a program and not by whoever meant it: it has none the second time
        even where it had none the first time.
        ``message`` is that of alerts which mean the same whenever they are told; see ``known``.

        Raises:
            StoreBusy, StoreUnavailable: nothing happened; the sender may come back.
        """
        now = self._clock.now()
        room = self.rooms() if self.rooms is not None else None
        group = event.group if isinstance(event, AlertsReceived) else None
        source = "" if group is None else group.source

        def work(transaction: Transaction) -> _Commit:
            handling = Handling(transaction, self.book, now, new_id)
            state = (0, 0) if group is None else self.known_messages.state(group.key)
            commit = _Commit(handling, source, state)
            if once is not None and (used := transaction.applied(once)) is not None:
                handling.reply = given_again(*used)
                handling.incident = transaction.incident(getattr(event, "incident", ""))
                return commit
            handling.handle(event)
            self._forget(handling)
            if room is not None:
                commit.leased.extend(room.lease(transaction, handling))
            if once is not None and (delivered or handling.reply.outcome is Outcome.DONE):
                transaction.apply_once(once, now, kept(handling.reply))
            return commit

        alerts = len(group.alerts) if group is not None else 0
        try:
            commit = await self._write(work, reserved=group is None, large=alerts > LARGE)
            if room is not None:
                room.send(commit.leased)
        finally:
            if room is not None:
                room.close()
        self._after(commit, now)
        if message is not None and group is not None:
            self._remember(message, group.key, commit)
        if commit.leased:
            await asyncio.sleep(0)  # the pages are under way before the answer is written
        return Handled(commit.handling.reply, commit.handling.incident)

    async def serve(self, due: Sequence[str]) -> None:
        """Let the due clocks of several incidents act, all of them in one commit.

        Raises:
            StoreBusy, StoreUnavailable: nothing happened.
            Exception: one of them cannot be served, and none of them was.
        """
        now = self._clock.now()

        def work(transaction: Transaction) -> list[_Commit]:
            transaction.read_together(due)
            served: list[_Commit] = []
            for incident in due:
                handling = Handling(transaction, self.book, now, new_id)
                handling.handle(ClockDue(incident=incident))
                self._forget(handling)
                served.append(_Commit(handling))
            return served

        for commit in await self._write(work, reserved=True):
            self._after(commit, now)

    def _forget(self, handling: Handling) -> None:
        """What was written before the commit is no longer known by heart after it."""
        for decided in handling.decided:
            if not decided.decision.empty:
                self.known_messages.changed(decided.group_key or (decided.before.key if decided.before else ""))

    def _remember(self, message: bytes, group_key: str, commit: _Commit) -> None:
        handling = commit.handling
        heard = handling.triage
        if heard is None or heard.heartbeat or any(not decided.decision.empty for decided in handling.decided):
            return
        number = handling.incident.number if handling.incident else None
        unchanged = Unchanged(number, commit.source, heard.tally, handling.book, group_key, commit.state)
        self.known_messages.remember(message, unchanged)

    async def report(self, *troubles: Trouble) -> None:
        """Tell the operator of rungbell's own troubles (rule 19)."""
        now = self._clock.now()

        def work(transaction: Transaction) -> _Commit:
            handling = Handling(transaction, self.book, now, new_id)
            for trouble in troubles:
                handling.report(trouble)
            self._forget(handling)
            return _Commit(handling)

        self._after(await self._write(work, reserved=True), now)

    async def _write(self, work: Callable[[Transaction], Result], *, reserved: bool, large: bool = False) -> Result:
        try:
            return await self._store.write(work, reserved=reserved, large=large)
        except VersionConflict:  # rare enough that its machinery is not set up before it happens
            clash = AsyncRetrying(
                retry=retry_if_exception_type(VersionConflict),
                stop=stop_after_attempt(4),
                wait=wait_random(max=0.05),
                reraise=True,
            )
            result: Result = await clash(self._store.write, work, reserved=reserved, large=large)
            return result

    # -- after the commit ---------------------------------------------------------------------------------------

    def _after(self, commit: _Commit, now: datetime) -> None:
        handling = commit.handling
        if handling.triage is not None and handling.triage.heartbeat:
            self._metrics.intake.beat(commit.source, now.timestamp())
        for trouble in handling.troubles:
            self._metrics.daemon.troubles.labels(trouble.kind).inc()
            log.error("trouble", kind=str(trouble.kind), source=trouble.source, text=trouble.text)
        for decided in handling.decided:
            self._count(decided.before, decided.decision)
            if not decided.decision.empty:
                for listener in self._listeners:
                    listener(decided.decision)
        if handling.triage is not None:
            self._count_alerts(handling.triage.tally, commit.source)

    def _count_alerts(self, tally: Tally, source: str) -> None:
        counted = self._metrics.intake.source(source)
        counted.alerts.inc(tally.alerts)
        if tally.dropped:
            counted.dropped.inc(tally.dropped)
        if tally.guessed:
            counted.guessed.inc(tally.guessed)

    def _count(self, before: Incident | None, decision: Decision) -> None:
        incident = decision.incident
        if decision.follow:
            self._metrics.incidents.sheltered.inc(sum(isinstance(meant, StormJoined) for meant in decision.follow))
        for entry in decision.entries:
            if entry.kind is EntryKind.EXHAUSTED:
                self._metrics.incidents.exhausted.inc()
        if incident is None:
            return
        for obligation in newly_broken(before, decision):
            self._metrics.obligations.broken.labels(obligation, incident.severity).inc()
        known = before.tiers if before is not None and before.cycle == incident.cycle else {}
        for tier, state in incident.tiers.items():
            if tier not in known:
                self._metrics.incidents.climbed(known, tier, state.cause)
        if incident.version == 0:
            self._metrics.incidents.was_opened(incident.severity)
        if before is not None:
            self._metrics.incidents.took_on(before, incident)
            self._metrics.incidents.ended(before, incident)
