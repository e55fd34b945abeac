"""What an incident remembers of its postmortem: why one is owed, how far it has come, what is still to be done.

Rules
-----
* Facts only; when each part is due is derived from them (``obligation_dues``).
* The status of the document is its own: Draft, In review, Published (A31).

May import: ``severity`` and the standard library's pure parts.
"""

from datetime import datetime
from enum import StrEnum

from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass


class Owed(StrEnum):
    """Whether an incident must have one (playbook L385-387, A15)."""

    MANDATORY = "mandatory"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


class DocumentState(StrEnum):
    """How far the document has come."""

    NONE = "none"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


class ItemStatus(StrEnum):
    """How far an action item has come (playbook L906-912)."""

    NOT_STARTED = "not_started"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something to be done so that it does not happen again (playbook L904)."""

    number: int
    """Counted from 1 within its incident."""
    text: str
    owner: str
    """A person's id, or the name of a team."""
    priority: Severity
    created_at: datetime
    due: datetime
    status: ItemStatus = ItemStatus.NOT_STARTED
    done_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.status is not ItemStatus.DONE


@dataclass(frozen=True, slots=True)
class Review:
    """The meeting about it (playbook L936-938)."""

    at: datetime
    attendees: tuple[str, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Postmortem:
    """One incident's postmortem; made when the incident ends, whether or not one is owed."""

    owed: Owed
    because: str
    """Why, in words."""
    owner: str | None = None
    state: DocumentState = DocumentState.NONE
    url: str = ""
    """Where the document is kept."""
    drafted_at: datetime | None = None
    in_review_at: datetime | None = None
    published_at: datetime | None = None
    review: Review | None = None
    items: tuple[ActionItem, ...] = ()
    items_reviewed_at: datetime | None = None
    """When the open items were last gone through (playbook L941)."""
    reviewed_again_at: datetime | None = None
    """When it was gone through once more after all items were done (playbook L943)."""
    repeats: tuple[str, ...] = ()
    """Names or numbers of incidents of the same kind before it."""

    @property
    def wanted(self) -> bool:
        """Whether its clocks run: it is mandatory, or somebody has begun it."""
        return self.owed is Owed.MANDATORY or self.state is not DocumentState.NONE

    @property
    def finished(self) -> bool:
        """Whether nothing of it is left to do."""
        published = self.state is DocumentState.PUBLISHED or not self.wanted
        done = all(not item.open for item in self.items)
        return published and done and (not self.items or self.reviewed_again_at is not None)
