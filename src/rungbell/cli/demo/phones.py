"""The phones: takes what the webhook channels send, notes when each call came, and answers as a provider would.

May import: ``policy``, ``clock``, aiohttp.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from rungbell.cli.demo.policy import CHANNELS, LADDER, Rung
from rungbell.clock import SystemClock
from rungbell.domain.values import dataclass

LOOPBACK = "127.0.0.1"
UNAVAILABLE = 503

Provider = Callable[[str, int], int]
"""Person and number of the attempt to the HTTP status of the answer."""


def stumbling(person: str, attempt: int) -> int:
    """Refuse Bob's first attempts and take everything else."""
    return UNAVAILABLE if (person, attempt) == ("bob", 1) else 200


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a channel, and how it was answered."""

    at: datetime
    channel: str
    body: dict[str, Any]
    status: int

    @property
    def taken(self) -> bool:
        """Whether the phone rang."""
        return self.status // 100 == 2

    @property
    def person(self) -> str:
        """Whose phone."""
        return str(self.body["person"])

    @property
    def rung(self) -> Rung:
        """Where that person stands."""
        return next(rung for rung in LADDER if rung.person == self.person)

    @property
    def intent(self) -> str:
        """The unique key of the page, the same for every attempt."""
        return str(self.body["intent"])

    @property
    def number(self) -> int:
        """The number of the incident."""
        return int(self.body["incident"]["number"])

    @property
    def first_line(self) -> str:
        """What stands on the lock screen."""
        return str(self.body["text"]).partition("\n")[0]


class Phones:
    """Listens on a loopback port the system gives."""

    def __init__(self, clock: SystemClock, provider: Provider = stumbling) -> None:
        self.calls: list[Call] = []
        """Everything that came, in order, taken or not."""
        self._clock = clock
        self._provider = provider
        application = web.Application()
        application.add_routes([web.post(f"/{{channel:{'|'.join(CHANNELS)}}}", self._take)])
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        self.url = ""

    async def start(self) -> None:
        """Begin to listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        at = self._clock.now()
        body: dict[str, Any] = await request.json()
        status = self._provider(str(body["person"]), int(body["attempt"]))
        self.calls.append(Call(at, request.match_info["channel"], body, status))
        return web.Response(status=status)
