"""A server of calendars on loopback that answers as told, well or badly."""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from tests.harness.server import LoopbackServer


@dataclass(slots=True)
class Answer:
    """What is answered from now on."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    breaks_off: bool = False


class CalendarServer(LoopbackServer):
    """Answers every path alike; ``ETag`` follows the body."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = Answer(status=404)
        self.asked: list[web.BaseRequest] = []
        self.statuses: list[int] = []
        self._over = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token-of-the-calendar/team.ics"

    def says(self, body: bytes, **headers: str) -> None:
        """Give that calendar; ``Content_Encoding`` stands for ``Content-Encoding``."""
        self.answer = Answer(body, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def fails(self, status: int, **headers: str) -> None:
        self.answer = Answer(b"<html>sorry</html>", status, headers)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/{path:.*}", self._give)]

    async def stop(self) -> None:
        self._over.set()
        await super().stop()

    async def _give(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        answer = self.answer
        if answer.hangs:
            await self._over.wait()
        tag = f'"{zlib.crc32(answer.body)}"'
        unchanged = answer.status == 200 and request.headers.get("If-None-Match") == tag
        self.statuses.append(304 if unchanged else answer.status)
        if unchanged:
            return web.Response(status=304)
        headers = {"Content-Type": "text/calendar", **({"ETag": tag} if answer.status == 200 else {}), **answer.headers}
        if not answer.breaks_off:
            return web.Response(body=answer.body, status=answer.status, headers=headers)
        response = web.StreamResponse(headers={**headers, "Content-Length": str(len(answer.body) + 1)})
        await response.prepare(request)
        await response.write(answer.body)
        assert request.transport is not None
        request.transport.abort()
        return response
