"""TLS whose certificates may be renewed while it listens.

Rules
-----
* Whenever a connection begins, files that have changed are read again first. What cannot be read changes nothing and
  is logged once, so that a renewal under way, or a botched one, never closes the door.

May import: ``config``, structlog and the standard library.
"""

import ssl
from pathlib import Path
from typing import Any, Self

import structlog

from rungbell.config.tls import ServerTls, UnusableError

log = structlog.get_logger()


class LiveTls(ssl.SSLContext):
    """Stands where a context is wanted, and lets the newest one do the work."""

    _tls: ServerTls
    _context: ssl.SSLContext
    _seen: tuple[object, ...]

    def __new__(cls, tls: ServerTls) -> Self:
        """Read the files for the first time; raises ``UnusableError``."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        made.use(tls)
        return made

    def use(self, tls: ServerTls) -> None:
        """Listen like that from now on; raises ``UnusableError``, and then nothing has changed."""
        seen = _state(tls.files)
        self._context = tls.context()
        self._tls, self._seen = tls, seen

    def wrap_bio(self, *arguments: Any, **more: Any) -> ssl.SSLObject:  # noqa: ANN401 -- as the library's
        """Begin a connection."""
        seen = _state(self._tls.files)
        if seen != self._seen:
            self._seen = seen
            try:
                self._context = self._tls.context()
                log.info("the certificates were read again", cert_file=str(self._tls.cert_file))
            except UnusableError as error:
                log.error("the certificates cannot be read again; the old ones stay", error=str(error))  # noqa: TRY400
        return self._context.wrap_bio(*arguments, **more)


def _state(files: tuple[Path, ...]) -> tuple[object, ...]:
    """Give what tells a renewed file from the old one."""
    state: list[object] = []
    for file in files:
        try:
            status = file.stat()
            state.append((status.st_ino, status.st_mtime_ns, status.st_size))
        except OSError:
            state.append(None)
    return tuple(state)
