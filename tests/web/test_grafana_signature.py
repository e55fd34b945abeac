"""Grafana signs its webhooks: who is believed by a signature, and for how long."""

import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from rungbell.notifiers.signatures import any_matches
from tests.harness.webhooks import firing
from tests.web.running import POLICY, WEBHOOK, Running, now, running

SECRET = "grafana-secret"
HEADER = "X-Grafana-Alerting-Signature"
CONFIG = f"""{POLICY}
sources:
  grafana: {{hmac: {{secret: {SECRET}}}}}
  timed: {{hmac: {{secret: another-secret, header: X-Signed, timestamp_header: X-Time}}}}
"""


@pytest_asyncio.fixture
async def signed(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "signed", CONFIG) as found:
        yield found


def by(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_the_signatures_of_the_documents_hold() -> None:
    body, secret = b'{"status":"firing"}', [SecretStr(SECRET)]
    plain = b"bf139e3403a31e4b49defad120bc97d578b44bd35af83566821426b9bb7fc97d"
    timed = b"ab55bf0e780f8f32e85451f62e1ba2aee0589e5b2162cd2091e4db5072cc04ae"
    assert any_matches(secret, body, [plain])
    assert any_matches(secret, b"1700000000:" + body, [timed])
    assert not any_matches(secret, body, [timed])


async def test_a_signed_message_is_of_the_source_whose_secret_signed_it(signed: Running) -> None:
    body = json.dumps(firing("DiskFull")).encode()

    number = await signed.accepted(body, headers={HEADER: by(SECRET, body)})

    assert (await signed.incident(number))["source"] == "grafana"


@pytest.mark.parametrize("off", [-299, 0, 299, -301, 301])
async def test_a_time_that_is_signed_may_be_five_minutes_off(signed: Running, off: int) -> None:
    body, at = json.dumps(firing("DiskFull")).encode(), str(int(now().timestamp()) + off)
    headers = {"X-Signed": by("another-secret", f"{at}:".encode() + body), "X-Time": at}

    answer = await signed.send(body, headers=headers)

    assert answer.status == (200 if abs(off) < 300 else 401)


async def test_a_thousand_changes_of_signature_and_body_are_refused(signed: Running) -> None:
    chance, body = random.Random(4711), json.dumps(firing("DiskFull")).encode()
    right = by(SECRET, body)
    for _ in range(1000):
        changed, other = bytearray(body), bytearray(right.encode())
        target = chance.choice((changed, other))
        target[chance.randrange(len(target))] ^= 1 << chance.randrange(7)
        given = other.decode("latin-1")
        if not given.isprintable():
            continue
        answer = await signed.ask("POST", WEBHOOK, data=bytes(changed), headers={HEADER: given.strip() or "x"})
        assert answer.status == 401
    assert (await signed.get("/api/v1/incidents"))["incidents"] == []


@pytest.mark.parametrize(
    "headers", [{HEADER: ""}, {HEADER: "é"}, {"X-Signed": "a" * 64}, {"X-Signed": "a", "X-Time": "now"}, {}]
)
async def test_what_is_no_signature_is_a_plain_401(signed: Running, headers: dict[str, str]) -> None:
    assert (await signed.send(b"{}", headers=headers)).status == 401
