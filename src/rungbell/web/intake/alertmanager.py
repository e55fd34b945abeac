"""``POST /api/v1/alertmanager``: what Alertmanager and Grafana call.

Rules
-----
* 200 only after the commit. 503 while overloaded, draining or without store: Alertmanager tries again at once only
  after a 5xx. Never 429, never a redirect (integrations 1.3).
* Who is not let in is told to the log, for else nobody sees why no alert arrives; never with what was shown.
* 400 only for what can never be understood; from an authenticated source the operator then hears of it, since sending
  it again is useless (integrations 17).

May import: ``webhook_body``, the packages below, ``domain``, ``clock``, ``config``, structlog.
"""

import asyncio
import hashlib
from datetime import datetime
from typing import Literal

import structlog
from aiohttp import web
from pydantic import Field

from rungbell.clock import new_id
from rungbell.config import SourceSettings
from rungbell.domain.errors import MalformedInput, StoreError
from rungbell.domain.events import AlertsReceived, Trouble, TroubleKind
from rungbell.domain.token import Scope
from rungbell.web.access.callers import grant_of, lacks, signs, source_of, source_of_signature, source_of_token
from rungbell.web.intake.webhook_body import ReadMessage, read_group
from rungbell.web.services import SERVICES, Services
from rungbell.web.wire.problem import problem, unavailable
from rungbell.web.wire.view import View

log = structlog.get_logger()

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes; 10,000 alerts are 9.3 MB (measured), and a 413 is not tried again before the next group interval."""
TOO_LARGE = f"the body is larger than {BODY_LIMIT // 2**20} MiB"
BODY_SECONDS = 30.0
JSON = {"Content-Type": "application/json; charset=utf-8"}
NO_SOURCE = "these credentials are of no source of the configuration"
LARGE = 256 * 1024
"""Bytes from which a body is read in a thread, so that the loop goes on (reliability row 104)."""


class Taken(View):
    """A webhook that is on disk."""

    status: Literal["ok"]
    incident: int | None = Field(description="The number of the incident its alerts belong to, where there is one.")


async def receive(request: web.Request) -> web.Response:
    """Take one message of Alertmanager (webhook version 4) or Grafana; answered when it is on disk.

    503 asks to send it again; 400 says that sending it again is useless.
    """
    services = request.app[SERVICES]
    metrics = services.metrics
    source = await _who_speaks(request, services)
    if not isinstance(source, SourceSettings):
        return source
    if services.draining:
        metrics.intake.refused.labels("draining").inc()
        return unavailable(services.why_not)
    try:
        body = await _body(request)
        message = _identity(body, source.name)
        if source.name not in services.suspect and (known := services.handler.known(message)) is not None:
            metrics.intake.source(source.name).webhooks.inc()
            return _taken(known.incident)
        reading = await _read(services, body, source.name, services.clock.now())
        event = AlertsReceived(group=reading.group, new_id=new_id())
        handled = await services.handler.handle(event, message=message if reading.lasting else None)
    except MalformedInput as error:
        metrics.intake.refused.labels("unreadable").inc()
        await _tell_operator(services, source, str(error))
        raise
    except web.HTTPRequestEntityTooLarge:
        metrics.intake.refused.labels("too_large").inc()
        await _tell_operator(services, source, TOO_LARGE)
        return problem(413, TOO_LARGE)
    except StoreError as error:
        metrics.intake.refused.labels("store").inc()
        log.warning("webhook refused, to be sent again", source=source.name, error=str(error))
        raise
    if reading.unreadable:
        await _tell_operator(services, source, f"{reading.unreadable} alerts of a message could not be read")
    elif source.name in services.suspect:
        await _clear(services, source)
    metrics.intake.source(source.name).webhooks.inc()
    return _taken(handled.incident.number if handled.incident else None)


async def _who_speaks(request: web.Request, services: Services) -> SourceSettings | web.Response:
    """Give the source whose credentials or whose token the request carries; else what to answer."""
    source = source_of(request, services.settings.sources, services.external_url)
    if source is not None:
        return source
    grant = grant_of(request, services)
    source = source_of_token(grant, services)
    if source is not None:
        return source
    if signs(request, services.settings.sources):
        body, now = await _body(request), services.clock.now()
        source = source_of_signature(request, body, services.settings.sources, now)
        if source is not None:
            return source
    services.metrics.intake.refused.labels("unauthorized").inc()
    shown = "Authorization" in request.headers or signs(request, services.settings.sources)
    why = "its token is of no source" if grant else NO_SOURCE if shown else "it shows no credentials"
    log.warning("webhook refused, and its alerts with it", sender=request.remote, why=why)
    return problem(401, NO_SOURCE, {"WWW-Authenticate": "Bearer"}) if grant is None else lacks(Scope.INGEST)


def _taken(incident: int | None) -> web.Response:
    """Answer as ``Taken`` describes it; here it is not made of the model, for each webhook pays for it."""
    number = b"null" if incident is None else b"%d" % incident
    return web.Response(body=b'{"status": "ok", "incident": %b}' % number, headers=JSON)


def _identity(body: bytes, source: str) -> bytes | None:
    """Give what two messages have in common only when one source said the same bytes twice; nothing for large ones."""
    return hashlib.sha256(source.encode() + b"\0" + body).digest() if len(body) <= LARGE else None


async def _read(services: Services, body: bytes, source: str, now: datetime) -> ReadMessage:
    """Read a small body here, a large one in a thread that nothing else can occupy."""
    if len(body) <= LARGE:
        return read_group(body, source, now)
    return await asyncio.get_running_loop().run_in_executor(services.large_bodies, read_group, body, source, now)


async def _body(request: web.Request) -> bytes:
    if request.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise MalformedInput("a compressed body is not taken; Alertmanager and Grafana send plain ones")
    try:
        if request.content.is_eof():  # it came together with its head, as small ones do
            return await request.read()
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise StoreError(f"the body did not arrive within {BODY_SECONDS:.0f} s") from error


async def _tell_operator(services: Services, source: SourceSettings, what: str) -> None:
    log.error("unreadable webhook", source=source.name, what=what)
    if not source.anonymous:
        services.suspect.add(source.name)
        text = f"A webhook from {source.name} could not be understood and will be lost: {what}"
        await services.handler.report(Trouble(kind=TroubleKind.WEBHOOK_UNREADABLE, source=source.name, text=text))


async def _clear(services: Services, source: SourceSettings) -> None:
    over = Trouble(kind=TroubleKind.WEBHOOK_UNREADABLE, source=source.name, text="readable again", over=True)
    await services.handler.report(over)
    services.suspect.discard(source.name)
