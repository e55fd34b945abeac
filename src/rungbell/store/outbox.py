"""The outbox's half of a transaction: pages are claimed under a lease, recorded, withdrawn, looked for.

Rules
-----
* The number of the attempt is the fencing token: a result counts only while its lease is the page's last.
* A row that cannot be read is given up alone; it neither stops its channel nor an acknowledgement.

May import: ``domain``, ``codec``, ``statements``, structlog.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import structlog

from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.contacts import Trial
from rungbell.domain.decision import Delivery, Withdrawal
from rungbell.domain.echo import SentEcho
from rungbell.domain.page import Asked, PageState, Place, SentPage
from rungbell.domain.shift_notice import SentNotice, ShiftNotice
from rungbell.store.codec.columns import Row, from_column, to_column
from rungbell.store.codec.outbox import copy_facts, notice_row, page_from, sent_from
from rungbell.store.statements import Statement, outbox

log = structlog.get_logger()


class Runner(Protocol):
    """What a driver has to do."""

    def rows(self, statement: Statement, **values: Any) -> Sequence[Row]:  # noqa: ANN401 -- column values
        """Run a query."""
        ...

    def run(self, statement: Statement, **values: Any) -> int:  # noqa: ANN401
        """Run a statement and give the number of rows it changed."""
        ...

    def insert(self, statement: Statement, **values: Any) -> int:  # noqa: ANN401
        """Insert a row and give the number that the database counted it up to."""
        ...

    def run_many(self, statement: Statement, rows: Iterable[dict[str, Any]]) -> None:
        """Run a statement for each row."""
        ...


Notice = TypeVar("Notice", ShiftNotice, Trial)


class OutboxWork:
    """What a transaction does with pages."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.wrote = False
        """Whether anything has to be committed."""

    def claim(
        self, channel: str, now: datetime, until: datetime, limit: int, *, but: Collection[str] = ()
    ) -> list[SentPage | SentNotice | SentCopy | SentEcho]:
        """Lease what is due of a channel, the most urgent first; the attempt's number is the fencing token.

        ``but`` are intents that whoever asks has in hand already, although their leases may have ended.
        """
        due = self._runner.rows(outbox.CLAIMABLE, channel=channel, now=to_column(now), limit=limit + len(but))
        return self.claim_these([intent for (intent,) in due if intent not in but][:limit], now, until)

    def claim_these(
        self, intents: Iterable[str], now: datetime, until: datetime, *, bundle: str | None = None
    ) -> list[SentPage | SentNotice | SentCopy | SentEcho]:
        """Lease those of them that are due; they leave together as that ``bundle``, or each by itself."""
        claimed: list[SentPage | SentNotice | SentCopy | SentEcho] = []
        for intent in intents:
            if self._runner.run(outbox.LEASE, key=intent, now=to_column(now), until=to_column(until), bundle=bundle):
                self.wrote = True
                try:
                    claimed += [sent_from(row) for row in self._runner.rows(outbox.PAGE, intent=intent)]
                except ValueError as error:  # a row nobody can read must not hold up the others
                    log.exception("a page cannot be read and is given up", intent=intent, error=repr(error))
                    self.give_up(intent)
        return claimed

    def due_pages(self, channel: str, now: datetime, limit: int) -> list[SentPage]:
        """What of a channel wants to leave and asks somebody to act, in the order in which it leaves."""
        found: list[SentPage] = []
        for row in self._runner.rows(outbox.DUE_PAGES, channel=channel, now=to_column(now), limit=limit):
            try:
                found.append(page_from(row))
            except ValueError as error:  # it is given up when its turn comes
                log.warning("a page cannot be read", channel=channel, error=repr(error))
        return found

    def hold(self, intents: Iterable[str], until: datetime) -> None:
        """Let pages that wait leave no earlier than that."""
        rows = [{"key": intent, "until": to_column(until)} for intent in intents]
        self.wrote = self.wrote or bool(rows)
        self._runner.run_many(outbox.HOLD_PAGE, rows)

    def bundle(self, bundle: str) -> dict[str, Asked]:
        """What left together as that bundle, by intent, the most urgent first."""
        return {row[0]: Asked(*row[1:]) for row in self._runner.rows(outbox.BUNDLE, bundle=bundle)}

    def bundle_of(self, intent: str) -> str:
        """With which bundle a page left; empty: by itself."""
        rows = self._runner.rows(outbox.BUNDLE_OF, intent=intent)
        return rows[0][0] if rows else ""

    def bundles_since(self, person: str, channel: str, since: datetime) -> list[str]:
        """The bundles that somebody was paged by through a channel lately."""
        values = {"person": person, "channel": channel, "since": to_column(since)}
        return [bundle for (bundle,) in self._runner.rows(outbox.BUNDLES_SINCE, **values)]

    def give_up(self, intent: str) -> None:
        """Write a page off without asking the core, because it or its incident cannot be read."""
        self.wrote = True
        self._runner.run(outbox.GIVE_UP_PAGE, key=intent, failure="internal")

    def release_leases(self) -> None:
        """Make every leased page due at once: only for a store that no other process can hold leases in."""
        self.wrote = True
        self._runner.run(outbox.RELEASE_LEASES)

    def add_notices(self, notices: Iterable[Notice], now: datetime) -> list[Notice]:
        """Let notices of shifts, or test pages, leave, and give those that were not there before."""
        fresh = [one for one in notices if self._runner.run(outbox.INSERT_PAGE, **notice_row(one, now))]
        self.wrote = self.wrote or bool(fresh)
        return fresh

    def notices(self) -> list[SentNotice]:
        """Every notice of a shift that is not forgotten."""
        found = [sent_from(row) for row in self._runner.rows(outbox.NOTICES)]
        return [one for one in found if isinstance(one, SentNotice)]

    def trials(self) -> list[SentNotice]:
        """Every test page that is not forgotten, the oldest first."""
        found = [sent_from(row) for row in self._runner.rows(outbox.TRIALS)]
        return [one for one in found if isinstance(one, SentNotice)]

    def tried_by(self, channel: str, reference: str) -> str:
        """Who was sent the test page that a provider took under this reference; empty where it was none."""
        rows = self._runner.rows(outbox.TRIED_BY, channel=channel, reference=reference)
        return rows[0][0] if rows else ""

    def page(self, intent: str) -> list[SentPage]:
        """The page of an intent; none or one."""
        found = [sent_from(row) for row in self._runner.rows(outbox.PAGE, intent=intent)]
        return [one for one in found if isinstance(one, SentPage)]

    def pages_of_round(self, incident: str, cycle: int, round_: int) -> tuple[SentPage, ...]:
        """All pages that one commit of an incident decided."""
        rows = self._runner.rows(outbox.PAGES_OF_ROUND, incident=incident, cycle=cycle, round=round_)
        return tuple(page_from(row) for row in rows)

    def pages(self, incident: str) -> list[SentPage]:
        """All pages of an incident, oldest first."""
        return [page_from(row) for row in self._runner.rows(outbox.PAGES_OF_INCIDENT, incident=incident)]

    def places(self, incident: str, channel: str) -> tuple[Place, ...]:
        """Where a channel has told of an incident, the oldest first."""
        rows = self._runner.rows(outbox.PLACES, incident=incident, channel=channel)
        return tuple(Place(*row) for row in rows)

    def of_reference(self, channel: str, reference: str) -> Asked | None:
        """What the page asked that a provider took under this reference, and whom."""
        rows = self._runner.rows(outbox.OF_REFERENCE, channel=channel, reference=reference)
        return Asked(*rows[0]) if rows else None

    def intent_of(self, channel: str, reference: str) -> str:
        """The intent of what a provider took under this reference; empty where there is none."""
        rows = self._runner.rows(outbox.INTENT_OF, channel=channel, reference=reference)
        return rows[0][0] if rows else ""

    def asked_since(self, person: str, channel: str, since: datetime) -> list[Asked]:
        """What somebody was paged for through a channel lately and is still open."""
        values = {"person": person, "channel": channel, "since": to_column(since)}
        return [Asked(incident, cycle, person) for incident, cycle in self._runner.rows(outbox.PAGED_SINCE, **values)]

    def next_due(self, channel: str) -> datetime | None:
        """When the next page of a channel wants to leave, or the next lease ends."""
        value = self._runner.rows(outbox.NEXT_DUE, channel=channel)[0][0]
        return None if value is None else from_column(value)

    def oldest_unsent(self) -> datetime | None:
        """Since when the most overdue page of any channel waits."""
        value = self._runner.rows(outbox.OLDEST_WAITING)[0][0]
        return None if value is None else from_column(value)

    def waiting_channels(self) -> set[str]:
        """The channels that unsent pages name."""
        return {row[0] for row in self._runner.rows(outbox.WAITING_CHANNELS)}

    def withdraw(self, incident: str, withdrawal: Withdrawal) -> None:
        """Take back the unsent pages of an incident that have lost their point."""
        for row in self._runner.rows(outbox.WAITING_PAGES, incident=incident):
            try:
                page = page_from(row).page
            except ValueError as error:  # it is given up when its turn comes; an acknowledgement must not fail for it
                log.warning("a page cannot be read", incident=incident, error=repr(error))
                continue
            if withdrawal.takes(page):
                self._runner.run(outbox.WITHDRAW_PAGE, key=page.intent)

    def record(self, delivery: Delivery) -> None:
        """Write the result of an attempt, if its lease is still the page's last."""
        self.wrote = True
        if delivery.taken_back:
            self._runner.run(outbox.TAKE_BACK, key=delivery.intent, failure=delivery.failure)
            return
        if delivery.copy is not None:
            facts = copy_facts(delivery.copy)
            self._runner.run(outbox.WORD_COPY, key=delivery.intent, attempt=delivery.attempt, facts=facts)
        self._runner.run(
            outbox.RECORD_DELIVERY,
            key=delivery.intent,
            attempt=delivery.attempt,
            state=delivery.state.value,
            due_at=None if delivery.due_at is None else to_column(delivery.due_at),
            failure=delivery.failure,
            reference=delivery.reference or None,
        )
        if delivery.state is PageState.WAITING:  # what is newer by now is told in its place
            self._runner.run(outbox.YIELD_ECHO, key=delivery.intent)
