"""Channel ``webhook``: POSTs the page as JSON to an address of the configuration.

Rules
-----
* With a ``secret`` the request is signed: ``X-Rungbell-Timestamp`` holds Unix seconds, ``X-Rungbell-Signature``
  ``v1=`` and the hexadecimal HMAC-SHA256 over ``timestamp + "." + body``, byte for byte. A receiver compares in
  constant time and refuses timestamps older than it likes.
* ``Idempotency-Key`` is the intent: the same for every attempt.
* Only a 2xx is acceptance. 429 and 503 may say ``Retry-After``; other 4xx are final; redirects are not followed, for
  they would turn the POST into a GET.

May import: ``config``, ``clock``, ``domain``, ``notifiers`` (the port), pydantic; aiohttp and multidict lazily.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AnyHttpUrl, BaseModel, Field, SecretStr
from pydantic_core import to_json

from rungbell.clock import written
from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.domain.events import FailureReason
from rungbell.notifiers import CopyView, Message, SendFailed

if TYPE_CHECKING:
    import aiohttp
    from multidict import CIMultiDict

CONNECT_TIMEOUT = 5.0
"""Seconds; the whole send has its own, longer deadline."""


class WebhookSettings(HttpSettings):
    """Where to, and what proves that it was us."""

    url: AnyHttpUrl = Field(repr=False)
    secret: SecretStr | None = None
    bearer_token: SecretStr | None = None
    headers: dict[str, str] = Field(default_factory=dict, repr=False)

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(str(self.url))


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Give the signature of a body sent at ``timestamp``."""
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def payload(message: Message) -> dict[str, Any]:
    """Give the page as the receiver sees it; receivers build on these names."""
    incident = message.incident
    return {
        "kind": message.kind.value,
        "intent": message.intent,
        "incident": incident
        and {
            "id": incident.id,
            "number": incident.number,
            "title": incident.title,
            "severity": incident.severity.value,
            "status": incident.status,
            "url": incident.url,
        },
        "tier": message.tier,
        "person": message.person.id,
        "acknowledge_url": message.acknowledge_url,
        "text": message.text,
        "attempt": message.attempt,
        "sent_at": written(message.sent_at),
        **({} if message.schedule is None else {"schedule": message.schedule}),
        **({} if message.copy is None else {"communication": _copied(message, message.copy)}),
    }


def _copied(message: Message, copy: CopyView) -> dict[str, Any]:
    return {
        "kind": copy.kind.value,
        "audience": copy.kind.audience.value,
        "subject": copy.subject,
        "recipient": message.person.name,
        "contacts": dict(message.person.contacts),
    }


class WebhookNotifier:
    """Sends with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = WebhookSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: WebhookSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._session = session
        self._way = settings.way_to(str(settings.url))

    async def send(self, message: Message) -> str:
        """POST it; anything but a 2xx is a failure."""
        import aiohttp

        body = to_json(payload(message))
        try:
            async with self._session.post(
                str(self._settings.url),
                data=body,
                headers=self._headers(message, body),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
                **self._way.arguments,
            ) as response:
                if response.status // 100 == 2:
                    return response.headers.get("X-Request-Id", "")
                raise refused(response, message.sent_at)
        except TimeoutError as error:
            raise SendFailed(FailureReason.TIMEOUT, "no answer in time") from error
        except aiohttp.ClientHttpProxyError as error:
            raise proxy_refused(error.status) from error
        except aiohttp.ClientResponseError as error:
            raise SendFailed(FailureReason.PROVIDER_ERROR, "an answer that is no HTTP") from error
        except aiohttp.ClientError as error:
            raise SendFailed(FailureReason.UNREACHABLE, type(error).__name__) from error

    def _headers(self, message: Message, body: bytes) -> "CIMultiDict[str]":
        from multidict import CIMultiDict

        headers = CIMultiDict({"Content-Type": "application/json", **self._settings.headers})
        headers["Idempotency-Key"] = message.intent
        if self._settings.bearer_token is not None:
            headers["Authorization"] = f"Bearer {self._settings.bearer_token.get_secret_value()}"
        if self._settings.secret is not None:
            timestamp = str(int(message.sent_at.timestamp()))
            secret = self._settings.secret.get_secret_value().encode()
            headers["X-Rungbell-Timestamp"] = timestamp
            headers["X-Rungbell-Signature"] = sign(secret, timestamp, body)
        return headers


def refused(response: "aiohttp.ClientResponse", now: datetime) -> SendFailed:
    """Say what an answer that is not a 2xx means."""
    status = response.status
    detail = f"HTTP {status}"
    pause = retry_after(response.headers.get("Retry-After"), now)
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
