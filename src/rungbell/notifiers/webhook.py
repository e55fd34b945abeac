"""Channel ``webhook``: POSTs the page as JSON to an address of the configuration.

Rules
-----
* With a ``secret`` the request is signed: ``X-Rungbell-Timestamp`` holds Unix seconds, ``X-Rungbell-Signature``
  ``v1=`` and the hexadecimal HMAC-SHA256 over ``timestamp + "." + body``, byte for byte. A receiver compares in
  constant time and refuses timestamps older than it likes.
* ``Idempotency-Key`` is the intent: the same for every attempt.
* What counts as taken is said in ``notifiers.http``; what a receiver writes in its answer is not read.

May import: ``config``, ``clock``, ``domain``, ``notifiers`` (the port and ``http``), pydantic; multidict lazily.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AnyHttpUrl, BaseModel, Field, SecretStr
from pydantic_core import to_json

from rungbell.clock import written
from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.domain.communication.audience import Audience
from rungbell.domain.plain_text import masked
from rungbell.domain.roster import Person
from rungbell.notifiers import CopyView, IncidentView, Message
from rungbell.notifiers.following import Change
from rungbell.notifiers.http import Endpoint, refused

if TYPE_CHECKING:
    import aiohttp
    from multidict import CIMultiDict


class WebhookSettings(HttpSettings):
    """Where to, and what proves that it was us."""

    url: AnyHttpUrl = Field(repr=False)
    secret: SecretStr | None = None
    bearer_token: SecretStr | None = None
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    follows: bool = False
    """Whether it also hears what becomes of the incidents that it was paged about; see ``follow``."""
    calls: bool = False
    """Whether the receiver rings a telephone: then news go another way."""

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(str(self.url))


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Give the signature of a body sent at ``timestamp``."""
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def event(change: Change) -> dict[str, Any]:
    """Give what became of an incident as the receiver sees it; receivers build on these names.

    ``event`` is ``incident.`` and the status: ``incident.acknowledged``, ``incident.resolved``. Of two events of an
    incident the one with the higher ``version`` is newer, whichever came first.
    """
    incident = change.incident
    return {
        "event": f"incident.{incident.status}",
        "intent": change.intent,
        "incident": {
            **_incident(incident),
            "cycle": incident.cycle,
            "version": incident.version,
            "open": incident.open,
            "holder": incident.holder or None,
            "held_until": incident.held_until and written(incident.held_until),
            "resolved_by": incident.resolved_by or None,
            "policy": incident.policy,
        },
        "text": change.text,
        "attempt": change.attempt,
        "sent_at": written(change.sent_at),
    }


def payload(message: Message) -> dict[str, Any]:
    """Give the page as the receiver sees it; receivers build on these names."""
    incident = message.incident
    return {
        "kind": message.kind.value,
        "intent": message.intent,
        "incident": incident and _incident(incident),
        "tier": message.tier,
        "person": message.person.id,
        "acknowledge_url": message.acknowledge_url,
        "text": message.text,
        "attempt": message.attempt,
        "sent_at": written(message.sent_at),
        **({"test": True} if message.test else {}),
        **({"bundle": [_incident(one) for one in message.bundle]} if message.bundle else {}),
        **({} if message.schedule is None else {"schedule": message.schedule}),
        **({} if message.copy is None else {"communication": _copied(message, message.copy)}),
    }


def _incident(incident: IncidentView) -> dict[str, Any]:
    return {
        "id": incident.id,
        "number": incident.number,
        "title": incident.title,
        "severity": incident.severity.value,
        "status": incident.status,
        "url": incident.url,
    }


def _copied(message: Message, copy: CopyView) -> dict[str, Any]:
    return {
        "kind": copy.kind.value,
        "audience": copy.kind.audience.value,
        "subject": copy.subject,
        "recipient": message.person.name,
        "contacts": _contacts(message.person, copy),
    }


def _contacts(person: Person, copy: CopyView) -> dict[str, str]:
    """How the recipient is reached; of our own people, whom the receiver knows by id, only what tells them apart."""
    if copy.kind.audience is Audience.EXECUTIVES:
        return {kind: masked(contact) for kind, contact in person.contacts.items()}
    return dict(person.contacts)


class WebhookNotifier:
    """Sends with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = WebhookSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: WebhookSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, session, str(settings.url))

    async def send(self, message: Message) -> str:
        """POST it; anything but a 2xx is a failure."""
        return await self._post(message, payload(message))

    async def follow(self, change: Change) -> str:
        """POST what became of an incident; anything but a 2xx is a failure."""
        return await self._post(change, event(change))

    async def _post(self, message: Message | Change, told: dict[str, Any]) -> str:
        body = to_json(told)
        answer = await self._endpoint.post(data=body, headers=self._headers(message, body), limit=0)
        if not answer.ok:
            raise refused(answer, message.sent_at)
        return answer.headers.get("X-Request-Id", "")

    def _headers(self, message: Message | Change, body: bytes) -> "CIMultiDict[str]":
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
