"""Making, listing and revoking tokens over the API; and that no secret stays anywhere."""

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from rungbell.domain.token import Scope, Token
from tests.harness.waiting import eventually
from tests.web.running import INCIDENTS, TOKEN_ALICE, TOKEN_BOB, Json, MovableClock, Running, bearer, now

TOKENS = "/api/v1/tokens"
ALICE = bearer(TOKEN_ALICE)
READER = {"name": "a dashboard", "scopes": ["read"]}


async def make(daemon: Running, body: Json, headers: dict[str, str] = ALICE) -> Json:
    answer = await daemon.ask("POST", TOKENS, json=body, headers=headers)
    assert answer.status == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


async def test_a_token_is_made_listed_used_and_revoked(closed: Running) -> None:
    made = await make(closed, {"name": "on call", "scopes": ["act"], "person": "bob", "lasts": "90d"})
    token, secret = made["token"], bearer(made["secret"])
    assert re.fullmatch("rb_[0-9a-f]{12}_[0-9a-f]{64}", made["secret"])
    assert made["secret"].startswith(f"rb_{token['id']}_")
    assert (token["name"], token["scopes"], token["person"], token["source"]) == ("on call", ["act"], "bob", None)
    assert (token["state"], token["created_by"], token["revoked_at"]) == ("live", "alice", None)
    assert token["expires_at"][:10] == f"{now() + timedelta(days=90):%Y-%m-%d}"
    assert (await closed.get(TOKENS))["tokens"] == [token]
    assert (await closed.ask("GET", INCIDENTS, headers=secret)).status == 200

    for _ in range(2):
        revoked = await closed.ask("DELETE", f"{TOKENS}/{token['id']}", headers=ALICE)
        assert (revoked.status, revoked.json["state"]) == (200, "revoked")
        assert (await closed.ask("GET", INCIDENTS, headers=secret)).status == 401
    assert (await closed.get(TOKENS))["tokens"] == [revoked.json]
    assert (await closed.ask("DELETE", f"{TOKENS}/{'0' * 12}", headers=ALICE)).status == 404


async def test_a_token_that_lasts_stops_to_count_at_its_end(clock: MovableClock, closed: Running) -> None:
    made = await make(closed, READER | {"lasts": "1h"})
    secret = bearer(made["secret"])
    clock.ahead = timedelta(minutes=59)
    assert (await closed.ask("GET", INCIDENTS, headers=secret)).status == 200
    clock.ahead = timedelta(minutes=61)
    assert (await closed.ask("GET", INCIDENTS, headers=secret)).status == 401
    assert [one["state"] for one in (await closed.get(TOKENS))["tokens"]] == ["expired"]


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"scopes": []}, 422, "scopes"),
        ({"scopes": ["root"]}, 400, "scopes"),
        ({"scopes": "read"}, 400, "scopes"),
        ({"scopes": ["act"]}, 422, "person"),
        ({"scopes": ["admin"], "person": "mallory"}, 422, "mallory"),
        ({"scopes": ["ingest"]}, 422, "source"),
        ({"scopes": ["ingest"], "source": "nowhere"}, 422, "cluster-a"),
        ({"source": "cluster-a"}, 422, "source"),
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 101}, 400, "name"),
        ({"name": None}, 400, "name"),
        ({"lasts": "0s"}, 400, "lasts"),
        ({"lasts": "forever"}, 400, "lasts"),
        ({"lasts": 90}, 400, "lasts"),
        ({"lasts": "11y"}, 400, "lasts"),
        ({"secret": "mine"}, 400, "secret"),
        ({"by": "bob"}, 403, "alice"),
    ],
    ids=str,
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_token_that_cannot_be_made_says_why(
    change: Json, status: int, says: str, shared_closed: Running
) -> None:
    answer = await shared_closed.ask("POST", TOKENS, json=READER | change, headers=ALICE)
    assert answer.status == status, answer.text
    assert says in answer.problem
    assert (await shared_closed.get(TOKENS))["tokens"] == []


async def test_without_tokens_whoever_makes_the_first_may_say_who_it_is(daemon: Running) -> None:
    refused = await daemon.ask("POST", TOKENS, json=READER | {"by": "mallory"})
    assert refused.status == 422
    assert (await make(daemon, READER | {"by": "bob"}, {}))["token"]["created_by"] == "bob"
    assert (await make(daemon, READER, {}))["token"]["created_by"] == "local"


@pytest.fixture
def read_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rungbell.runtime.books.tokens.REREAD_SECONDS", 0.02)


@pytest.mark.usefixtures("read_again_soon")
async def test_a_token_that_another_replica_made_or_revoked_counts_within_seconds(closed: Running) -> None:
    token = Token(id="a" * 12, name="x", scopes=frozenset({Scope.READ}), created_at=now(), created_by="alice")
    hash_ = hashlib.sha256(b"made elsewhere").hexdigest()

    async def status() -> int:
        return (await closed.ask("GET", INCIDENTS, headers=bearer("made elsewhere"))).status

    assert await status() == 401
    await closed.services.store.write(lambda transaction: transaction.add_token(hash_, token))
    await eventually(lambda: _is(status, 200), "it counts", within=5, every=0.02)
    await closed.services.store.write(lambda transaction: transaction.revoke_token(token.id, now()))
    await eventually(lambda: _is(status, 401), "it counts no more", within=5, every=0.02)


async def _is(status: object, wanted: int) -> bool:
    assert callable(status)
    found: int = await status()
    return found == wanted


async def test_while_the_store_is_away_known_tokens_count_and_none_is_made_or_revoked(closed: Running) -> None:
    made = await make(closed, READER)
    await closed.services.store.close()
    assert (await closed.ask("GET", INCIDENTS, headers=bearer(made["secret"]))).status == 503, "known, but no store"
    assert (await closed.ask("GET", INCIDENTS, headers=bearer("rb_x"))).status == 401
    assert (await closed.ask("POST", TOKENS, json=READER, headers=ALICE)).status == 503
    assert (await closed.ask("DELETE", f"{TOKENS}/{made['token']['id']}", headers=ALICE)).status == 503


async def test_no_secret_is_in_the_store_the_log_a_list_or_an_error(
    closed: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = [TOKEN_ALICE, TOKEN_BOB]
    said: list[str] = []
    for body in (READER, {"name": "x", "scopes": ["admin"], "person": "bob"}):
        made = await make(closed, body)
        secrets.append(made["secret"])
        header = bearer(made["secret"])
        for method, path in (("GET", INCIDENTS), ("POST", TOKENS), ("POST", "/-/reload"), ("POST", "/webhook")):
            answer = await closed.ask(method, path, headers=header, data=b'{"name": 1}' if method == "POST" else None)
            said.append(answer.text + json.dumps(dict(answer.headers)))
        said.append(json.dumps(await closed.get(TOKENS)))
        said.append((await closed.ask("DELETE", f"{TOKENS}/{made['token']['id']}", headers=ALICE)).text)
        said.append((await closed.ask("GET", INCIDENTS, headers=header)).text)
    said += [(await closed.ask("GET", path)).text for path in ("/metrics", "/", "/-/ready")]
    told = capfd.readouterr()
    backup = await closed.ask("GET", "/-/backup", headers=ALICE)
    kept = b"".join(file.read_bytes() for file in sorted(_files(closed.store))) + backup.body
    assert "a token was made" in told.out + told.err, "the log is what was looked at"
    assert hashlib.sha256(secrets[-1].encode()).hexdigest().encode() in kept, "the store is what was looked at"
    for secret in secrets:
        drawn = secret.rpartition("_")[2]
        assert drawn not in "".join(said) + told.out + told.err
        assert drawn.encode() not in kept


def _files(store: Path) -> list[Path]:
    return [file for file in store.parent.glob(f"{store.name}*") if file.is_file()]
