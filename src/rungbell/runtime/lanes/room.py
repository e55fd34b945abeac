"""Room for pages that leave at once: they are leased in the commit that decides them.

Rules
-----
* A lease of its own would be one more commit before each page. After a crash it is a lease like any other: it ends, and
  the page leaves again.
* Room is kept before the commit, while a lane has nothing else to do; what finds none waits for its lane, which takes
  the most urgent first. So does what a budget does not let leave by itself.
* It is worded while its commit is on the way to the disk, when the loop has nothing else to do.
* Whatever comes of the commit, the room is given back.

May import: ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, ``runtime.lanes.lane``,
``runtime.lanes.leasing``.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime

from rungbell.clock import Clock
from rungbell.domain.budgets import Budgets
from rungbell.domain.handling import Handling
from rungbell.domain.page import LEASE, Page, SentPage
from rungbell.domain.values import dataclass
from rungbell.notifiers import Message
from rungbell.notifiers.following import Change
from rungbell.runtime.lanes.lane import Lane, LeasedPage
from rungbell.runtime.lanes.leasing import leased_page
from rungbell.store import Transaction

PLACES = 4
"""Pages that one event may find room for on one channel."""


@dataclass(slots=True)
class Kept:
    """What is kept on one lane."""

    lane: Lane
    free: int


class Room:
    """What one event may take."""

    def __init__(
        self, lanes: Iterable[Lane], clock: Clock, budgets: Budgets, word: Callable[[LeasedPage], Message | Change]
    ) -> None:
        self._clock = clock
        self._budgets = budgets
        self._word = word
        self._worded: dict[str, Message | Change] = {}
        """By the intent of the page."""
        self._kept = {lane.channel: Kept(lane, free) for lane in lanes if (free := lane.keep(PLACES))}

    def __bool__(self) -> bool:
        return bool(self._kept)

    def lease(self, transaction: Transaction, handling: Handling) -> list[LeasedPage]:
        """Lease what was decided about the event's own incident, as far as there is room; the transaction is its."""
        incident = handling.incident
        if incident is None or not self:
            return []
        now = self._clock.now()  # here, so that the time spent waiting for the store is not taken off the lease
        pages = [page for decided in handling.decided for page in decided.decision.pages]
        mine = [page for page in pages if page.incident == incident.id and page.send_after <= now]
        found = transaction.claim_these([page.intent for page in self._fitting(mine, now)], now, now + LEASE)
        leased = [leased_page(transaction, sent, incident) for sent in found if isinstance(sent, SentPage)]
        with contextlib.suppress(RuntimeError):  # in the writing thread: they are worded when they leave
            asyncio.get_running_loop().call_soon(self._word_ahead, leased)
        return leased

    def send(self, leased: Iterable[LeasedPage]) -> None:
        """Let them leave: their commit is on disk."""
        for one in leased:
            kept = self._kept[one.sent.page.channel]
            kept.free -= 1
            kept.lane.begin(one, self._worded.get(one.sent.intent))

    def close(self) -> None:
        """Give back what nobody needed."""
        for kept in self._kept.values():
            kept.lane.give_back(kept.free)

    def _word_ahead(self, leased: Iterable[LeasedPage]) -> None:
        for one in leased:
            with contextlib.suppress(Exception):  # it is worded again when it leaves, and what is wrong is told there
                self._worded[one.sent.intent] = self._word(one)

    def _fitting(self, pages: Iterable[Page], now: datetime) -> list[Page]:
        left = {channel: kept.free for channel, kept in self._kept.items()}
        found: list[Page] = []
        for page in pages:
            if left.get(page.channel) and self._budgets.lets(page, now):
                left[page.channel] -= 1
                found.append(page)
        return found
