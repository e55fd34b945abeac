"""The application: every route, one shape of errors, and where it listens.

May import: the rest of ``web``.
"""

from collections.abc import Sequence

from aiohttp import web

from rungbell.web import acknowledge, alertmanager, api, backup, health
from rungbell.web.gate import Gate
from rungbell.web.listening import Bound, cannot_listen
from rungbell.web.live_tls import LiveTls
from rungbell.web.problem import Handler, problems
from rungbell.web.services import SERVICES, Services


def routes(prefix: str) -> list[web.RouteDef]:
    """Every path, below ``prefix``: a path without a slash at its end, or nothing."""
    found = [route for module in (health, alertmanager, api, acknowledge, backup) for route in module.routes()]
    below = [web.RouteDef(route.method, prefix + route.path, route.handler, route.kwargs) for route in found]

    async def to_front_page(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(location=f"{prefix}/")

    return below + [web.get(path, to_front_page) for path in ("/", prefix) if prefix]


class Server:
    """Listens until it is told to finish; with ``tls`` it speaks nothing else."""

    def __init__(
        self, services: Services, bound: Sequence[Bound], gate: Gate, *, tls: LiveTls | None, prefix: str
    ) -> None:
        self._bound = bound
        self._gate = gate
        self._tls = tls
        self._runner = web.AppRunner(
            self._application(services, prefix),
            access_log=None,
            keepalive_timeout=75.0,
            shutdown_timeout=5.0,
            handle_signals=False,
            auto_decompress=False,
        )

    def _application(self, services: Services, prefix: str) -> web.Application:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._gate.pass_on(request, handler)

        async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
            self._gate.add_headers(response)

        application = web.Application(middlewares=[problems, gate], client_max_size=alertmanager.BODY_LIMIT)
        application[SERVICES] = services
        application.on_response_prepare.append(add_headers)
        application.add_routes(routes(prefix))
        return application

    def replace(self, gate: Gate) -> None:
        """Let another gate stand before every path from now on; the old one ends what it began."""
        self._gate = gate

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigError: somebody else was faster.
        """
        await self._runner.setup()
        for address in self._bound:
            for one in address.sockets:
                try:
                    await web.SockSite(self._runner, one, ssl_context=self._tls).start()
                except OSError as error:
                    raise cannot_listen(address.host, address.port, error) from error

    async def stop(self) -> None:
        """Answer what is under way, then close."""
        await self._runner.cleanup()
        self._gate.close()
