"""``/api/v1/reviews``: when the playbook and the runbooks were gone through, when a drill was held, and what is due.

May import: the rest of ``learning``, the packages below, ``store`` (the port), ``domain``, pydantic.
"""

from datetime import timedelta

from aiohttp import web
from pydantic import AwareDatetime, Field

from rungbell.domain.plain_text import plain
from rungbell.domain.review import LONGEST_NOTE, Review, ReviewDue, ReviewKind, reviews_due
from rungbell.runtime.noting import write_review
from rungbell.store import Transaction
from rungbell.web.access.callers import acting
from rungbell.web.learning.review_answers import ReviewAnswer, ReviewDueView, ReviewList, ReviewView
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.problem import unusable
from rungbell.web.wire.query import idempotency, number_in
from rungbell.web.wire.route import Parameter

MOST = 200
DEFAULT = 20
LIMIT = Parameter(
    "limit", "query", "The most reviews that are answered.",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
)  # fmt: skip
OLDEST = timedelta(days=3660)


class ReviewNoteBody(SignedBody):
    """What was gone through, and what came of it."""

    kind: ReviewKind = ReviewKind.PLAYBOOK
    note: str = Field(default="", max_length=LONGEST_NOTE)
    at: AwareDatetime | None = Field(default=None, description="Default: now.")


async def list_reviews(request: web.Request) -> web.Response:
    """Say what is due to be gone through, and list what was, the last first."""
    services = request.app[SERVICES]
    limit, now = number_in(request, "limit", DEFAULT, 1, MOST), services.clock.now()

    def work(transaction: Transaction) -> ReviewList:
        reviews = transaction.reviews()
        due = reviews_due(reviews, transaction.serious_end())
        return ReviewList(
            due=[due_view(one, due=one.due(now)) for one in due],
            reviews=[review_view(one) for one in reviews[:limit]],
        )

    return json_answer(request, await services.store.read(work))


def review_view(review: Review) -> ReviewView:
    """Give a review as it is shown."""
    return ReviewView(kind=review.kind, by=review.by, at=review.at, note=review.note)


def due_view(one: ReviewDue, *, due: bool) -> ReviewDueView:
    """Give how one kind stands."""
    return ReviewDueView(
        kind=one.kind,
        due=due,
        due_at=one.due_at,
        because=one.because,
        last_at=one.last.at if one.last else None,
        last_by=one.last.by if one.last else None,
    )


async def note_review(request: web.Request) -> web.Response:
    """Note that the playbook or the runbooks were gone through, or that a drill was held.

    200 where the same `Idempotency-Key` had noted it before.
    """
    services = request.app[SERVICES]
    body = await read_body(request, ReviewNoteBody)
    now = services.clock.now()
    by = acting(request, body.by, services.handler.book.roster)
    at = body.at or now
    if not now - OLDEST <= at <= now:
        raise unusable("`at`: a review is noted when it is over, and within ten years")
    review = Review(body.kind, by, at, plain(body.note, LONGEST_NOTE))
    once = await idempotency(request, by)

    noted = await write_review(services.store, review, once, now)
    message = f"noted: {review.kind}, {at:%Y-%m-%d %H:%M} UTC" if noted else "it was noted before"
    return json_answer(request, ReviewAnswer(message=message, review=review_view(review)), 201 if noted else 200)
