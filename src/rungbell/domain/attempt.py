"""What becomes of what asks nobody to act (a notice, a test page, an echo) after an attempt to send it.

Rules
-----
* It is tried again as pages are, then given up: no ladder goes on because of it. Of an echo see ``echo``.

May import: ``decision`` (for ``Delivery``), ``page`` and the standard library's pure parts.
"""

from datetime import datetime, timedelta
from typing import Protocol

from rungbell.domain.decision import Delivery
from rungbell.domain.page import PageState, next_attempt


class Attempted(Protocol):
    """A row of the outbox that is under way."""

    @property
    def intent(self) -> str:
        """The key of its row."""

    @property
    def attempts(self) -> int:
        """The number of the attempt."""


def taken(sent: Attempted, reference: str) -> Delivery:
    """Give what becomes of it where a provider took it."""
    return Delivery(sent.intent, sent.attempts, PageState.ACCEPTED, reference=reference[:200])


def refused(
    sent: Attempted, reason: str, now: datetime, *, permanent: bool, retry_after: timedelta | None = None
) -> Delivery:
    """Give what becomes of it where a provider did not."""
    again = next_attempt(sent.attempts, permanent, retry_after, now)
    state = PageState.FAILED if again is None else PageState.WAITING
    return Delivery(sent.intent, sent.attempts, state, again, reason)
