"""How long requests take, by route, method and status.

Rules
-----
* The handler is a route's path as it is written in the code, so that no request makes a series of its own; what no
  route takes has one name for all.

May import: ``telemetry``, ``wire.problem``, ``services``.
"""

import asyncio

from aiohttp import web

from rungbell.telemetry.metrics.families import NOWHERE
from rungbell.web.services import SERVICES
from rungbell.web.wire.problem import Handler


def handler_of(route: web.AbstractRoute) -> str:
    """Name a route; with and without a slash at its end it is the same."""
    path = "" if route.resource is None else route.resource.canonical
    return path.rstrip("/") or "/"


def know_routes(application: web.Application) -> None:
    """Register every route of an application; HEAD only shows once somebody asks."""
    routes = [route for route in application.router.routes() if route.method != "HEAD"]
    application[SERVICES].metrics.requests.know((handler_of(route), route.method) for route in routes)


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Measure one request, whatever comes of it."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as answer:
        status = answer.status
        raise
    finally:
        found = request.match_info
        name = NOWHERE if found.http_exception is not None else handler_of(found.route)
        request.app[SERVICES].metrics.requests.of(name, request.method, status).observe(loop.time() - begun)
