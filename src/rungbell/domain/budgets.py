"""Budgets: so many pages leave one by one to a person through a channel, further ones are held back and leave together.

Rules
-----
* What must not wait (``Page.may_wait``) is never held back, whatever has left before.
* The first bundle leaves ``GATHER`` after the budget was used up, further ones not before ``EVERY`` has passed. While
  one is being gathered, whatever may wait waits for it.
* A page that did not leave takes nothing of the budget. A bundle takes nothing either.
* What has left lately is known in memory only: after a start every budget is whole. What is held back is an ordinary
  row of the outbox with a later time, so no crash holds it back for ever.
* Each question is answered under a guard, within which nothing is waited for: the daemon's is a lock, since the pages
  of a large message are decided in the thread that writes while the loop goes on.

May import: ``page``, ``storms`` and the standard library's pure parts.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from datetime import datetime, timedelta

from rungbell.domain.page import Page, PageKind
from rungbell.domain.storms import Storms
from rungbell.domain.values import dataclass

GATHER = timedelta(seconds=15)
"""So long the first bundle is waited for, since a storm has only begun."""
EVERY = timedelta(minutes=1)
"""So long after a bundle the next one may leave."""
MOST = 500
"""Pages of a bundle; the others leave with the next one."""


@dataclass(slots=True)
class _Account:
    """What is known of one person and channel."""

    left: dict[str, datetime] = field(default_factory=dict)
    """When pages left one by one, by intent."""
    next_bundle: datetime | None = None
    """When what is held back leaves; ``None``: nothing is."""
    last_bundle: datetime | None = None


def looked_at_again(now: datetime) -> datetime:
    """When what a bundle that leaves now has no room for is looked at again: in time to be gathered for the next."""
    return now + EVERY - GATHER


class Budgets:
    """What has left lately, by person and channel; ``storms`` gives what the file says now."""

    def __init__(self, storms: Callable[[], Storms], guard: AbstractContextManager[object] | None = None) -> None:
        self._storms = storms
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._guard = guard or nullcontext()

    def limits(self, channel: str) -> bool:
        """Whether pages through a channel can be held back at all."""
        return channel in self._storms().budgets

    def lets(self, page: Page, now: datetime) -> bool:
        """Whether a page may leave by itself, which counts; asked again about the same page, it counts once."""
        budget = self._storms().budgets.get(page.channel)
        if budget is None or page.kind is not PageKind.PAGE:
            return True
        with self._guard:
            account = self._account(page.person, page.channel)
            account.left = {intent: at for intent, at in account.left.items() if at > now - budget.within}
            used_up = len(account.left) >= budget.at_most or account.next_bundle is not None
            if page.intent not in account.left and used_up and page.may_wait:
                return False
            account.left[page.intent] = now
            return True

    def give_back(self, page: Page) -> None:
        """A page that was let did not leave."""
        with self._guard:
            self._account(page.person, page.channel).left.pop(page.intent, None)

    def next_bundle(self, person: str, channel: str, now: datetime) -> datetime:
        """When what is held back of somebody leaves."""
        with self._guard:
            account = self._account(person, channel)
            if account.next_bundle is None:
                account.next_bundle = now + GATHER
                if account.last_bundle is not None:
                    account.next_bundle = max(account.next_bundle, account.last_bundle + EVERY)
            return account.next_bundle

    def bundle_leaves(self, person: str, channel: str, now: datetime) -> None:
        """What was held back of somebody leaves now."""
        with self._guard:
            account = self._account(person, channel)
            account.next_bundle, account.last_bundle = None, now

    def bundle_failed(self, person: str, channel: str) -> None:
        """It did not leave: the next one need not wait for it."""
        with self._guard:
            self._account(person, channel).last_bundle = None

    def _account(self, person: str, channel: str) -> _Account:
        return self._accounts.setdefault((person, channel), _Account())
