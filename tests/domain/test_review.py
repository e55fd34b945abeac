"""When the playbook and the runbooks are to be gone through, and when a drill is to be held."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.incident import Status
from rungbell.domain.review import Ended, Review, ReviewKind, asks_for_review, reviews_due
from rungbell.domain.severity import Severity
from tests.store.samples import NOON, incident

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.mark.requirement("23", "25", "82")
@pytest.mark.parametrize(("kind", "days"), [("playbook", 95), ("runbooks", 34), ("drill", 95)])
def test_each_kind_is_due_again_after_its_time_and_not_a_second_before(kind: str, days: int) -> None:
    (standing,) = [one for one in reviews_due([Review(ReviewKind(kind), "alice", NOON)], None) if one.kind == kind]
    assert standing.due_at == NOON + days * DAY
    assert not standing.due(NOON + days * DAY - SECOND)
    assert standing.due(NOON + days * DAY)


def test_what_nobody_ever_noted_is_due() -> None:
    assert {one.kind for one in reviews_due([], None) if one.due(NOON)} == set(ReviewKind)


@pytest.mark.requirement("82")
def test_the_end_of_a_serious_incident_asks_for_the_playbook_and_for_nothing_else() -> None:
    reviews = [Review(kind, "alice", NOON) for kind in ReviewKind]
    due = [one for one in reviews_due(reviews, Ended("INC-20261124-1000", NOON + DAY)) if one.due(NOON + DAY)]
    assert [one.kind for one in due] == [ReviewKind.PLAYBOOK]
    assert due[0].because == "INC-20261124-1000 has ended since"
    reviews.append(Review(ReviewKind.PLAYBOOK, "bob", NOON + 2 * DAY))
    assert not any(one.due(NOON + 2 * DAY) for one in reviews_due(reviews, Ended("INC-20261124-1000", NOON + DAY)))


@pytest.mark.requirement("82")
@pytest.mark.parametrize(
    ("severity", "worst", "status", "asks"),
    [
        (Severity.P0, None, Status.RESOLVED, True),
        (Severity.P1, None, Status.RESOLVED, True),
        (Severity.P3, Severity.P1, Status.RESOLVED, True),
        (Severity.P2, None, Status.RESOLVED, False),
        (Severity.P0, None, Status.FALSE_POSITIVE, False),
        (Severity.P0, None, Status.MERGED, False),
        (Severity.P0, None, Status.MONITORING, False),
    ],
    ids=str,
)
def test_only_what_was_ever_serious_and_is_resolved_asks_for_it(
    severity: Severity, worst: Severity | None, status: Status, asks: bool
) -> None:
    before = incident(severity=severity, highest=worst)
    after = replace(before, status=status)
    assert asks_for_review(before, after) is asks
    assert not asks_for_review(after, after)
