"""A world of one alert group around the pure core: time jumps from one clock to the next, and every page is kept.

It carries decisions out the way the store would, and fails at once where an open incident has no next deadline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from rungbell.domain.alert import Alert, AlertGroup, KnownAlert
from rungbell.domain.clocks import wake_at
from rungbell.domain.decide import decide
from rungbell.domain.decision import Decision, Reply, Situation
from rungbell.domain.events import (
    Acknowledged,
    AlertsReceived,
    ClockDue,
    Escalated,
    Event,
    FailureReason,
    NoteAdded,
    PageAccepted,
    PageFailed,
    PagingHeld,
    Reason,
    Resolved,
    SeveritySet,
    Trouble,
    Unacknowledged,
)
from rungbell.domain.incident import Incident
from rungbell.domain.page import Page, PageKind, PageState, Purpose, SentPage
from rungbell.domain.policy import Book, Policy, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.domain.triage import triage

MONDAY_10 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday morning in London, in business hours."""


@dataclass
class World:
    """One alert group and its incident."""

    book: Book
    now: datetime = MONDAY_10
    incident: Incident | None = None
    policy: Policy | None = None
    alerts: dict[str, KnownAlert] = field(default_factory=dict)
    outbox: dict[str, SentPage] = field(default_factory=dict)
    due_at: dict[str, datetime] = field(default_factory=dict)
    """Intent to the time at which the outbox sends it."""
    entries: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    incidents: int = 0
    started: datetime = MONDAY_10

    def __post_init__(self) -> None:
        self.started = self.now

    # -- what happens -------------------------------------------------------------------------------------------

    def receive(
        self, *alerts: Alert, truncated: int = 0, firing: bool | None = None, source: str = "am", **group: str
    ) -> Decision:
        """A message of the group arrives."""
        message = AlertGroup(
            source=source,
            receiver="rungbell",
            group_labels=group or {"alertname": "DiskFull"},
            alerts=alerts,
            firing=any(alert.firing for alert in alerts) if firing is None else firing,
            truncated=truncated,
        )
        return self.happen(AlertsReceived(group=message, new_id=f"i{self.incidents + 1}"))

    def fire(self, severity: str = "warning", /, **labels: str) -> Decision:
        """An alert begins to fire."""
        return self.receive(self.alert(severity, labels=labels))

    def alert(
        self,
        severity: str = "warning",
        /,
        *,
        firing: bool = True,
        since: datetime | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Alert:
        """An alert as it stands now."""
        everything = {"alertname": "DiskFull", "severity": severity, **(labels or {})}
        annotations = {"summary": "the disk is full"}
        return Alert(labels=everything, firing=firing, starts_at=since or self.now, annotations=annotations)

    def quieten(self) -> Decision:
        """Every alert that fires resolves."""
        resolved = [
            Alert(labels=known.labels, firing=False, starts_at=known.starts_at, ends_at=self.now)
            for known in self.alerts.values()
            if known.firing
        ]
        return self.receive(*resolved)

    def acknowledge(self, by: str) -> Reply:
        return self.happen(Acknowledged(incident=self.id, by=by)).reply

    def unacknowledge(self, by: str) -> Reply:
        return self.happen(Unacknowledged(incident=self.id, by=by)).reply

    def resolve(self, by: str, reason: str = "") -> Reply:
        return self.happen(Resolved(incident=self.id, by=by, reason=reason)).reply

    def escalate(self, by: str, to: Tier | None = None, reason: Reason | None = None) -> Reply:
        return self.happen(Escalated(incident=self.id, by=by, to=to, reason=reason)).reply

    def set_severity(self, by: str, severity: Severity, reason: str = "") -> Reply:
        return self.happen(SeveritySet(incident=self.id, by=by, severity=severity, reason=reason)).reply

    def note(self, by: str, text: str) -> Reply:
        return self.happen(NoteAdded(incident=self.id, by=by, text=text)).reply

    def hold(self, away_since: datetime) -> Decision:
        """rungbell is back after so long that paging holds."""
        return self.happen(PagingHeld(incident=self.id, away_since=away_since))

    def fail(
        self,
        sent: SentPage,
        reason: FailureReason = FailureReason.REFUSED,
        *,
        permanent: bool = True,
        retry_after: timedelta | None = None,
    ) -> Decision:
        """The attempt to send a page fails."""
        leased = self._leased(sent)
        return self.happen(
            PageFailed(
                incident=self.id,
                intent=sent.page.intent,
                attempt=leased.attempts,
                reason=reason,
                permanent=permanent,
                retry_after=retry_after,
            )
        )

    def accept(self, sent: SentPage) -> Decision:
        """A provider takes a page."""
        attempt = self._leased(sent).attempts
        return self.happen(PageAccepted(incident=self.id, intent=sent.page.intent, attempt=attempt))

    def _leased(self, sent: SentPage) -> SentPage:
        leased = replace(sent, state=PageState.LEASED, attempts=sent.attempts + 1)
        self.outbox[sent.page.intent] = leased
        return leased

    def pass_time(self, until: timedelta | datetime) -> None:
        """Time goes on to ``until`` (from the start of the world), and each clock is served when it is due."""
        end = until if isinstance(until, datetime) else self.started + until
        for _ in range(10_000):
            due = wake_at(self.incident, self.policy) if self.incident and self.policy else None
            if due is None or due > end:
                self.now = max(self.now, end)
                return
            self.now = max(self.now, due)
            before = self.incident
            self.happen(ClockDue(incident=self.id))
            assert self.incident != before, "a due clock changed nothing and would be served for ever"
        raise AssertionError("time does not pass")

    def sleep_until(self, until: timedelta) -> None:
        """rungbell is away until then: no clock is served."""
        self.now = self.started + until

    def tick(self) -> Decision:
        """The clock watcher looks once."""
        return self.happen(ClockDue(incident=self.id))

    def happen(self, event: Event) -> Decision:
        """Decide an event and carry the decision out."""
        situation = Situation(self.book, self.incident, self.policy)
        if isinstance(event, AlertsReceived):
            sightings = triage(event.group, self.book.rules).sightings
            situation = replace(situation, known=dict(self.alerts), sightings=sightings)
        if isinstance(event, PageAccepted | PageFailed):
            page = self.outbox[event.intent].page
            round_ = tuple(
                sent for sent in self.outbox.values() if (sent.page.cycle, sent.page.round) == (page.cycle, page.round)
            )
            situation = replace(situation, pages=round_)
        decision = decide(situation, event, self.now)
        self._carry_out(decision)
        return decision

    def _carry_out(self, decision: Decision) -> None:
        if decision.incident is not None:
            if decision.incident.version == 0:
                self.incidents += 1
                self.policy = self.book.policy(decision.incident.policy)
            self.incident = replace(decision.incident, version=decision.incident.version + 1, number=self.incidents)
            assert self.policy is not None
            due = wake_at(self.incident, self.policy)
            assert (due is not None) == self.incident.open, "an open incident has a next deadline, a closed one none"
        self.alerts.update({alert.key: alert for alert in decision.alerts})
        if decision.settle:
            self.alerts = {key: replace(alert, firing=False) for key, alert in self.alerts.items()}
        if decision.withdraw is not None:
            for intent, sent in self.outbox.items():
                if sent.state is PageState.WAITING and decision.withdraw.takes(sent.page):
                    self.outbox[intent] = replace(sent, state=PageState.WITHDRAWN)
        for page in decision.pages:
            assert page.intent not in self.outbox, "an intent is unique"
            self.outbox[page.intent] = SentPage(page, PageState.WAITING, 0, self.now)
            self.due_at[page.intent] = page.send_after
        if decision.delivery is not None:
            sent = self.outbox[decision.delivery.intent]
            self.outbox[decision.delivery.intent] = replace(sent, state=decision.delivery.state)
            if decision.delivery.due_at is not None:
                self.due_at[decision.delivery.intent] = decision.delivery.due_at
        self.due_at.update(dict.fromkeys(decision.forward, self.now))
        self.entries.extend(decision.entries)
        self.troubles.extend(decision.troubles)

    # -- what can be seen ---------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        assert self.incident is not None
        return self.incident.id

    def pages(self) -> list[Page]:
        """Every page so far, in the order they were decided."""
        return [sent.page for sent in self.outbox.values() if sent.page.kind is PageKind.PAGE]

    def rang(self) -> list[tuple[int, str]]:
        """(seconds from the start, tier) of every page, each tier once a moment."""
        seen: dict[tuple[int, str], None] = {}
        for sent in self.outbox.values():
            if sent.page.kind is PageKind.PAGE:
                seconds = int((sent.created_at - self.started).total_seconds())
                seen.setdefault((seconds, sent.page.tier.value))
        return sorted(seen)

    def first_rang(self) -> Mapping[str, int]:
        """Tier to the second of its first page."""
        first: dict[str, int] = {}
        for seconds, tier in self.rang():
            first.setdefault(tier, seconds)
        return first

    def told(self, kind: EntryKind) -> list[str]:
        """The texts of the timeline's lines of a kind."""
        return [entry.text for entry in self.entries if entry.kind is kind]

    def sent(self, tier: str, channel: str | None = None, person: str | None = None) -> SentPage:
        """The newest page of a tier."""
        return [
            sent
            for sent in self.outbox.values()
            if sent.page.tier.value == tier
            and channel in {None, sent.page.channel}
            and person in {None, sent.page.person}
        ][-1]

    def states(self, tier: str, purpose: Purpose) -> set[PageState]:
        """How the pages of a tier for a purpose stand."""
        return {
            sent.state for sent in self.outbox.values() if sent.page.tier.value == tier and sent.page.purpose is purpose
        }

    def state(self) -> Incident:
        """The incident as it stands."""
        assert self.incident is not None
        return self.incident

    def rang_since(self, seconds: int) -> list[tuple[int, str]]:
        """As ``rang``, from that second on."""
        return [(second, tier) for second, tier in self.rang() if second >= seconds]

    def last_page(self) -> SentPage:
        return list(self.outbox.values())[-1]
