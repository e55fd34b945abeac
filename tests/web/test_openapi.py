"""The API's description: whole, sound, and what a running daemon really answers."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from schemathesis import checks
from schemathesis.generation import GenerationMode

from rungbell.web.openapi import document
from rungbell.web.routes import ROUTES
from rungbell.web.serving.server import make_application
from rungbell.web.wire.route import Route
from tests.web.running import INCIDENTS, TOKEN_A, TOKEN_ALICE, Json, Running, bearer

DESCRIPTION = "/api/v1/openapi.json"
METHODS = {"get", "post", "put", "delete", "patch"}
EXAMPLES = 12
"""Requests of each kind for each operation; with a fixed seed, so that every run is the same."""


def operations(description: Json) -> dict[tuple[str, str], Json]:
    """Every operation by path and method."""
    return {
        (path, method): one
        for path, methods in description["paths"].items()
        for method, one in methods.items()
        if method in METHODS
    }


async def test_every_path_of_the_api_is_described_and_no_other(closed: Running) -> None:
    described = operations(await closed.get(DESCRIPTION))
    real = set()
    for route in make_application(closed.services).router.routes():
        resource = route.resource
        assert isinstance(resource, web.Resource)
        if resource.canonical.startswith("/api/v1/") and route.method != "HEAD":
            real.add((resource.canonical.rstrip("/"), route.method.lower()))
    assert set(described) == real


def test_every_operation_has_a_name_of_its_own_words_and_the_scope_it_takes() -> None:
    found = operations(document(ROUTES))
    names = [one["operationId"] for one in found.values()]
    assert len(set(names)) == len(names)
    for place, one in found.items():
        assert one["summary"], place
        assert "``" not in one["summary"] + one.get("description", ""), place
        assert len(one["tags"]) == 1, place
        assert one["security"][0]["bearer"], place
        assert {"401", "403", "503"} <= one["responses"].keys(), place


def test_no_two_models_share_a_name_so_that_no_module_shows_in_theirs() -> None:
    assert not [name for name in document(ROUTES)["components"]["schemas"] if "__" in name]


def test_whatever_is_referred_to_is_there_and_every_field_of_an_answer_has_a_type() -> None:
    description = document(ROUTES)
    known = description["components"]["schemas"]

    def references(value: Any) -> set[str]:  # noqa: ANN401 -- JSON
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(item) for item in value.values()))
        return set[str]().union(*(references(item) for item in value)) if isinstance(value, list) else set()

    assert references(description) == {f"#/components/schemas/{name}" for name in known}
    for name, schema in known.items():
        for field, said in schema.get("properties", {}).items():
            assert {"type", "$ref", "anyOf", "const"} & said.keys(), (name, field)


# -- a running daemon, held against its description ----------------------------------------------------------------

EXCLUDED = [checks.positive_data_acceptance]
"""Whether a filter or an act is accepted depends on more than its form: on the grammar of matchers, on the incident."""
LENIENT = {"receiveAlerts", "receiveAlertsByPut"}
"""What Alertmanager and Grafana send is repaired where its meaning is clear, so a form that is not theirs may do."""
DESCRIBED = [route for route in ROUTES if route.described]


@cache
def described() -> schemathesis.BaseSchema:
    """Read the description once, for it takes a second."""
    return schemathesis.openapi.from_dict(document(ROUTES))


def name_of(route: Route) -> str:
    """Give the operation's identity."""
    found = described().raw_schema["paths"][route.path][route.method.lower()]["operationId"]
    assert isinstance(found, str)
    return found


def held_against(url: str, route: Route, mode: GenerationMode, known: list[str]) -> Callable[[], None]:
    """Give a check that sends requests of ``mode`` to one operation and holds every answer against the description."""
    operation = described()[route.path][route.method]
    header = bearer(TOKEN_A if "alertmanager" in route.path else TOKEN_ALICE)
    excluded = [*EXCLUDED, *([checks.negative_data_rejection] if name_of(route) in LENIENT else [])]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case[Any]) -> None:
        if mode is GenerationMode.POSITIVE and "incident" in case.path_parameters:
            case.path_parameters["incident"] = known[len(repr(case.body)) % len(known)]
        case.call_and_validate(base_url=url, headers=header, excluded_checks=excluded)

    return check


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", DESCRIBED, ids=name_of)
async def test_what_a_running_daemon_answers_is_what_is_described(
    route: Route, mode: GenerationMode, shared_closed: Running
) -> None:
    numbers = [await shared_closed.opened(f"{name_of(route)}{mode.value}{turn}") for turn in range(2)]
    await shared_closed.act(numbers[1], "acknowledge")
    known = [str(numbers[0]), (await shared_closed.incident(numbers[1]))["id"]]
    await asyncio.to_thread(held_against(shared_closed.url, route, mode, known))
    assert (await shared_closed.ask("GET", INCIDENTS, headers=bearer(TOKEN_ALICE))).status == 200


async def test_the_links_of_answers_lead_to_what_is_there(closed: Running) -> None:
    """What the links of the description name, read off a real answer, is found by every operation they lead to."""
    await closed.opened("Linked")
    header = bearer(TOKEN_ALICE)
    made = await closed.ask("POST", "/api/v1/tokens", json={"name": "x", "scopes": ["read"]}, headers=header)
    answers = {"listIncidents": await closed.get(INCIDENTS), "createToken": made.json}
    found = operations(await closed.get(DESCRIPTION))
    places = {one["operationId"]: place for place, one in found.items()}
    followed = set()
    for one in found.values():
        for link in [link for said in one["responses"].values() for link in said.get("links", {}).values()]:
            path, method = places[link["operationId"]]
            for name, pointer in link["parameters"].items():
                value: Any = answers[one["operationId"]]
                for part in pointer.removeprefix("$response.body#/").split("/"):
                    value = value[int(part)] if isinstance(value, list) else value[part]
                path = path.replace(f"{{{name}}}", str(value))
            answer = await closed.ask(method, path, headers=header, data=b"{}" if method == "post" else None)
            assert answer.status in {200, 400, 409, 422}, (link, answer.text)
            followed.add(link["operationId"])
    assert followed >= {"showIncident", "showTimeline", "acknowledge", "addNote", "revokeToken"}
