"""The conformance kit: what every notifier keeps, whoever wrote it, as tests to inherit.

``pip install 'rungbell[testing]'``, ``asyncio_mode = auto`` in pytest's settings, and one class::

    from rungbell.testing import Failure, Fault, Folded, HttpStage, Limit, NotifierContract, http_faults, http_provider

    class PigeonStage(HttpStage):
        notifier_type = PigeonNotifier
        secrets = ("ring-of-the-pigeon",)

        def given(self, url):
            return {"loft": url, "ring": "ring-of-the-pigeon"}

        async def arrived(self):
            return [request.json["note"] for request in self.provider.taken]

    @pytest.fixture
    async def stage():
        async with http_provider() as provider, aiohttp.ClientSession() as session:
            yield PigeonStage(provider, session)

    class TestPigeon(NotifierContract):
        provider = "pigeon"
        faults = http_faults(error_in_success=NotPossible("a loft says everything by its status"))
        limits = (Limit("a note", 500, in_bytes),)
        repeat = Folded(lambda stage: [request.json["id"] for request in stage.provider.taken])

Rules
-----
* A notifier is tested against a provider that listens on loopback, never against a patched library.
* Every fault has an answer: how it is provoked and what the notifier says of it, or why it cannot happen there. A
  fault without one fails the suite; ``matrix`` shows them all.
* What a notifier is given to send is hostile. What arrives is built like what arrives of a harmless text.

May import: ``notifiers``, ``domain``, pytest and aiohttp. Nothing of rungbell imports it.
"""

import pytest

pytest.register_assert_rewrite("rungbell.testing.contract")

from rungbell.testing.contract import PATIENCE, NotifierContract, failure_of  # noqa: E402 -- rewritten, so later
from rungbell.testing.faults import Cell, Failure, Fault, Folded, Hang, NotPossible  # noqa: E402
from rungbell.testing.http import HttpStage, http_faults, raw, status  # noqa: E402
from rungbell.testing.limits import Limit, in_bytes, in_characters, in_utf16  # noqa: E402
from rungbell.testing.matrix import Matrix  # noqa: E402
from rungbell.testing.messages import HARMLESS, HOSTILE, NOON, message, notice  # noqa: E402
from rungbell.testing.provider import HttpProvider, Request, http_provider  # noqa: E402
from rungbell.testing.stage import Stage  # noqa: E402
from rungbell.testing.structure import shape  # noqa: E402

__all__ = [
    "HARMLESS",
    "HOSTILE",
    "NOON",
    "PATIENCE",
    "Cell",
    "Failure",
    "Fault",
    "Folded",
    "Hang",
    "HttpProvider",
    "HttpStage",
    "Limit",
    "Matrix",
    "NotPossible",
    "NotifierContract",
    "Request",
    "Stage",
    "failure_of",
    "http_faults",
    "http_provider",
    "in_bytes",
    "in_characters",
    "in_utf16",
    "message",
    "notice",
    "raw",
    "shape",
    "status",
]
