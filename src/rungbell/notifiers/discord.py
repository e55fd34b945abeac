"""Channel ``discord``: writes the page into a room through one of its webhooks.

Rules
-----
* ``wait=true``: without it Discord takes messages that it does not keep. Only an answer with an ``id`` is acceptance.
* No text mentions anybody: ``allowed_mentions`` is empty but for the person who is paged, by the contact ``discord``
  (a user id) of the configuration.
* 429 says in its body how long, to parts of a second. 404 means that the webhook was deleted, and is final.
* A webhook hears no clicks: the page has a link. What becomes of the incident is written over the first lines of what
  it wrote; the rest of the page stays as it was.

May import: ``domain``, ``notifiers`` (the port, ``following``, ``http``, ``fitting``), pydantic.
"""

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from rungbell.domain.events import FailureReason
from rungbell.domain.plain_text import plain
from rungbell.domain.severity import Severity
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.fitting import escaped, fit, heading_and_body, in_utf16
from rungbell.notifiers.following import Change
from rungbell.notifiers.http import Answer, Endpoint, HookSettings, refused

if TYPE_CHECKING:
    import aiohttp

CONTENT, TITLE, DESCRIPTION = 2000, 256, 4096
"""How long each may be, counted in UTF-16 units, the strictest that may be meant."""
SPECIAL = "\\`*_~|[]<"
COLOURS = {Severity.P0: 0xB00020, Severity.P1: 0xE65100, Severity.P2: 0xF9A825, Severity.P3: 0x1565C0}
PLAIN_COLOUR = 0x607D8B
UNKNOWN_MESSAGE = 10008
"""Discord's code for one that is not there any more."""
REMEMBERED = 1000
"""Messages of which it is known what they tell."""
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
    severity = message.severity
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


def written_over(change: Change) -> str:
    """Give the lines of a change as Discord shows them."""
    lines = "\n".join(plain(line, len(line) + 1) for line in change.text.splitlines())
    return fit(escaped(lines, SPECIAL), CONTENT, in_utf16)


class DiscordNotifier:
    """Writes with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = DiscordSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: DiscordSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        url, _, query = settings.url.get_secret_value().partition("?")
        self._endpoint = Endpoint(settings, session, url)
        self._query = f"?{query}&" if query else "?"
        self._shown: dict[str, int] = {}
        """Which version of its incident a message tells of; a restart may forget it."""

    async def send(self, message: Message) -> str:
        """Write it; give the id of the message."""
        answer = await self._endpoint.post(f"{self._query}wait=true", json=payload(message))
        if not answer.ok:
            raise _refused(answer, message.sent_at)
        reference = answer.fields().get("id")
        if not isinstance(reference, str) or not reference:
            raise SendFailed(FailureReason.PROVIDER_ERROR, "the answer has no id: the message was not kept")
        return reference[:64]

    async def follow(self, change: Change) -> str:
        """Write over each message how the incident stands now; one that somebody has deleted is left out."""
        told = {"content": written_over(change), "allowed_mentions": {"parse": []}}
        for place in change.places:
            number = place.reference
            if not (number.isascii() and number.isdigit()) or self._shown.get(number, -1) > change.incident.version:
                continue
            self._shown[number] = change.incident.version
            answer = await self._endpoint.request("PATCH", f"/messages/{number}{self._query[:-1]}", json=told)
            if not answer.ok and answer.fields().get("code") != UNKNOWN_MESSAGE:
                raise _refused(answer, change.sent_at)
        while len(self._shown) > REMEMBERED:
            del self._shown[next(iter(self._shown))]
        return ""


def _refused(answer: Answer, now: datetime) -> SendFailed:
    said = answer.fields()
    code, pause = said.get("code"), said.get("retry_after")
    failed = refused(answer, now, f"Discord {code}" if isinstance(code, int) else "")
    if answer.status == 429 and isinstance(pause, int | float) and math.isfinite(pause) and 0 <= pause <= LONGEST_PAUSE:
        failed.retry_after = timedelta(seconds=pause)
    return failed
