"""What happens to the postmortem of an incident, in the past tense.

May import: ``events``, ``postmortem.record``, ``severity`` and the standard library's pure parts.
"""

from datetime import datetime

from rungbell.domain.events import Act
from rungbell.domain.postmortem.record import DocumentState, ItemStatus
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemMoved(Act):
    """Its document has come so far, or has an owner or a place now."""

    state: DocumentState | None = None
    owner: str | None = None
    url: str | None = None
    """Where the document is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewHeld(Act):
    """It was gone through in a meeting (playbook L936-938)."""

    at: datetime | None = None
    """``None``: now."""
    attendees: tuple[str, ...] = ()
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAdded(Act):
    """Something is to be done so that it does not happen again."""

    text: str
    owner: str
    priority: Severity
    due: datetime | None = None
    """``None``: as late as its priority lets it be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChanged(Act):
    """An action item has come further, or is somebody else's, or is due at another time."""

    number: int
    status: ItemStatus | None = None
    owner: str | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsReviewed(Act):
    """The action items were gone through: the open ones, or, once all are done, the whole postmortem again."""
