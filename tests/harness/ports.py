"""Loopback ports: finding free ones, and holding a fixed one against tests that run at the same time."""

import asyncio
import fcntl
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST, HIGHEST = 12_000, 32_000
"""Below the ports that systems give to connections; drawn by chance, for other test runs draw too."""


class PortTakenError(Exception):
    """Somebody else listens on the port, or holds it for too long."""


def free_port() -> int:
    """Find a loopback port nobody listens on, and that no outgoing connection is given before somebody does."""
    while not is_free(port := LOWEST + secrets.randbelow(HIGHEST - LOWEST)):
        pass
    return port


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


@asynccontextmanager
async def held(port: int, *, within: float = 120) -> AsyncIterator[int]:
    """Hold a fixed port by a file lock: tests that need the same one follow each other instead of colliding."""
    lock = os.open(Path(tempfile.gettempdir()) / f"rungbell-test-port-{port}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        await _lock(lock, port, within)
        if not is_free(port):
            raise PortTakenError(f"another program listens on {LOOPBACK}:{port}")
        yield port
    finally:
        os.close(lock)


async def _lock(lock: int, port: int, within: float) -> None:
    deadline = asyncio.get_running_loop().time() + within
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                raise PortTakenError(f"another test run has held port {port} for {within:.0f} s") from None
            await asyncio.sleep(0.1)
        else:
            return
