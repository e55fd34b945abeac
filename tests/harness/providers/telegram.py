"""The Bot API of Telegram: writes to who has written to the bot, reads its own markup, hands out updates in order."""

import asyncio
import contextlib
import html.parser
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from rungbell.testing import HttpProvider, Request

TOKEN = "123456789:token-of-the-bot-0123456789abcdefgh"
ALICE = "4711"
HELD = 2.0
"""Seconds; the real one holds a question as long as it was asked to."""
TAGS = {"b", "i", "u", "s", "a", "code", "pre"}


def refusal(status: int, description: str, **parameters: object) -> web.Response:
    said = {"ok": False, "error_code": status, "description": description}
    return web.json_response(said | ({"parameters": parameters} if parameters else {}), status=status)


def done(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


class _Markup(html.parser.HTMLParser):
    """Reads what Telegram calls HTML; anything else in it is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS or attrs:
            raise ValueError(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise ValueError(data)


def read(sent: dict[str, Any]) -> str:
    """Give the text as people see it."""
    if "parse_mode" not in sent:
        return str(sent["text"])
    markup = _Markup()
    markup.feed(sent["text"])
    markup.close()
    if markup.open:
        raise ValueError(markup.open)
    return markup.text


@dataclass(slots=True)
class Telegram(HttpProvider):
    """One bot, to which Alice has written."""

    chats: set[str] = field(default_factory=lambda: {ALICE})
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Messages by ``chat:number``, as they stand now, with what people see as ``seen``."""
    answered: list[dict[str, Any]] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    unreadable: bool = False
    """It reads no markup at all, as after a change of theirs."""
    blocked_by: set[str] = field(default_factory=set)
    """Chats whose people want nothing more of the bot."""
    silent: set[str] = field(default_factory=set)
    """Methods that are never answered."""
    updates: list[dict[str, Any]] = field(default_factory=list)
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    confirmed: int = 0

    @property
    def url(self) -> str:
        return self.root

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Hold a question for updates until there is one."""
        if request.path.endswith("/getUpdates") and not self._fresh():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HELD):
                    await self.fresh.wait()
        self.fresh.clear()
        if request.path.rpartition("/")[2] in self.silent:
            await self._over.wait()
        return await HttpProvider.handle(self, request)

    def _fresh(self) -> list[dict[str, Any]]:
        return [one for one in self.updates if one["update_id"] >= self.confirmed]

    def usual(self, request: Request) -> web.Response:
        prefix = f"/bot{TOKEN}/"
        if not request.path.startswith(prefix):
            return refusal(401, "Unauthorized")
        sent = json.loads(request.body)
        match request.path.removeprefix(prefix):
            case "sendMessage":
                return self._send(sent)
            case "editMessageText":
                return self._edit(sent)
            case "answerCallbackQuery":
                self.answered.append(sent)
                return done(True)
            case "getUpdates":
                return self._hand_out(sent)
            case _:
                return refusal(404, "Not Found")

    def _send(self, sent: dict[str, Any]) -> web.Response:
        chat = str(sent["chat_id"])
        if chat in self.moved:
            return refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=self.moved[chat])
        if chat not in self.chats:
            return refusal(400, "Bad Request: chat not found")
        wrong = self._wrong(sent)
        if wrong is not None:
            return wrong
        number = len(self.shown) + 1
        self.shown[f"{chat}:{number}"] = {**sent, "seen": read(sent)}
        return done({"message_id": number, "chat": {"id": int(chat)}})

    def _edit(self, sent: dict[str, Any]) -> web.Response:
        if str(sent["chat_id"]) in self.blocked_by:
            return refusal(403, "Forbidden: bot was blocked by the user")
        key = f"{sent['chat_id']}:{sent['message_id']}"
        if key not in self.shown:
            return refusal(400, "Bad Request: message to edit not found")
        wrong = self._wrong(sent)
        if wrong is not None:
            return wrong
        seen = {"seen": read(sent), "reply_markup": sent.get("reply_markup")}
        if all(self.shown[key].get(name) == value for name, value in seen.items()):
            return refusal(400, "Bad Request: message is not modified: specified new content is the same")
        self.shown[key] = {**sent, **seen}
        return done({"message_id": sent["message_id"]})

    def _wrong(self, sent: dict[str, Any]) -> web.Response | None:
        try:
            seen = read({**sent, "text": "<unread>"} if self.unreadable and "parse_mode" in sent else sent)
        except ValueError:
            return refusal(400, "Bad Request: can't parse entities: unsupported start tag")
        if not seen.strip():
            return refusal(400, "Bad Request: message text is empty")
        if len(seen.encode("utf-16-le")) // 2 > 4096:
            return refusal(400, "Bad Request: message is too long")
        rows = (sent.get("reply_markup") or {}).get("inline_keyboard", [])
        if any(not 1 <= len(one["callback_data"].encode()) <= 64 for row in rows for one in row):
            return refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        return None

    def _hand_out(self, wanted: dict[str, Any]) -> web.Response:
        self.confirmed = max(self.confirmed, wanted.get("offset", 0))
        return done(self._fresh())

    def presses(self, key: str, label: str, who: str = ALICE) -> dict[str, Any]:
        """Somebody presses a button; gives the update that follows."""
        row = self.shown[key]["reply_markup"]["inline_keyboard"][0]
        data = next(one["callback_data"] for one in row if one["text"] == label)
        number = 100 + len(self.updates)
        query = {"id": f"q{number}", "from": {"id": int(who), "username": "somebody"}, "data": data}
        update = {"update_id": number, "callback_query": query}
        self.updates.append(update)
        self.fresh.set()
        return update
