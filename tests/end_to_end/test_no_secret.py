"""No secret is ever read, and nobody's number or address: recognisable ones stand wherever one may, everything goes
wrong, and nobody finds them again.

Looked through: the log at its most talkative, every answer over HTTP, the metrics, and what ``check config`` prints.
"""

import asyncio
import base64
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent
from urllib.parse import quote

import aiohttp
import pytest

from rungbell.telemetry import LOG_FORMATS
from tests.harness.pager_receiver import UNAVAILABLE, PagerReceiver
from tests.harness.ports import LOOPBACK, free_port
from tests.harness.process import Child
from tests.harness.waiting import eventually
from tests.harness.webhooks import Json, firing
from tests.notifiers.smtp_server import authority, mail_server

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(180)]

PLACES = (
    "source-bearer", "source-password", "api-token-of-alice", "api-token-of-bob", "webhook-secret", "webhook-bearer",
    "webhook-header", "webhook-url", "dead-url", "mail-password", "third-party", "wrong-bearer", "wrong-api-token",
    "misplaced", "unfinished", "unreadable-request", "bogus-link",
)  # fmt: skip
"""Where a secret may stand, or what somebody took for one."""
CRASHING = dedent(
    '''
    from pydantic import BaseModel, ConfigDict, SecretStr


    class Settings(BaseModel):
        model_config = ConfigDict(extra="forbid")
        key: SecretStr


    class CrashingNotifier:
        """Says its key in the exception it dies of, as careless libraries do."""

        settings = Settings
        needs = None

        def __init__(self, settings, session):
            self._key = settings.key.get_secret_value()

        async def send(self, message):
            try:
                contacts = message.person.contacts
                squeezed = contacts["phone"].replace(" ", "")
                unreachable = f"{contacts} of {squeezed}, %2B{squeezed[1:]}, {contacts['email'].upper()}"
                raise KeyError(f"no route for https://example.org/?key={self._key} to {unreachable}")
            except KeyError as error:
                raise RuntimeError(f"the key {self._key} does not open") from error
    '''
)
CONFIG = """\
zone: UTC
people:
  alice: {{name: Alice, email: {alice-address}, phone: "{alice-number}"}}
  bob: {{name: Bob, email: bob@example.org}}
channels:
  pager:
    type: webhook
    url: "{pager}?token={webhook-url}"
    secret: {webhook-secret}
    bearer_token_file: webhook-bearer
    headers: {{X-Key: {webhook-header}}}
  dead: {{type: webhook, url: "http://user:{dead-url}@127.0.0.1:9/hook/{dead-url}"}}
  mail: {{type: email, host: 127.0.0.1, port: {mail_port}, from: rungbell@example.org, username: rungbell,
    password: {mail-password}, ca_file: {authority}}}
  crash: {{type: crashing, key: {third-party}}}
tiers:
  L1: {{role: Support, reach: alice, through: [pager, dead, mail, crash]}}
  L2: {{role: Senior, reach: bob, through: [pager]}}
severities:
  P0: &plan {{page: [L1], acknowledge_within: 1h, climb_to: L2, acknowledgement_lasts: 4h, stable_for: 0s, \
resolves: window}}
  P1: *plan
  P2: *plan
  P3: *plan
operator: default
sources:
  cluster-a: {{bearer_token: {source-bearer}}}
  grafana: {{basic_auth: {{username: grafana, password: {source-password}}}}}
api_tokens:
  alice: {{token: {api-token-of-alice}}}
  bob: {{token_file: bob}}
"""

EXTERNAL = "https://rungbell.example.com"


class Stage:
    """One daemon as a process, and everything that could be read of it."""

    def __init__(self, folder: Path, canaries: dict[str, str]) -> None:
        self.folder = folder
        self.canaries = canaries
        self.config = folder / "rungbell.yml"
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.child = Child("rungbell", folder / "rungbell.log")
        self.links: list[str] = []
        self.read: list[tuple[str, str]] = []
        """What was read, and where."""

    async def start(self, log_format: str) -> None:
        environment = ["env", f"PYTHONPATH={self.folder / 'plugins'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"]
        flags = [
            f"--config.file={self.config}", f"--storage.path={self.folder / 'rungbell.db'}",
            f"--web.listen-address={LOOPBACK}:{self.port}", f"--web.external-url={EXTERNAL}",
            f"--log.format={log_format}", "--log.level=debug",
        ]  # fmt: skip
        await self.child.start([*environment, sys.executable, "-m", "rungbell", "serve", *flags])
        await eventually(self._is_ready, "rungbell is ready", within=30)

    async def _is_ready(self) -> bool:
        self.child.check_running()
        try:
            return await self.ask("GET", "/-/ready") == 200
        except aiohttp.ClientError:
            return False

    async def ask(self, method: str, path: str, *, token: str = "", password: str = "", **more: object) -> int:
        """Send a request, keep what comes back, and give its status."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if password:
            headers["Authorization"] = f"Basic {base64.b64encode(f'grafana:{password}'.encode()).decode()}"
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, self.url + path, allow_redirects=False, **more) as answer,  # type: ignore[arg-type]
        ):
            # where a link leads is its own page, which only its owner asked for
            told = "" if path.startswith("/a/") else f"{dict(answer.headers)}"
            self.read.append((f"the answer to {method} {path[:12]}", told + await answer.text()))
            return answer.status

    async def webhook(self, body: Json | bytes, token: str) -> int:
        data = {"data": body} if isinstance(body, bytes) else {"json": body}
        return await self.ask("POST", "/api/v1/alertmanager", token=token, **data)

    async def says(self, text: str) -> None:
        """Wait until the log says it."""

        async def said() -> bool:
            return text in self.child.logs

        await eventually(said, f"the log says {text!r}", within=20)

    def check(self, what: str) -> None:
        """Let ``check config`` look at the file."""
        path = f"{self.folder / 'plugins'}"
        done = subprocess.run(
            [sys.executable, "-m", "rungbell", "check", "config", str(self.config)],
            capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        self.read.append((f"check config of {what}", done.stdout + done.stderr))

    def found(self) -> list[str]:
        """Every secret that can be read somewhere, in a spelling that gives it away."""
        self.read.append(("the log", self.child.logs))
        planted = dict(self.canaries)
        number = planted["alice-number"]
        planted |= {"squeezed number": number.replace(" ", ""), "bare number": number[1:].replace(" ", "")}
        planted |= {"shouted address": planted["alice-address"].upper()}
        planted |= {f"link {number}": link.rpartition("/")[2] for number, link in enumerate(self.links)}
        keys = (self.folder / "rungbell.db.keys").read_text().split()
        planted |= {f"key {number}": key for number, key in enumerate(keys)}
        return [
            f"{name} in {where}"
            for name, secret in planted.items()
            for where, text in self.read
            if any(spelling in text for spelling in (secret, quote(secret, safe=""), _basic(secret)))
        ]


def _basic(secret: str) -> str:
    """What Basic authentication makes of it, but for the ends that depend on their neighbours."""
    return base64.b64encode(f"grafana:{secret}".encode()).decode().rstrip("=")[:-2]


@pytest.fixture
def canaries() -> dict[str, str]:
    contacts = {"alice-number": "+44 20 7946 0173", "alice-address": f"canary.{secrets.token_hex(6)}@example.org"}
    return {place: f"canary-{place}-{secrets.token_hex(6)}" for place in PLACES} | contacts


@pytest.fixture
def stage(tmp_path: Path, canaries: dict[str, str]) -> Iterator[tuple[Stage, PagerReceiver]]:
    """The secrets stand in their places; the mail server quotes the password it refuses."""
    plugins = tmp_path / "plugins"
    (plugins / "crashing-1.dist-info").mkdir(parents=True)
    (plugins / "crashing.py").write_text(CRASHING)
    (plugins / "crashing-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: crashing\nVersion: 1\n")
    (plugins / "crashing-1.dist-info" / "entry_points.txt").write_text(
        "[rungbell.notifiers]\ncrashing = crashing:CrashingNotifier\n"
    )
    for name, secret in (("webhook-bearer", canaries["webhook-bearer"]), ("bob", canaries["api-token-of-bob"])):
        (tmp_path / name).write_text(f"{secret}\n")
        (tmp_path / name).chmod(0o600)
    pager = PagerReceiver()
    with ExitStack() as stack:
        issued = authority(tmp_path)
        mail = stack.enter_context(mail_server(issued.context))
        mail.login_answer = f"535 5.7.8 the password {canaries['mail-password']} is wrong"
        found = Stage(tmp_path, canaries)
        found.config.write_text(CONFIG.format(pager=pager.url, mail_port=mail.port, authority=issued.file, **canaries))
        found.config.chmod(0o600)
        yield found, pager


async def everything_goes_wrong(stage: Stage, pager: PagerReceiver) -> None:
    """Good and bad requests, failing providers, a notifier that dies, links that are used, files that are broken."""
    secret = stage.canaries
    pager.answer_next(UNAVAILABLE)
    assert await stage.webhook(firing("DiskFull"), secret["source-bearer"]) == 200
    assert await stage.ask("POST", "/webhook", json=firing("CpuHot"), password=secret["source-password"]) == 200
    assert await stage.ask("POST", "/webhook", json=firing("CpuHot"), password=secret["wrong-bearer"]) == 401
    assert await stage.webhook(firing("DiskFull"), secret["wrong-bearer"]) == 401
    assert await stage.webhook(b"nonsense", secret["source-bearer"]) == 400
    await _malformed(stage)

    assert await stage.ask("GET", "/api/v1/incidents", token=secret["wrong-api-token"]) == 401
    assert await stage.ask("GET", f"/a/{secret['bogus-link']}") == 404
    assert await stage.ask("POST", f"/a/{secret['bogus-link']}") == 404
    stage.links = [page.acknowledge_url for page in await pager.wait_for(2, 30)]
    for path in (link.removeprefix(EXTERNAL) for link in stage.links):
        assert await stage.ask("GET", path) == 200
        assert await stage.ask("POST", path) == 303
        assert await stage.ask("POST", path) == 303, "used again"
        assert await stage.ask("GET", path) == 200
    for channel, reason in (("dead", "unreachable"), ("mail", "unauthorized"), ("crash", "internal")):
        await stage.says(channel)
        await stage.says(reason)
    await stage.says("notifier failed")

    await _reloads(stage)
    token = secret["api-token-of-alice"]
    for path in ("/", "/-/healthy", "/-/ready", "/metrics", "/api/v1/incidents", "/api/v1/people", "/api/v1/oncall"):
        assert await stage.ask("GET", path, token=token) == 200
    for number in (1, 2):
        for path in ("", "/timeline", "/timeline/export", "/timeline/markdown", "/outlook", "/communications"):
            assert await stage.ask("GET", f"/api/v1/incidents/{number}{path}", token=secret["api-token-of-bob"]) == 200
    assert await stage.ask("GET", "/no/such/path", token=token) == 404


async def _malformed(stage: Stage) -> None:
    """What the server cannot read as HTTP; its answer quotes it, to nobody but who sent it."""
    reader, writer = await asyncio.open_connection(LOOPBACK, stage.port)
    canary = stage.canaries["unreadable-request"]
    writer.write(f"GET /a/{canary} HTTP/1.1\r\nHost: pot\r\nAuthorization : Bearer {canary}\r\n\r\n".encode())
    await writer.drain()
    async with asyncio.timeout(10):
        assert (await reader.read()).startswith(b"HTTP/1.0 400")
    writer.close()
    await writer.wait_closed()
    await stage.says("a library says")


async def _reloads(stage: Stage) -> None:
    """A file with a secret under the wrong key, one that ends in the middle of a secret, and the good one."""
    good = stage.config.read_text()
    token = stage.canaries["api-token-of-alice"]
    stage.check("the good file")
    misplaced = good.replace("bearer_token_file: webhook-bearer", f"bearer_token_file: {stage.canaries['misplaced']}")
    unfinished = f'{good}extra: {{token: "{stage.canaries["unfinished"]}\n'
    for what, broken in (("a misplaced secret", misplaced), ("an unfinished file", unfinished)):
        stage.config.write_text(broken)
        assert await stage.ask("POST", "/-/reload", token=token) == 500
        stage.check(what)
    stage.child.send_signal(signal.SIGHUP)
    await stage.says("the old one stays")
    stage.config.write_text(good)
    assert await stage.ask("POST", "/-/reload", token=token) == 200
    await stage.says("was read again")


@pytest.mark.parametrize("log_format", LOG_FORMATS)
async def test_no_secret_can_be_read_anywhere(log_format: str, stage: tuple[Stage, PagerReceiver]) -> None:
    scene, receiver = stage
    async with receiver:
        try:
            await scene.start(log_format)
            await everything_goes_wrong(scene, receiver)
            assert await scene.child.terminate(25) == 0
        finally:
            await scene.child.kill()
    found = scene.found()
    assert not found, f"{found}\n{scene.child.logs}"
    assert len(scene.read) > 25, "there was something to read"
