"""An HTTP client with next to nothing in it, so that what is measured is the server and not its client."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.harness.ports import LOOPBACK

END = b"\r\n\r\n"
ANSWERED_WITHIN = 60.0


def post(path: str, port: int, body: bytes = b"") -> bytes:
    """Write a POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, port: int) -> bytes:
    """Write a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode()


class _Wire(asyncio.Protocol):
    """Reads answers that tell their length and hands each one's status to ``answered``."""

    def __init__(self, answered: Callable[["_Wire", int], None]) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self._answered = answered
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._answered(self, 0)

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(END)
        if end < 0:
            return
        at = self._data.find(b"Content-Length: ", 0, end)
        length = int(self._data[at + 16 : self._data.index(b"\r\n", at)]) if at >= 0 else 0
        if len(self._data) >= end + len(END) + length:
            status, self._data = int(self._data[9:12]), b""
            self._answered(self, status)

    def send(self, request: bytes) -> None:
        """Send the next request."""
        assert self.transport is not None
        self.transport.write(request)

    def close(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.close()


class Connection:
    """One keep-alive connection with one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._wire = _Wire(self._answered)
        self._waiting: asyncio.Future[int] | None = None

    async def __aenter__(self) -> Self:
        await asyncio.get_running_loop().create_connection(lambda: self._wire, LOOPBACK, self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    async def exchange(self, request: bytes, *, expected: int = 200) -> float:
        """Send, wait for the answer, and give the seconds it took."""
        self._waiting = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._wire.send(request)
        async with asyncio.timeout(ANSWERED_WITHIN):
            status = await self._waiting
        took = time.perf_counter() - began
        assert status == expected, f"port {self.port} answered {status}, not {expected}"
        return took

    def _answered(self, _wire: _Wire, status: int) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(status)


@dataclass(slots=True)
class Hammered:
    """How many requests were answered with 200, and in how many seconds."""

    answered: int = 0
    refused: int = 0
    seconds: float = 0

    @property
    def rate(self) -> float:
        """Requests answered with 200 in a second."""
        return self.answered / self.seconds


async def hammer(port: int, request: Callable[[], bytes], *, connections: int, seconds: float) -> Hammered:
    """Keep ``connections`` busy for ``seconds``, then wait for the last answers."""
    told, loop = Hammered(), asyncio.get_running_loop()
    began = time.perf_counter()
    idle = loop.create_future()
    busy = connections

    def answered(wire: _Wire, status: int) -> None:
        nonlocal busy
        if idle.done():
            return
        told.answered += status == 200
        told.refused += status != 200
        if time.perf_counter() - began < seconds and not wire.lost:
            wire.send(request())
            return
        busy -= 1
        if not busy:
            told.seconds = time.perf_counter() - began
            idle.set_result(None)

    wires: Sequence[_Wire] = [_Wire(answered) for _ in range(connections)]
    for wire in wires:
        await loop.create_connection(lambda wire=wire: wire, LOOPBACK, port)  # type: ignore[misc]
    began = time.perf_counter()
    for wire in wires:
        wire.send(request())
    async with asyncio.timeout(seconds + ANSWERED_WITHIN):
        await idle
    for wire in wires:
        wire.close()
    return told
