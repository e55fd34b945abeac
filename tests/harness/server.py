"""A small HTTP server on a loopback port that can be stopped and started again on the same one."""

from types import TracebackType
from typing import Self

from aiohttp import web

from tests.harness.ports import LOOPBACK, free_port


class LoopbackServer:
    """What the harness's own servers have in common; a subclass adds its routes to ``routes``."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """Name what the server answers."""
        raise NotImplementedError

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self.port, backlog=1024).start()

    async def stop(self) -> None:
        """Close the port and every connection; connecting is refused from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
