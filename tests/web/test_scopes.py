"""Who may use which route: the whole matrix of scopes and routes, and when this machine needs no token."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from rungbell.app import Daemon, Options
from rungbell.domain.errors import ConfigError
from rungbell.domain.token import Scope, allowed
from rungbell.web.serving.server import make_application
from tests.harness.webhooks import firing
from tests.web.running import (
    CLOSED,
    INCIDENTS,
    OPEN,
    POLICY,
    TOKEN_A,
    TOKEN_ALICE,
    WEBHOOK,
    MovableClock,
    Running,
    bearer,
    rows_of,
    running,
)

OPEN_TO_ALL = {"/", "/-/healthy", "/-/ready", "/metrics", "/a/{token}", "/c/{token}"}
PROVIDERS = {"/answers/{channel}", "/answers/{channel}/{what}"}
"""Whoever calls there proves to the channel who they are, and nobody else does."""
INTAKE = {path + slash for path in ("/api/v1/alertmanager", "/webhook") for slash in ("", "/")}
GUARDED_LOOKS = {"/-/backup", "/api/v1/tokens"}


def wanted(method: str, path: str) -> Scope | None:
    """Say what a route should ask for, from what it is; nothing is read off the table of routes."""
    if path in OPEN_TO_ALL | PROVIDERS:
        return None
    if path in INTAKE:
        return Scope.INGEST
    if path.startswith(("/-/", "/api/v1/tokens", "/api/v1/people/")) and not path.endswith("/test-page"):
        return Scope.ADMIN
    return Scope.READ if method in {"GET", "HEAD"} else Scope.ACT


def routes_of(daemon: Running) -> Iterator[tuple[str, str]]:
    """Every method and path that the real application answers to."""
    for route in make_application(daemon.services).router.routes():
        resource = route.resource
        assert isinstance(resource, web.Resource)
        yield route.method, resource.canonical


def addressed(path: str, incident: str) -> str:
    """Fill what a path names with what is not there."""
    return (
        path.replace("{incident}", incident)
        .replace("{token}", "0" * 12)
        .replace("{override}", "4711")
        .replace("{person}", "nobody")
        .replace("{communication}", "4711")
        .replace("{kind}", "client_notice")
    )


async def made(daemon: Running, *scopes: Scope, lasts: timedelta | None = None) -> dict[str, str]:
    """Make a token and give the header that carries it."""
    secret, _ = await daemon.services.tokens.create(
        name="a test",
        scopes=frozenset(scopes),
        person="bob" if Scope.ACT in allowed(scopes) else None,
        source="cluster-b" if Scope.INGEST in scopes else None,
        lasts=lasts,
        created_by="alice",
    )
    return bearer(secret)


async def test_every_route_lets_in_whoever_has_its_scope_and_nobody_else(clock: MovableClock, closed: Running) -> None:
    tokens = {scope: await made(closed, scope) for scope in Scope}
    revoked = await made(closed, *Scope)
    await closed.services.tokens.revoke(revoked["Authorization"].split("_")[1], "alice")
    expired = await made(closed, *Scope, lasts=timedelta(hours=1))
    clock.ahead = timedelta(hours=1)
    nobody = [{}, bearer("rb_0123456789ab_" + "0" * 64), bearer(""), {"Authorization": "Token x"}, revoked, expired]
    walked = 0
    for method, path in routes_of(closed):
        scope = wanted(method, path)
        address = addressed(path, "4711")
        refusals = [await closed.ask(method, address, headers=headers) for headers in nobody]
        if scope is None:
            assert all(one.status not in {401, 403} for one in refusals), (method, path)
            continue
        assert {one.status for one in refusals} == {401}, (method, path)
        assert len({one.body for one in refusals}) == 1, "all alike"
        for held, headers in tokens.items():
            answer = await closed.ask(method, address, headers=headers)
            walked += 1
            if scope in allowed({held}):
                assert answer.status not in {401, 403, 500}, (method, path, held, answer.text)
                continue
            assert answer.status == 403, (method, path, held, answer.text)
            if method != "HEAD":
                assert f"`{scope}`" in answer.problem
                assert answer.json["scope"] == scope
            assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]
    assert walked >= 4 * 20, "there are routes"


async def test_a_source_of_the_configuration_is_nobody_to_the_api(closed: Running) -> None:
    for method, path in routes_of(closed):
        if wanted(method, path) not in {None, Scope.INGEST}:
            address = addressed(path, "1")
            assert (await closed.ask(method, address, headers=bearer(TOKEN_A))).status == 401


async def test_a_token_with_ingest_speaks_for_its_source_and_a_persons_token_for_none(closed: Running) -> None:
    header = await made(closed, Scope.INGEST)
    number = await closed.accepted(firing("DiskFull"), headers=header)
    assert (await closed.incident(number))["source"] == "cluster-b"
    before = rows_of(closed.store, without={"timeline"})
    for other in (bearer(TOKEN_ALICE), await made(closed, Scope.ADMIN)):
        assert (await closed.send(firing("Other"), headers=other)).status == 403
    assert rows_of(closed.store, without={"timeline"}) == before | {"tokens": before["tokens"] + 1}


async def test_a_token_of_the_configuration_may_be_good_for_less(tmp_path: Path) -> None:
    config = CLOSED.replace(f"bob: {{token: {'token-of-bob'}}}", "bob: {token: token-of-bob, scopes: [read]}")
    async with running(tmp_path, config) as daemon:
        number = await daemon.opened("DiskFull")
        reader = bearer("token-of-bob")
        assert (await daemon.ask("GET", INCIDENTS, headers=reader)).status == 200
        refused = await daemon.act(number, "acknowledge", headers=reader)
        assert (refused.status, refused.json["scope"]) == (403, "act")
        assert (await daemon.ask("POST", "/-/reload", headers=reader)).status == 403


async def test_the_actor_is_the_person_of_the_token(closed: Running) -> None:
    header = await made(closed, Scope.ACT)
    number = await closed.opened("DiskFull")
    refused = await closed.act(number, "acknowledge", {"by": "alice"}, headers=header)
    assert refused.status == 403
    assert "bob" in refused.problem
    assert (await closed.act(number, "acknowledge", headers=header)).status == 200
    assert (await closed.timeline(number))[-1]["actor"] == "bob"


async def test_nothing_changes_at_the_wish_of_a_page_of_another_origin(closed: Running) -> None:
    header = bearer(TOKEN_ALICE) | {"Origin": "http://evil.example"}
    for method, path in routes_of(closed):
        if wanted(method, path) in {Scope.ACT, Scope.ADMIN} and method not in {"GET", "HEAD"}:
            address = addressed(path, "1")
            answer = await closed.ask(method, address, headers=header)
            assert answer.status == 403, (method, path)
            assert "origin" in answer.problem


# -- when this machine needs no token ------------------------------------------------------------------------------

WITH_SOURCE = f"{POLICY}\nsources:\n  cluster-b: {{bearer_token: token-of-cluster-b}}\n"


async def may_do_everything(daemon: Running) -> bool:
    """Whether somebody at this machine is let in without a token, to all or to nothing."""
    statuses = {
        (await daemon.ask("GET", INCIDENTS)).status,
        (await daemon.ask("POST", f"{INCIDENTS}/4711/acknowledge")).status,
        (await daemon.ask("GET", "/api/v1/tokens")).status,
        (await daemon.ask("POST", "/-/reload")).status,
    }
    assert statuses in ({200, 404}, {401}), statuses
    return 200 in statuses


async def test_a_first_token_for_less_than_admin_locks_nobody_out(tmp_path: Path) -> None:
    async with running(tmp_path, WITH_SOURCE) as daemon:
        for scope in (Scope.INGEST, Scope.READ, Scope.ACT):
            await made(daemon, scope)
            assert await may_do_everything(daemon)


async def test_whoever_shows_a_token_is_judged_by_it_alone(tmp_path: Path) -> None:
    async with running(tmp_path, WITH_SOURCE) as daemon:
        reader = await made(daemon, Scope.READ)
        assert (await daemon.ask("GET", INCIDENTS, headers=reader)).status == 200
        assert (await daemon.ask("POST", f"{INCIDENTS}/4711/acknowledge", headers=reader)).status == 403
        assert (await daemon.ask("GET", INCIDENTS, headers=bearer("rb_unknown"))).status == 401


async def test_the_first_admin_token_closes_the_api_and_its_end_does_not_open_it(
    clock: MovableClock, tmp_path: Path
) -> None:
    async with running(tmp_path) as daemon:
        first = await made(daemon, Scope.ADMIN, lasts=timedelta(hours=1))
        assert not await may_do_everything(daemon)
        assert (await daemon.ask("POST", "/-/reload", headers=first)).status == 200
        second = await made(daemon, Scope.ADMIN)
        clock.ahead = timedelta(hours=2)
        (_, token) = await daemon.services.tokens.listed()
        assert (await daemon.ask("DELETE", f"/api/v1/tokens/{token.id}", headers=second)).status == 200
        for header in (first, second):
            assert (await daemon.ask("GET", INCIDENTS, headers=header)).status == 401
        assert not await may_do_everything(daemon)
        assert (await daemon.send(firing("DiskFull"))).status == 200, "an Alertmanager is not silenced"
    async with running(tmp_path) as again:
        assert not await may_do_everything(again)


async def test_the_way_back_in_is_a_token_of_the_configuration(daemon: Running) -> None:
    await made(daemon, Scope.ADMIN)
    daemon.daemon.options.config_file.write_text(f"{OPEN}\napi_tokens:\n  alice: {{token: {TOKEN_ALICE}}}\n")
    await daemon.daemon.reload()
    assert (await daemon.ask("GET", "/api/v1/tokens", headers=bearer(TOKEN_ALICE))).status == 200


async def test_tokens_of_the_store_open_no_address_to_others(daemon: Running, tmp_path: Path) -> None:
    await made(daemon, Scope.ADMIN)
    config = tmp_path / "rungbell.yml"
    config.write_text(WITH_SOURCE)
    with pytest.raises(ConfigError, match="api_tokens"):
        Daemon(Options(config, daemon.store, (("0.0.0.0", 0),)))  # noqa: S104 -- it is refused


async def test_a_token_counts_only_while_its_person_and_its_source_are_in_the_configuration(closed: Running) -> None:
    acting, sending = await made(closed, Scope.ACT), await made(closed, Scope.INGEST)
    file = closed.daemon.options.config_file
    text = file.read_text()
    for gone in ("bob", "cluster-b"):
        smaller = text.replace("  cluster-b: {bearer_token: token-of-cluster-b}\n", "")
        if gone == "bob":
            smaller = text.replace("bob: {name: Bob}", "dana: {name: Dana}").replace("bob", "dana")
        file.write_text(smaller)
        await closed.daemon.reload()
        assert (await closed.ask("GET", INCIDENTS, headers=acting)).status == (401 if gone == "bob" else 200)
        assert (await closed.send(firing("X"), headers=sending)).status == (200 if gone == "bob" else 401)
        assert (await closed.ask("POST", WEBHOOK, headers=bearer("x"))).status == 401
