"""A Workflow of Microsoft Teams: takes a card, says 202, and tells nobody whether it was ever posted."""

import json
from dataclasses import dataclass

from aiohttp import web

from rungbell.testing import HttpProvider, Request

SIGNATURE = "signature-of-the-workflow"
MOST = 28 * 1024


def problem(status: int, code: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": f"not with sig={SIGNATURE}"}}, status=status)


@dataclass(slots=True)
class Teams(HttpProvider):
    """Knows one Workflow."""

    @property
    def url(self) -> str:
        return f"{self.root}/workflows/0af3/triggers/manual/paths/invoke?api-version=2016-06-01&sig={SIGNATURE}"

    def usual(self, request: Request) -> web.Response:
        if f"sig={SIGNATURE}" not in request.query:
            return problem(401, "DirectApiAuthorizationRequired")
        if len(request.body) > MOST:
            return problem(413, "RequestEntityTooLarge")
        try:
            (attachment,) = json.loads(request.body)["attachments"]
            card = attachment["content"]
            right = attachment["contentType"] == "application/vnd.microsoft.card.adaptive" and card["version"] == "1.4"
            texts = [block["text"] for block in card["body"] if block["type"] == "TextBlock"]
        except (ValueError, KeyError, TypeError):
            return problem(400, "TriggerInputSchemaMismatch")
        if not right or not all(texts):
            return problem(400, "TriggerInputSchemaMismatch")
        return web.Response(status=202, headers={"x-ms-workflow-run-id": f"0858{len(self.requests)}"})
