"""What notifiers over HTTP have in common in their tests: their stage, and how their provider is told to fail.

May import: ``notifiers`` (the port), ``domain``, the rest of the kit, aiohttp, pydantic.
"""

import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from rungbell.domain.events import FailureReason
from rungbell.notifiers import Notifier
from rungbell.testing.faults import Cell, Failure, Fault, Hang, Provoke
from rungbell.testing.provider import HttpProvider, Request
from rungbell.testing.structure import shape

if TYPE_CHECKING:
    import aiohttp

HALF_A_MINUTE = timedelta(seconds=30)
CHANGES_WITH_THE_TEXT = frozenset({"content-length"})


class HttpStage:
    """A notifier over HTTP and its provider: inherit, and say what its settings are and what of a request is read."""

    notifier_type: ClassVar[type[Notifier]]
    secrets: Sequence[str] = ()

    def __init__(self, provider: Any, session: "aiohttp.ClientSession") -> None:  # noqa: ANN401 -- an HttpProvider
        self.provider = provider
        self.session = session
        self.point_to(provider.url)

    def given(self, url: str) -> dict[str, Any]:
        """Give the settings as a configuration has them, for a provider at ``url``."""
        return {"url": url}

    def point_to(self, url: str, **settings: object) -> None:
        """Use another address, or other settings."""
        self.settings: BaseModel = self.notifier_type.settings.model_validate({**self.given(url), **settings})
        self.notifier: Notifier = self.notifier_type(self.settings, self.session)

    async def arrived(self) -> Sequence[str]:
        """Give the texts that arrived."""
        raise NotImplementedError

    def live(self, text: str) -> object:
        """Read a text as the provider does, and give what it would make of it: mentions, links, markup."""
        return "text"

    async def structures(self) -> Sequence[object]:
        """Give how each request is built."""
        return [self.structure(request) for request in self.provider.taken]

    def structure(self, request: Request) -> object:
        """Give how one request is built, for a provider that takes JSON."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        kept = {name: value for name, value in headers.items() if name not in CHANGES_WITH_THE_TEXT}
        return request.method, request.path, request.query, kept, shape(request.json, self.live)


def status(code: int, body: bytes = b"", **headers: str) -> Provoke:
    """Have the provider answer so; ``Retry_After`` stands for ``Retry-After``."""

    async def provoke(stage: HttpStage) -> None:
        stage.provider.answers(code, body, **headers)

    return provoke


def raw(content: bytes) -> Provoke:
    """Have the provider write these bytes and cut the connection."""

    async def provoke(stage: HttpStage) -> None:
        stage.provider.raw = content

    return provoke


async def hangs_before(stage: HttpStage) -> None:
    """Have the provider take nothing and say nothing."""
    stage.provider.hangs = True


async def hangs_after(stage: HttpStage) -> None:
    """Have the provider take everything and say nothing."""
    stage.provider.hangs_after = True


async def nobody_listens(stage: HttpStage) -> None:
    """Point the notifier to a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stage.point_to(stage.provider.url.replace(f":{stage.provider.port}", f":{port}"))


def http_faults(*, error_in_success: Cell, **others: Cell) -> Mapping[Fault, Cell]:
    """Give a cell for every fault of a provider over HTTP that keeps to the usual meaning of its statuses.

    ``others`` are named like the members of ``Fault``, in lower case.
    """
    refused, unauthorized = FailureReason.REFUSED, FailureReason.UNAUTHORIZED
    away, limited, unreachable = FailureReason.PROVIDER_ERROR, FailureReason.RATE_LIMITED, FailureReason.UNREACHABLE
    usual: dict[Fault, Cell] = {
        Fault.REFUSES: Failure(status(400), refused, permanent=True),
        Fault.UNAUTHORIZED: Failure(status(401), unauthorized, permanent=True),
        Fault.GONE: Failure(status(404), refused, permanent=True),
        Fault.TOO_MANY: Failure(status(429), limited),
        Fault.TOO_MANY_UNTIL: Failure(status(429, Retry_After="30"), limited, retry_after=HALF_A_MINUTE),
        Fault.TROUBLE: Failure(status(503), away),
        Fault.ERROR_IN_SUCCESS: error_in_success,
        Fault.GARBAGE: Failure(raw(b"\x16\x03\x01 I speak something else\r\n\r\n"), away),
        Fault.HANGS_BEFORE: Hang(hangs_before),
        Fault.HANGS_AFTER: Hang(hangs_after),
        Fault.CUT: Failure(raw(b"HTTP/1.1 200 OK\r\nContent-Le"), unreachable),
        Fault.NOBODY_LISTENS: Failure(nobody_listens, unreachable),
        Fault.REDIRECTS: Failure(status(307, Location="/elsewhere"), refused, permanent=True),
    }
    return {**usual, **{Fault[name.upper()]: cell for name, cell in others.items()}}


__all__ = ["HttpProvider", "HttpStage", "hangs_after", "hangs_before", "http_faults", "nobody_listens", "raw", "status"]
