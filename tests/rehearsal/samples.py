"""A message of each severity, and what its ladder comes to."""

from datetime import datetime, timedelta

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.book import Book
from rungbell.rehearsal.foresight import Opening, foresee
from rungbell.rehearsal.outlook import Ladder
from tests.domain.shipped import LABELS, shipped
from tests.domain.world import MONDAY_10

MINUTE = timedelta(minutes=1)


def group(severity: str, *, firing: bool = True) -> AlertGroup:
    alert = Alert(labels={"alertname": "DiskFull", **LABELS[severity]}, firing=firing)
    return AlertGroup("default", "rungbell", {"alertname": "DiskFull"}, (alert,))


def opening(severity: str, book: Book | None = None, at: datetime = MONDAY_10) -> Opening:
    found = foresee(book or shipped(), group(severity), at)
    assert isinstance(found, Opening)
    return found


def tiers(ladder: Ladder, since: datetime = MONDAY_10) -> list[tuple[float, str]]:
    return sorted({((one.at - since) / MINUTE, one.page.tier.value) for one in ladder.attempts})
