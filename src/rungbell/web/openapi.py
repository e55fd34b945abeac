"""``/api/v1/openapi.json``: the API described, from the table of routes and the models that really answer.

Rules
-----
* OpenAPI 3.1. Nothing is written here that a route, a model or a docstring says already.
* Beside what a route says for itself: with a scope come 401 and 403, with a body 400 and 413, with parameters 400, with
  a name in the path 404; 503 may always be. 500 is our fault, and no part of what is promised.

May import: the rest of ``web``, ``domain``, pydantic.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from aiohttp import web
from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from pydantic_core import to_json

from rungbell import __version__
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.token import Scope
from rungbell.web.access.token_answers import NewToken
from rungbell.web.incidents.answers import IncidentList, IncidentView
from rungbell.web.services import SERVICES
from rungbell.web.wire.problem import TITLES
from rungbell.web.wire.route import Parameter, Route
from rungbell.web.wire.view import View

Json: TypeAlias = dict[str, Any]
Schemas: TypeAlias = Mapping[tuple[Any, JsonSchemaMode], Json]

DESCRIBED: web.AppKey[tuple[Route, ...]] = web.AppKey("described", tuple)
"""The routes of the application that are described."""
IN_PATH = {
    "incident": Parameter(
        "incident", "path", "Its identity, its number, or its name (`INC-…`).",
        {"type": "string", "pattern": "^[0-9A-Za-z-]{1,64}$"},
    ),
    "communication": Parameter(
        "communication", "path", "Its number within the incident.",
        {"type": "string", "pattern": "^[0-9]{1,9}$"},
    ),
    "kind": Parameter(
        "kind", "path", "Which text.",
        {"type": "string", "enum": list(CommunicationKind)},
    ),
    "override": Parameter(
        "override", "path", "Its identity, a number.",
        {"type": "string", "pattern": "^[0-9]{1,18}$"},
    ),
    "person": Parameter(
        "person", "path", "Their id, as the configuration had it.",
        {"type": "string", "pattern": "^[0-9A-Za-z_.-]{1,64}$"},
    ),
    "token": Parameter(
        "token", "path", "Its identity, the part of the secret after `rb_`.",
        {"type": "string", "pattern": "^[0-9a-f]{12}$"},
    ),
}  # fmt: skip
"""What may stand in a path, by its name there."""
FOLLOWED: dict[type[BaseModel], tuple[str, str]] = {
    IncidentList: ("incident", "$response.body#/incidents/0/id"),
    NewToken: ("token", "$response.body#/token/id"),
}
"""Answers that lead on: to every route with that name alone in its path, and with what."""
SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `api_tokens`, one made by `POST /api/v1/tokens`, or (to send alerts) a source's "
        "`bearer_token`. This machine itself needs none before the first one with `admin` is made.",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "A source's `basic_auth`."},
}
ABOUT = "Incidents, what people do to them, and who may. Errors are problem+json (RFC 9457)."


class Problem(View):
    """What is wrong, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What, where, and how to mend it; for people.")
    scope: Scope | None = Field(default=None, description="With 403: the scope that the token lacks.")
    incident: IncidentView | None = Field(default=None, description="With a refused act: how the incident stands.")


async def show_description(request: web.Request) -> web.Response:
    """Describe this API, as OpenAPI 3.1."""
    body = _written(request.app[DESCRIBED], request.app[SERVICES].external_url)
    return web.Response(body=body, content_type="application/json")


@cache
def _written(routes: tuple[Route, ...], url: str) -> bytes:
    return to_json(document(routes, url))


def document(routes: Iterable[Route], url: str = "/") -> Json:
    """Describe these routes, which are found below ``url``."""
    shown = [route for route in routes if route.described]
    schemas, components = _schemas(shown)
    paths: dict[str, Json] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shown, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "rungbell", "version": __version__, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY},
    }


def _schemas(routes: Iterable[Route]) -> tuple[Schemas, Json]:
    """Give the schema of every model that the routes name, and what these refer to."""
    wanted: set[tuple[type[BaseModel], JsonSchemaMode]] = {(Problem, "serialization")}
    for route in routes:
        wanted |= {(route.body, "validation")} if route.body else set()
        wanted |= {(route.answer, "serialization")} if route.answer else set()
    found, rest = models_json_schema(
        sorted(wanted, key=lambda model: (model[0].__name__, model[1])), ref_template="#/components/schemas/{model}"
    )
    return found, {name: _plain(schema) for name, schema in sorted(rest["$defs"].items())}


def _plain(schema: Json) -> Json:
    """Write the docstring of a model as Markdown has it."""
    if "description" in schema:
        schema["description"] = schema["description"].replace("``", "`")
    return schema


def _operation(route: Route, routes: list[Route], schemas: Schemas) -> Json:
    summary, _, rest = inspect.cleandoc(route.handler.__doc__ or "").replace("``", "`").partition("\n")
    parameters = [*_named_in(route), *route.parameters]
    found: Json = {
        "operationId": _identity(route),
        "summary": summary.rstrip("."),
        "tags": [route.path.split("/")[3].partition(".")[0]],
        "security": _security(route),
        "parameters": [_parameter(one) for one in parameters],
        "responses": {str(route.status): _answer(route, routes, schemas)}
        | {str(status): _problem(status, schemas) for status in sorted(_problems(route))},
    }
    if rest.strip():
        found["description"] = " ".join(rest.split())
    if route.body is not None:
        needed = any(field.is_required() for field in route.body.model_fields.values())
        schema = schemas[route.body, "validation"]
        found["requestBody"] = {"required": needed, "content": {"application/json": {"schema": schema}}}
    return found


def _identity(route: Route) -> str:
    """``list_incidents`` as ``listIncidents``."""
    first, *others = (route.operation or route.handler.__name__).split("_")
    return first + "".join(word.title() for word in others)


def _named_in(route: Route) -> list[Parameter]:
    return [IN_PATH[name] for name in re.findall(r"{(\w+)}", route.path)]


def _security(route: Route) -> list[Json]:
    if route.scope is None:
        return []
    return [{"bearer": [route.scope]}, *([{"basic": []}] if route.scope is Scope.INGEST else [])]


def _parameter(one: Parameter) -> Json:
    return {
        "name": one.name,
        "in": one.where,
        "required": one.where == "path",
        "description": one.about,
        "schema": dict(one.schema),
    }


def _answer(route: Route, routes: list[Route], schemas: Schemas) -> Json:
    json = route.media == "application/json"
    schema = schemas[route.answer, "serialization"] if route.answer else {"type": "object" if json else "string"}
    found: Json = {"description": "Done.", "content": {route.media: {"schema": schema}}}
    if route.answer in FOLLOWED:
        name, value = FOLLOWED[route.answer]
        found["links"] = {
            _identity(other): {"operationId": _identity(other), "parameters": {name: value}}
            for other in routes
            if _named_in(other) == [IN_PATH[name]]
        }
    return found


def _problem(status: int, schemas: Schemas) -> Json:
    content = {"application/problem+json": {"schema": schemas[Problem, "serialization"]}}
    return {"description": TITLES[status], "content": content}


def _problems(route: Route) -> set[int]:
    found = {503} | route.problems
    if route.scope is not None:
        found |= {401, 403}
    if route.body is not None:
        found |= {400, 413}
    if route.parameters:
        found |= {400}
    if _named_in(route):
        found |= {404}
    return found
