"""What came of an attempt to send, told to the door: a page, a bundle of them, a copy, a notice, an echo.

Rules
-----
* A result is told until it is written: one that is lost rings somebody twice.
* Each page of a bundle is recorded alone, and one that did not leave takes nothing of its budget.
* What asks nobody to act (a notice, a test page, an echo) is settled in the outbox, and decides nothing.

May import: ``domain``, ``store`` (the port), ``notifiers`` (the port), ``clock``, ``telemetry``, the rest of
``runtime``, structlog.
"""

import asyncio

import structlog

from rungbell.clock import Clock
from rungbell.domain import attempt, echo
from rungbell.domain.budgets import Budgets
from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.events import CopyAccepted, CopyFailed
from rungbell.domain.communication.kinds import Text
from rungbell.domain.decision import Delivery
from rungbell.domain.errors import StoreError
from rungbell.domain.events import PageAccepted, PageFailed
from rungbell.domain.page import PageState, SentPage
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.following import Change
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.lanes.lane import Leased, LeasedBundle, LeasedCopy, LeasedEcho, LeasedNotice, LeasedPage
from rungbell.runtime.sending.until_written import UntilWritten
from rungbell.store import Store
from rungbell.telemetry import Metrics

log = structlog.get_logger()

FAILED = {
    LeasedNotice: "a notice or test page failed",
    LeasedEcho: "a place did not hear what became of an incident",
}


class Results:
    """Tells what became of what a lane had in hand."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handler: IncidentHandler,
        metrics: Metrics,
        budgets: Budgets,
        until_written: UntilWritten,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._metrics = metrics
        self._budgets = budgets
        self._until_written = until_written

    async def taken(self, leased: Leased, message: Message | Change, reference: str) -> None:
        """Tell the door that a provider took it, in these words."""
        if isinstance(leased, LeasedCopy) and isinstance(message, Message):
            await self._copy_accepted(leased.sent, message, reference)
            return
        if isinstance(leased, LeasedNotice | LeasedEcho):
            await self._settle(leased, attempt.taken(leased.sent, reference))
            return
        if isinstance(leased, LeasedBundle):
            self._metrics.paging.channel(leased.sent.page.channel).bundled.inc(len(leased.pages))
            together = len(leased.pages)
            await asyncio.gather(*(self._page_accepted(one.sent, reference, together) for one in leased.pages))
            return
        if not isinstance(leased, LeasedPage):
            raise TypeError(f"{type(leased).__name__} is no page")
        await self._page_accepted(leased.sent, reference)

    async def _page_accepted(self, sent: SentPage, reference: str, together: int = 1) -> None:
        page = sent.page
        counted = self._metrics.paging.channel(page.channel)
        counted.pages[page.tier].inc()
        waited = (self._clock.now() - page.send_after).total_seconds()
        counted.latency.observe(max(0.0, waited))
        await self._record(
            PageAccepted(
                incident=page.incident,
                intent=page.intent,
                attempt=sent.attempts,
                reference=reference,
                together=together,
            )
        )

    async def failed(self, leased: Leased, failed: SendFailed) -> None:
        """Tell the door that it did not leave."""
        if isinstance(leased, LeasedCopy):
            await self._copy_failed(leased.sent, failed)
            return
        if isinstance(leased, LeasedNotice | LeasedEcho):
            await self._unacted_failed(leased, failed)
            return
        if isinstance(leased, LeasedBundle):
            page = leased.sent.page
            self._budgets.bundle_failed(page.person, page.channel)
            await asyncio.gather(*(self._page_failed(one.sent, failed) for one in leased.pages))
            return
        self._budgets.give_back(leased.sent.page)
        await self._page_failed(leased.sent, failed)

    async def _page_failed(self, sent: SentPage, failed: SendFailed) -> None:
        page = sent.page
        counted = self._metrics.paging.channel(page.channel)
        counted.pages[page.tier].inc()
        counted.failed[page.tier, failed.reason].inc()
        log.warning(
            "page failed",
            channel=page.channel,
            intent=page.intent,
            reason=str(failed.reason),
            detail=failed.detail,
            permanent=failed.permanent,
        )
        await self._record(
            PageFailed(
                incident=page.incident,
                intent=page.intent,
                attempt=sent.attempts,
                reason=failed.reason,
                permanent=failed.permanent,
                detail=failed.detail,
                retry_after=failed.retry_after,
            )
        )

    async def _copy_accepted(self, sent: SentCopy, message: Message, reference: str) -> None:
        copy = sent.copy
        self._metrics.paging.copies.labels(copy.kind.audience, PageState.ACCEPTED).inc()
        text = Text(message.subject, message.text)
        await self._record(
            CopyAccepted(
                incident=copy.incident, intent=sent.intent, attempt=sent.attempts, text=text, reference=reference
            )
        )

    async def _copy_failed(self, sent: SentCopy, failed: SendFailed) -> None:
        copy, reason = sent.copy, failed.reason
        self._metrics.paging.copies.labels(copy.kind.audience, PageState.FAILED).inc()
        log.warning("a copy of a text failed", intent=sent.intent, reason=str(reason), detail=failed.detail)
        await self._record(
            CopyFailed(
                incident=copy.incident,
                intent=sent.intent,
                attempt=sent.attempts,
                reason=reason,
                permanent=failed.permanent,
                detail=failed.detail,
                retry_after=failed.retry_after,
            )
        )

    async def _record(self, event: PageAccepted | PageFailed | CopyAccepted | CopyFailed) -> None:
        """Keep trying until it is written: a result that is lost rings somebody twice."""

        async def decide() -> None:
            try:
                await self._handler.handle(event)
            except StoreError:
                raise
            except Exception as error:
                log.exception("a result could not be decided; the page is closed", error=repr(error))
                taken = isinstance(event, PageAccepted | CopyAccepted)
                state = PageState.ACCEPTED if taken else PageState.FAILED
                await self._write(Delivery(event.intent, event.attempt, state))

        await self._until_written(decide)

    async def _unacted_failed(self, leased: LeasedNotice | LeasedEcho, failed: SendFailed) -> None:
        """What asks nobody to act is tried again, and nobody is rung or told in its place."""
        sent, reason = leased.sent, str(failed.reason)
        log.warning(FAILED[type(leased)], intent=sent.intent, reason=reason, detail=failed.detail)
        now, permanent, retry_after = self._clock.now(), failed.permanent, failed.retry_after
        if isinstance(leased, LeasedEcho):
            delivery = echo.refused(leased.sent, reason, now, permanent=permanent, retry_after=retry_after)
        else:
            delivery = attempt.refused(sent, reason, now, permanent=permanent, retry_after=retry_after)
        await self._settle(leased, delivery)

    async def _settle(self, leased: LeasedNotice | LeasedEcho, delivery: Delivery) -> None:
        counted = self._metrics.paging.echoes if isinstance(leased, LeasedEcho) else self._metrics.paging.shift_notices
        counted.labels(delivery.state).inc()
        await self._until_written(lambda: self._write(delivery))

    async def _write(self, delivery: Delivery) -> None:
        await self._store.write(lambda transaction: transaction.record(delivery), reserved=True)
