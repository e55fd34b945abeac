"""``GET /-/backup``: a whole copy of the store, for whoever has the scope ``admin``.

May import: the packages below, ``store`` (the port).
"""

import asyncio

from aiohttp import web

from rungbell.web.services import SERVICES

CHUNK = 262_144


async def backup(request: web.Request) -> web.StreamResponse:
    """Copy the store, send the copy, remove it."""
    services = request.app[SERVICES]
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
