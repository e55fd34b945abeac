"""Handover notes: what somebody leaves behind for the next on call.

Rules
-----
* Of a schedule the last note counts, until there is another or ``COUNTS_FOR`` has passed: an old one is no news.

May import: ``calendar`` and the standard library's pure parts.
"""

from datetime import datetime, timedelta

from rungbell.domain.calendar import in_utc
from rungbell.domain.values import dataclass

COUNTS_FOR = timedelta(days=14)
LONGEST_NOTE = 2000
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverNote:
    """What ``by`` wants whoever is next on call for ``schedule`` to know. Raises ``ValueError`` for no text."""

    schedule: str
    by: str
    at: datetime
    text: str

    def __post_init__(self) -> None:
        in_utc(self.at)
        if not self.text.strip():
            raise ValueError("a handover note without a word says nothing")

    def counts(self, now: datetime) -> bool:
        """Whether it is still told at ``now``."""
        return now < self.at + COUNTS_FOR
