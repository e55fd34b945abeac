"""Channel ``mattermost``: writes the page into a room through an incoming webhook.

Rules
-----
* Only 200 with the text ``ok`` is acceptance: what stands before a server may answer 200 with anything.
* A text has at most 16383 characters; the server would make several messages of a longer one.
* Texts are Markdown, in which a backslash does not keep ``@all`` from ringing everybody: an invisible blank does. And
  ``<!all>`` and ``<address|name>`` are read as Slack would: no ``<`` is left.
  Only the person who is paged is mentioned, by the contact ``mattermost`` (a username) of the configuration.

May import: ``domain``, ``notifiers`` (the port, ``http``, ``fitting``), pydantic.
"""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from rungbell.domain.events import FailureReason
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.fitting import escaped, fit, heading_and_body
from rungbell.notifiers.http import Answer, Endpoint, HookSettings, refused

if TYPE_CHECKING:
    import aiohttp

MOST = 16_383
"""Characters of a message."""
SPECIAL = "\\`*_[]|~>"
INSTEAD = {"@": "@\u200b", "<": "&lt;", "&": "&amp;"}


class MattermostSettings(HookSettings):
    """The address of the webhook, which is also its password."""


def payload(message: Message) -> dict[str, Any]:
    """Give the page as Mattermost shows it."""
    heading, body = heading_and_body(message)
    user = message.person.contacts.get("mattermost", "").removeprefix("@")
    mention = f"@{user} " if re.fullmatch(r"[a-z0-9._-]{1,64}", user) else ""
    above = f"{mention}**{''.join(escaped(heading, SPECIAL, INSTEAD))}**\n\n"
    below = f"\n\n[Acknowledge]({message.acknowledge_url})" if message.acknowledge_url else ""
    rest = fit(escaped(body or message.person.name, SPECIAL, INSTEAD), MOST - len(above) - len(below), len)
    return {"text": f"{above}{rest}{below}"}


class MattermostNotifier:
    """Writes with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = MattermostSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: MattermostSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, session, settings.url.get_secret_value())

    async def send(self, message: Message) -> str:
        """Write it; Mattermost gives no reference."""
        answer = await self._endpoint.post(json=payload(message))
        if not answer.ok:
            raise refused(answer, message.sent_at, _code(answer))
        if answer.text.strip() != "ok":
            raise SendFailed(FailureReason.PROVIDER_ERROR, f"HTTP {answer.status} without the word ok")
        return ""


def _code(answer: Answer) -> str:
    """Give the server's own name of an error; its texts may quote what was sent."""
    code = answer.fields().get("id")
    return code if isinstance(code, str) and re.fullmatch(r"[a-z._]{1,80}", code) else ""
