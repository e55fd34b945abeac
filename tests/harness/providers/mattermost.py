"""Incoming webhooks of Mattermost: read some of Slack's markup, split what is too long, and say ``ok``."""

import json
import re
from dataclasses import dataclass, field

from aiohttp import web

from rungbell.testing import HttpProvider, Request

KEY = "key-of-the-mattermost-webhook"
MOST = 16_383


def problem(status: int, name: str) -> web.Response:
    return web.json_response({"id": name, "message": f"no hook {KEY}", "status_code": status}, status=status)


def read(text: str) -> str:
    """Turn what Slack would mean into what Mattermost means."""
    text = re.sub(r"<!(channel|all|here)>", r"@\1", text)
    return re.sub(r"<([^|<>]+)\|([^<>]+)>", r"[\2](\1)", text)


@dataclass(slots=True)
class Mattermost(HttpProvider):
    """Knows one webhook."""

    posts: list[str] = field(default_factory=list)
    """The messages in the room."""

    @property
    def url(self) -> str:
        return f"{self.root}/hooks/{KEY}"

    def usual(self, request: Request) -> web.Response:
        if request.path != f"/hooks/{KEY}":
            return problem(404, "store.sql_webhooks.get_incoming.app_error")
        try:
            text = read(json.loads(request.body)["text"])
        except (ValueError, KeyError, TypeError):
            return problem(400, "web.incoming_webhook.parse.app_error")
        self.posts += [text[start : start + MOST] for start in range(0, len(text), MOST)]
        return web.Response(text="ok")
