"""Values to write into a store, and the ways in which the contract writes them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from rungbell.config import load
from rungbell.domain.alert import KnownAlert
from rungbell.domain.book import Book
from rungbell.domain.decision import Decision, Delivery, Outcome, Reply, Withdrawal
from rungbell.domain.incident import Incident
from rungbell.domain.page import Page, PageKind, PageState, Purpose, SentPage
from rungbell.domain.policy import Policy, Tier
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import Entry
from rungbell.notifiers import registry
from rungbell.store import Store, Transaction

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SHIPPED = Path(__file__).parents[2] / "config" / "rungbell.yml"
_numbers = count(1)


@cache
def shipped_book() -> Book:
    return load(SHIPPED, registry()).book


def shipped_policies() -> list[Policy]:
    book = shipped_book()
    return [*(route.policy for route in book.routes), *([book.operator] if book.operator else [])]


def policy() -> Policy:
    return shipped_policies()[0]


def incident(**facts: Any) -> Incident:  # noqa: ANN401 -- any field of Incident
    """An incident that is not stored yet, and whose lapse clock runs."""
    id_ = f"i{next(_numbers)}"
    plain = Incident(
        id=id_,
        key=f"key of {id_}",
        source="am",
        receiver="rungbell",
        group_labels={"alertname": "DiskFull"},
        policy=policy().hash,
        policy_name=policy().name,
        title="DiskFull: the disk is full",
        summary="the disk is full",
        severity=Severity.P1,
        severity_rule="rules[0]",
        detected_at=NOON,
        opened_at=NOON,
        paging_from=NOON,
        lapse_from=NOON,
    )
    return replace(plain, **facts)


def page(of: Incident, **facts: Any) -> Page:  # noqa: ANN401 -- any field of Page
    plain = Page(
        incident=of.id,
        cycle=1,
        round=1,
        tier=Tier.L1,
        person="alice",
        channel="phone",
        purpose=Purpose.AT_ONCE,
        kind=PageKind.PAGE,
        severity=of.severity,
        send_after=NOON,
    )
    return replace(plain, **facts)


def decision(**effects: Any) -> Decision:  # noqa: ANN401 -- any field of Decision
    return Decision(Reply(Outcome.DONE), **effects)


def opening(one: Incident, *pages: Page, entries: tuple[Entry, ...] = ()) -> Callable[[Transaction], Incident]:
    """The work that opens an incident with its first pages."""

    def work(transaction: Transaction) -> Incident:
        decided = decision(incident=one, pages=pages, entries=entries)
        written = transaction.write(decided, policy(), None, one.key, NOON)
        assert written is not None
        return written

    return work


def changing(about: Incident, now: datetime = NOON, **effects: Any) -> Callable[[Transaction], Incident]:  # noqa: ANN401
    """The work that carries out a decision about a stored incident."""

    def work(transaction: Transaction) -> Incident:
        written = transaction.write(decision(**effects), policy(), about, about.key, now)
        assert written is not None
        return written

    return work


async def stored(store: Store, **facts: Any) -> Incident:  # noqa: ANN401 -- any field of Incident
    return await store.write(opening(incident(**facts)))


async def claimed(store: Store, channel: str = "phone", *, at: datetime = NOON, limit: int = 100) -> list[SentPage]:
    found = await store.write(lambda transaction: transaction.claim(channel, at, at + timedelta(seconds=20), limit))
    return [sent for sent in found if isinstance(sent, SentPage)]


async def recorded(
    store: Store, about: Incident, sent: SentPage, state: PageState = PageState.ACCEPTED, **facts: Any  # noqa: ANN401
) -> None:  # fmt: skip
    """The result of an attempt arrives."""
    await store.write(changing(about, delivery=Delivery(sent.page.intent, sent.attempts, state, **facts)))


async def outbox(store: Store, about: Incident) -> dict[str, PageState]:
    """Person to the state of their page."""
    pages = await store.read(lambda transaction: transaction.pages(about.id))
    return {one.page.person: one.state for one in pages}


async def page_of(store: Store, intent: str) -> SentPage:
    (found,) = await store.read(lambda transaction: transaction.page(intent))
    return found


def known_alert(key: str = "a", **facts: Any) -> KnownAlert:  # noqa: ANN401 -- any field of KnownAlert
    plain = KnownAlert(
        key=key,
        firing=True,
        starts_at=NOON,
        ends_at=None,
        severity=Severity.P1,
        labels={"alertname": "DiskFull"},
        annotations={"summary": "the disk is full"},
        generator_url="http://prometheus.example.org/graph",
    )
    return replace(plain, **facts)


EVERY_PURPOSE = Withdrawal(frozenset(Purpose))
