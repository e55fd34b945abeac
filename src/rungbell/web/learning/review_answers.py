"""What the API answers about reviews, as models.

May import: ``domain``, ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.domain.review import ReviewKind
from rungbell.web.wire.view import Moment, PersonId, View


class ReviewView(View):
    """Somebody went through it."""

    kind: ReviewKind
    by: PersonId
    at: Moment
    note: str


class ReviewDueView(View):
    """How one kind of review stands."""

    kind: ReviewKind
    due: bool
    due_at: Moment | None = Field(description="null: at once, for nobody ever noted one.")
    because: str
    last_at: Moment | None
    last_by: PersonId | None


class ReviewList(View):
    """What is due, and what was done, the last first."""

    due: list[ReviewDueView]
    reviews: list[ReviewView]


class ReviewAnswer(View):
    """A review that was just noted."""

    message: str
    review: ReviewView
