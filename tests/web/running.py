"""A real daemon in this process, and a client that speaks to it over HTTP."""

import asyncio
import io
import json
import sqlite3
import ssl
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from unittest.mock import patch

import aiohttp

from rungbell.app import Daemon, Options
from rungbell.clock import SystemClock
from rungbell.store.connections import WRITER_PRAGMAS
from rungbell.web.services import Services
from tests.harness.ports import LOOPBACK, free_port
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing

Json: TypeAlias = dict[str, Any]

TOKEN_A = "token-of-cluster-a"
TOKEN_B = "token-of-cluster-b"
TOKEN_ALICE = "token-of-alice"
TOKEN_BOB = "token-of-bob"
PASSWORD = "grafana-password"

WEBHOOK = "/api/v1/alertmanager"
INCIDENTS = "/api/v1/incidents"
PROBLEM = "application/problem+json"

POLICY = """\
zone: UTC
people:
  alice: {name: Alice}
  bob: {name: Bob}
  chen: {name: Chen}
channels:
  pager: {type: webhook, url: "http://127.0.0.1:9/page"}
tiers:
  L1: {role: Support, reach: alice, through: [pager]}
  L2: {role: Senior, reach: bob, through: [pager]}
  L3: {role: Engineering, reach: chen, through: [pager], only: [P0]}
severities:
  P0: &plan
    page: [L1]
    acknowledge_within: 1h
    climb_to: L2
    acknowledgement_lasts: 4h
    stable_for: 30m
    resolves: person
  P1: *plan
  P2: *plan
  P3: *plan
operator: default
"""
"""Nothing climbs while a test runs; L3 is for P0 only."""

OPEN = POLICY
"""Everybody on this machine may send and act."""

CLOSED = f"""{POLICY}
sources:
  cluster-a: {{bearer_token: {TOKEN_A}}}
  cluster-b: {{bearer_token: {TOKEN_B}}}
  grafana: {{basic_auth: {{username: grafana, password: {PASSWORD}}}}}
api_tokens:
  alice: {{token: {TOKEN_ALICE}}}
  bob: {{token: {TOKEN_BOB}}}
"""
"""Every source and every person has a secret of their own."""


def bearer(token: str) -> dict[str, str]:
    """Give the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


class MovableClock(SystemClock):
    """The machine's clock, which a test may put forward."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Give the time of the machine and what the test added."""
        return super().now() + self.ahead


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Json:
        """The body as a JSON object."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def kind(self) -> str:
        """The media type."""
        return self.headers.get("Content-Type", "").partition(";")[0]

    @property
    def problem(self) -> str:
        """What an error says; fails where the answer does not have the one shape of errors."""
        assert self.kind == PROBLEM, (self.status, self.kind, self.body[:300])
        assert self.json["status"] == self.status
        assert self.json["title"] != "Error", "every status that is answered has a title of its own"
        detail = self.json["detail"]
        assert isinstance(detail, str)
        assert detail
        return detail


class Running:
    """One daemon that runs, its store, and a client; ``person`` and ``source`` are the tokens it uses by itself."""

    def __init__(self, daemon: Daemon, session: aiohttp.ClientSession, url: str, person: str, source: str) -> None:
        self.daemon = daemon
        self.url = url
        self.store = daemon.options.storage_path
        self._session = session
        self._person = bearer(person) if person else {}
        self._source = bearer(source) if source else {}

    @property
    def services(self) -> Services:
        """What the handlers of requests work with."""
        found = vars(self.daemon)["_services"]
        assert isinstance(found, Services)
        return found

    async def ask(self, method: str, path: str, **more: Any) -> Answer:  # noqa: ANN401 -- the client's arguments
        """Send a request without following anything, and take the whole answer."""
        more.setdefault("allow_redirects", False)
        if isinstance(more.get("data"), bytes):
            more["data"] = io.BytesIO(more["data"])
        async with self._session.request(method, self.url + path, **more) as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def send(self, webhook: Json | bytes, **more: Any) -> Answer:  # noqa: ANN401
        """Post a webhook as the usual source."""
        body = webhook if isinstance(webhook, bytes) else json.dumps(webhook).encode()
        return await self.ask("POST", WEBHOOK, data=body, **({"headers": self._source} | more))

    async def accepted(self, webhook: Json | bytes, **more: Any) -> int | None:  # noqa: ANN401
        """Post a webhook that must be taken, and give the number of its incident."""
        answer = await self.send(webhook, **more)
        assert answer.status == 200, answer.text
        number = answer.json["incident"]
        assert number is None or isinstance(number, int)
        return number

    async def opened(self, name: str, **more: Any) -> int:  # noqa: ANN401
        """Open an incident, wait until its first pages have left, and give its number."""
        return await self.opened_by(firing(name, **more))

    async def opened_by(self, webhook: Json) -> int:
        """Post a webhook that opens an incident, wait until its first pages have left, and give its number."""
        number = await self.accepted(webhook)
        assert number is not None

        async def left() -> bool:
            pages = (await self.incident(number))["pages"]
            return bool(pages) and all(page["state"] == "accepted" for page in pages)

        await eventually(left, f"the pages of #{number} leave", within=10, every=0.01)
        return number

    async def ready(self, *, within: float = 5) -> None:
        """Wait until it says that it is ready: that its clocks were looked at comes just after it listens."""

        async def is_ready() -> bool:
            return (await self.ask("GET", "/-/ready")).status == 200

        await eventually(is_ready, "the daemon is ready", within=within)

    async def get(self, path: str, **more: Any) -> Json:  # noqa: ANN401
        """Read something from the API."""
        answer = await self.ask("GET", path, **({"headers": self._person} | more))
        assert answer.status == 200, answer.text
        return answer.json

    async def incident(self, reference: object) -> Json:
        """Read one incident whole."""
        return await self.get(f"{INCIDENTS}/{reference}")

    async def timeline(self, reference: object) -> list[Json]:
        """Read what happened to an incident."""
        found = (await self.get(f"{INCIDENTS}/{reference}/timeline"))["timeline"]
        assert isinstance(found, list)
        return found

    async def incidents(self, query: str = "limit=500") -> list[Json]:
        """Read a page of the list."""
        found = (await self.get(f"{INCIDENTS}?{query}"))["incidents"]
        assert isinstance(found, list)
        return found

    async def operator_incidents(self, source: str) -> list[Json]:
        """Read the incidents about rungbell's own troubles with a source."""
        own = [one for one in await self.incidents() if one["source"] == "rungbell"]
        whole = [await self.incident(one["number"]) for one in own]
        return [one for one in whole if one["group_labels"] == {"source": source}]

    async def whole_view(self) -> Json:
        """Read everything the API tells of every incident."""
        return {
            one["id"]: [await self.incident(one["id"]), await self.timeline(one["id"])]
            for one in await self.incidents()
        }

    async def act(self, reference: object, act: str, body: Json | bytes | None = None, **more: Any) -> Answer:  # noqa: ANN401
        """Do what a person does."""
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        path = f"{INCIDENTS}/{reference}/{act}"
        return await self.ask("POST", path, data=data, **({"headers": self._person} | more))

    async def still_works(self, name: str) -> None:
        """Send a good webhook under a new name and find its incident."""
        number = await self.accepted(firing(f"After-{name}"))
        assert number is not None
        found = await self.incident(number)
        assert found["title"].startswith(f"After-{name}")
        assert found["status"] == "triggered"


async def raw(url: str, request: bytes) -> bytes:
    """Send bytes as they are and read until the other side closes."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def rows_of(store: Path, *, without: Container[str] = ()) -> dict[str, int]:
    """Count the rows of every table over a connection of one's own."""
    with_tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    connection = sqlite3.connect(store)
    try:
        names = [name for (name,) in connection.execute(with_tables) if name not in without]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
    finally:
        connection.close()


def _written(directory: Path, config: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "rungbell.yml"
    file.write_text(config)
    file.chmod(0o600)
    return file


@asynccontextmanager
async def running(
    directory: Path,
    config: str = OPEN,
    *,
    host: str = LOOPBACK,
    stub: bool = True,
    trust: ssl.SSLContext | None = None,
    **more: Any,  # noqa: ANN401 -- further options
) -> AsyncIterator[Running]:
    """Start a daemon on the store of ``directory``, and stop it in the end; ``trust`` makes its client speak TLS.

    Its store does not wait for the disk, since nobody cuts the power.
    """
    port = free_port()
    file, store = _written(directory, config), directory / "rungbell.db"
    daemon = Daemon(Options(file, store, listen=((host, port),), stub_notifiers=stub, **more))
    closed = "api_tokens:" in config
    person, source = (TOKEN_ALICE, TOKEN_A) if closed else ("", "")
    connector = aiohttp.TCPConnector(limit=0, ssl=trust or True)
    timeout = aiohttp.ClientTimeout(total=60)
    shown = f"[{host}]" if ":" in host else host
    url = f"{'https' if trust else 'http'}://{shown}:{port}{daemon.options.prefix}"
    with patch.dict(WRITER_PRAGMAS, synchronous=0):
        await daemon.start()
        try:
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                yield Running(daemon, session, url, person, source)
        finally:
            await daemon.stop()


def now() -> datetime:
    """Give the time, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
