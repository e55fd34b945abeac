"""Health, readiness, metrics and the front page.

Rules
-----
* ``/-/healthy`` never touches the store: a store that is away must not get the pager restarted.
* ``/-/ready`` says why not.

May import: the packages below, ``store`` (the port), ``domain``, ``telemetry``.
"""

from datetime import datetime

from aiohttp import web

from rungbell import __version__
from rungbell.domain.errors import ConfigError, StoreError
from rungbell.domain.review import reviews_due
from rungbell.store import Transaction
from rungbell.telemetry import CONTENT_TYPE, Metrics
from rungbell.web.services import SERVICES
from rungbell.web.wire.problem import problem, unavailable


async def front_page(request: web.Request) -> web.Response:
    """Say who this is and where things are."""
    here = request.path.rstrip("/")
    lines = [
        f"rungbell {__version__}: rings until someone answers",
        "",
        f"{here}/api/v1/incidents      incidents as JSON",
        f"{here}/api/v1/alertmanager   where Alertmanager posts",
        f"{here}/api/v1/openapi.json   the API described",
        f"{here}/metrics  {here}/-/healthy  {here}/-/ready",
    ]
    return web.Response(text="\n".join(lines) + "\n")


async def healthy(request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="rungbell is healthy\n")


async def ready(request: web.Request) -> web.Response:
    """It can take webhooks and rings."""
    why = request.app[SERVICES].why_not
    return unavailable(why) if why else web.Response(text="rungbell is ready\n")


async def reload(request: web.Request) -> web.Response:
    """Read the configuration again; a bad file changes nothing and says what is wrong."""
    services = request.app[SERVICES]
    try:
        await services.reload()
    except ConfigError as error:
        return problem(500, str(error), title="The configuration cannot be used")
    return web.Response(text="rungbell has read its configuration again\n")


async def metrics(request: web.Request) -> web.Response:
    """Give the exposition, with what only the store knows; without it, the rest."""
    services = request.app[SERVICES]
    known, now = services.metrics, services.clock.now()
    schedules = services.handler.book.roster.schedules
    known.oncall.tell({name: not schedule.on_call(now) for name, schedule in schedules.items()})
    try:
        await services.store.read(lambda transaction: _look(transaction, known, now))
    except StoreError:
        known.daemon.store_errors.inc()
    return web.Response(body=known.text(), headers={"Content-Type": CONTENT_TYPE})


def _look(transaction: Transaction, known: Metrics, now: datetime) -> None:
    known.incidents.count_open(transaction.count_open())
    known.obligations.count_overdue(transaction.count_overdue())
    known.obligations.tell_reviews(reviews_due(transaction.reviews(), transaction.serious_end()), now)
    oldest = transaction.oldest_unsent()
    known.paging.outbox_age.set(0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
