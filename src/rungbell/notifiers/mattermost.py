"""Channel ``mattermost``: writes the page into a room through an incoming webhook.

Rules
-----
* Only 200 with the text ``ok`` is acceptance: what stands before a server may answer 200 with anything.
* A text has at most 16383 characters; the server would make several messages of a longer one.
* Texts are Markdown, in which a backslash does not keep ``@all`` from ringing everybody: an invisible blank does. And
  ``<!all>`` and ``<address|name>`` are read as Slack would: no ``<`` is left.
  Only the person who is paged is mentioned, by the contact ``mattermost`` (a username) of the configuration.
* With ``buttons`` the server calls ``/answers/<channel>``, and must be allowed to. It signs nothing: what proves that
  it is the server is what the button carries, which the server keeps to itself, and who pressed is who it says. The
  ticket alone is no proof, for other channels show it to those they page: with it goes what only this channel makes.

May import: ``domain``, ``notifiers`` (the ports, ``http``, ``fitting``, ``whole_text``), pydantic.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel
from pydantic_core import to_json

from rungbell.domain.errors import StoreError
from rungbell.domain.events import FailureReason, Via
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Answer, Callback, Hear, Heard, Wish
from rungbell.notifiers.fitting import escaped, fit, heading_and_body
from rungbell.notifiers.http import Answer as Said
from rungbell.notifiers.http import Endpoint, HookSettings, refused
from rungbell.notifiers.whole_text import json_said

if TYPE_CHECKING:
    import aiohttp

MOST = 16_383
"""Characters of a message."""
CONTACT, JSON = "mattermost", "application/json"
WISHES = (Wish.ACKNOWLEDGE, Wish.ESCALATE, Wish.RESOLVE)
SPECIAL = "\\`*_[]|~>"
INSTEAD = {"@": "@\u200b", "<": "&lt;", "&": "&amp;"}


class MattermostSettings(HookSettings):
    """The address of the webhook, which is also its password."""

    buttons: bool = False
    """Whether pages have buttons that answer, besides the link."""


def payload(message: Message, proof: str = "") -> dict[str, Any]:
    """Give the page as Mattermost shows it, with buttons where there is a ``proof`` for them to carry."""
    heading, body = heading_and_body(message)
    user = message.person.contacts.get(CONTACT, "").removeprefix("@")
    mention = f"@{user} " if re.fullmatch(r"[a-z0-9._-]{1,64}", user) else ""
    above = f"{mention}**{''.join(escaped(heading, SPECIAL, INSTEAD))}**\n\n"
    below = f"\n\n[Acknowledge]({message.acknowledge_url})" if message.acknowledge_url else ""
    rest = fit(escaped(body or message.person.name, SPECIAL, INSTEAD), MOST - len(above) - len(below), len)
    asks = proof and message.ticket and message.answers_url
    return {"text": f"{above}{rest}{below}", **({"attachments": [_buttons(message, proof)]} if asks else {})}


def _proof(secret: str, ticket: str) -> str:
    """Give what a button carries besides its ticket; ``secret`` is the address of the webhook."""
    return hmac.new(secret.encode(), ticket.encode(errors="replace"), "sha256").hexdigest()


def _buttons(message: Message, proof: str) -> dict[str, Any]:
    actions = [
        {
            "id": wish.value,
            "name": wish.value.capitalize(),
            "integration": {
                "url": message.answers_url,
                "context": {"wish": wish.value, "ticket": message.ticket, "proof": proof},
            },
        }
        for wish in (WISHES if message.incident is not None else (Wish.ACKNOWLEDGE,))
    ]
    return {"fallback": "", "text": "", "actions": actions}


class MattermostNotifier:
    """Writes with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = MattermostSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: MattermostSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, session, settings.url.get_secret_value())

    async def send(self, message: Message) -> str:
        """Write it; Mattermost gives no reference."""
        proof = self._proves(message.ticket) if self._settings.buttons else ""
        answer = await self._endpoint.post(json=payload(message, proof))
        if not answer.ok:
            raise refused(answer, message.sent_at, _code(answer))
        if answer.text.strip() != "ok":
            raise SendFailed(FailureReason.PROVIDER_ERROR, f"HTTP {answer.status} without the word ok")
        return ""

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        """Hear that somebody pressed a button, and tell them what is true then."""
        try:
            pressed = json_said(callback.body)
            heard, proof = understood(pressed), str(pressed["context"].get("proof")).encode(errors="replace")
        except (AttributeError, KeyError, TypeError, ValueError):
            return Answer(400, b"this is no press of a button")
        if not hmac.compare_digest(self._proves(heard.ticket).encode(), proof):
            return Answer(401, b"this is no button of a page of this channel")
        try:
            told = await hear(heard)
        except StoreError:
            return _shown("Nothing was recorded: rungbell cannot reach its store. Press again, or use the link.")
        return _shown(told.text)

    def _proves(self, ticket: str) -> str:
        return _proof(self._settings.url.get_secret_value(), ticket)


def understood(pressed: Mapping[str, Any]) -> Heard:
    """Make of a press what somebody says.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    wish, ticket = Wish(pressed["context"]["wish"]), str(pressed["context"]["ticket"])
    if wish not in WISHES:
        raise ValueError(wish)
    user, post, trigger = (str(pressed[name]) for name in ("user_name", "post_id", "trigger_id"))
    once = hashlib.sha256(f"{post} {user} {wish} {trigger}".encode()).hexdigest()[:32]
    return Heard(wish=wish, once=once, via=Via.CHAT, contact=(CONTACT, user), ticket=ticket)


def _shown(text: str) -> Answer:
    return Answer(body=to_json({"ephemeral_text": "".join(escaped(text, SPECIAL, INSTEAD))}), content_type=JSON)


def _code(answer: Said) -> str:
    """Give the server's own name of an error; its texts may quote what was sent."""
    code = answer.fields().get("id")
    return code if isinstance(code, str) and re.fullmatch(r"[a-z._]{1,80}", code) else ""
