"""Incident command over the API: declaring, roles, the handoff, checklists, recipes, and what the harm is.

Rules
-----
* Every act is one event through the door; what is missing or unknown is 422, what may not be is 403.

May import: ``acting``, the packages below, ``domain``, ``store`` (the port), pydantic.
"""

from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from rungbell.domain.command.events import HandedOff, ImpactStated, RoleAssumed, RoleGivenUp, Ticked
from rungbell.domain.command.impact import LONGEST, WORDS
from rungbell.domain.command.record import Role
from rungbell.domain.events import Declared
from rungbell.domain.severity import Severity
from rungbell.store.transaction import Transaction
from rungbell.web.access.callers import actor
from rungbell.web.acts.acting import ActBody, enact, let_in
from rungbell.web.incidents.command_answers import RecipeList
from rungbell.web.incidents.command_views import checklists, recipe_list
from rungbell.web.incidents.looking import find
from rungbell.web.services import SERVICES
from rungbell.web.wire.json_body import Instant, json_answer, read_body

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Said = Annotated[str, StringConstraints(max_length=LONGEST)] | None
"""What is said of the harm; an empty text takes back what was said, null leaves it."""


class DeclaredBody(ActBody):
    """How bad it is, and who leads."""

    severity: Severity | None = Field(default=None, description="Default: as it is. Lower it with `severity` instead.")
    commander: Name | None = Field(default=None, description="Who leads; else whom the playbook's rule names.")


class AssumeBody(ActBody):
    """Which role, and who has it from now on."""

    role: Role
    person: Name | None = Field(default=None, description="Default: whoever acts.")


class GiveUpBody(ActBody):
    """Which role."""

    role: Role


class HandoffBody(ActBody):
    """To whom, and what was handed over."""

    to: Name
    attested: list[Name] = Field(
        default_factory=list, max_length=20, description="Lines of the checklist `handoff`, beside those ticked before."
    )
    reason: str = Field(default="", description="Why the command passes although not every line is true.")


class TickBody(ActBody):
    """Which line of a checklist."""

    line: Name
    undone: bool = Field(default=False, description="Take it back.")


class ImpactBody(ActBody):
    """What the harm is; what is not named stays as it was, an empty text takes it back."""

    clients_affected: Said = None
    scope: Said = None
    functionality: Said = None
    metric: Said = None
    technicians: Said = None
    business: Said = None
    sla: Said = None
    containment: Said = None
    workaround: Said = None
    expected_resolution: Said = None
    cause: Said = None
    plain_cause: Said = None
    resolution: Said = None
    next_steps: Said = None
    condition: Said = None
    clients: list[Name] | None = Field(default=None, max_length=1000, description="All that are affected, by id.")
    client_impacting: bool | None = Field(default=None, description="Whether clients feel it; no needs a `reason`.")
    clients_asked: bool | None = Field(default=None, description="A client wants to be told.")
    impact_started_at: Instant | None = Field(default=None, description="When the harm began.")
    reason: str = ""


async def declare(request: web.Request) -> web.Response:
    """Declare an open incident.

    It has a commander from then on, by the playbook's rule where none is named.
    """
    return await enact(request, DeclaredBody, Declared)


async def assume_role(request: web.Request) -> web.Response:
    """Take a role, or give it to somebody.

    The command is not taken from somebody: it passes by a handoff.
    """
    return await enact(request, AssumeBody, RoleAssumed)


async def give_up_role(request: web.Request) -> web.Response:
    """Let a role be nobody's.

    Neither P0 nor P1 is left without a commander.
    """
    return await enact(request, GiveUpBody, RoleGivenUp)


async def hand_off(request: web.Request) -> web.Response:
    """Hand the command over.

    All seven lines of the checklist `handoff` have to be true, or there is a `reason`.
    """
    body = await read_body(request, HandoffBody)
    event = HandedOff(
        incident=request.match_info["incident"],
        by=actor(request, body.by),
        as_of=body.as_of,
        to=body.to,
        attested=frozenset(body.attested),
        reason=body.reason,
    )
    return await let_in(request, event)


async def tick_line(request: web.Request) -> web.Response:
    """Attest a line of a checklist, or take that back."""
    return await enact(request, TickBody, Ticked)


async def state_impact(request: web.Request) -> web.Response:
    """Say what the harm is, whom it hits, and since when."""
    body = await read_body(request, ImpactBody)
    said = {name: getattr(body, name) for name in WORDS}
    event = ImpactStated(
        incident=request.match_info["incident"],
        by=actor(request, body.by),
        as_of=body.as_of,
        words={name: text for name, text in said.items() if text is not None},
        clients=None if body.clients is None else tuple(body.clients),
        client_impacting=body.client_impacting,
        clients_asked=body.clients_asked,
        started_at=body.impact_started_at,
        reason=body.reason,
    )
    return await let_in(request, event)


async def show_checklists(request: web.Request) -> web.Response:
    """Show the checklists, and who attests which line."""
    services, reference = request.app[SERVICES], request.match_info["incident"]
    found = await services.store.read(lambda transaction: checklists(find(transaction, reference)))
    return json_answer(request, found)


async def show_recipes(request: web.Request) -> web.Response:
    """Show what has helped before against such incidents; nothing of it is executed."""
    services, reference = request.app[SERVICES], request.match_info["incident"]

    def work(transaction: Transaction) -> RecipeList:
        incident = find(transaction, reference)
        labels = [dict(alert.labels) for alert in transaction.alerts(incident.key).values()]
        return recipe_list(incident, labels, services.handler.book.recipes)

    return json_answer(request, await services.store.read(work))
