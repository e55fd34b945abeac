"""What happens to communications: acts of people, and the results of copies.

May import: ``events``, ``communication.audience``, ``communication.kinds`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.events import Act, FailureReason, IncidentEvent
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationDrafted(Act):
    """Somebody wants an audience told."""

    kind: CommunicationKind
    recipients: tuple[str, ...] = ()
    """By id; none: whom the file and the incident name."""
    send: bool = False
    """It leaves at once, where its kind needs no review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationReviewed(Act):
    """Somebody has read the text of each recipient, and stands for it."""

    communication: int
    texts: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationSent(Act):
    """Somebody lets it leave."""

    communication: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationDiscarded(Act):
    """Somebody does not want it sent."""

    communication: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived(Act):
    """Somebody decides that an audience need not be told."""

    audience: Audience
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAccepted(IncidentEvent):
    """A provider took a copy; whether anybody reads it, it does not say."""

    intent: str
    attempt: int
    text: Text
    """What left."""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFailed(IncidentEvent):
    """An attempt to send a copy failed."""

    intent: str
    attempt: int
    reason: FailureReason
    permanent: bool
    detail: str = ""
    retry_after: timedelta | None = None
