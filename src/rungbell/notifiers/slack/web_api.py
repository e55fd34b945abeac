"""Slack's Web API: one method, its arguments, and what its answer means.

Rules
-----
* Success is 200 with ``ok: true``; nearly every failure is a 200 too, and says ``error`` (integrations 6.1).
* Errors that will not go away by themselves are final, so that the next channel rings at once; limits and troubles of
  Slack are tried again, and so is what is not known here.
* What is told later of a command goes to the address that Slack gave with it, if that is one of Slack's own.
* Methods that write take JSON, methods that only read take a form. Redirects, proxies and TLS are as for every channel.

May import: ``config``, ``domain``, ``notifiers`` (the port, ``http``), pydantic.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rungbell.domain.events import FailureReason
from rungbell.notifiers import SendFailed
from rungbell.notifiers.http import Answer, Endpoint, refused, retry_after
from rungbell.notifiers.slack.settings import SlackSettings

if TYPE_CHECKING:
    import aiohttp

READ_LIMIT = 2 * 1024 * 1024
"""Bytes; a list of channels or messages may be that long."""
UNAUTHORIZED = frozenset(
    {
        "access_denied", "account_inactive", "ekm_access_denied", "invalid_auth", "missing_scope", "no_permission",
        "not_allowed_token_type", "not_authed", "org_login_required", "team_access_not_granted", "token_expired",
        "token_revoked",
    }
)  # fmt: skip
"""Our token, or what it may do."""
NOBODY = frozenset(
    {"cannot_dm_bot", "messages_tab_disabled", "user_disabled", "user_not_found", "user_not_visible", "users_not_found"}
)
"""Whom the message is for."""
FINAL = frozenset(
    {
        "as_user_not_supported", "cannot_reply_to_message", "cant_update_message", "channel_not_found",
        "edit_window_closed", "invalid_arguments", "invalid_array_arg", "invalid_blocks", "invalid_blocks_format",
        "invalid_channel", "invalid_metadata_format", "invalid_name", "invalid_name_specials", "is_archived",
        "message_not_found", "metadata_too_large", "msg_blocks_too_long", "msg_too_long", "name_taken", "no_text",
        "not_in_channel", "restricted_action", "restricted_action_read_only_channel",
        "restricted_action_thread_locked", "thread_not_found", "too_many_attachments", "unknown_method",
    }
)  # fmt: skip
"""This message, there, never."""
LIMITED = frozenset({"message_limit_exceeded", "rate_limited", "ratelimited"})
_NEVER = datetime.max.replace(tzinfo=UTC)
"""Slack says ``Retry-After`` in seconds; a date is no wish."""


class SlackRefused(SendFailed):
    """Slack said ``ok: false``; ``error`` is its word for it, empty where it has none."""

    def __init__(self, answer: Answer, error: str) -> None:
        reason, permanent = _meaning(error)
        pause = retry_after(answer.headers.get("Retry-After"), _NEVER)
        super().__init__(reason, error or "an answer without ok: true", permanent=permanent, retry_after=pause)
        self.error = error


class WebApi:
    """Calls methods with the token of the bot; raises ``ConfigError`` where a file of ``tls_config`` is unusable."""

    def __init__(self, settings: SlackSettings, session: "aiohttp.ClientSession") -> None:
        self._settings = settings
        self._session = session
        self._endpoint = Endpoint(settings, session, str(settings.api_url).rstrip("/") + "/")

    async def write(self, method: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 -- whatever is JSON
        """Call a method that changes something, and give what it says.

        Raises:
            SlackRefused: Slack says no.
            SendFailed: nobody said anything that could be read.
        """
        headers = {"Content-Type": "application/json; charset=utf-8", **self._bearer()}
        return _read(await self._endpoint.post(method, json=arguments, headers=headers))

    async def read(self, method: str, **arguments: str) -> dict[str, Any]:
        """Call a method that changes nothing; raises like ``write``."""
        return _read(await self._endpoint.post(method, form=arguments, headers=self._bearer(), limit=READ_LIMIT))

    async def respond(self, url: str, content: Mapping[str, str]) -> bool:
        """Answer to the address that came with a command; false where it is none of Slack's, or takes it no more."""
        if not self._is_slacks(url):
            return False
        return (await Endpoint(self._settings, self._session, url).post(json=content)).ok

    async def socket(self) -> str:
        """Ask for the address of a connection, which is good once; raises like ``write``."""
        token = self._settings.app_token
        headers = {"Authorization": f"Bearer {token.get_secret_value() if token else ''}"}
        url = _read(await self._endpoint.post("apps.connections.open", form={}, headers=headers)).get("url")
        if not isinstance(url, str) or not url.startswith("ws"):
            raise SendFailed(FailureReason.PROVIDER_ERROR, "apps.connections.open gave no address")
        return url

    def _is_slacks(self, url: str) -> bool:
        api = urlsplit(str(self._settings.api_url))
        try:
            given = urlsplit(url)
        except ValueError:
            return False
        return (given.scheme, given.netloc) in {("https", f"hooks.{api.netloc}"), (api.scheme, api.netloc)}

    def _bearer(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._settings.bot_token.get_secret_value()}"}


def _read(answer: Answer) -> dict[str, Any]:
    said = answer.fields()
    error = said.get("error")
    error = error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,60}", error) else ""
    if not answer.ok:
        raise refused(answer, _NEVER, error)
    if answer.status != 200 or said.get("ok") is not True:
        raise SlackRefused(answer, error)
    return said


def _meaning(error: str) -> tuple[FailureReason, bool]:
    """Give why it failed, and whether for good."""
    if error in UNAUTHORIZED:
        return FailureReason.UNAUTHORIZED, True
    if error in NOBODY:
        return FailureReason.RECIPIENT_GONE, True
    if error in FINAL:
        return FailureReason.REFUSED, True
    return (FailureReason.RATE_LIMITED if error in LIMITED else FailureReason.PROVIDER_ERROR), False
