"""Where rungbell listens: sockets that are bound first, and listen once everything else is up.

Rules
-----
* Bound early, so that an address that is taken, or not ours, stops the start before anything else happens, and so that
  links know a port that the system chose.
* A name, or no host at all, may stand for several addresses; families that this machine does not have are passed over.

May import: ``domain.errors`` and the standard library.
"""

import asyncio
import errno
import socket

from rungbell.domain.errors import ConfigError

Address = tuple[str, int]
"""Host, empty for every address and without brackets, and port, 0 for one that the system chooses."""

_NOT_HERE = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


def spelled(host: str, port: int) -> str:
    """Write an address as flags and URLs do: ``[::1]:11911``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def cannot_listen(host: str, port: int, error: OSError) -> ConfigError:
    """Say which address cannot be listened on, and why."""
    return ConfigError(f"cannot listen on {spelled(host, port)}: {error.strerror or error}")


class Bound:
    """The sockets of one address."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.sockets: list[socket.socket] = []

    @property
    def spelled(self) -> str:
        """The address with the port it really has."""
        return spelled(self.host, self.port)

    async def bind(self) -> None:
        """Bind every socket of the address, all to one port.

        Raises:
            ConfigError: it is taken, not ours, or unknown.
        """
        loop = asyncio.get_running_loop()
        last: OSError | None = None
        try:
            found = await loop.getaddrinfo(
                self.host or None, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            for family, kind, protocol, _, address in dict.fromkeys(found):
                try:
                    self._bind_one(family, kind, protocol, address)
                except OSError as error:
                    if error.errno not in _NOT_HERE:
                        raise
                    last = error
            if not self.sockets:
                raise last or OSError(errno.EADDRNOTAVAIL, "no such address")
        except OSError as error:
            self.close()
            raise cannot_listen(self.host, self.port, error) from error

    def _bind_one(self, family: int, kind: int, protocol: int, address: tuple[object, ...]) -> None:
        made = socket.socket(family, kind, protocol)
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((address[0], self.port, *address[2:]))
        except BaseException:
            made.close()
            raise
        self.port = made.getsockname()[1]
        self.sockets.append(made)

    def close(self) -> None:
        """Give the sockets back; those that a server took over are closed already."""
        for one in self.sockets:
            one.close()
        self.sockets.clear()
