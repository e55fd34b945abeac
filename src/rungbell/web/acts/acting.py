"""An act of a person on an incident: from the body of a request to the event, through the door, and back as an answer.

Rules
-----
* Every act is one event through the door; the answer tells what is true afterwards.
* The actor is the person of the token; without one (``access.callers``) the body may name one with ``by``.

May import: the packages below, ``domain``, pydantic.
"""

from typing import Any

from aiohttp import web
from pydantic import Field

from rungbell.domain.decision import Outcome
from rungbell.domain.events import (
    Act,
)
from rungbell.web.access.callers import actor
from rungbell.web.incidents.answers import IncidentView
from rungbell.web.incidents.looking import find
from rungbell.web.incidents.views import incident_view
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.problem import STATUS_OF, refused
from rungbell.web.wire.query import idempotency
from rungbell.web.wire.view import Sentence, View


class ActAnswer(View):
    """What came of an act, and the incident as it now stands."""

    outcome: Outcome
    message: Sentence
    incident: IncidentView


class ActBody(SignedBody):
    """What every act may say."""

    as_of: int | None = Field(
        default=None, description="The `version` it was decided on; where the incident has moved on, it is refused."
    )


async def let_in(request: web.Request, event: Act) -> web.Response:
    """Let an act of a person in by the door, and answer with the incident as it then stands."""
    services = request.app[SERVICES]
    found = await services.store.read(lambda transaction: find(transaction, event.incident))
    handled = await services.handler.handle(event, once=await idempotency(request, event.by))
    incident = incident_view(handled.incident or found)
    outcome, text = handled.reply.outcome, handled.reply.text
    if outcome in STATUS_OF:
        return refused(request, STATUS_OF[outcome], text, incident=incident)
    return json_answer(request, ActAnswer(outcome=outcome, message=text, incident=incident))


async def enact(request: web.Request, model: type[ActBody], act: type[Act], **facts: Any) -> web.Response:  # noqa: ANN401 -- the fields of the act
    """Make of the body the act of whoever asks, and let it in.

    What the body says goes by the names that the act has for it; ``facts`` is what stands elsewhere in the request.
    """
    body = await read_body(request, model)
    said: dict[str, Any] = {
        name: getattr(body, name) for name in model.model_fields if name not in SignedBody.model_fields
    }
    said |= {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    by = actor(request, body.by)
    return await let_in(request, act(incident=request.match_info["incident"], by=by, **said, **facts))
