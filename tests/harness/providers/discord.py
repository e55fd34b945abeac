"""Webhooks of Discord: keep a message only where the sender waits for it, and refuse what is too long."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from rungbell.testing import HttpProvider, Request, in_utf16

TOKEN = "token-of-the-discord-webhook"


def problem(status: int, code: int, message: str, **more: object) -> web.Response:
    return web.json_response({"message": message, "code": code, **more}, status=status)


def too_long(sent: dict[str, Any]) -> bool:
    """Whether any part is longer than Discord takes, or all embeds together are."""
    embeds = sent.get("embeds", [])
    parts: list[tuple[str, int]] = [(sent.get("content", ""), 2000)]
    total = 0
    for embed in embeds:
        own = [(embed.get("title", ""), 256), (embed.get("description", ""), 4096)]
        for one in embed.get("fields", []):
            own += [(one["name"], 256), (one["value"], 1024)]
        total += sum(in_utf16(text) for text, _ in own)
        parts += own
    return len(embeds) > 10 or total > 6000 or any(in_utf16(text) > most for text, most in parts)


@dataclass(slots=True)
class Discord(HttpProvider):
    """Knows one webhook."""

    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What stands in the room, by id."""

    @property
    def url(self) -> str:
        return f"{self.root}/api/webhooks/8123/{TOKEN}"

    def usual(self, request: Request) -> web.Response:
        webhook, _, message = request.path.partition("/messages/")
        if webhook != f"/api/webhooks/8123/{TOKEN}":
            return problem(404, 10015, "Unknown Webhook")
        try:
            sent = json.loads(request.body)
        except ValueError:
            return problem(400, 50109, "The request body contains invalid JSON.")
        return self._edit(message, sent) if request.method == "PATCH" else self._write(request, sent)

    def _write(self, request: Request, sent: dict[str, Any]) -> web.Response:
        if not sent.get("content") and not sent.get("embeds"):
            return problem(400, 50006, "Cannot send an empty message")
        if too_long(sent) or any(not field["value"] for embed in sent["embeds"] for field in embed["fields"]):
            return problem(400, 50035, "Invalid Form Body", errors={"quoted": request.body.decode()})
        number = f"11{len(self.requests)}"
        if "wait=true" not in request.query:
            return web.Response(status=204)
        self.messages[number] = sent
        return web.json_response({"id": number, "channel_id": "5", "content": sent["content"]})

    def _edit(self, number: str, sent: dict[str, Any]) -> web.Response:
        if number not in self.messages:
            return problem(404, 10008, "Unknown Message")
        if too_long(sent):
            return problem(400, 50035, "Invalid Form Body")
        self.messages[number] |= sent
        return web.json_response({"id": number})
