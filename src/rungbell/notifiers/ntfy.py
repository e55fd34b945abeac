"""Channel ``ntfy``: publishes the page to a topic; a button on the phone acknowledges.

Rules
-----
* Published as JSON to the root of the server: headers could not hold every text.
* ntfy turns a message over 4096 bytes into a file, and reads at most twice as much of JSON: both are kept to.
* Whoever subscribes to the topic sees the button and may press it. So it holds the link of this one page, never a
  credential. The name of the topic is a password where the server has no accounts.
* Only an answer with an ``id`` is acceptance. ntfy folds nothing: a repeat rings again.

May import: ``config``, ``domain``, ``words``, ``notifiers`` (the port, ``http``, ``fitting``), pydantic.
"""

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, Field, SecretStr

from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong
from rungbell.config.secrets import is_known
from rungbell.domain.events import FailureReason
from rungbell.domain.severity import Severity
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.fitting import fit, heading_and_body, in_bytes, in_json
from rungbell.notifiers.http import Endpoint, refused
from rungbell.words import words_of

if TYPE_CHECKING:
    import aiohttp

MOST = 4096
"""Bytes of a message; more becomes a file."""
PRIORITIES = {Severity.P0: 5, Severity.P1: 5, Severity.P2: 4, Severity.P3: 3}
"""5 rings through, 4 is high, 3 usual (ntfy: Message priority)."""
USUAL = 3


def _topic(topic: SecretStr) -> SecretStr:
    if is_known(topic) and not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", topic.get_secret_value()):
        raise wrong("is not a topic", "1 to 64 letters, digits, `-` and `_`")
    return topic


class NtfySettings(HttpSettings):
    """Which server and topic, and who may publish there."""

    url: AnyHttpUrl = Field(default=AnyHttpUrl("https://ntfy.sh"), repr=False)
    """The root of the server, without the topic."""
    topic: Annotated[SecretStr, AfterValidator(_topic)]
    token: SecretStr | None = None
    """An access token (``tk_…``)."""

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(str(self.url))


def payload(message: Message, topic: str) -> dict[str, Any]:
    """Give the page as ntfy publishes it."""
    heading, body = heading_and_body(message)
    severity = message.severity
    where = message.acknowledge_url or (message.incident.url if message.incident else "")
    label = words_of(message.person.language).link.acknowledge
    button = {
        "action": "http", "label": label, "method": "POST", "url": message.acknowledge_url, "clear": True,
    }  # fmt: skip
    return {
        "topic": topic,
        "title": heading,
        "message": fit(body or heading, MOST, lambda text: max(in_bytes(text), in_json(text))),
        "priority": PRIORITIES[severity] if severity else USUAL,
        "tags": ["rotating_light" if severity else "information_source"],
        **({"click": where} if where else {}),
        **({"actions": [button]} if message.acknowledge_url else {}),
    }


class NtfyNotifier:
    """Publishes with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = NtfySettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: NtfySettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, session, str(settings.url).rstrip("/") + "/")

    async def send(self, message: Message) -> str:
        """Publish it; give the id of what was published."""
        own = self._settings
        headers = {"Authorization": f"Bearer {own.token.get_secret_value()}"} if own.token is not None else {}
        answer = await self._endpoint.post(json=payload(message, own.topic.get_secret_value()), headers=headers)
        said = answer.fields()
        if not answer.ok:
            code = said.get("code")
            raise refused(answer, message.sent_at, f"ntfy {code}" if isinstance(code, int) else "")
        reference = said.get("id")
        if not isinstance(reference, str) or not reference:
            raise SendFailed(FailureReason.PROVIDER_ERROR, "the answer has no id, so it is not ntfy's")
        return reference[:64]
