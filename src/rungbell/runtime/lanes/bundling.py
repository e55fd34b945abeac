"""Which of the due pages of a channel are held back, and which leave together: before the others are leased.

Rules
-----
* Who belongs to a bundle is written in the transaction that leases its pages, so none leaves both ways (reliability
  row 42).
* A page that has become pointless meanwhile, such as one whose reader holds the incident, is withdrawn and not told of.
  Where one is left, it leaves by itself.
* The name of a bundle is made of what it holds: one whose answer was lost leaves again under the same name, by which a
  provider folds it.
* What was tried too often is left to its lane, which fails it.

May import: ``domain``, ``store`` (the port), ``runtime.lanes.lane``, ``runtime.lanes.leasing``.
"""

from collections.abc import Collection
from dataclasses import field
from datetime import datetime
from hashlib import sha256

from rungbell.domain.budgets import MOST, Budgets, looked_at_again
from rungbell.domain.page import ATTEMPTS, LEASE, SentPage
from rungbell.domain.values import dataclass
from rungbell.runtime.lanes.lane import LeasedBundle, LeasedPage, intents_of
from rungbell.runtime.lanes.leasing import page_ready
from rungbell.store import Transaction

LOOKED_AT = 1_000
"""Due pages of a channel that are sorted at once."""


@dataclass(slots=True)
class Sorted:
    """What came of it."""

    bundles: list[LeasedBundle | LeasedPage] = field(default_factory=list)
    """What leaves now, together; a page by itself where only one of a bundle was left."""
    people: list[str] = field(default_factory=list)
    """Whose pages that are held back leave now."""
    held_back: int = 0
    """How many pages wait for a bundle from now on."""

    @property
    def intents(self) -> frozenset[str]:
        """What is leased already."""
        return frozenset(intent for one in self.bundles for intent in intents_of(one))


def sort_out(transaction: Transaction, channel: str, budgets: Budgets, now: datetime, but: Collection[str]) -> Sorted:
    """Hold back what budgets do not let, and lease the bundles that are due; ``but`` are intents that are in hand."""
    found = Sorted()
    over: dict[str, list[str]] = {}
    for sent in transaction.due_pages(channel, now, LOOKED_AT):
        tried = sent.attempts >= ATTEMPTS or sent.intent in but
        if not tried and not budgets.lets(sent.page, now):
            over.setdefault(sent.page.person, []).append(sent.intent)
    for person, intents in over.items():
        due = budgets.next_bundle(person, channel, now)
        if now < due:
            transaction.hold(intents, due)
            found.held_back += len(intents)
            continue
        found.people.append(person)
        found.bundles += _leased(transaction, intents[:MOST], now)
        if rest := intents[MOST:]:
            transaction.hold(rest, looked_at_again(now))
    return found


def name_of(intents: Collection[str]) -> str:
    """Give the name of what leaves together: twelve digits, the same for the same pages in any order."""
    return sha256("\n".join(sorted(intents)).encode()).hexdigest()[:12]


def _leased(transaction: Transaction, together: list[str], now: datetime) -> list[LeasedBundle | LeasedPage]:
    name = name_of(together)
    claimed = transaction.claim_these(together, now, now + LEASE, bundle=name)
    pages = [
        page
        for sent in claimed
        if isinstance(sent, SentPage) and (page := page_ready(transaction, sent, held_back=True)) is not None
    ]
    return [LeasedBundle(name, tuple(pages))] if len(pages) > 1 else list(pages)
