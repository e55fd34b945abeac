"""Fetching a calendar: from its file, or from its URL with a limit on everything.

Rules
-----
* Nothing of a URL is ever said: whoever knows it may read the calendar.
* A redirect is followed to ``https``, or within the same origin; so none leads from elsewhere into the plain HTTP of a
  network that only rungbell can see, such as the metadata of a cloud.
* What comes is counted as it is unpacked, so that little cannot become much.
* Files are opened in a thread: they may lie on a network that does not answer.

May import: ``config``, ``ical``, ``domain``, aiohttp, yarl, the standard library.
"""

import asyncio
import zlib

import aiohttp
from yarl import URL

from rungbell.config.settings import CalendarSettings
from rungbell.domain.errors import ConfigError
from rungbell.domain.values import dataclass
from rungbell.ical.content import LARGEST
from rungbell.ical.events import CalendarError
from rungbell.ical.reader import bytes_of

TIMEOUT = 30.0
"""Seconds for all of it, redirects included."""
CONNECT_TIMEOUT = 10.0
MOST_REDIRECTS = 5
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Known:
    """What the server called the calendar that was read last, so that it can say that nothing has changed."""

    etag: str = ""
    modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What a request says of it."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar as it came."""

    raw: bytes | None
    """``None``: it is the one that is known."""
    known: Known


async def fetch(
    calendar: CalendarSettings, session: aiohttp.ClientSession, known: Known | None = None, within: float = TIMEOUT
) -> Fetched:
    """Fetch a calendar, unless it is still the ``known`` one.

    Raises:
        CalendarError: it cannot be had.
    """
    try:
        async with asyncio.timeout(within):
            if calendar.file is not None:
                return Fetched(await asyncio.to_thread(bytes_of, calendar.file), Known())
            assert calendar.url is not None  # noqa: S101 -- the configuration has one of the two
            return await _follow(calendar, URL(calendar.url.get_secret_value()), session, known or Known())
    except TimeoutError:
        raise CalendarError(f"does not come within {within:g} s") from None
    except (aiohttp.ClientError, ConfigError, ValueError, OSError) as error:
        raise CalendarError(_spelled(error)) from None


async def _follow(calendar: CalendarSettings, url: URL, session: aiohttp.ClientSession, known: Known) -> Fetched:
    for _ in range(MOST_REDIRECTS + 1):
        async with session.get(
            url,
            headers={"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "gzip", **known.headers},
            allow_redirects=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
            **calendar.http.way_to(str(url)).arguments,
        ) as response:
            if response.status == 304 and known.headers:
                return Fetched(None, known)
            if response.status == 200:
                tag, modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
                return Fetched(await _content(response), Known(tag, modified))
            if response.status not in {301, 302, 303, 307, 308}:
                raise CalendarError(f"is answered with HTTP {response.status}")
            url = _next(url, response.headers.get("Location", ""))
    raise CalendarError(f"is redirected more than {MOST_REDIRECTS} times")


def _next(url: URL, location: str) -> URL:
    target = url.join(URL(location))
    if not location or not target.host:
        raise CalendarError("is redirected to nowhere")
    if target.scheme != "https" and target.origin() != url.origin():
        raise CalendarError("is redirected to another place without https, which is not followed")
    return target


async def _content(response: aiohttp.ClientResponse) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise CalendarError(f"comes packed as {encoding[:20]!a}, which was not asked for")
    unpacking = None if encoding == "identity" else zlib.decompressobj(_GZIP)
    found = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        found += chunk if unpacking is None else _unpacked(unpacking, chunk, LARGEST + 1 - len(found))
        if len(found) > LARGEST:
            raise CalendarError(f"is longer than {LARGEST} bytes")
    if unpacking is not None and not unpacking.eof:
        raise CalendarError("breaks off while it is unpacked")
    return bytes(found)


def _unpacked(unpacking: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return unpacking.decompress(chunk, most)
    except zlib.error:
        raise CalendarError("is said to be packed, and is not") from None


def _spelled(error: Exception) -> str:
    """Say what went wrong, without what the URL says."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "has a server whose certificate is not trusted"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"cannot be had through the proxy: HTTP {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot be reached: {error.os_error.strerror or type(error.os_error).__name__}"
    if isinstance(error, ConfigError):
        return f"cannot be asked for: {error}"
    return f"cannot be had: {type(error).__name__}"
