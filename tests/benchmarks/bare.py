"""The program that rungbell is compared to: aiohttp in its own process, which does as little as can be done.

``python -m tests.benchmarks.bare PORT read|parse|hang``: read the body and answer; also parse it; or never answer.
"""

import asyncio
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.harness.ports import LOOPBACK, free_port
from tests.harness.process import Child

BODY_LIMIT = 32 * 1024 * 1024


class Bare:
    """Runs the program for as long as it is needed."""

    def __init__(self, directory: Path, does: str) -> None:
        self.port = free_port()
        self._does = does
        self._child = Child(f"bare aiohttp that {does}s", directory / f"bare-{does}-{self.port}.log")

    @property
    def url(self) -> str:
        """Where a page may go."""
        return f"http://{LOOPBACK}:{self.port}/page"

    async def __aenter__(self) -> Self:
        await self._child.start([sys.executable, "-m", "tests.benchmarks.bare", str(self.port), self._does])
        while True:
            self._child.check_running()
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, self.port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._child.kill()


async def _read(request: web.Request) -> web.Response:
    await request.read()
    return web.json_response({"status": "ok", "incident": 1})


async def _parse(request: web.Request) -> web.Response:
    from rungbell.web.intake.webhook_body import WebhookBody

    message = WebhookBody.model_validate_json(await request.read())
    return web.json_response({"status": "ok", "incident": len(message.alerts or ())})


async def _hang(request: web.Request) -> web.Response:
    await request.read()
    await asyncio.Event().wait()
    return web.Response()


def main(port: int, does: str) -> None:
    """Serve until killed."""
    application = web.Application(client_max_size=BODY_LIMIT)
    handler = {"read": _read, "parse": _parse, "hang": _hang}[does]
    application.router.add_post("/{tail:.*}", handler)
    web.run_app(application, host=LOOPBACK, port=port, access_log=None, print=lambda *_: None)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
