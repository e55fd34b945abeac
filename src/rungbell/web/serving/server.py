"""The application: every route, one shape of errors, and where it listens.

May import: the rest of ``web``, ``domain``.
"""

from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from rungbell.domain.errors import MalformedInput
from rungbell.domain.token import Scope
from rungbell.web.access.callers import guarded
from rungbell.web.access.gate import Gate
from rungbell.web.intake.alertmanager import BODY_LIMIT
from rungbell.web.openapi import DESCRIBED
from rungbell.web.routes import ROUTES
from rungbell.web.services import SERVICES, Services
from rungbell.web.serving.listening import Bound, cannot_listen
from rungbell.web.serving.live_tls import LiveTls
from rungbell.web.serving.measuring import know_routes, measured
from rungbell.web.wire.problem import Handler, problems
from rungbell.web.wire.route import OPEN, Route


def make_application(
    services: Services, *, prefix: str = "", middlewares: Sequence[Middleware] = ()
) -> web.Application:
    """Put every path together, below ``prefix``: a path without a slash at its end, or nothing."""
    application = web.Application(middlewares=[measured, problems, *middlewares], client_max_size=BODY_LIMIT)
    application[SERVICES] = services
    application[DESCRIBED] = ROUTES
    for route in ROUTES:
        handler = _let_in(route)
        if route.method == "GET":
            application.router.add_get(prefix + route.path, handler, allow_head=route.head)
        else:
            application.router.add_route(route.method, prefix + route.path, handler)

    async def to_front_page(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(location=f"{prefix}/")

    for path in ("/", prefix) if prefix else ():
        application.router.add_get(path, to_front_page)
    know_routes(application)
    return application


def _let_in(route: Route) -> Handler:
    """Give the handler behind its guard; one with ``ingest`` asks for itself which source is speaking."""
    if route.scope is OPEN or route.scope is Scope.INGEST:
        return route.handler
    return guarded(_asked_rightly(route), route.scope)


def _asked_rightly(route: Route) -> Handler:
    """Give the handler of a route that has parameters behind a look at their names.

    A misspelled filter would answer something else than what was asked, and look like the answer.
    """
    known = [one.name for one in route.parameters if one.where == "query"]
    if not known:
        return route.handler

    async def asked(request: web.Request) -> web.StreamResponse:
        for given in request.query:
            if given not in known:
                raise MalformedInput(f"there is no parameter {given[:64]!r}; there are {', '.join(known)}")
        return await route.handler(request)

    return asked


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

        application = make_application(services, prefix=prefix, middlewares=[gate])
        application.on_response_prepare.append(add_headers)
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
