"""The victim: a scrape target that a test turns off and on, so that Prometheus has something to say."""

from aiohttp import web

from tests.harness.server import LoopbackServer


class Victim(LoopbackServer):
    """Answers Prometheus while it runs; ``up`` is 0 while it is stopped."""

    def routes(self) -> list[web.RouteDef]:
        """Answer a scrape."""
        return [web.get("/metrics", self._scrape)]

    @staticmethod
    async def _scrape(_request: web.Request) -> web.Response:
        return web.Response(text="# TYPE victim_alive gauge\nvictim_alive 1\n")
