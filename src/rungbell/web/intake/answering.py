"""``/answers/<channel>``: what providers call when somebody answers, or when a message reached nobody.

Rules
-----
* The channel's notifier proves who calls and understands what came; here is only the way to it and back.
* The address by which a provider signs is the external one of the daemon, never what ``Host`` or a proxy says.
* A channel that is not configured, or takes no answers, is the same 404.
* A refused signature is counted. ``IN_A_ROW`` of them with no good one between are told the operator, once a minute at
  most: so many mute a channel (integrations 4), while one alone may be anybody's, and must wake nobody. The first good
  one says that it is over.

May import: the packages below, ``domain``, ``notifiers`` (the port), structlog.
"""

from datetime import timedelta
from functools import partial

import structlog
from aiohttp import web

from rungbell.domain.errors import StoreError
from rungbell.domain.events import Trouble, TroubleKind
from rungbell.notifiers.answering import Answer, Callback, Receiving
from rungbell.web.services import SERVICES, Refusals, Services
from rungbell.web.wire.problem import problem, unavailable

log = structlog.get_logger()

BODY_LIMIT = 1024 * 1024
"""Bytes; PagerDuty sends 256 KB at most, Slack and Twilio less."""
KIND = TroubleKind.ANSWERS_REFUSED
IN_A_ROW = 3
"""Refusals after which PagerDuty calls no more."""
TELL_EVERY = timedelta(minutes=1)


async def receive(request: web.Request) -> web.Response:
    """Take what a provider says."""
    services = request.app[SERVICES]
    channel = request.match_info["channel"]
    notifier: object = services.notifiers.get(channel)
    if not isinstance(notifier, Receiving):
        return problem(404, "no channel of this name takes answers")
    if services.draining:
        return unavailable(services.why_not)
    if request.content_length is not None and request.content_length > BODY_LIMIT:
        return problem(413, f"the body is larger than {BODY_LIMIT // 2**20} MiB")
    body = await request.read()
    if len(body) > BODY_LIMIT:
        return problem(413, f"the body is larger than {BODY_LIMIT // 2**20} MiB")
    callback = Callback(
        method=request.method,
        what=request.match_info.get("what", ""),
        url=_called(request, services),
        query=request.query,
        headers=request.headers,
        body=body,
        at=services.clock.now(),
    )
    try:
        answer = await notifier.receive(callback, partial(services.hearing.hear, channel))
    except StoreError as error:
        return unavailable(str(error))
    services.metrics.paging.answers.labels(channel, str(answer.status // 100) + "xx").inc()
    await _watch(services, channel, answer)
    return web.Response(
        status=answer.status, body=answer.body, content_type=answer.content_type, headers=dict(answer.headers)
    )


def _called(request: web.Request, services: Services) -> str:
    """Give the address as the provider knows it, with the query byte for byte."""
    path = f"/answers/{request.match_info['channel']}"
    if what := request.match_info.get("what", ""):
        path = f"{path}/{what}"
    query = request.rel_url.raw_query_string
    return f"{services.external_url}{path}{f'?{query}' if query else ''}"


async def _watch(services: Services, channel: str, answer: Answer) -> None:
    """Count refusals in a row, and tell the operator of too many, and of their end."""
    known = services.refusals.get(channel, Refusals())
    if not answer.alarm:
        if answer.status < 300 and services.refusals.pop(channel, None) is not None and known.told_at is not None:
            await _tell_operator(services, Trouble(kind=KIND, source=channel, text="believed again", over=True))
        return
    now = services.clock.now()
    lately = known.told_at is not None and known.told_at <= now < known.told_at + TELL_EVERY
    tells = known.in_a_row + 1 >= IN_A_ROW and not lately
    services.refusals[channel] = Refusals(known.in_a_row + 1, now if tells else known.told_at)
    if tells:
        log.warning("answers of a channel are refused", channel=channel, why=answer.alarm)
        await _tell_operator(services, Trouble(kind=KIND, source=channel, text=answer.alarm))


async def _tell_operator(services: Services, trouble: Trouble) -> None:
    try:
        await services.handler.report(trouble)
    except StoreError as error:
        log.warning("the operator could not be told", error=str(error))
