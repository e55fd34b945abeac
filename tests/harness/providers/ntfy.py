"""A server of ntfy: publishes JSON at its root, and makes a file of what is too long."""

import json
import re
from dataclasses import dataclass

from aiohttp import web

from rungbell.testing import HttpProvider, Request

TOKEN = "tk_of_the_pager_0123456789ab"
KNOWN = {"topic", "message", "title", "tags", "priority", "click", "actions", "attach", "icon", "markdown", "delay"}


def problem(status: int, code: int, error: str) -> web.Response:
    return web.json_response({"code": code, "http": status, "error": error}, status=status)


@dataclass(slots=True)
class Ntfy(HttpProvider):
    """Knows one token."""

    @property
    def url(self) -> str:
        return f"{self.root}/"

    def usual(self, request: Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        sent = request.json
        shown = sent.get("message", "") or "triggered"
        answer = {"id": f"m{len(self.requests)}", "event": "message", "topic": sent["topic"], "message": shown}
        if len(shown.encode()) > 4096:
            answer |= {"message": "You received a file: attachment.txt", "attachment": {"name": "attachment.txt"}}
        return web.json_response(answer)

    @staticmethod
    def _refusal(request: Request) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(403, 40301, "forbidden")
        if request.path != "/":
            return problem(404, 40401, "page not found")
        if len(request.body) > 2 * 4096:
            return problem(413, 41304, "JSON body too large")
        try:
            sent = json.loads(request.body)
        except ValueError:
            return problem(400, 40024, "request body must be valid JSON")
        known = re.fullmatch(r"[-_A-Za-z0-9]{1,64}", sent.get("topic", "")) and not set(sent) - KNOWN
        if not known or len(sent.get("actions", [])) > 3 or sent.get("priority", 3) not in range(1, 6):
            return problem(400, 40009, "topic, action or priority invalid")
        return None
