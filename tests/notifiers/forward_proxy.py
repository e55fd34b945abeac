"""A forward proxy on loopback: tunnels for CONNECT, absolute form for everything else, and a log of what it was asked.

Host names ending in ``.test`` lead to loopback through it, and nowhere without it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.harness.ports import LOOPBACK


@dataclass(slots=True)
class ForwardProxy:
    """Lets everybody through until told otherwise."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    """The first line of each request."""
    heads: list[bytes] = field(default_factory=list)
    refuses: str = ""
    """A status line to answer instead."""
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{LOOPBACK}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, rest = head.partition(b"\r\n")
        self.asked.append(line.decode())
        self.heads.append(head)
        if self.refuses:
            writer.write(f"HTTP/1.1 {self.refuses}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            return
        method, target, version = line.decode().split()
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        assert parts.hostname is not None
        host = LOOPBACK if parts.hostname.endswith(".test") else parts.hostname
        there = await asyncio.open_connection(host, parts.port)
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [one for one in rest.split(b"\r\n") if not one.lower().startswith((b"proxy-", b"connection:"))]
            first = f"{method} {parts.path or '/'} {version}\r\nConnection: close\r\n".encode()
            there[1].write(first + b"\r\n".join(kept))
        try:
            await asyncio.gather(_pipe(reader, there[1]), _pipe(there[0], writer))
        finally:
            there[1].close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


@asynccontextmanager
async def forward_proxy(tls: ssl.SSLContext | None = None) -> AsyncIterator[ForwardProxy]:
    """A proxy that listens on a port of its own, in TLS where it is told how."""
    proxy = ForwardProxy(tls=tls)
    server = await asyncio.start_server(proxy.serve, LOOPBACK, 0, ssl=tls)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in proxy.tasks:
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)
