"""The suite of rungbell, held against a Gotify server that is played on loopback."""

import aiohttp
import pytest
from aiohttp import web
from rungbell_gotify import GotifyNotifier

from rungbell.domain.events import FailureReason
from rungbell.testing import Failure, HttpProvider, HttpStage, NotifierContract, NotPossible, http_faults, status
from rungbell.testing.provider import serving


class Gotify(HttpProvider):
    @property
    def url(self):
        return self.root

    def usual(self, request):
        known = request.path == "/message" and request.headers.get("X-Gotify-Key") == "token-of-gotify"
        return web.json_response({"id": len(self.requests)}) if known else web.Response(status=401)


class GotifyStage(HttpStage):
    notifier_type = GotifyNotifier
    secrets = ("token-of-gotify", "token-of-alice")

    def given(self, url):
        return {"url": url, "token": "token-of-gotify"}

    async def arrived(self):
        return ["{title}\n{message}".format(**request.json) for request in self.provider.taken]


@pytest.fixture
async def stage():
    async with serving(Gotify()) as provider, aiohttp.ClientSession() as session:
        yield GotifyStage(provider, session)


class TestGotify(NotifierContract):
    provider = "gotify"
    faults = http_faults(error_in_success=Failure(status(200, b"<html>log in</html>"), FailureReason.PROVIDER_ERROR))
    limits = NotPossible("Gotify takes messages of any length")
    repeat = NotPossible("Gotify knows no key by which it would fold a repeat")
