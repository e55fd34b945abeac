"""Copies: what leaves of a communication, one to each recipient and channel.

Rules
-----
* A copy asks nobody to act; it leaves after every page, P0 before P3.
* Each has a unique **intent** key (incident, number of the communication, recipient, channel).
* Of a restricted incident nothing leaves to clients before it is released, whoever had reviewed it (A28).

May import: ``communication.audience``, ``communication.kinds``, ``page``, ``severity``, ``incident`` and the standard
library's pure parts.
"""

from datetime import datetime

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.incident import Incident
from rungbell.domain.page import SEVERITIES, PageState
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

LANE = 20
"""As notifications: after every page."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One text to one recipient through one channel."""

    incident: str
    communication: int
    kind: CommunicationKind
    recipient: str
    channel: str
    severity: Severity
    send_after: datetime
    text: Text | None = None
    """Fixed by a review, else what left; ``None``: it is worded when it leaves."""

    @property
    def intent(self) -> str:
        """The unique key, readable in logs and at the provider."""
        return f"{self.incident}:communication:{self.communication}:{self.recipient}:{self.channel}"

    @property
    def priority(self) -> int:
        """Lower leaves first."""
        return LANE + SEVERITIES.index(self.severity)


@dataclass(frozen=True, slots=True)
class SentCopy:
    """A copy as the outbox knows it."""

    copy: Copy
    state: PageState
    attempts: int
    created_at: datetime
    last_failure: str | None = None

    @property
    def intent(self) -> str:
        """The key of its row."""
        return self.copy.intent


def withheld(incident: Incident, audience: Audience) -> bool:
    """Whether nothing of the incident may reach that audience for now (A28)."""
    return audience is Audience.CLIENTS and incident.command.withheld
