"""``POST /api/v1/incidents``: a person opens an incident by hand.

Rules
-----
* It is one event through the door, as every act; the answer is 201 with the incident, 200 where a request with the same
  ``Idempotency-Key`` had opened it before.
* The key gives the incident its identity, so that a repeated request finds what the first one opened.
* What cannot be read is 400; what is read and wrong (severity, policy, length) is 422.

May import: the rest of ``web``, ``domain``, ``clock``, pydantic.
"""

import hashlib
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import to_json

from rungbell.clock import new_id
from rungbell.domain.decision import Outcome
from rungbell.domain.errors import MalformedInput
from rungbell.domain.events import Declared
from rungbell.domain.opening import TITLE_LENGTH
from rungbell.domain.severity import Severity
from rungbell.web.access import person_or_refuse, same_origin
from rungbell.web.api import KEY_LENGTH
from rungbell.web.problem import STATUS_OF, problem
from rungbell.web.services import SERVICES
from rungbell.web.views import incident_view

PATH = "/api/v1/incidents"

LabelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LabelValue = Annotated[str, StringConstraints(max_length=1000)]


class DeclareBody(BaseModel):
    """What happened, and how bad it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH)]
    severity: Severity
    summary: str = Field(default="", max_length=4000)
    labels: dict[LabelName, LabelValue] = Field(default_factory=dict, max_length=64)
    policy: str | None = None
    by: str | None = Field(default=None, min_length=1, max_length=200)


def routes() -> list[web.RouteDef]:
    """Every path of this module."""
    return [web.post(PATH, declare)]


async def declare(request: web.Request) -> web.Response:
    """Open an incident."""
    services = request.app[SERVICES]
    person = person_or_refuse(request, services)
    if not same_origin(request):
        raise web.HTTPForbidden(reason="pages of other origins may not act here")
    try:
        body = DeclareBody.model_validate_json(await request.read() or b"{}")
    except ValidationError as error:
        return _wrong(error)
    if body.by is not None and services.settings.api_tokens and body.by != person:
        raise web.HTTPForbidden(reason=f"this token is {person}'s; `by` must not say otherwise")
    by = body.by or person
    once = _once(request, by)
    event = Declared(
        incident=new_id() if once is None else hashlib.sha256(once.encode()).hexdigest()[:32],
        by=by,
        title=body.title,
        severity=body.severity,
        summary=body.summary,
        labels=body.labels,
        policy=body.policy,
    )
    handled = await services.handler.handle(event, once=once)
    outcome, incident = handled.reply.outcome, handled.incident
    if outcome in STATUS_OF or incident is None:
        return problem(STATUS_OF.get(outcome, 409), handled.reply.text)
    answer = {"outcome": outcome.value, "message": handled.reply.text, "incident": incident_view(incident)}
    return web.Response(
        status=201 if outcome is Outcome.DONE else 200,
        body=to_json(answer),
        content_type="application/json",
        headers={"Location": f"{PATH}/{incident.number}"},
    )


def _wrong(error: ValidationError) -> web.Response:
    """Say the first thing that is wrong with a body."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    if first["type"] == "json_invalid":
        raise MalformedInput(f"{where}: {first['msg']}") from error
    return problem(422, f"{where}: {first['msg']}")


def _once(request: web.Request, by: str) -> str | None:
    """Give the identity of a request that carries an ``Idempotency-Key``."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= KEY_LENGTH):
        raise MalformedInput(f"Idempotency-Key must be 1 to {KEY_LENGTH} printable ASCII characters")
    return f"key:{by}:{PATH}:{key}"
