"""Channel ``teams``: posts the page as a card through a Workflow of Microsoft Teams.

Rules
-----
* The address is that of a Workflow ("When a Teams webhook request is received"); its ``sig`` is the password. The old
  connectors are gone; what stands in for them may answer 200 with an error in the text, which is a failure.
* 202 is acceptance by the Workflow, not proof that anybody saw it: nothing better exists.
* A message has at most 28 KB, the card around it included.
* Cards read Markdown and ``{{DATE(…)}}``: both are escaped in texts. The only button back is a link.

May import: ``domain``, ``notifiers`` (the port, ``http``, ``fitting``), pydantic.
"""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from rungbell.domain.events import FailureReason
from rungbell.domain.severity import Severity
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.fitting import escaped, fit, heading_and_body, in_json
from rungbell.notifiers.http import Answer, Endpoint, HookSettings, refused

if TYPE_CHECKING:
    import aiohttp

HEADING_BYTES, BODY_BYTES = 1_500, 22_000
"""What of the 28 KB the texts may take; addresses and the card need less than the rest."""
SPECIAL = "\\`*_{}[]<|~"
INSTEAD = {"&": "&amp;", "\n": "\n\n"}
STYLES = {Severity.P0: "attention", Severity.P1: "attention", Severity.P2: "warning", Severity.P3: "accent"}


class TeamsSettings(HookSettings):
    """The address of the Workflow, which is also its password."""


def payload(message: Message) -> dict[str, Any]:
    """Give the page as an adaptive card."""
    heading, body = heading_and_body(message)
    severity = message.severity
    links = {"Acknowledge": message.acknowledge_url}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": fit(escaped(heading, SPECIAL, INSTEAD), HEADING_BYTES, in_json),
        "body": [
            {
                "type": "TextBlock",
                "text": fit(escaped(heading, SPECIAL, INSTEAD), HEADING_BYTES, in_json),
                "weight": "Bolder",
                "size": "Medium",
                "color": STYLES.get(severity, "default") if severity else "default",
                "wrap": True,
            },
            {
                "type": "TextBlock",
                "text": fit(escaped(body or message.person.name, SPECIAL, INSTEAD), BODY_BYTES, in_json),
                "wrap": True,
            },
        ],
        "actions": [{"type": "Action.OpenUrl", "title": name, "url": url} for name, url in links.items() if url],
        "msteams": {"width": "Full"},
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


class TeamsNotifier:
    """Posts with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = TeamsSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: TeamsSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings, session, settings.url.get_secret_value())

    async def send(self, message: Message) -> str:
        """Post it; give the run of the Workflow, where it names one."""
        answer = await self._endpoint.post(json=payload(message))
        if not answer.ok:
            raise refused(answer, message.sent_at, _code(answer))
        if answer.status != 202 and answer.text.strip() not in {"", "1"}:
            raise _error_in(answer, message)
        return answer.headers.get("x-ms-workflow-run-id", "")[:64]


def _code(answer: Answer) -> str:
    """Give the provider's own short word for an error; its texts may quote what was sent."""
    error = answer.fields().get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z]{1,60}", code) else ""


def _error_in(answer: Answer, message: Message) -> SendFailed:
    """Read what a 200 says that is none: the status that was meant stands in its text."""
    meant = re.search(r"HTTP error (\d{3})", answer.text)
    if meant is None or int(meant[1]) < 400:
        return SendFailed(FailureReason.PROVIDER_ERROR, "HTTP 200 with a text that says something else")
    return refused(replace(answer, status=int(meant[1])), message.sent_at, "said within HTTP 200")
