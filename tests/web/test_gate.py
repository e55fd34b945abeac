"""``basic_auth_users``: every path asks, sources and people come in as themselves, and guesses cost time."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import bcrypt
import pytest
import pytest_asyncio
from click.testing import CliRunner
from pydantic import SecretStr

from rungbell.cli import main
from rungbell.web.access.passwords import LONGEST, REMEMBERED, WAITING, Passwords, TooManyError
from tests.harness.webhooks import firing
from tests.web.running import CLOSED, OPEN, PASSWORD, TOKEN_A, TOKEN_ALICE, WEBHOOK, Running, bearer, running

CHEAP = 4
SECRET = "password-of-prometheus"
PATHS = ("/", "/-/healthy", "/-/ready", "/metrics", "/a/unknown", "/api/v1/incidents", "/-/backup", "/no/such/path")


def hashed(password: str, cost: int = CHEAP) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(user, password)}


def web_file(folder: Path, **users: str) -> Path:
    file = folder / "web.yml"
    lines = "".join(f"  {user}: {hashed(password)}\n" for user, password in users.items())
    file.write_text(f"basic_auth_users:\n{lines}")
    return file


@pytest_asyncio.fixture
async def gated(tmp_path: Path) -> AsyncIterator[Running]:
    """A daemon on loopback that knows nobody but one user."""
    async with running(tmp_path / "open", OPEN, web_config_file=web_file(tmp_path, prometheus=SECRET)) as found:
        yield found


@pytest_asyncio.fixture
async def gated_closed(tmp_path: Path) -> AsyncIterator[Running]:
    """A daemon with a user, and with sources and people who have credentials of their own."""
    async with running(tmp_path / "closed", CLOSED, web_config_file=web_file(tmp_path, prometheus=SECRET)) as found:
        yield found


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_asks_for_a_name_and_a_password(gated: Running, path: str) -> None:
    answer = await gated.ask("GET", path)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="rungbell"')
    assert "password" in answer.problem


@pytest.mark.parametrize(
    "headers",
    [
        basic("prometheus", "wrong"),
        basic("nobody", SECRET),
        basic("prometheus", ""),
        basic("prometheus", SECRET + "\0"),
        basic("prometheus", "x" * 5_000),
        bearer(SECRET),
        {"Authorization": "Basic not-base64"},
        {"Authorization": "Basic"},
    ],
)
async def test_what_is_wrong_is_refused(gated: Running, headers: dict[str, str]) -> None:
    assert (await gated.ask("GET", "/-/healthy", headers=headers)).status == 401


async def test_a_second_header_is_no_way_in(gated: Running) -> None:
    right = basic("prometheus", SECRET)["Authorization"]
    twice = [("Authorization", "Bearer x"), ("Authorization", right)]
    assert (await gated.ask("GET", "/-/healthy", headers=twice)).status == 401


async def test_whoever_knows_the_password_is_somebody_without_credentials_behind_the_gate(gated: Running) -> None:
    right = basic("prometheus", SECRET)
    assert (await gated.ask("GET", "/metrics", headers=right)).status == 200
    assert (await gated.send(firing("DiskFull"), headers=right)).status == 200
    acted = await gated.ask("POST", "/api/v1/incidents/1/acknowledge", headers=right, json={"by": "alice"})
    assert acted.status == 200
    elsewhere = right | {"Host": "rungbell.example.com"}
    assert (await gated.send(firing("DiskFull"), headers=elsewhere)).status == 401


async def test_a_large_body_passes_the_gate_whole(gated: Running) -> None:
    webhook = firing("DiskFull", summary="x" * 2_000_000)
    assert (await gated.send(webhook, headers=basic("prometheus", SECRET))).status == 200


async def test_a_backup_passes_the_gate_whole(gated: Running) -> None:
    copy = await gated.ask("GET", "/-/backup", headers=basic("prometheus", SECRET))
    assert copy.body.startswith(b"SQLite format 3\0")


async def test_sources_and_people_come_in_by_what_they_are_known_by(gated_closed: Running) -> None:
    by_token = await gated_closed.send(firing("DiskFull"), headers=bearer(TOKEN_A))
    by_password = await gated_closed.send(firing("DiskFull"), headers=basic("grafana", PASSWORD))
    assert (by_token.status, by_password.status) == (200, 200)
    incidents = (await gated_closed.get("/api/v1/incidents", headers=bearer(TOKEN_ALICE)))["incidents"]
    assert {one["source"] for one in incidents} == {"cluster-a", "grafana"}


async def test_the_password_of_the_gate_stands_neither_for_a_source_nor_for_a_person(gated_closed: Running) -> None:
    right = basic("prometheus", SECRET)
    assert (await gated_closed.ask("GET", "/-/healthy", headers=right)).status == 200
    refused = await gated_closed.send(firing("DiskFull"), headers=right)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await gated_closed.ask("GET", "/api/v1/incidents", headers=right)).status == 401


async def test_a_source_is_a_source_even_where_a_user_has_its_name_and_password(tmp_path: Path) -> None:
    async with running(tmp_path / "d", CLOSED, web_config_file=web_file(tmp_path, grafana=PASSWORD)) as daemon:
        assert (await daemon.send(firing("DiskFull"), headers=basic("grafana", PASSWORD))).status == 200


async def test_a_reload_forgets_a_user_at_once(gated: Running, tmp_path: Path) -> None:
    right = basic("prometheus", SECRET)
    assert (await gated.ask("GET", "/metrics", headers=right)).status == 200
    web_file(tmp_path, prometheus="another")
    assert (await gated.ask("POST", "/-/reload", headers=right)).status == 200
    assert (await gated.ask("GET", "/metrics", headers=right)).status == 401
    assert (await gated.ask("GET", "/metrics", headers=basic("prometheus", "another"))).status == 200


async def test_the_wrong_password_opens_no_incident(gated: Running) -> None:
    refused = await gated.ask("POST", WEBHOOK, headers=basic("prometheus", "wrong"), json=firing("DiskFull"))
    assert refused.status == 401
    assert await gated.get("/api/v1/incidents", headers=basic("prometheus", SECRET)) == {"incidents": [], "next": None}


# -- what a check costs ---------------------------------------------------------------------------------------------


def users(cost: int) -> dict[str, SecretStr]:
    return {"alice": SecretStr(hashed(SECRET, cost))}


async def seconds(passwords: Passwords, user: str, password: bytes) -> float:
    began = time.perf_counter()
    await passwords.are(user, password)
    return time.perf_counter() - began


async def test_an_unknown_user_costs_what_a_known_one_does_and_the_right_password_costs_once() -> None:
    passwords = Passwords(users(10))
    known = min([await seconds(passwords, "alice", b"wrong") for _ in range(3)])
    unknown = min([await seconds(passwords, "mallory", b"wrong") for _ in range(3)])
    too_long = min([await seconds(passwords, "alice", b"x" * 100) for _ in range(3)])
    assert min(unknown, too_long) > known / 5

    assert await passwords.are("alice", SECRET.encode())
    assert min([await seconds(passwords, "alice", SECRET.encode()) for _ in range(3)]) < known / 5
    passwords.close()


async def test_a_password_that_bcrypt_would_cut_is_never_right() -> None:
    longest = "x" * LONGEST
    passwords = Passwords({"alice": SecretStr(hashed(longest))})
    assert await passwords.are("alice", longest.encode())
    assert not await passwords.are("alice", longest.encode() + b"y")
    passwords.close()


async def test_a_flood_of_guesses_is_cut_off_and_ends() -> None:
    passwords = Passwords(users(8))
    guesses = await asyncio.gather(
        *(passwords.are("alice", f"guess {n}".encode()) for n in range(3 * WAITING)), return_exceptions=True
    )
    assert sum(isinstance(one, TooManyError) for one in guesses) == 2 * WAITING
    assert await passwords.are("alice", SECRET.encode())
    passwords.close()


async def test_only_so_many_are_remembered() -> None:
    names = [f"user-{n}" for n in range(REMEMBERED + 10)]
    passwords = Passwords(dict.fromkeys(names, SecretStr(hashed(SECRET))))
    assert all([await passwords.are(name, SECRET.encode()) for name in names])
    assert len(vars(passwords)["_right"]) == REMEMBERED
    assert SECRET not in repr(vars(passwords))
    passwords.close()


async def test_the_health_check_comes_in_with_a_token(gated_closed: Running, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN_ALICE)
    words = ["healthcheck", "--live", "--url", gated_closed.url]
    for more, code in (([], 1), (["--token-file", str(token)], 0)):
        told = await asyncio.to_thread(CliRunner().invoke, main, [*words, *more])
        assert told.exit_code == code, told.output
