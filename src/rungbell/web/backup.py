"""``GET /-/backup``: a whole copy of the store, for those who may act on incidents.

May import: the rest of ``web``, ``store`` (the port).
"""

import asyncio

from aiohttp import web

from rungbell.web.access import person_or_refuse
from rungbell.web.services import SERVICES

CHUNK = 262_144


def routes() -> list[web.RouteDef]:
    """Every path of this module."""
    return [web.get("/-/backup", backup, allow_head=False)]


async def backup(request: web.Request) -> web.StreamResponse:
    """Copy the store, send the copy, remove it."""
    services = request.app[SERVICES]
    person_or_refuse(request, services)
    path = await services.store.copy()
    try:
        file = await asyncio.to_thread(path.open, "rb")
    finally:
        await asyncio.to_thread(path.unlink)
    with file:
        response = web.StreamResponse(headers={"Content-Type": "application/vnd.sqlite3", "Cache-Control": "no-store"})
        response.content_length = await asyncio.to_thread(file.seek, 0, 2)
        await asyncio.to_thread(file.seek, 0)
        await response.prepare(request)
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            await response.write(chunk)
        await response.write_eof()
    return response
