"""A service elsewhere is told that rungbell lives: while it does, and not while nobody would be paged."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from structlog.testing import capture_logs

from rungbell.clock import SystemClock
from rungbell.config.http import HttpSettings
from rungbell.config.settings import HeartbeatSettings
from rungbell.domain.errors import StoreUnavailable
from rungbell.runtime.watching import sign_of_life
from rungbell.runtime.watching.sign_of_life import SignOfLife
from rungbell.store import Store
from rungbell.telemetry import Metrics
from tests.harness.ports import LOOPBACK, free_port
from tests.telemetry.exposition import figure

SECRET = "7f3b-canary"


@dataclass
class Service:
    """Takes signs of life on loopback."""

    url: str = ""
    status: int = 200
    taken: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append(f"{request.method} {request.path}")
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


class StoreOf:
    """A store in which so much waits; one that is ``away`` cannot be read."""

    def __init__(self, due: int = 0, unsent: timedelta | None = None, away: str = "") -> None:
        self._due, self._unsent, self._away = due, unsent, away

    async def read(self, work: Callable[[Any], Any]) -> Any:  # noqa: ANN401
        if self._away:
            raise StoreUnavailable(self._away)
        return work(self)

    def due_incidents(self, before: datetime, _limit: int) -> list[int]:
        assert datetime.now(UTC) - before >= timedelta(seconds=59), "what has just become due is not late"
        return [1] * self._due

    def oldest_unsent(self) -> datetime | None:
        return None if self._unsent is None else datetime.now(UTC) - self._unsent


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    found, app = Service(), web.Application()
    app.router.add_route("*", "/{path:.*}", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, LOOPBACK, port).start()
    found.url = f"http://{LOOPBACK}:{port}/{SECRET}"
    yield found
    await runner.cleanup()


@dataclass
class Scene:
    """One giver of signs, what it counts, and why nobody would be paged."""

    giver: SignOfLife
    metrics: Metrics
    why_not: list[str]

    def counted(self) -> tuple[float, ...]:
        text = self.metrics.text().decode()
        return tuple(figure(text, f"rungbell_heartbeats_{name}_total") for name in ("sent", "failed", "withheld"))


Make = Callable[..., Scene]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    async with aiohttp.ClientSession() as session:

        def made(url: str, store: StoreOf | None = None, every: float = 60) -> Scene:
            metrics, why_not = Metrics(), [""]
            giver = SignOfLife(
                store=cast("Store", store or StoreOf()),
                clock=SystemClock(),
                metrics=metrics,
                session=session,
                unready=lambda: why_not[0],
                settings=HeartbeatSettings(SecretStr(url), timedelta(seconds=every), HttpSettings()),
            )
            return Scene(giver, metrics, why_not)

        yield made


async def test_while_all_is_well_a_sign_is_given_as_often_as_asked(service: Service, make: Make) -> None:
    scene = make(service.url)
    for _ in range(3):
        await scene.giver.look()
    assert service.taken == [f"GET /{SECRET}"]

    frequent = make(service.url, every=0)
    for _ in range(3):
        await frequent.giver.look()
    assert len(service.taken) == 4
    assert frequent.counted() == (3, 0, 0)


async def test_nobody_is_told_where_nobody_is_to_be(service: Service, make: Make) -> None:
    scene = make(service.url)
    scene.giver.configure(None)
    await scene.giver.look()
    assert service.taken == []
    assert scene.counted() == (0, 0, 0)


async def test_a_reload_gives_one_at_once(service: Service, make: Make) -> None:
    scene = make(service.url)
    await scene.giver.look()
    scene.giver.configure(HeartbeatSettings(SecretStr(f"{service.url}-2"), timedelta(hours=1), HttpSettings()))
    await scene.giver.look()
    assert service.taken == [f"GET /{SECRET}", f"GET /{SECRET}-2"]


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (StoreOf(due=1), "a clock that is due is not served"),
        (StoreOf(unsent=timedelta(minutes=2)), "a page that is due is not sent"),
        (StoreOf(away="the store cannot be read"), "the store cannot be read"),
    ],
)
async def test_none_is_given_while_something_waits_too_long_or_nobody_can_tell(
    service: Service, make: Make, store: StoreOf, said: str
) -> None:
    scene = make(service.url, store)
    with capture_logs() as told:
        await scene.giver.look()
    assert service.taken == []
    assert scene.counted() == (0, 0, 1)
    assert [event["why"] for event in told] == [said]


async def test_a_page_that_has_just_become_due_is_no_reason_to_be_silent(service: Service, make: Make) -> None:
    await make(service.url, StoreOf(unsent=timedelta(seconds=5))).giver.look()
    assert len(service.taken) == 1


async def test_none_is_given_while_rungbell_is_not_ready_and_again_when_it_is(service: Service, make: Make) -> None:
    scene = make(service.url, every=0)
    scene.why_not[0] = "the store cannot be written"
    await scene.giver.look()
    assert service.taken == []

    scene.why_not[0] = ""
    await scene.giver.look()
    assert len(service.taken) == 1
    assert scene.counted() == (1, 0, 1)


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_what_is_not_taken_is_told_without_the_address_and_no_redirect_is_followed(
    service: Service, make: Make, status: int
) -> None:
    service.status = status
    scene = make(service.url)
    with capture_logs() as told:
        await scene.giver.look()
    assert service.taken == [f"GET /{SECRET}"]
    assert scene.counted() == (1, 1, 0)
    assert f"HTTP {status}" in str(told)
    assert SECRET not in str(told)


async def test_a_service_that_is_not_there_is_told_without_the_address(make: Make) -> None:
    scene = make(f"http://{LOOPBACK}:{free_port()}/{SECRET}")
    with capture_logs() as told:
        await scene.giver.look()
    assert scene.counted() == (1, 1, 0)
    assert "Connection refused" in str(told)
    assert SECRET not in str(told)


async def test_a_service_that_does_not_answer_holds_up_nothing_for_long(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_of_life, "TIMEOUT", 0.2)

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side has had enough
        writer.close()
        await writer.wait_closed()

    silent = await asyncio.start_server(hear, LOOPBACK, 0)
    async with silent:
        scene = make(f"http://{LOOPBACK}:{silent.sockets[0].getsockname()[1]}/{SECRET}")
        with capture_logs() as told:
            await asyncio.wait_for(scene.giver.look(), 3)
    assert scene.counted() == (1, 1, 0)
    assert "is not answered within 0.2 s" in str(told)
