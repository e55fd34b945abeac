"""A world of one alert group around the pure core: time jumps from one clock to the next, and every page is kept.

Decisions are carried out in the records of a rehearsal; results of pages come by hand, so that each can be looked at.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from rungbell.domain.alert import Alert, AlertGroup, KnownAlert
from rungbell.domain.book import Book
from rungbell.domain.broken import newly_broken
from rungbell.domain.clock import Deadline
from rungbell.domain.clocks import deadlines, wake_at
from rungbell.domain.command.record import Tick
from rungbell.domain.decision import Decision, Reply
from rungbell.domain.events import (
    Acknowledged,
    AlertsReceived,
    ClockDue,
    Declared,
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
from rungbell.domain.handling import Handling
from rungbell.domain.incident import Incident, Status
from rungbell.domain.lifecycle.events import Snoozed, StatusSet
from rungbell.domain.page import LEASE, Page, PageKind, PageState, Purpose, SentPage
from rungbell.domain.paging_clocks import PAGING_NAMES
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.rehearsal import MemoryRecords

MONDAY_10 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday morning in London, in business hours."""


class _Told(Handling):
    """Troubles are kept, and open no operator's incident beside the one that is looked at."""

    def report(self, trouble: Trouble, by: Incident | None = None) -> None:
        self.troubles.append(trouble)


@dataclass
class World:
    """One alert group and its newest incident."""

    book: Book
    now: datetime = MONDAY_10
    records: MemoryRecords = field(default_factory=MemoryRecords)
    entries: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    """How often each obligation was found broken."""
    started: datetime = MONDAY_10
    group: str = ""

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

    def paging_deadlines(self) -> list[Deadline]:
        """The running clocks that ring somebody."""
        policy = self.records.policies[self.state().policy]
        return [one for one in deadlines(self.state(), policy) if one.clock in PAGING_NAMES]

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

    def set_status(self, by: str, status: Status, note: str = "") -> Reply:
        return self.happen(StatusSet(incident=self.id, by=by, status=status, note=note)).reply

    def snooze(self, by: str, lasts: timedelta) -> Reply:
        return self.happen(Snoozed(incident=self.id, by=by, until=self.now + lasts)).reply

    def declare(self, by: str, commander: str | None = None) -> Reply:
        return self.happen(Declared(incident=self.id, by=by, commander=commander)).reply

    def attest(self, *lines: str) -> None:
        """Somebody ticks lines of a checklist."""
        ticks = {line: Tick("alice", self.now) for line in lines}
        incident = self.state()
        command = replace(incident.command, ticks={**incident.command.ticks, **ticks})
        self.records.incidents[incident.id] = replace(incident, command=command)

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
        return self.records.lease(sent.page.intent, self.now + LEASE)

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
        if isinstance(event, AlertsReceived):
            self.group = event.group.key
        known = len(self.outbox)
        handling = _Told(self.records, self.book, self.now, new_id=lambda: f"u{self.incidents}")
        handling.handle(event)
        self.troubles.extend(handling.troubles)
        if not handling.decided:
            return Decision(handling.reply)
        pages = sum(len(decided.decision.pages) for decided in handling.decided)
        assert len(self.outbox) == known + pages, "an intent is unique"
        for decided in handling.decided:
            self.entries.extend(decided.decision.entries)
            self.broken.update(newly_broken(decided.before, decided.decision))
        return handling.decided[0].decision

    # -- what can be seen ---------------------------------------------------------------------------------------

    @property
    def incident(self) -> Incident | None:
        """The newest incident."""
        return next(reversed(self.records.incidents.values()), None)

    @property
    def incidents(self) -> int:
        """How many there are."""
        return len(self.records.incidents)

    @property
    def policy(self) -> Policy | None:
        """The one that the incident is pinned to."""
        return self.records.policy(self.incident.policy) if self.incident else None

    @property
    def alerts(self) -> dict[str, KnownAlert]:
        """What is known of the group that spoke last."""
        return self.records.standings(self.group)

    @property
    def outbox(self) -> dict[str, SentPage]:
        """Every page by its intent, in the order they were decided."""
        return self.records.outbox

    @property
    def due_at(self) -> dict[str, datetime]:
        """Intent to the time at which the outbox sends it."""
        return self.records.due

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
