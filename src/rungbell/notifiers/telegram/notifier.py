"""Writes as the bot, and hears what it is told.

May import: ``config``, ``domain``, ``notifiers`` (the ports, ``http``, ``whole_text``), the rest of this package,
pydantic.
"""

import asyncio
import hmac
import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, Field, SecretStr

from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong
from rungbell.domain.events import FailureReason, Via
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Answer, Callback, Came, Hear, Heard, Told, Wish
from rungbell.notifiers.fitting import fit, in_utf16
from rungbell.notifiers.following import Change
from rungbell.notifiers.http import Answer as Said
from rungbell.notifiers.http import Endpoint, refused
from rungbell.notifiers.telegram import wording
from rungbell.notifiers.whole_text import json_said

if TYPE_CHECKING:
    import aiohttp

CONTACT = "telegram"
POLL = 25
"""Seconds for which Telegram holds a question when there is nothing new."""
PATIENCE = POLL + 15.0
REPLY_PATIENCE = 5.0
"""Seconds for telling somebody what came of an answer: the next one waits."""
SHORTEST = 0.2
"""Seconds between two questions to which there was nothing to answer."""
SHOWN = 200
"""Characters of what a button answers."""
ANSWER_LIMIT = 4 * 1024 * 1024
UPDATES = ["callback_query", "message"]
UNCHANGED = "message is not modified"
GONE = ("message to edit not found", "message can't be edited", "chat not found")
_NAMED = re.compile(r"\A([^\s@]*)@\S*")
"""A command in a group, where Telegram writes the name of the bot behind it."""
"""A message that nobody can see any more need not be true."""


def _token(token: SecretStr) -> SecretStr:
    number, _, rest = token.get_secret_value().partition(":")
    if not (
        number.isdigit() and len(rest) >= 30 and rest.isascii() and rest.replace("_", "").replace("-", "").isalnum()
    ):
        raise wrong("is no token of a bot", "such as 123456:ABC-DEF…, from @BotFather")
    return token


class TelegramSettings(HttpSettings):
    """Which bot, and how its answers come."""

    bot_token: Annotated[SecretStr, AfterValidator(_token)]
    url: AnyHttpUrl = Field(default=AnyHttpUrl("https://api.telegram.org"), repr=False)
    webhook_secret: SecretStr | None = None
    """The ``secret_token`` of ``setWebhook``; without it Telegram is asked."""

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(str(self.url))


class TelegramNotifier:
    """One bot."""

    settings: ClassVar[type[BaseModel]] = TelegramSettings
    needs: ClassVar[str | None] = CONTACT

    def __init__(self, settings: TelegramSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(
            settings, session, f"{str(settings.url).rstrip('/')}/bot{settings.bot_token.get_secret_value()}"
        )
        self._next_update = 0

    async def send(self, message: Message) -> str:
        """Write the page; give chat and message."""
        chat = message.person.contacts.get(CONTACT, "")
        return await self._write(chat, wording.page(message), message.sent_at)

    async def _write(self, chat: str, told: dict[str, Any], now: datetime) -> str:
        answer = await self._call("sendMessage", {"chat_id": chat, **told})
        moved = _parameter(answer, "migrate_to_chat_id")
        if moved is not None:
            chat = str(int(moved))
            answer = await self._call("sendMessage", {"chat_id": chat, **told})
        if answer.status == 400 and "can't parse entities" in str(answer.fields().get("description")):
            answer = await self._call("sendMessage", {"chat_id": chat, **wording.plain(told)})
        number = _result(answer, now).get("message_id")
        if not isinstance(number, int):
            raise SendFailed(FailureReason.PROVIDER_ERROR, "the answer has no message_id, so it is not Telegram's")
        return f"{chat}:{number}"

    async def follow(self, change: Change) -> str:
        """Write what became of the incident into the messages that told of it."""
        told, failed = wording.change(change), None
        for place in change.places:
            chat, _, number = place.reference.rpartition(":")
            if not number.isdigit():
                continue
            answer = await self._call("editMessageText", {"chat_id": chat, "message_id": int(number), **told})
            said = str(answer.fields().get("description", ""))
            if answer.status == 400 and (UNCHANGED in said or any(gone in said for gone in GONE)):
                continue
            try:
                _result(answer, change.sent_at)
            except SendFailed as error:  # whoever has blocked the bot must not keep it from the others
                failed = failed or error
        if failed is not None:
            raise failed
        return ""

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        """Hear one update that Telegram brings."""
        secret = self._settings.webhook_secret
        given = callback.header("X-Telegram-Bot-Api-Secret-Token").encode("utf-8", "surrogateescape")
        if secret is None or not hmac.compare_digest(secret.get_secret_value().encode(), given):
            return Answer(401, alarm="an update of Telegram does not carry the `webhook_secret`")
        try:
            update = json_said(callback.body)
        except ValueError:
            return Answer()  # anything but 200 brings it again for ever
        await self._heard(update, hear)
        return Answer()

    async def listen(self, hear: Hear) -> None:
        """Ask for updates until cancelled; what could not be recorded is asked for again."""
        while self._settings.webhook_secret is None:
            wanted = {"timeout": POLL, "offset": self._next_update, "allowed_updates": UPDATES}
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await self._call("getUpdates", wanted)
            except TimeoutError:
                raise SendFailed(FailureReason.TIMEOUT, "no answer to a question for updates") from None
            found = answer.fields().get("result")
            if not answer.ok or not isinstance(found, list):
                raise SendFailed(FailureReason.PROVIDER_ERROR, f"no updates: HTTP {answer.status}")
            before = self._next_update
            for update in found:
                await self._heard(update, hear)
                number = update.get("update_id") if isinstance(update, dict) else None
                self._next_update = max(self._next_update, number + 1 if isinstance(number, int) else 0)
            if self._next_update == before:
                await asyncio.sleep(SHORTEST)  # something between us may answer at once, whatever was asked

    async def _heard(self, update: Any, hear: Hear) -> None:  # noqa: ANN401 -- whatever a stranger sends
        pressed = understood(update)
        if pressed is None:
            return
        told = await hear(pressed)
        query = update.get("callback_query")
        try:
            async with asyncio.timeout(REPLY_PATIENCE):
                if query is not None:
                    shown = {"text": told.text[:SHOWN], "show_alert": told.came not in {Came.DONE, Came.ALREADY}}
                    await self._call("answerCallbackQuery", {"callback_query_id": str(query["id"]), **shown})
                else:
                    await self._call("sendMessage", {"chat_id": update["message"]["chat"]["id"], "text": _reply(told)})
        except (SendFailed, TimeoutError):
            pass  # it counts all the same; the message itself will tell

    async def _call(self, method: str, told: dict[str, Any]) -> Said:
        return await self._endpoint.post(f"/{method}", json=told, limit=ANSWER_LIMIT)


def understood(update: Any) -> Heard | None:  # noqa: ANN401
    """Make of an update what somebody says; ``None``: nothing for us."""
    try:
        once = str(int(update["update_id"]))
        if (query := update.get("callback_query")) is not None:
            key, _, ticket = str(query["data"]).partition(":")
            who = (CONTACT, str(int(query["from"]["id"])))
            return Heard(wish=wording.WISHES[key], once=once, via=Via.CHAT, contact=who, ticket=ticket)
        message = update["message"]
        who, words = (CONTACT, str(int(message["from"]["id"]))), str(message["text"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    if not words.startswith("/") or words.startswith("/start"):
        return None
    said = _NAMED.sub(r"\1", words[1:])
    return Heard(wish=Wish.SAY, once=once, via=Via.CHAT, contact=who, words=said, room=wording.MOST)


def _reply(told: Told) -> str:
    return fit(told.text, wording.MOST, in_utf16) or "done"


def _parameter(answer: Said, name: str) -> float | None:
    parameters = answer.fields().get("parameters")
    value = parameters.get(name) if isinstance(parameters, dict) else None
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _result(answer: Said, now: datetime) -> dict[str, Any]:
    """Give what Telegram did, if its own word says that it did it."""
    said = answer.fields()
    if not answer.ok:
        failed = refused(answer, now)
        pause = _parameter(answer, "retry_after")
        if answer.status == 429 and pause is not None and 0 <= pause < 86_400:
            failed.retry_after = timedelta(seconds=pause)
        raise failed
    if said.get("ok") is not True:
        raise SendFailed(FailureReason.PROVIDER_ERROR, "an answer without `ok`")
    result = said.get("result")
    return result if isinstance(result, dict) else {}
