"""The application: every route, one shape of errors, and where it listens.

May import: the rest of ``web``.
"""

from aiohttp import web

from rungbell.domain.token import Scope
from rungbell.web.access import guarded
from rungbell.web.alertmanager import BODY_LIMIT
from rungbell.web.openapi import DESCRIBED
from rungbell.web.problem import Handler, problems
from rungbell.web.route import OPEN, Route
from rungbell.web.routes import ROUTES
from rungbell.web.services import SERVICES, Services


def make_application(services: Services) -> web.Application:
    """Put the routes together."""
    application = web.Application(middlewares=[problems], client_max_size=BODY_LIMIT)
    application[SERVICES] = services
    application[DESCRIBED] = ROUTES
    for route in ROUTES:
        handler = _let_in(route)
        if route.method == "GET":
            application.router.add_get(route.path, handler, allow_head=route.head)
        else:
            application.router.add_route(route.method, route.path, handler)
    return application


def _let_in(route: Route) -> Handler:
    """Give the handler behind its guard; one with ``ingest`` asks for itself which source is speaking."""
    if route.scope is OPEN or route.scope is Scope.INGEST:
        return route.handler
    return guarded(route.handler, route.scope)


class Server:
    """Listens until it is told to finish."""

    def __init__(self, services: Services, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._runner = web.AppRunner(
            make_application(services),
            access_log=None,
            keepalive_timeout=75.0,
            shutdown_timeout=5.0,
            handle_signals=False,
            auto_decompress=False,
        )

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the address is in use or not ours.
        """
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    @property
    def port(self) -> int:
        """Where it listens; told by the system where 0 was asked for."""
        address: tuple[str, int] = self._runner.addresses[0]
        return address[1]

    async def stop(self) -> None:
        """Answer what is under way, then close."""
        await self._runner.cleanup()
