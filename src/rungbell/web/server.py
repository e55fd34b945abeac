"""The application: every route, one shape of errors, and where it listens.

May import: the rest of ``web``.
"""

from aiohttp import web

from rungbell.web import acknowledge, alertmanager, api, backup, health
from rungbell.web.measuring import know_routes, measured
from rungbell.web.problem import problems
from rungbell.web.services import SERVICES, Services


def make_application(services: Services) -> web.Application:
    """Put the routes together."""
    application = web.Application(middlewares=[measured, problems], client_max_size=alertmanager.BODY_LIMIT)
    application[SERVICES] = services
    for module in (health, alertmanager, api, acknowledge, backup):
        application.add_routes(module.routes())
    know_routes(application)
    return application


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
