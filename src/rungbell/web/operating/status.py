"""``GET /api/v1/status``: how the daemon stands, in one answer for people and programs.

Rules
-----
* It answers 200 also where the daemon is not ready, and says why, as ``/-/ready`` does; without its store, what only
  the store knows is ``null``.

May import: ``status_answers``, the packages below, ``domain``, ``store`` (the port).
"""

from datetime import datetime
from typing import Any

from aiohttp import web

from rungbell import __version__
from rungbell.domain.errors import StoreError
from rungbell.domain.incident import HELD, Status
from rungbell.domain.review import reviews_due
from rungbell.domain.severity import Severity
from rungbell.store.transaction import Transaction
from rungbell.web.learning.reviews import due_view
from rungbell.web.operating.status_answers import (
    Acknowledged,
    Heartbeat,
    OpenCount,
    OverdueCount,
    PagedTwice,
    Reload,
    StatusView,
    StoreView,
)
from rungbell.web.services import SERVICES, Services
from rungbell.web.wire.json_body import json_answer

MOST_ACKNOWLEDGED = 200
"""Acknowledged incidents that are told one by one, of each status."""


async def show_status(request: web.Request) -> web.Response:
    """Say how the daemon stands."""
    services = request.app[SERVICES]
    now = services.clock.now()
    known: dict[str, Any] = {}
    failing = services.store.failing
    try:
        known = await services.store.read(lambda transaction: _known(transaction, services, now))
    except StoreError as error:
        services.metrics.daemon.store_errors.inc()
        failing = str(error)
    why_not = services.why_not
    view = StatusView(
        version=__version__,
        at=now,
        ready=not why_not,
        why_not=why_not,
        paged_twice=[
            PagedTwice(source=source, receivers=list(receivers))
            for source, receivers in sorted(services.paged_twice().items())
        ],
        reload=_reload(services),
        store=StoreView(reachable=bool(known), failing=failing),
        people=sorted(services.settings.book.roster.people),
        **known,
    )
    return json_answer(request, view)


def _known(transaction: Transaction, services: Services, now: datetime) -> dict[str, Any]:
    due = transaction.due_incidents(now, 1)
    return {
        "open": [
            OpenCount(status=Status(status), severity=Severity(severity), count=count)
            for (status, severity), count in sorted(transaction.count_open().items())
        ],
        "acknowledged": _acknowledged(transaction),
        "overdue": [
            OverdueCount(obligation=obligation, severity=Severity(severity), count=count)
            for (obligation, severity), count in sorted(transaction.count_overdue().items())
        ],
        "reviews": [
            due_view(one, due=one.due(now)) for one in reviews_due(transaction.reviews(), transaction.serious_end())
        ],
        "clock_lag_seconds": _age(due[0].since if due else now, now),
        "oldest_unsent_page_seconds": _age(transaction.oldest_unsent() or now, now),
        "heartbeats": _heartbeats(transaction.heartbeats(), services, now),
    }


def _acknowledged(transaction: Transaction) -> list[Acknowledged]:
    return [
        Acknowledged(person=holder.by, number=one.number, severity=one.severity, title=one.title, until=holder.ends_at)
        for status in (*HELD, Status.MONITORING)
        for one in transaction.incidents(limit=MOST_ACKNOWLEDGED, status=status)
        if (holder := one.holder) is not None
    ]


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _heartbeats(seen: dict[str, datetime], services: Services, now: datetime) -> list[Heartbeat]:
    """Tell of every source that has beaten or is expected to."""
    expected = {one.name: one.watchdog_within for one in services.settings.sources if one.watchdog_within}
    found = []
    for source in sorted(seen.keys() | expected.keys()):
        at, within = seen.get(source), expected.get(source)
        found.append(
            Heartbeat(
                source=source,
                seen_at=at,
                age_seconds=None if at is None else _age(at, now),
                expected_within_seconds=within.total_seconds() if within else None,
            )
        )
    return found


def _reload(services: Services) -> Reload:
    last = services.last_reload
    return Reload(at=last.at, successful=last.successful, hash=services.settings.hash[:12])
