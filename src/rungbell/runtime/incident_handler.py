"""The door: every event enters here, whoever sent it.

    handle(event)   load the incident · decision = decide(situation, event, now) · commit all of it · answer

Rules
-----
* Loading, deciding and writing happen in one transaction; an answer is given after its commit is on disk.
* ``now`` is read once per event. A clash of versions runs the work again from the start.
* Troubles that a decision tells are events of the operator's incident and are part of the same commit.
* After the commit, whoever waits for pages or clocks is woken.
* A message that changed nothing is answered from memory when it is told again (``known_messages``).

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``, ``runtime.known_messages``,
structlog, tenacity.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random

from rungbell.clock import Clock, new_id
from rungbell.domain.alert import KnownAlert, Sighting
from rungbell.domain.decide import decide
from rungbell.domain.decision import Decision, Outcome, Reply, Situation
from rungbell.domain.events import AlertsReceived, Event, PageAccepted, PageFailed, Trouble, TroubleKind
from rungbell.domain.incident import Incident
from rungbell.domain.page import SentPage
from rungbell.domain.policy import Book, Policy
from rungbell.domain.timeline import EntryKind
from rungbell.domain.triage import Tally, Triage, triage
from rungbell.domain.trouble import own_sightings, says_something, trouble_group
from rungbell.runtime.known_messages import KnownMessages, Unchanged
from rungbell.store import Store, Transaction
from rungbell.store.transaction import VersionConflict
from rungbell.telemetry import Metrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handled:
    """What an event came to."""

    reply: Reply
    incident: Incident | None = None
    """The incident as it now stands."""


@dataclass(slots=True)
class _Commit:
    """What one piece of work wrote, for whoever counts and wakes after the commit."""

    book: Book
    """The book of rules when the work began; a reload meanwhile is for the next one."""
    handled: Handled = field(default_factory=lambda: Handled(Reply(Outcome.ALREADY)))
    decisions: list[tuple[Incident | None, Decision]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    source: str = ""
    triage: Triage | None = None
    state: tuple[int, int] = (0, 0)
    """For a message: that of its group before it."""


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

    def on_commit(self, listener: Callable[[Decision], None]) -> None:
        """Call ``listener`` with every decision that was committed."""
        self._listeners.append(listener)

    def known(self, message: bytes | None) -> Unchanged | None:
        """Give what a message comes to that was told before and still changes nothing, and count it."""
        unchanged = self.known_messages.find(message, self.book) if message is not None else None
        if unchanged is not None:
            self._count_alerts(unchanged.tally, unchanged.source)
        return unchanged

    async def handle(self, event: Event, *, once: str | None = None, message: bytes | None = None) -> Handled:
        """Let an event in and answer after its commit.

        ``once`` is the identity of an event that must have an effect once only: a link that is used, a request with an
        idempotency key. Told again, it is answered as ``ALREADY``, with when it was told first and what was answered.
        ``message`` is that of alerts which mean the same whenever they are told; see ``known``.

        Raises:
            StoreBusy, StoreUnavailable: nothing happened; the sender may come back.
        """
        now = self._clock.now()

        def work(transaction: Transaction) -> _Commit:
            commit = _Commit(self.book)
            if once is not None and (used := transaction.applied(once)) is not None:
                at, answered = used
                text = f"done at {at:%Y-%m-%d %H:%M:%S} UTC: {answered}"
                incident = transaction.incident(getattr(event, "incident", ""))
                commit.handled = Handled(Reply(Outcome.ALREADY, text), incident)
                return commit
            commit.handled = self._apply(transaction, event, now, commit)
            if once is not None and commit.handled.reply.outcome is Outcome.DONE:
                transaction.apply_once(once, now, commit.handled.reply.text)
            return commit

        alerts = event.group.alerts if isinstance(event, AlertsReceived) else None
        commit = await self._write(work, reserved=alerts is None, large=len(alerts or ()) > LARGE)
        self._after(commit, now)
        if message is not None and isinstance(event, AlertsReceived):
            self._remember(message, event, commit)
        return commit.handled

    def _remember(self, message: bytes, event: AlertsReceived, commit: _Commit) -> None:
        heard = commit.triage
        if heard is None or heard.heartbeat or any(not decision.empty for _, decision in commit.decisions):
            return
        incident = commit.handled.incident
        number = incident.number if incident else None
        unchanged = Unchanged(number, commit.source, heard.tally, commit.book, event.group.key, commit.state)
        self.known_messages.remember(message, unchanged)

    async def report(self, *troubles: Trouble) -> None:
        """Tell the operator of rungbell's own troubles (rule 19)."""
        now = self._clock.now()

        def work(transaction: Transaction) -> _Commit:
            commit = _Commit(self.book)
            for trouble in troubles:
                self._trouble(transaction, trouble, now, commit)
            return commit

        self._after(await self._write(work, reserved=True), now)

    async def _write(self, work: Callable[[Transaction], _Commit], *, reserved: bool, large: bool = False) -> _Commit:
        try:
            return await self._store.write(work, reserved=reserved, large=large)
        except VersionConflict:  # rare enough that its machinery is not set up before it happens
            clash = AsyncRetrying(
                retry=retry_if_exception_type(VersionConflict),
                stop=stop_after_attempt(4),
                wait=wait_random(max=0.05),
                reraise=True,
            )
            return await clash(self._store.write, work, reserved=reserved, large=large)

    # -- inside the transaction ---------------------------------------------------------------------------------

    def _apply(self, transaction: Transaction, event: Event, now: datetime, commit: _Commit) -> Handled:
        if isinstance(event, AlertsReceived):
            sorted_ = triage(event.group, commit.book.rules)
            commit.triage, commit.source = sorted_, event.group.source
            commit.state = self.known_messages.state(event.group.key)
            if sorted_.heartbeat:
                transaction.beat(event.group.source, now)
                source = event.group.source
                heard = Trouble(kind=TroubleKind.WATCHDOG_SILENT, source=source, text="heard again", over=True)
                self._trouble(transaction, heard, now, commit)
            if not sorted_.sightings:
                return Handled(Reply(Outcome.ALREADY, "nothing that pages"))
            key = event.group.key
            situation = self._situation(transaction, commit.book, key, sorted_.sightings, transaction.alerts(key))
            return self._decide(transaction, event, situation, now, commit)
        incident = transaction.incident(event.incident)
        situation = Situation(commit.book, incident, transaction.policy(incident.policy) if incident else None)
        if incident is not None and isinstance(event, PageAccepted | PageFailed):
            situation = replace(situation, pages=self._pages(transaction, event))
        return self._decide(transaction, event, situation, now, commit)

    def _situation(
        self,
        transaction: Transaction,
        book: Book,
        group_key: str,
        sightings: tuple[Sighting, ...],
        known: Mapping[str, KnownAlert],
    ) -> Situation:
        incident = transaction.latest_incident(group_key)
        policy = transaction.policy(incident.policy) if incident else None
        return Situation(book, incident, policy, known=known, sightings=sightings)

    @staticmethod
    def _pages(transaction: Transaction, event: PageAccepted | PageFailed) -> tuple[SentPage, ...]:
        found = transaction.page(event.intent)
        if not found:
            return ()
        page = found[0].page
        return transaction.pages_of_round(page.incident, page.cycle, page.round)

    def _decide(
        self, transaction: Transaction, event: Event, situation: Situation, now: datetime, commit: _Commit
    ) -> Handled:
        decision = decide(situation, event, now)
        group_key = event.group.key if isinstance(event, AlertsReceived) else ""
        if not decision.empty:
            self.known_messages.changed(group_key or (situation.incident.key if situation.incident else ""))
        policy = self._policy(decision, situation)
        incident = transaction.write(decision, policy, situation.incident, group_key, now)
        commit.decisions.append((situation.incident, decision))
        for trouble in decision.troubles:
            self._trouble(transaction, trouble, now, commit)
        return Handled(decision.reply, incident)

    def _policy(self, decision: Decision, situation: Situation) -> Policy | None:
        """Give the policy the written incident follows: pinned, or for a new one from the present book."""
        if decision.incident is None or decision.incident.version:
            return situation.policy
        return situation.book.policy(decision.incident.policy)

    def _trouble(self, transaction: Transaction, trouble: Trouble, now: datetime, commit: _Commit) -> None:
        if not trouble.over:
            commit.troubles.append(trouble)
        if commit.book.operator is None:
            return
        group = trouble_group(trouble, now)
        known = transaction.alerts(group.key)
        if not says_something(trouble, group, known):
            return
        situation = self._situation(transaction, commit.book, group.key, own_sightings(group), known)
        self._decide(transaction, AlertsReceived(group=group, new_id=new_id()), situation, now, commit)

    # -- after the commit ---------------------------------------------------------------------------------------

    def _after(self, commit: _Commit, now: datetime) -> None:
        if commit.triage is not None and commit.triage.heartbeat:
            self._metrics.beat(commit.source, now.timestamp())
        for trouble in commit.troubles:
            self._metrics.troubles.labels(trouble.kind).inc()
            log.error("trouble", kind=str(trouble.kind), source=trouble.source, text=trouble.text)
        for before, decision in commit.decisions:
            self._count(before, decision)
            if not decision.empty:
                for listener in self._listeners:
                    listener(decision)
        if commit.triage is not None:
            self._count_alerts(commit.triage.tally, commit.source)

    def _count_alerts(self, tally: Tally, source: str) -> None:
        counted = self._metrics.source(source)
        counted.alerts.inc(tally.alerts)
        if tally.dropped:
            counted.dropped.inc(tally.dropped)
        if tally.guessed:
            counted.guessed.inc(tally.guessed)

    def _count(self, before: Incident | None, decision: Decision) -> None:
        incident = decision.incident
        for entry in decision.entries:
            if entry.kind is EntryKind.EXHAUSTED:
                self._metrics.exhausted.inc()
        if incident is None:
            return
        known = before.tiers if before is not None and before.cycle == incident.cycle else {}
        for tier, state in incident.tiers.items():
            if tier not in known:
                self._metrics.climbed(known, tier, state.cause)
        if incident.version == 0:
            self._metrics.was_opened(incident.severity)
        if before is not None:
            self._metrics.took_on(before, incident)
            self._metrics.ended(before, incident)
