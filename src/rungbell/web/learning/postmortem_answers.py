"""What the API answers about postmortems, as models.

May import: ``domain``, ``incidents.answers``, ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.domain.postmortem.record import DocumentState, ItemStatus, Owed
from rungbell.domain.severity import Severity
from rungbell.web.incidents.answers import IncidentView
from rungbell.web.wire.view import Moment, PersonId, View


class ItemView(View):
    """An action item."""

    number: int
    text: str
    owner: PersonId
    priority: Severity
    status: ItemStatus
    created_at: Moment
    due: Moment
    done_at: Moment | None
    overdue: bool


class PostmortemReviewView(View):
    """The meeting about it."""

    at: Moment
    attendees: list[PersonId]
    outcome: str


class PostmortemView(View):
    """How the postmortem of an incident stands."""

    incident: IncidentView
    owed: Owed
    because: str = Field(description="Why it is owed like that.")
    owner: PersonId | None
    state: DocumentState
    url: str = Field(description="Where the document is kept; empty where nobody said.")
    draft_due: Moment | None
    review_due: Moment | None
    publication_due: Moment | None
    overdue: list[str] = Field(description="The clocks that are overdue now.")
    review: PostmortemReviewView | None
    items: list[ItemView]
    repeats: list[str] = Field(description="Earlier incidents of the same kind, the newest first.")


class PostmortemList(View):
    """Incidents with a postmortem, newest first."""

    postmortems: list[PostmortemView]


class Figure(View):
    """One thing that was measured."""

    name: str
    seconds: float | None = Field(description="null: it never happened.")


class Document(View):
    """The draft of a postmortem as things stand now."""

    markdown: str
    figures: list[Figure]
