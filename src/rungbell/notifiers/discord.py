"""Channel ``discord``: writes the page into a room through one of its webhooks.

Rules
-----
* ``wait=true``: without it Discord takes messages that it does not keep. Only an answer with an ``id`` is acceptance.
* No text mentions anybody: ``allowed_mentions`` is empty but for the person who is paged, by the contact ``discord``
  (a user id) of the configuration.
* 429 says in its body how long, to parts of a second. 404 means that the webhook was deleted, and is final.
* A webhook hears no clicks: the page has a link.

May import: ``domain``, ``notifiers`` (the port, ``http``, ``fitting``), pydantic.
"""

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.domain.severity import Severity
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.fitting import escaped, fit, heading_and_body, in_utf16
from rungbell.notifiers.http import Answer, Endpoint, HookSettings, refused

if TYPE_CHECKING:
    import aiohttp

CONTENT, TITLE, DESCRIPTION = 2000, 256, 4096
"""How long each may be, counted in UTF-16 units, the strictest that may be meant."""
SPECIAL = "\\`*_~|[]<"
COLOURS = {Severity.P0: 0xB00020, Severity.P1: 0xE65100, Severity.P2: 0xF9A825, Severity.P3: 0x1565C0}
PLAIN_COLOUR = 0x607D8B
LONGEST_PAUSE = 86_400.0
"""Seconds; a wish beyond a day is nonsense."""


class DiscordSettings(HookSettings):
    """The address of the webhook, which is also its password."""


def payload(message: Message) -> dict[str, Any]:
    """Give the page as Discord shows it."""
    heading, body = heading_and_body(message)
    user = message.person.contacts.get("discord", "")
    known = user.isascii() and user.isdigit()
    content = (f"<@{user}> " if known else "") + fit(escaped(heading, SPECIAL), TITLE, in_utf16)
    severity = message.incident.severity if message.incident and message.kind is PageKind.PAGE else None
    link = {"name": "Acknowledge", "value": message.acknowledge_url}
    return {
        "content": content[:CONTENT],
        "allowed_mentions": {"parse": [], **({"users": [user]} if known else {})},
        "embeds": [
            {
                "title": f"For {fit(escaped(message.person.name, SPECIAL), 100, in_utf16)}",
                "description": fit(escaped(body or heading, SPECIAL), DESCRIPTION, in_utf16),
                "color": COLOURS[severity] if severity else PLAIN_COLOUR,
                "fields": [link] if message.acknowledge_url else [],
            }
        ],
    }


class DiscordNotifier:
    """Writes with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = DiscordSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: DiscordSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, session, settings.url.get_secret_value())
        self._query = "&wait=true" if "?" in settings.url.get_secret_value() else "?wait=true"

    async def send(self, message: Message) -> str:
        """Write it; give the id of the message."""
        answer = await self._endpoint.post(self._query, json=payload(message))
        if not answer.ok:
            raise _refused(answer, message.sent_at)
        reference = answer.fields().get("id")
        if not isinstance(reference, str) or not reference:
            raise SendFailed(FailureReason.PROVIDER_ERROR, "the answer has no id: the message was not kept")
        return reference[:64]


def _refused(answer: Answer, now: datetime) -> SendFailed:
    said = answer.fields()
    code, pause = said.get("code"), said.get("retry_after")
    failed = refused(answer, now, f"Discord {code}" if isinstance(code, int) else "")
    if answer.status == 429 and isinstance(pause, int | float) and math.isfinite(pause) and 0 <= pause <= LONGEST_PAUSE:
        failed.retry_after = timedelta(seconds=pause)
    return failed
