"""What the configuration says about a channel of the type ``slack``.

May import: ``config``, ``domain``, pydantic.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, model_validator

from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong
from rungbell.config.secrets import is_known
from rungbell.domain.severity import Severity

_ROOM = re.compile(r"#?[^\s#<>@,.:A-Z]{1,80}|[CGD][A-Z0-9]{6,}")


def _room(room: str) -> str:
    if not _ROOM.fullmatch(room):
        raise wrong("is no room", "the name of a channel, such as `incidents`, or its id, such as C0123ABCD")
    return room.removeprefix("#")


def _kind(begin: str, name: str) -> AfterValidator:
    def check(token: SecretStr) -> SecretStr:
        told = token.get_secret_value()
        if not is_known(token):
            return token
        if not told.isascii() or not told.isprintable() or " " in told:
            raise wrong("a token is one line of printable characters without blanks")
        if told.startswith(("xoxb-", "xapp-", "xoxp-")) and not told.startswith(begin):
            raise wrong(f"is another kind of token: this one begins with `{begin}`", f"see {name} of the app")
        return token

    return AfterValidator(check)


def _api(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme != "https" and not hosts.stays_here(str(url)):
        raise wrong("must begin with https: the token goes there")
    return url


class SlackSettings(HttpSettings):
    """Where pages go, and how answers come back."""

    room: Annotated[str, AfterValidator(_room)] | None = None
    """A channel, by its name or id; without one everybody gets a direct message, by their contact ``slack``."""
    bot_token: Annotated[SecretStr, _kind("xoxb-", "OAuth & Permissions")]
    app_token: Annotated[SecretStr, _kind("xapp-", "Basic Information")] | None = None
    """For Socket Mode: answers come over a connection that rungbell opens."""
    signing_secret: SecretStr | None = None
    """For answers that Slack sends to ``/answers/<channel>``."""
    button_required: frozenset[Severity] = frozenset()
    """Where the emoji is not enough to acknowledge (A19)."""
    incident_rooms: bool = False
    """Whether an incident with a name gets a room of its own."""
    api_url: Annotated[AnyHttpUrl, AfterValidator(_api)] = Field(
        default=AnyHttpUrl("https://slack.com/api/"), repr=False
    )

    @model_validator(mode="after")
    def _answerable(self) -> "SlackSettings":
        if self.button_required and not self.answers:
            raise wrong("`button_required` needs `app_token` or `signing_secret`: without them no button works")
        return self

    @property
    def needs(self) -> str | None:
        """The contact of a person that it needs."""
        return None if self.room else "slack"

    @property
    def answers(self) -> bool:
        """Whether anybody can answer."""
        return self.app_token is not None or self.signing_secret is not None

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(str(self.api_url))

    @property
    def deaf(self) -> tuple[str, str] | None:
        """What ``check`` says where no answer can come back, and how it is mended."""
        if self.answers:
            return None
        return (
            "people are paged, and cannot answer here: pages have a link in place of buttons",
            "give it an `app_token` (Socket Mode), or a `signing_secret`",
        )
