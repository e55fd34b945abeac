"""A real Alertmanager whose webhooks get lost on their way, and a rungbell that asks it, and silences there."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.harness.api import Json
from tests.harness.daemon import Daemon
from tests.harness.failures import show_logs_when_failing
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.programs import Alertmanager
from tests.harness.quickstart import derive
from tests.harness.server import LoopbackServer
from tests.harness.waiting import eventually
from tests.harness.webhooks import written

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(180)]


class LossyProxy(LoopbackServer):
    """Passes webhooks on, or answers 200 by itself and loses them."""

    target = ""
    loses = False
    lost = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/", self._pass_on)]

    async def _pass_on(self, request: web.Request) -> web.Response:
        if self.loses:
            self.lost += 1
            return web.Response()
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                self.target, data=await request.read(), headers={"Content-Type": "application/json"}
            ) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read())


@dataclass(frozen=True, slots=True)
class Scene:
    alertmanager: Alertmanager
    proxy: LossyProxy
    rungbell: Daemon

    async def tell(self, path: str, body: object) -> None:
        """What Prometheus or a person tells Alertmanager."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.alertmanager.url}/api/v2/{path}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def asks(self, path: str) -> list[Json]:
        """What Alertmanager has."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.alertmanager.url}/api/v2/{path}") as answer:
            found: list[Json] = await answer.json()
            return found

    async def silenced(self, *names: str) -> None:
        """These alerts come to be silenced, each by one silence, and no other is."""

        async def is_so() -> bool:
            alerts = [(one["labels"]["alertname"], one["status"]["silencedBy"]) for one in await self.asks("alerts")]
            found = {other: len(silences) for other, silences in alerts if silences}
            return found == dict.fromkeys(names, 1)

        await eventually(is_so, f"{names} are silenced once, and nothing else is", within=30, every=0.2)

    async def fires(self, name: str, until: datetime | None = None) -> None:
        """Prometheus repeats that an alert fires, or says that it ended."""
        alert = {"labels": {"alertname": name, "severity": "critical"}, "startsAt": written(STARTED)}
        await self.tell("alerts", [alert | ({"endsAt": written(until)} if until else {})])

    async def ends(self, name: str) -> None:
        await self.fires(name, until=datetime.now(UTC))

    async def incident(self, name: str) -> Json | None:
        found = [one for one in await self.rungbell.api.incidents() if one["title"].startswith(name)]
        return found[0] if found else None

    async def becomes(self, name: str, what: str, value: str) -> None:
        async def is_so() -> bool:
            return str((await self.incident(name) or {}).get(what)).startswith(value)

        await eventually(is_so, f"{what} of {name} becomes {value!r}", within=30, every=0.2)


STARTED = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture
async def scene(pager: PagerReceiver, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    show_logs_when_failing(request, tmp_path)
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(LossyProxy())
        alertmanager = await stack.enter_async_context(Alertmanager(tmp_path / "alertmanager", proxy.url))
        config = derive(tmp_path / "rungbell.yml", page_url=pager.url, acknowledge_within="1h")
        asked = f"{{url: {alertmanager.url}, every: 1s, settle_after: 3s, silence_while_acknowledged: true}}"
        config.write_text(f"{config.read_text()}sources:\n  am: {{anonymous: true, alertmanager: {asked}}}\n")
        rungbell = await stack.enter_async_context(Daemon(tmp_path / "rungbell", config))
        proxy.target = rungbell.webhook_url
        yield Scene(alertmanager, proxy, rungbell)


async def test_what_a_real_alertmanager_could_not_get_through_is_made_good(scene: Scene) -> None:
    await scene.fires("DiskFull")
    await scene.becomes("DiskFull", "status", "triggered")

    ends_at = written(datetime.now(UTC) + timedelta(hours=1))
    matcher = {"name": "alertname", "value": "DiskFull", "isRegex": False}
    silence = {"matchers": [matcher], "startsAt": written(datetime.now(UTC)), "endsAt": ends_at}
    await scene.tell("silences", {**silence, "createdBy": "jane", "comment": "a deployment"})
    await scene.becomes("DiskFull", "suppressed", "silenced in Alertmanager until ")
    assert str((await scene.incident("DiskFull") or {})["suppressed"]).endswith(" UTC by jane: a deployment")

    scene.proxy.loses = True
    await scene.ends("DiskFull")
    await scene.becomes("DiskFull", "alerts_firing", "0")
    kept = 'rungbell_alertmanager_repaired_alerts_total{change="silenced",source="am"} 1.0'
    assert kept in await scene.rungbell.api.metrics()

    scene.proxy.loses = False
    await scene.fires("LoadHigh")
    await scene.becomes("LoadHigh", "status", "triggered")
    scene.proxy.loses = True
    await scene.fires("MemoryFull")
    await scene.becomes("MemoryFull", "status", "triggered")
    assert scene.proxy.lost > 0
    assert str((await scene.incident("LoadHigh") or {})["alerts_firing"]) == "1"


async def test_a_real_alertmanager_is_silent_about_what_somebody_holds_and_only_as_long(scene: Scene) -> None:
    await scene.fires("DiskFull")
    await scene.fires("LoadHigh")
    await scene.becomes("DiskFull", "status", "triggered")
    identity = str((await scene.incident("DiskFull") or {})["id"])

    await scene.rungbell.api.acknowledge(identity, "alice")
    await scene.silenced("DiskFull")
    (silence,) = await scene.asks("silences")
    held = await scene.rungbell.api.incident(identity)
    assert datetime.fromisoformat(silence["endsAt"]) == datetime.fromisoformat(held["acknowledged_until"])
    assert silence["comment"] == f"incident #{held['number']}, cycle 1, is acknowledged by alice [{identity}]"
    await scene.becomes("DiskFull", "suppressed", "silenced in Alertmanager until ")

    await scene.rungbell.api.act(identity, "snooze", by="alice", lasts="7m")

    async def is_shorter() -> bool:
        ends = [datetime.fromisoformat(one["endsAt"]) for one in await scene.asks("silences?active=true")]
        return min(ends) < datetime.now(UTC) + timedelta(minutes=8)

    await eventually(is_shorter, "the silence ends with the snooze", within=30, every=0.2)
    await scene.silenced("DiskFull")

    part = str((await scene.incident("LoadHigh") or {})["id"])
    await scene.rungbell.api.act(part, "merge", by="alice", into=identity)
    await scene.silenced("DiskFull", "LoadHigh")
    await scene.rungbell.api.act(part, "reopen", by="alice")
    await scene.silenced("DiskFull")

    await scene.rungbell.api.act(identity, "unacknowledge", by="alice")
    await scene.silenced()

    await scene.rungbell.api.acknowledge(identity, "alice")
    await scene.silenced("DiskFull")
    await scene.ends("DiskFull")
    await scene.becomes("DiskFull", "alerts_firing", "0")

    async def is_over() -> bool:
        return {one["status"]["state"] for one in await scene.asks("silences")} == {"expired"}

    await eventually(is_over, "the silence has ended with the alert", within=30, every=0.2)
