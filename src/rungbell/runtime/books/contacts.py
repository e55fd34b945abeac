"""Which contacts are known to work: test pages leave, answers are remembered, and what was never tried is counted.

Rules
-----
* A test page leaves through the outbox as every page does; its result and its answer are two things.
* The answer to a page counts as one to a test page, for the channel through which the page was sent.
* What cannot be written is not held against whoever answered: the act itself is done.

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``, structlog.
"""

from datetime import datetime, timedelta

import structlog

from rungbell.clock import Clock
from rungbell.domain.contacts import (
    TRIED_EVERY,
    CannotTryError,
    Standing,
    Trial,
    Verification,
    Way,
    channels_to_try,
    count_unverified,
    mark_of,
    standing,
    ways_of,
)
from rungbell.domain.decision import Delivery
from rungbell.domain.errors import StoreError
from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageState
from rungbell.domain.shift_notice import SentNotice
from rungbell.domain.values import dataclass
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.link_tokens import TrialToken
from rungbell.runtime.looking_again import look_again_and_again
from rungbell.store import Store, Transaction
from rungbell.telemetry import Metrics

log = structlog.get_logger()

FRESH = timedelta(days=1)
"""So long the answer to a page says nothing new, and nothing is written: whoever answers must not wait for it."""
COUNT_EVERY = 60.0
"""Seconds; what is old becomes so by itself, and another replica hears answers too."""


@dataclass(frozen=True, slots=True)
class Known:
    """One contact, and all that is known of it."""

    way: Way
    standing: Standing
    verified_at: datetime | None
    tried: SentNotice | None
    """The last test page through it."""


class ContactBook:
    """Sends test pages and remembers who was reached."""

    def __init__(self, *, store: Store, clock: Clock, handler: IncidentHandler, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._metrics = metrics
        self._known: dict[Way, Verification] = {}
        """As they were counted last."""

    async def run(self) -> None:
        """Count what is not verified, again and again until cancelled."""
        await look_again_and_again(self.count, COUNT_EVERY, "contacts cannot be counted")

    async def count(self) -> None:
        """Count what is not verified."""
        self._known = found = await self._store.read(lambda transaction: transaction.verifications())
        self._metrics.paging.contacts_unverified.set(count_unverified(self._handler.book, found, self._clock.now()))

    async def known(self) -> list[Known]:
        """Give every contact that pages may use."""

        def work(transaction: Transaction) -> tuple[dict[Way, Verification], list[SentNotice]]:
            return transaction.verifications(), transaction.trials()

        book, now = self._handler.book, self._clock.now()
        verified, trials = await self._store.read(work)
        tried = {(one.notice.person, one.notice.channel): one for one in trials}
        ways = dict.fromkeys((*ways_of(book), *(way for way in tried if way[0] in book.roster.people)))
        return [
            Known(
                way,
                standing(book.roster, way, verified.get(way), now),
                verified[way].at if way in verified else None,
                tried.get(way),
            )
            for way in ways
        ]

    async def send_test(self, person: str, channel: str | None, by: str, once: str | None) -> tuple[list[Trial], bool]:
        """Let a test page leave through a channel, or through all that pages may use; false: it was sent before.

        Raises:
            CannotTryError: nothing reaches them, or they were tried a moment ago.
            StoreBusy, StoreUnavailable: none leaves.
        """
        now = self._clock.now()
        channels = channels_to_try(self._handler.book, person, channel)
        trials = [Trial(person, channel, by, now) for channel in channels]

        def work(transaction: Transaction) -> bool:
            if once is not None and not transaction.apply_once(once, now):
                return False
            recent = [one.notice for one in transaction.trials() if now - one.created_at < TRIED_EVERY]
            again = {one.channel for one in recent if one.person == person}
            if again.intersection(channels):
                raise CannotTryError(f"{person} was sent a test page a moment ago; try again in a minute")
            transaction.add_notices(trials, now)
            return True

        sent = await self._store.write(work, reserved=True)
        if sent:
            log.info("a test page leaves", person=person, channels=", ".join(channels), by=by)
        return trials, sent

    async def confirm(self, token: TrialToken) -> bool:
        """Remember that a test page was answered; false where the contact has changed since it was sent."""
        if not self.is_current(token):
            return False
        await self._verify((token.person, token.channel), token.mark)
        return True

    def is_current(self, token: TrialToken) -> bool:
        """Whether the test page went to the contact that the configuration has."""
        roster, way = self._handler.book.roster, (token.person, token.channel)
        return token.person in roster.people and token.channel in roster.channels and mark_of(roster, way) == token.mark

    async def answered(self, person: str, channel: str) -> None:
        """Remember that a page was answered through a channel, where that can be written."""
        known = self._known.get((person, channel))
        roster, way = self._handler.book.roster, (person, channel)
        fresh = known is not None and self._clock.now() - known.at < FRESH and known.mark == mark_of(roster, way)
        if fresh or person not in roster.people or channel not in roster.channels:
            return
        try:
            await self.reached(way)
        except StoreError as error:
            log.warning("that somebody was reached cannot be written", person=person, channel=channel, error=str(error))

    async def reached(self, way: Way) -> None:
        """Remember that somebody answered through a channel, with the contact that it has now.

        Raises:
            StoreBusy, StoreUnavailable: it cannot be written.
        """
        await self._verify(way, mark_of(self._handler.book.roster, way))

    async def take_back(self, channel: str, intent: str, reference: str, reason: FailureReason) -> bool:
        """Note that a test page that a provider took reached nobody; false where it was none."""

        def work(transaction: Transaction) -> bool:
            known = intent or transaction.intent_of(channel, reference)
            mine = any(one.intent == known and one.notice.channel == channel for one in transaction.trials())
            if mine:
                transaction.record(Delivery(known, 0, PageState.FAILED, failure=str(reason), taken_back=True))
            return mine

        return await self._store.write(work, reserved=True)

    async def answered_at(self, token: TrialToken) -> datetime | None:
        """When somebody answered through that channel since the test page left."""
        found = await self._store.read(lambda transaction: transaction.verifications())
        last = found.get((token.person, token.channel))
        return last.at if last is not None and last.at >= token.sent_at else None

    async def _verify(self, way: Way, mark: str) -> None:
        found = Verification(self._clock.now(), mark)
        await self._store.write(lambda transaction: transaction.verify(way, found), reserved=True)
        log.info("a contact works", person=way[0], channel=way[1])
        await self.count()
