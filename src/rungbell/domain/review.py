"""Going through what people rely on: the playbook, the runbooks, and a drill that proves it.

Rules
-----
* The playbook is gone through after every P0 and P1, and each quarter where there was none (playbook L994); the
  runbooks each month (L194); a drill is held each quarter (L195). A few days of grace, for months differ.
* What nobody ever noted is due.

May import: ``incident``, ``severity`` and the standard library's pure parts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from rungbell.domain.incident import Incident, Status
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

LONGEST_NOTE = 2000
"""Characters."""


class ReviewKind(StrEnum):
    """What was gone through."""

    PLAYBOOK = "playbook"
    RUNBOOKS = "runbooks"
    DRILL = "drill"


EVERY = {
    ReviewKind.PLAYBOOK: timedelta(days=95),
    ReviewKind.RUNBOOKS: timedelta(days=34),
    ReviewKind.DRILL: timedelta(days=95),
}
"""How long one lasts."""


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody says that it was gone through."""

    kind: ReviewKind
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The last P0 or P1 that was resolved, and how it is called."""

    incident: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """How one kind stands."""

    kind: ReviewKind
    last: Review | None
    due_at: datetime | None
    """``None``: at once, for nobody ever noted one."""
    because: str

    def due(self, now: datetime) -> bool:
        """Whether it is to be done."""
        return self.due_at is None or self.due_at <= now


def asks_for_review(before: Incident | None, after: Incident) -> bool:
    """Whether an incident has just ended after which the playbook is gone through."""
    ended = before is not None and before.open and after.status in {Status.RESOLVED, Status.CLOSED}
    return ended and after.worst <= Severity.P1


def reviews_due(reviews: Iterable[Review], ended: Ended | None) -> tuple[ReviewDue, ...]:
    """Give how each kind stands, by what was noted and the last serious incident."""
    last: dict[ReviewKind, Review] = {}
    for one in reviews:
        if one.kind not in last or one.at > last[one.kind].at:
            last[one.kind] = one
    return tuple(_due(kind, last.get(kind), ended if kind is ReviewKind.PLAYBOOK else None) for kind in ReviewKind)


def _due(kind: ReviewKind, last: Review | None, ended: Ended | None) -> ReviewDue:
    if last is None:
        return ReviewDue(kind, None, None, "nobody has noted one yet")
    if ended is not None and ended.at > last.at:
        return ReviewDue(kind, last, ended.at, f"{ended.incident} has ended since")
    return ReviewDue(kind, last, last.at + EVERY[kind], f"{EVERY[kind].days} days after the last one")
