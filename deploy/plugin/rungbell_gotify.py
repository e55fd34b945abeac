"""Channel ``gotify``: a page becomes a message of an application of a Gotify server."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import AnyHttpUrl, BaseModel, SecretStr

from rungbell.config.http import HttpSettings
from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.fitting import heading_and_body
from rungbell.notifiers.http import Endpoint, refused

if TYPE_CHECKING:
    import aiohttp

LOUD, QUIET = 8, 4


class GotifySettings(HttpSettings):
    """What stands in the configuration; every ``SecretStr`` may also be given as ``token_file``."""

    url: AnyHttpUrl
    token: SecretStr


class GotifyNotifier:
    """One is made for each channel of the type, and again after a reload."""

    settings: ClassVar[type[BaseModel]] = GotifySettings
    needs: ClassVar[str | None] = None  # or the contact that a person must have, such as "email"

    def __init__(self, settings: GotifySettings, session: "aiohttp.ClientSession") -> None:
        self._token = settings.token
        self._endpoint = Endpoint(settings, session, str(settings.url).rstrip("/"))

    async def send(self, message: Message) -> str:
        """Give Gotify's id of the message, or say why there is none."""
        title, body = heading_and_body(message)  # text of strangers: one clean line, and the rest
        link = message.acknowledge_url
        sent = {
            "title": title,
            "message": f"{body or title}\n\nAcknowledge: {link}" if link else body or title,
            "priority": LOUD if message.kind is PageKind.PAGE else QUIET,
            "extras": {"client::notification": {"click": {"url": link}}} if link else {},
        }
        headers = {"X-Gotify-Key": self._token.get_secret_value()}
        answer = await self._endpoint.post("/message", json=sent, headers=headers)
        if not answer.ok:
            raise refused(answer, message.sent_at)
        if "id" not in answer.fields():
            raise SendFailed(FailureReason.PROVIDER_ERROR, "the answer has no id, so it is not Gotify's")
        return str(answer.fields()["id"])
