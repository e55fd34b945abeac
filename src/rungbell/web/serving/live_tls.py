"""TLS whose certificates may be renewed while it listens.

Rules
-----
* Whenever a connection begins, files that have changed are read again first. What cannot be read changes nothing, so
  that a renewal under way, or a botched one, never closes the door; it is tried again when it changes, and every
  ``RETRY_SECONDS``.

May import: ``config``, structlog and the standard library.
"""

import ssl
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import structlog

from rungbell.config.certificate import ends
from rungbell.config.tls import ServerTls, UnusableError

log = structlog.get_logger()

RETRY_SECONDS = 5.0


class LiveTls(ssl.SSLContext):
    """Stands where a context is wanted, and lets the newest one do the work."""

    ends: datetime | None
    """When the certificate ends that is shown now."""
    _tls: ServerTls
    _context: ssl.SSLContext
    _seen: tuple[object, ...]
    _tried: tuple[object, ...] | None
    """The files that could not be read."""
    _not_before: float

    def __new__(cls, tls: ServerTls) -> Self:
        """Read the files for the first time; raises ``UnusableError``."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        made.use(tls)
        return made

    def use(self, tls: ServerTls) -> None:
        """Listen like that from now on; raises ``UnusableError``, and then nothing has changed."""
        seen = _state(tls.files)
        self._context = tls.context()
        self._tls, self._seen, self._tried, self._not_before = tls, seen, None, 0.0
        self.ends = ends(tls.cert_file)

    def wrap_bio(self, *arguments: Any, **more: Any) -> ssl.SSLObject:  # noqa: ANN401 -- as the library's
        """Begin a connection."""
        seen, now = _state(self._tls.files), time.monotonic()
        if seen != self._seen and (seen != self._tried or now >= self._not_before):
            try:
                self._context = self._tls.context()
            except UnusableError as error:
                self._tried, self._not_before = seen, now + RETRY_SECONDS
                log.error("the certificates cannot be read again; the old ones stay", error=str(error))  # noqa: TRY400
            else:
                self._seen, self.ends = seen, ends(self._tls.cert_file)
                log.info("the certificates were read again", cert_file=str(self._tls.cert_file), counted=False)
        return self._context.wrap_bio(*arguments, **more)


def _state(files: tuple[Path, ...]) -> tuple[object, ...]:
    return tuple(file_state(file) for file in files)


def file_state(file: Path) -> object:
    """Give what tells a renewed file from the old one."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
