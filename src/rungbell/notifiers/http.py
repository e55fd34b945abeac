"""What channels over HTTP share: one exchange with a provider, and what its answer means.

An ``Endpoint`` is one address of the configuration, reached with the session of the daemon and by the keys of
``config.http``::

    answer = await self._endpoint.post(json=payload(message))
    if not answer.ok:
        raise refused(answer, message.sent_at)

Rules
-----
* Only a 2xx is acceptance, and where a provider says more in its body, not even that. 429 and 5xx may say
  ``Retry-After``; other 4xx are final; redirects are not followed, for they would turn the POST into a GET.
* No error tells an address or what was sent: either may be a credential. So errors of the library are named, not
  quoted, by what they mean where that is known, and stay out of tracebacks.
* The whole send has a deadline of its own, which is the sender's. Connecting has one here, and so has each exchange as
  a whole: whoever only listens must not wait for ever for a provider that says nothing.
* An answer is read up to ``ANSWER_LIMIT``: nobody fills our memory.

May import: ``config``, ``domain``, ``notifiers`` (the port, ``whole_text``), pydantic; aiohttp, multidict, ssl lazily.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_core import to_json

from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong
from rungbell.config.readers import After
from rungbell.config.secrets import is_known
from rungbell.domain.events import FailureReason
from rungbell.domain.values import dataclass
from rungbell.notifiers import SendFailed
from rungbell.notifiers.whole_text import json_said

if TYPE_CHECKING:
    import aiohttp

CONNECT_TIMEOUT = 5.0
"""Seconds; the whole send has its own, longer deadline."""
WHOLE_TIMEOUT = 60.0
"""Seconds for one exchange; longer than any provider is let hold a question, and than a send may take."""
ANSWER_LIMIT = 64 * 1024
"""Bytes; what a provider says beyond them is not read."""


def _address(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if is_known(url) and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise wrong("must be an address", "https://…, as the provider shows it")
    return url


Address = Annotated[SecretStr, After(_address)]
"""A URL that is itself the credential, as those of incoming webhooks are: shown nowhere, and may stand in a file."""


class HookSettings(HttpSettings):
    """An incoming webhook: whoever knows its address may write."""

    url: Address

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(self.url.get_secret_value())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said, whether it took the message or not."""

    status: int
    headers: Mapping[str, str]
    """By names in either case."""
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a 2xx."""
        return self.status // 100 == 2

    @property
    def text(self) -> str:
        """The body, whatever its encoding claims to be, as far as it is UTF-8."""
        return self.body.decode(errors="replace")

    def fields(self) -> dict[str, Any]:
        """Give the JSON object of the body; empty where it is none, for a provider in trouble answers with anything."""
        try:
            found = json_said(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Endpoint:
    """An address of a provider; raises ``ConfigError`` where a file of ``tls_config`` cannot be used."""

    def __init__(self, settings: HttpSettings, session: "aiohttp.ClientSession", url: str) -> None:
        self._session = session
        self._url = url
        self._way = settings.way_to(url)

    async def post(
        self,
        path: str = "",
        *,
        json: Any = None,  # noqa: ANN401 -- whatever is JSON
        form: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = ANSWER_LIMIT,
    ) -> Answer:
        """POST ``json``, a ``form`` or bytes as they are, to the address with ``path`` behind it.

        ``limit`` 0 reads nothing of the body: where the status says all, a body that hangs changes nothing.

        Raises:
            SendFailed: there is no answer that could be read.
        """
        return await self.request("POST", path, json=json, form=form, data=data, headers=headers, limit=limit)

    async def request(
        self,
        method: str,
        path: str = "",
        *,
        json: Any = None,  # noqa: ANN401 -- whatever is JSON
        form: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = ANSWER_LIMIT,
    ) -> Answer:
        """Like ``post``, with another method."""
        import aiohttp
        from multidict import CIMultiDict

        sent = CIMultiDict(headers or {})
        if json is not None:
            data = to_json(json)
            sent.setdefault("Content-Type", "application/json")
        try:
            async with self._session.request(
                method,
                f"{self._url}{path}",
                data=data if form is None else form,
                headers=sent,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=WHOLE_TIMEOUT, sock_connect=CONNECT_TIMEOUT),
                **self._way.arguments,
            ) as response:
                return Answer(response.status, response.headers, await _beginning(response, limit))
        except TimeoutError:
            raise SendFailed(FailureReason.TIMEOUT, "no answer in time") from None
        except aiohttp.ClientHttpProxyError as error:
            raise proxy_refused(error.status) from None
        except aiohttp.ClientResponseError:
            raise SendFailed(FailureReason.PROVIDER_ERROR, "an answer that is no HTTP") from None
        except aiohttp.ClientError as error:
            raise SendFailed(FailureReason.UNREACHABLE, _cause_of(error)) from None


def _cause_of(error: "aiohttp.ClientError") -> str:
    """Say what kept us from the provider; the system's words hold an address, its numbers do not."""
    from ssl import SSLError

    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name of its host is not known"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted"
    if isinstance(error, aiohttp.ClientSSLError):
        return "it speaks no TLS that we do"
    if isinstance(error.__cause__, SSLError):  # it ended it later; its numbers are OpenSSL's, and not the system's
        return f"it ended TLS: {(error.__cause__.reason or 'no reason').replace('_', ' ').lower()}"
    number = error.errno if isinstance(error, aiohttp.ClientOSError) else None
    return os.strerror(number) if number and number > 0 else type(error).__name__


async def _beginning(response: "aiohttp.ClientResponse", limit: int) -> bytes:
    read = bytearray()
    while len(read) < limit and (part := await response.content.read(limit - len(read))):
        read += part
    return bytes(read)


def refused(answer: Answer, now: datetime, said: str = "") -> SendFailed:
    """Say what an answer that is not a 2xx means; ``said`` is the provider's own short word for it, if it has one."""
    status = answer.status
    detail = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    pause = retry_after(answer.headers.get("Retry-After"), now)
    if status == 429:
        return SendFailed(FailureReason.RATE_LIMITED, detail, retry_after=pause)
    if status == 408 or status >= 500:
        return SendFailed(FailureReason.PROVIDER_ERROR, detail, retry_after=pause)
    if status == 407:
        return proxy_refused(status)
    if status in {401, 403}:
        return SendFailed(FailureReason.UNAUTHORIZED, detail, permanent=True)
    return SendFailed(FailureReason.REFUSED, detail, permanent=True)


def proxy_refused(status: int) -> SendFailed:
    """Say what it means that the proxy did not let us through; only its login is a matter of our settings."""
    detail = f"the proxy answered HTTP {status}"
    if status == 407:
        return SendFailed(FailureReason.UNAUTHORIZED, detail, permanent=True)
    return SendFailed(FailureReason.UNREACHABLE, detail)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read ``Retry-After``: seconds or an HTTP date (RFC 9110, 10.2.3); nonsense is no wish."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) < 9:
        return timedelta(seconds=int(value))
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(), at - now) if at.tzinfo else None
