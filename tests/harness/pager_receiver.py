"""The pager: takes the pages of rungbell's webhook channel, notes when each came, and answers as it is told."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.harness.ports import LOOPBACK
from tests.harness.server import LoopbackServer


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request is answered: after ``delay`` seconds, or never while it hangs."""

    status: int = 200
    delay: float = 0
    retry_after: int | None = None
    hang: bool = False

    @property
    def accepts(self) -> bool:
        """Whether the sender hears that the page was taken."""
        return 200 <= self.status < 300 and not self.hang


ACCEPT = Answer()
UNAVAILABLE = Answer(status=503)
HANG = Answer(hang=True)


def too_many(retry_after: int) -> Answer:
    """Refuse with 429 and say when to come back."""
    return Answer(status=429, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class Page:
    """One request as it arrived, and how it was going to be answered."""

    raw: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    came: float
    """Arrival on the monotonic clock."""
    at: datetime
    """Arrival on the wall clock."""
    answer: Answer

    @property
    def intent(self) -> str:
        """The unique key of the page."""
        return str(self.body["intent"])

    @property
    def kind(self) -> str:
        """``page`` or ``notification``."""
        return str(self.body["kind"])

    @property
    def tier(self) -> str:
        """The rung it was sent for."""
        return str(self.body["tier"])

    @property
    def person(self) -> str:
        """Who is paged."""
        return str(self.body["person"])

    @property
    def incident(self) -> str:
        """The identity of the incident it is about."""
        return str(self.body["incident"]["id"])

    @property
    def acknowledge_url(self) -> str:
        """The link that takes the incident on."""
        return str(self.body["acknowledge_url"])

    @property
    def text(self) -> str:
        """What a person reads."""
        return str(self.body["text"])

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S.%f} {self.kind} {self.tier} {self.intent} -> {self.answer.status}"


class PagerReceiver(LoopbackServer):
    """Listens where the channel's url points.

    ``usually`` decides how a request is answered for which nothing was told by ``answer_next``.
    """

    def __init__(self, port: int | None = None, usually: Callable[[], Answer] = lambda: ACCEPT) -> None:
        super().__init__(port)
        self.received: list[Page] = []
        """Everything that came: pages and notifications, accepted or not."""
        self.pages: list[Page] = []
        """The pages proper that were accepted, in order of arrival."""
        self._usually = usually
        self._told: deque[Answer] = deque()
        self._news = asyncio.Condition()
        self._closing = asyncio.Event()

    @property
    def url(self) -> str:
        """What to configure as the channel's url."""
        return f"http://{LOOPBACK}:{self.port}/page"

    def answer_next(self, answer: Answer, times: int = 1) -> None:
        """Answer the next ``times`` requests like this."""
        self._told.extend([answer] * times)

    def routes(self) -> list[web.RouteDef]:
        """Take a page."""
        return [web.post("/page", self._take)]

    async def stop(self) -> None:
        """Let go of whoever hangs, and close."""
        self._closing.set()
        await super().stop()
        self._closing.clear()

    async def wait_for(self, count: int, within: float) -> list[Page]:
        """Wait until at least ``count`` pages were accepted, and give all of them."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: len(self.pages) >= count)
        except TimeoutError:
            raise AssertionError(f"{len(self.pages)} of {count} pages came within {within} s:\n{self}") from None
        return list(self.pages)

    async def wait_for_requests(self, count: int, within: float) -> list[Page]:
        """Wait until at least ``count`` requests came, whatever they were answered, and give all of them."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: len(self.received) >= count)
        except TimeoutError:
            raise AssertionError(f"{len(self.received)} of {count} requests came within {within} s:\n{self}") from None
        return list(self.received)

    async def stays_quiet(self, seconds: float) -> bool:
        """Listen for ``seconds`` and tell whether no further page was accepted."""
        before = len(self.pages)
        await asyncio.sleep(seconds)
        return len(self.pages) == before

    async def _take(self, request: web.Request) -> web.Response:
        came, at = time.monotonic(), datetime.now(UTC)
        raw = await request.text()
        answer = self._told.popleft() if self._told else self._usually()
        page = Page(raw, json.loads(raw), dict(request.headers), came, at, answer)
        async with self._news:
            self.received.append(page)
            if answer.accepts and page.kind == "page":
                self.pages.append(page)
            self._news.notify_all()
        if answer.hang:
            await self._closing.wait()
        await asyncio.sleep(answer.delay)
        headers = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
        return web.Response(status=answer.status, headers=headers)

    def __str__(self) -> str:
        return "\n".join(str(page) for page in self.received) or "(nothing came)"
