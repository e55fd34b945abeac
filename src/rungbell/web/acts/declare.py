"""``POST /api/v1/incidents``: a person opens an incident by hand.

Rules
-----
* It is one event through the door, as every act; the answer is 201 with the incident, 200 where a request with the same
  ``Idempotency-Key`` had opened it before.
* The key gives the incident its identity, so that a repeated request finds what the first one opened.
* A body that cannot be read is 400; a policy that is not there is 422.

May import: ``acting``, the packages below, ``domain``, ``clock``, pydantic.
"""

import hashlib
from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from rungbell.clock import new_id
from rungbell.domain.decision import Outcome
from rungbell.domain.events import Declared
from rungbell.domain.incident import Detection
from rungbell.domain.opening import TITLE_LENGTH
from rungbell.domain.severity import Severity
from rungbell.web.access.callers import actor
from rungbell.web.acts.acting import ActAnswer
from rungbell.web.incidents.views import incident_view
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.problem import STATUS_OF, refused
from rungbell.web.wire.query import idempotency

LabelName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LabelValue = Annotated[str, StringConstraints(max_length=1000)]


class DeclareBody(SignedBody):
    """What happened, and how bad it is."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=TITLE_LENGTH, pattern=r"\S")]
    severity: Severity
    summary: str = Field(default="", max_length=4000)
    labels: dict[LabelName, LabelValue] = Field(default_factory=dict, max_length=64)
    commander: str | None = Field(default=None, description="Who leads; else whom the playbook's rule names.")
    detection: Detection = Field(default=Detection.INTERNAL_DISCOVERY, description="How it was found.")
    policy: str | None = Field(default=None, description="One of the configuration; else the one the labels lead to.")


async def open_incident(request: web.Request) -> web.Response:
    """Open an incident by hand.

    201 with the incident; 200 where the same `Idempotency-Key` had opened it before.
    """
    services = request.app[SERVICES]
    body = await read_body(request, DeclareBody)
    by = actor(request, body.by)
    once = await idempotency(request, by)
    event = Declared(
        incident=new_id() if once is None else hashlib.sha256(once.encode()).hexdigest()[:32],
        by=by,
        title=body.title.strip(),
        severity=body.severity,
        summary=body.summary,
        labels=body.labels,
        policy=body.policy,
        commander=body.commander,
        detection=body.detection,
    )
    handled = await services.handler.handle(event, once=once)
    outcome, incident = handled.reply.outcome, handled.incident
    if outcome in STATUS_OF or incident is None:
        return refused(request, STATUS_OF.get(outcome, 409), handled.reply.text)
    return json_answer(
        request,
        ActAnswer(outcome=outcome, message=handled.reply.text, incident=incident_view(incident)),
        status=201 if outcome is Outcome.DONE else 200,
        headers={"Location": f"incidents/{incident.number}"},  # relative: a proxy may have taken a prefix off
    )
