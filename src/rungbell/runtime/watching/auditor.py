"""The auditor: looks whether the store holds what it should, whoever was at fault, and alarms where it does not.

No open incident without a clock, no clock that differs from the table of clocks, nothing due that stands still, no page
of an incident that is over (invariant I3). Peers lost pages because their own auditor was off; this one cannot be.

Rules
-----
* It reads a bounded piece at each look and goes round all open incidents; it never waits for anything but the store.
* What it finds is logged, counted and told to the operator once, and once more when it is over (requirements 3.11
  rule 19).
* What follows from the facts of an incident is set right in the store at once. It decides nothing: a clock that was
  wrong is served by the clock watcher as any other.
* What is only late is told when it was late at the look before too: a machine that was suspended has just come back.
* While the store cannot be written everything is late, and that is told already.

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``, structlog.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from rungbell.clock import Clock, to_milliseconds
from rungbell.domain.clocks import wake_at
from rungbell.domain.decision import Withdrawal
from rungbell.domain.errors import StoreError
from rungbell.domain.events import Trouble, TroubleKind
from rungbell.domain.incident import OVER, Incident, Status
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.page import EVERY_PAGE
from rungbell.domain.policy import Policy
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.looking_again import look_again_and_again
from rungbell.store import Store, Transaction
from rungbell.store.incidents import BEYOND
from rungbell.telemetry import Finding, Metrics

log = structlog.get_logger()

LOOK_EVERY = 30.0
"""Seconds."""
PIECE = 100
"""Incidents, and unsent pages, read at a look."""
CLOCK_LATE = timedelta(minutes=1)
"""A clock is served within a second; one that has waited for so long stands still."""
PAGE_LATE = timedelta(minutes=5)
"""A page waits while more urgent ones leave; not for so long."""
OPEN = tuple(status for status in Status if status not in OVER)

WORDS = {
    Finding.CLOCK_WRONG: (TroubleKind.STORE_REPAIRED, "The clock of {what} was not that of its facts; it is now."),
    Finding.PAGE_OF_RESOLVED: (TroubleKind.STORE_REPAIRED, "{what} is over and had unsent pages; they are withdrawn."),
    Finding.CLOCK_OVERDUE: (TroubleKind.STANDING_STILL, "A clock of {what} has been due for more than a minute."),
    Finding.PAGE_OVERDUE: (TroubleKind.STANDING_STILL, "The page {what} has been due for more than five minutes."),
}


@dataclass(slots=True)
class _Seen:
    """What one look saw."""

    wrong: list[tuple[Incident, datetime | None]] = field(default_factory=list)
    """Incidents whose clocks are not those of their facts, with what they should wake at."""
    over: list[str] = field(default_factory=list)
    late: dict[Finding, str] = field(default_factory=dict)
    status: int = 0
    before: int = BEYOND


class Auditor:
    """Looks until cancelled."""

    def __init__(self, *, store: Store, clock: Clock, handler: IncidentHandler, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._metrics = metrics
        self._late: dict[Finding, str] = {}
        self._told = set(Finding)  # perhaps, by the process before this one
        self._place = (0, BEYOND)

    async def run(self) -> None:
        """Look until cancelled."""
        await look_again_and_again(self.look, LOOK_EVERY, "the store cannot be audited now", at_once=False)

    async def look(self) -> None:
        """Audit a piece, set right what can be, and tell what was found."""
        if self._store.failing:
            self._late = {}
            return
        now = self._clock.now()
        seen = await self._store.read(lambda transaction: self._see(transaction, now))
        self._place = (seen.status, seen.before)
        found = await self._set_right(seen)
        found |= {finding: what for finding, what in seen.late.items() if self._late.get(finding) == what}
        self._late = seen.late
        self._metrics.daemon.audited.set(now.timestamp())
        await self._tell(found)

    def _see(self, transaction: Transaction, now: datetime) -> _Seen:
        status, before = self._place
        piece = transaction.clocks_in(OPEN[status], before, PIECE)
        seen = _Seen(status=status, before=piece[-1][0] if piece else BEYOND)
        if len(piece) < PIECE:
            seen.status, seen.before = (status + 1) % len(OPEN), BEYOND
        for _, incident, wakes_at in piece:
            if incident is not None and (policy := _policy_of(transaction, incident)) is not None:
                right = wake_at(incident, policy)
                if right is None or wakes_at != to_milliseconds(right):
                    seen.wrong.append((incident, right))
        seen.over = transaction.incidents_resolved_with_pages(PIECE)
        for due in transaction.due_incidents(now - CLOCK_LATE, PIECE):
            if (late := _served(transaction, due.incident)) is not None:
                seen.late[Finding.CLOCK_OVERDUE] = _said(late)
                break
        if intent := transaction.most_overdue_page(now - PAGE_LATE):
            seen.late[Finding.PAGE_OVERDUE] = intent
        return seen

    async def _set_right(self, seen: _Seen) -> dict[Finding, str]:
        """Write what follows from the facts; give what was really wrong, as it stands now."""
        if not (seen.wrong or seen.over):
            return {}

        def work(transaction: Transaction) -> dict[Finding, str]:
            found: dict[Finding, str] = {}
            for incident, right in seen.wrong:
                if transaction.set_clock(incident, right):
                    found[Finding.CLOCK_WRONG] = _said(incident)
            for identity in seen.over:
                incident_now = _served(transaction, identity)
                if incident_now is not None and not incident_now.open:
                    transaction.withdraw(identity, Withdrawal(EVERY_PAGE))
                    transaction.wrote = True
                    found[Finding.PAGE_OF_RESOLVED] = _said(incident_now)
            return found

        return await self._store.write(work, reserved=True)

    async def _tell(self, found: dict[Finding, str]) -> None:
        troubles = []
        for finding, (kind, words) in WORDS.items():
            if finding in found:
                self._metrics.daemon.audit_findings.labels(finding).inc()
                if finding not in self._told or kind is TroubleKind.STORE_REPAIRED:
                    text = words.format(what=found[finding])
                    troubles.append(Trouble(kind=kind, source=OWN_SOURCE, text=text, about=finding))
            elif finding in self._told:
                troubles.append(Trouble(kind=kind, source=OWN_SOURCE, text="as it should be", about=finding, over=True))
        if troubles:
            await self._handler.report(*troubles)
        self._told = set(found)


def _said(incident: Incident) -> str:
    """Name an incident as people do: by the number with which it can be looked at."""
    return f"#{incident.number}"


def _served(transaction: Transaction, identity: str) -> Incident | None:
    """Give an incident that can be served; of one that cannot the clock watcher tells."""
    try:
        found = transaction.incident(identity)
    except ValueError:
        return None
    return found if found is not None and _policy_of(transaction, found) is not None else None


def _policy_of(transaction: Transaction, incident: Incident) -> Policy | None:
    """Give the policy it is pinned to, if that can be read."""
    try:
        return transaction.policy(incident.policy)
    except (ValueError, StoreError):
        return None
