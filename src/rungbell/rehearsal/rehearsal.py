"""A rehearsal: events go in, time jumps from one due clock or page to the next, and everything is kept.

Rules
-----
* Time moves only by ``pass_time`` and ``sleep_until``. What is due at a moment happens before what is let in at it
  (reading A42): of that, the clocks are served first, then pages leave, the most urgent before the others.
* A page is tried the moment it is due, and an attempt takes no time. The provider says what comes of it; whoever or
  whatever is gone from the book by then cannot be reached, as in the daemon.
* A second attempt that has become pointless is not made, nor a first one that a budget has held back.
* What is due at one moment on a channel with a budget is sorted out before any of it leaves, as the daemon's lanes do.

May import: ``domain``, ``records``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.book import Book
from rungbell.domain.budgets import MOST, Budgets, looked_at_again
from rungbell.domain.decision import Delivery
from rungbell.domain.delivery import pointless
from rungbell.domain.events import AlertsReceived, ClockDue, Event, FailureReason, PageAccepted, PageFailed, Trouble
from rungbell.domain.handling import Handling
from rungbell.domain.page import LEASE, Page, PageState, SentPage
from rungbell.domain.values import dataclass
from rungbell.rehearsal.records import MemoryRecords


@dataclass(frozen=True, slots=True)
class Failure:
    """A page did not leave; ``permanent``: nor will it ever on this way."""

    reason: FailureReason
    permanent: bool = False
    retry_after: timedelta | None = None
    detail: str = ""


Provider = Callable[[Page, datetime], Failure | None]
"""What takes the pages of every channel: ``None``, it took this one now."""


def takes_everything(page: Page, now: datetime) -> Failure | None:
    """Be the provider that never fails."""
    return None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a page or a notification, and how it ended."""

    at: datetime
    page: Page
    number: int
    """1 is the first for this page."""
    failure: Failure | None = None
    """``None``: the provider took it."""
    together: int = 1
    """How many pages left in the same message: more than one where a budget held them back."""


@dataclass(slots=True)
class _Read:
    """The file that counts, as it was read last."""

    book: Book


class Rehearsal:
    """Any number of alert groups and their incidents, from ``now`` on (aware, UTC).

    ``book`` may be replaced at any time, which is a reload; ``provider`` too.
    """

    def __init__(self, book: Book, now: datetime, provider: Provider = takes_everything) -> None:
        self._read = read = _Read(book)
        self.now = now
        self.provider = provider
        self.records = MemoryRecords()
        self.attempts: list[Attempt] = []
        self.troubles: list[tuple[datetime, Trouble]] = []
        self._drawn = 0
        # of what was read and not of the rehearsal: in a circle it would stay until somebody looks for garbage
        self._budgets = Budgets(lambda: read.book.storms)

    @property
    def book(self) -> Book:
        """Who is on call, how they are reached, and what to do."""
        return self._read.book

    @book.setter
    def book(self, book: Book) -> None:
        self._read.book = book

    # -- what happens -------------------------------------------------------------------------------------------

    def happen(self, event: Event) -> Handling:
        """Let an event in now."""
        handling = self._handling()
        handling.handle(event)
        self._keep(handling)
        return handling

    def receive(
        self,
        group_labels: Mapping[str, str],
        *alerts: Alert,
        source: str = "default",
        receiver: str = "rungbell",
    ) -> Handling:
        """Let a message about one alert group in, as its sender sees the whole group now."""
        firing = any(alert.firing for alert in alerts)
        group = AlertGroup(source=source, receiver=receiver, group_labels=group_labels, alerts=alerts, firing=firing)
        return self.happen(AlertsReceived(group=group, new_id=self.new_id()))

    def report(self, trouble: Trouble) -> Handling:
        """Tell the operator of one of rungbell's own troubles."""
        handling = self._handling()
        handling.report(trouble)
        self._keep(handling)
        return handling

    def new_id(self) -> str:
        """Draw the identity of a next incident: ``i1``, ``i2`` …"""
        self._drawn += 1
        return f"i{self._drawn}"

    def _handling(self) -> Handling:
        return Handling(self.records, self.book, self.now, self.new_id)

    def _keep(self, handling: Handling) -> None:
        if handling.troubles:
            self.troubles.extend((self.now, trouble) for trouble in handling.troubles)

    # -- time ---------------------------------------------------------------------------------------------------

    def pass_time(self, until: datetime) -> None:
        """Time goes on to ``until``, and what is due up to then happens when it is due."""
        while (due := self.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.look()
        self.now = max(self.now, until)

    def sleep_until(self, until: datetime) -> None:
        """Nobody looks until then: what is due meanwhile waits for the next look."""
        self.now = until

    def next_due(self) -> datetime | None:
        """When the next page wants to leave or the next clock to be served."""
        return min((*self.records.due.values(), *self.records.wake.values()), default=None)

    def look(self) -> None:
        """Serve the clocks that are due now; where none is, send the pages that are."""
        wake, incidents = self.records.wake, self.records.incidents
        clocks = sorted((at, incidents[id_].number, id_) for id_, at in wake.items() if at <= self.now)
        for _, _, incident in clocks:
            if (due := wake.get(incident)) is not None and due <= self.now:  # what came before may have put it off
                self._serve(incident)
        if not clocks:
            self._leave(self.records.claimable(self.now))

    def _leave(self, due: list[str]) -> None:
        bundles = self._sorted_out(due) if self.book.storms.budgets else []
        together = {intent for bundle in bundles for intent in bundle}
        for intent in due:
            if intent not in together and self._is_due(intent):  # what one came to may have taken back another
                self._send([intent])
        for bundle in bundles:
            self._send([intent for intent in bundle if self._is_due(intent)], held_back=True)

    def _sorted_out(self, due: list[str]) -> list[list[str]]:
        """Put off what budgets hold back; give what was held back and leaves now, by message."""
        over: dict[tuple[str, str], list[str]] = {}
        for intent in due:
            page = self.records.outbox[intent].page
            if not self._budgets.lets(page, self.now):
                over.setdefault((page.person, page.channel), []).append(intent)
        bundles = []
        for (person, channel), intents in over.items():
            leaves = self._budgets.next_bundle(person, channel, self.now)
            if leaves > self.now:
                self.records.due.update(dict.fromkeys(intents, leaves))
            else:
                self._budgets.bundle_leaves(person, channel, self.now)
                bundles.append(intents[:MOST])
                self.records.due.update(dict.fromkeys(intents[MOST:], looked_at_again(self.now)))
        return bundles

    def _serve(self, incident: str) -> None:
        before = self.records.incidents[incident]
        self.happen(ClockDue(incident=incident))
        if self.records.incidents[incident] is before:
            raise RuntimeError(f"a due clock of {before.title!r} changed nothing and would be served for ever")

    def _is_due(self, intent: str) -> bool:
        due = self.records.due.get(intent)
        return due is not None and due <= self.now

    def _send(self, intents: list[str], *, held_back: bool = False) -> None:
        """Try pages in one message; where only one of a bundle is left, it leaves by itself."""
        leased = [self.records.lease(intent, self.now + LEASE) for intent in intents]
        leaving = [sent for sent in leased if not self._withdrawn(sent, held_back=held_back)]
        if not leaving:
            return
        page = leaving[0].page
        failure = self._gone(page) or self.provider(page, self.now)
        if failure is not None and len(leaving) == 1:
            self._budgets.give_back(page)
        elif failure is not None:
            self._budgets.bundle_failed(page.person, page.channel)
        for sent in leaving:
            self.attempts.append(Attempt(self.now, sent.page, sent.attempts, failure, len(leaving)))
            self.happen(_result(sent, failure, len(leaving)))

    def _withdrawn(self, sent: SentPage, *, held_back: bool) -> bool:
        """Take back what need not leave any more."""
        incident = self.records.incidents[sent.page.incident]
        if not (sent.attempts > 1 or held_back) or not pointless(incident, self.records.policy(incident.policy), sent):
            return False
        self.records.record(Delivery(sent.intent, sent.attempts, PageState.WITHDRAWN))
        return True

    def _gone(self, page: Page) -> Failure | None:
        roster = self.book.roster
        if page.channel not in roster.channels:
            return Failure(FailureReason.CHANNEL_GONE, permanent=True, detail=f"no channel {page.channel!r}")
        if page.person not in roster.people:
            detail = f"{page.person} is not in the configuration"
            return Failure(FailureReason.RECIPIENT_GONE, permanent=True, detail=detail)
        return None


def _result(sent: SentPage, failure: Failure | None, together: int) -> PageAccepted | PageFailed:
    page = sent.page
    if failure is None:
        return PageAccepted(incident=page.incident, intent=page.intent, attempt=sent.attempts, together=together)
    return PageFailed(
        incident=page.incident,
        intent=page.intent,
        attempt=sent.attempts,
        reason=failure.reason,
        permanent=failure.permanent,
        detail=failure.detail,
        retry_after=failure.retry_after,
    )
