"""A provider on loopback that records every request and answers as told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict


@dataclass(frozen=True, slots=True)
class Request:
    """What came."""

    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes


@dataclass(slots=True)
class HttpProvider:
    """Answers 200 until told otherwise."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Bytes to send in place of an answer, before the connection is reset."""
    hangs: bool = False
    came: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/page"

    def answers(self, status: int, **headers: str) -> None:
        """Answer like that from now on; ``Retry_After`` stands for ``Retry-After``."""
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append(Request(request.method, request.path, CIMultiDict(request.headers), body))
        self.came.set()
        if self.hangs:
            await self._over.wait()
        if self.raw is not None:
            assert request.transport is not None
            request.transport.write(self.raw)
            await asyncio.sleep(0)
            request.transport.close()
        return web.Response(status=self.status, headers=self.headers)

    def end(self) -> None:
        self._over.set()


@asynccontextmanager
async def http_provider(tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpProvider]:
    """A provider that listens on a port of its own, with TLS or without."""
    provider = HttpProvider()
    app = web.Application()
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
