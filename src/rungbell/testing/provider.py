"""A provider on loopback that records every request and answers as told.

One that behaves like a certain provider inherits ``HttpProvider`` and says in ``usual`` how it answers when nobody
told it otherwise; it refuses there what the real one refuses.

May import: aiohttp, multidict and the standard library.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import field
from typing import Any, TypeVar

from aiohttp import web
from multidict import CIMultiDict

from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What came."""

    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes
    query: str = ""

    @property
    def json(self) -> Any:  # noqa: ANN401 -- whatever is JSON
        """The body; raises ``ValueError`` where it is no JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class HttpProvider:
    """Takes everything with 200 until told otherwise."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    """Everything that came."""
    taken: list[Request] = field(default_factory=list)
    """What was accepted, whether the sender was told or not."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    """Bytes to send in place of an answer, before the connection is cut."""
    hangs: bool = False
    """It never answers, and takes nothing."""
    hangs_after: bool = False
    """It takes what comes and never says so."""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def root(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address that a configuration gets."""
        return f"{self.root}/page"

    def usual(self, request: Request) -> web.Response:
        """Answer as the provider does when all is well; anything but a 2xx means that it was not taken."""
        return web.Response()

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer like that from now on; ``Retry_After`` stands for ``Retry-After``."""
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record, and do as told."""
        body = await request.read()
        came = Request(request.method, request.path, CIMultiDict(request.headers), body, request.query_string)
        self.requests.append(came)
        self.came.set()
        if self.hangs:
            await self._over.wait()
        if self.raw is not None:
            assert request.transport is not None
            request.transport.write(self.raw)
            await asyncio.sleep(0)
            request.transport.close()
            return web.Response()
        if self.status is not None and came.path == self.headers.get("Location"):
            answer = web.Response()  # whoever follows a redirect believes that it arrived
        elif self.status is None:
            answer = self.usual(came)
        else:
            answer = web.Response(status=self.status, headers=self.headers, body=self.body)
        if answer.status // 100 == 2:
            self.taken.append(came)
        if self.hangs_after:
            await self._over.wait()
        return answer

    def end(self) -> None:
        """Let go of whoever waits."""
        self._over.set()


Of = TypeVar("Of", bound=HttpProvider)


@asynccontextmanager
async def serving(provider: Of, tls: ssl.SSLContext | None = None) -> AsyncIterator[Of]:
    """Have a provider listen on a port of its own, with TLS or without."""
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", provider.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    provider.port = runner.addresses[0][1]
    try:
        yield provider
    finally:
        provider.end()
        await runner.cleanup()


@asynccontextmanager
async def http_provider(tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpProvider]:
    """Give a provider that takes everything."""
    async with serving(HttpProvider(), tls) as provider:
        yield provider
