"""The door: every event enters here, whoever sent it.

    handle(event)   load the incident · decision = decide(situation, event, now) · commit all of it · answer

Rules
-----
* Loading, deciding and writing happen in one transaction; an answer is given after its commit is on disk.
* ``now`` is read once per event. A clash of versions runs the work again from the start.
* Troubles that a decision tells are events of the operator's incident and are part of the same commit.
* After the commit, whoever waits for pages or clocks is woken.

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``.
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
from rungbell.domain.triage import Triage, triage
from rungbell.domain.trouble import own_sightings, says_something, trouble_group
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

    handled: Handled = field(default_factory=lambda: Handled(Reply(Outcome.ALREADY)))
    decisions: list[tuple[Incident | None, Decision]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    source: str = ""
    triage: Triage | None = None


class IncidentHandler:
    """Holds the present book of rules and lets events in."""

    def __init__(self, *, store: Store, clock: Clock, book: Book, metrics: Metrics) -> None:
        self.book = book
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._listeners: list[Callable[[Decision], None]] = []

    def on_commit(self, listener: Callable[[Decision], None]) -> None:
        """Call ``listener`` with every decision that was committed."""
        self._listeners.append(listener)

    async def handle(self, event: Event, *, once: str | None = None) -> Handled:
        """Let an event in and answer after its commit.

        ``once`` is the identity of an event that must have an effect once only: a link that is used, a request with an
        idempotency key. Told again, it is answered as ``ALREADY``, with when it was told first and what was answered.

        Raises:
            StoreBusy, StoreUnavailable: nothing happened; the sender may come back.
        """
        now = self._clock.now()

        def work(transaction: Transaction) -> _Commit:
            commit = _Commit()
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

        commit = await self._write(work, reserved=not isinstance(event, AlertsReceived))
        self._after(commit, now)
        return commit.handled

    async def report(self, *troubles: Trouble) -> None:
        """Tell the operator of rungbell's own troubles (rule 19)."""
        now = self._clock.now()

        def work(transaction: Transaction) -> _Commit:
            commit = _Commit()
            for trouble in troubles:
                self._trouble(transaction, trouble, now, commit)
            return commit

        self._after(await self._write(work, reserved=True), now)

    async def _write(self, work: Callable[[Transaction], _Commit], *, reserved: bool) -> _Commit:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(VersionConflict),
            stop=stop_after_attempt(5),
            wait=wait_random(max=0.05),
            reraise=True,
        ):
            with attempt:
                return await self._store.write(work, reserved=reserved)
        raise AssertionError("unreachable")

    # -- inside the transaction ---------------------------------------------------------------------------------

    def _apply(self, transaction: Transaction, event: Event, now: datetime, commit: _Commit) -> Handled:
        if isinstance(event, AlertsReceived):
            sorted_ = triage(event.group, self.book.rules)
            commit.triage, commit.source = sorted_, event.group.source
            if sorted_.heartbeat:
                transaction.beat(event.group.source, now)
                source = event.group.source
                heard = Trouble(kind=TroubleKind.WATCHDOG_SILENT, source=source, text="heard again", over=True)
                self._trouble(transaction, heard, now, commit)
            if not sorted_.sightings:
                return Handled(Reply(Outcome.ALREADY, "nothing that pages"))
            key = event.group.key
            situation = self._situation(transaction, key, sorted_.sightings, transaction.alerts(key))
            return self._decide(transaction, event, situation, now, commit)
        incident = transaction.incident(event.incident)
        situation = Situation(self.book, incident, transaction.policy(incident.policy) if incident else None)
        if incident is not None and isinstance(event, PageAccepted | PageFailed):
            situation = replace(situation, pages=self._pages(transaction, event))
        return self._decide(transaction, event, situation, now, commit)

    def _situation(
        self,
        transaction: Transaction,
        group_key: str,
        sightings: tuple[Sighting, ...],
        known: Mapping[str, KnownAlert],
    ) -> Situation:
        incident = transaction.latest_incident(group_key)
        policy = transaction.policy(incident.policy) if incident else None
        return Situation(self.book, incident, policy, known=known, sightings=sightings)

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
        return self.book.policy(decision.incident.policy)

    def _trouble(self, transaction: Transaction, trouble: Trouble, now: datetime, commit: _Commit) -> None:
        if not trouble.over:
            commit.troubles.append(trouble)
        if self.book.operator is None:
            return
        group = trouble_group(trouble, now)
        known = transaction.alerts(group.key)
        if not says_something(trouble, group, known):
            return
        situation = self._situation(transaction, group.key, own_sightings(group), known)
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
            self._count_alerts(commit.triage, commit.source)

    def _count_alerts(self, sorted_: Triage, source: str) -> None:
        counted = self._metrics.source(source)
        counted.alerts.inc(len(sorted_.sightings) + sorted_.dropped)
        if sorted_.dropped:
            counted.dropped.inc(sorted_.dropped)
        if sorted_.guessed:
            counted.guessed.inc(sorted_.guessed)

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
            self._metrics.opened.labels(incident.severity).inc()
        if before is not None:
            self._metrics.took_on(before, incident)
            self._metrics.ended(before, incident)
