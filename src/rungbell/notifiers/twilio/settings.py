"""What the configuration says of a Twilio channel.

May import: ``config``, pydantic and the standard library.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, ConfigDict, Field, SecretStr, model_validator

from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
"""E.164: what a telephone network knows a line by."""
_SPACING = re.compile(r"[ ().-]")


def bare(number: str) -> str:
    """Give a telephone number without what makes it readable."""
    return _SPACING.sub("", number)


def _number(number: str) -> str:
    if not NUMBER.fullmatch(bare(number)):
        raise wrong("is not an international telephone number", 'such as "+44 20 7946 0100"')
    return bare(number)


def _prefix(prefix: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{0,6}", prefix):
        raise wrong("is not the beginning of telephone numbers", 'such as "+44"')
    return prefix


def _safe(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme != "https" and not hosts.stays_here(str(url)):
        raise wrong("would send the token in the clear", "https://…")
    return url


Number = Annotated[str, AfterValidator(_number)]
Prefix = Annotated[str, AfterValidator(_prefix)]
ApiUrl = Annotated[AnyHttpUrl, AfterValidator(_safe)]


class TwilioSettings(HttpSettings):
    """Which account, whose number, and what it may cost."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, populate_by_name=True)

    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")]
    auth_token: SecretStr
    previous_auth_token: SecretStr | None = None
    """While the token is being changed: what Twilio still signs with it is believed."""
    countries: Annotated[tuple[Prefix, ...], Field(min_length=1)]
    """How numbers that may be called begin; no other is."""
    limit_per_person: Annotated[int, Field(ge=1)] = 20
    """How many an hour one number gets; the first page of a P0 is never held back."""
    limit: Annotated[int, Field(ge=1)] = 200
    """How many an hour leave in all."""
    api_url: ApiUrl = Field(default=AnyHttpUrl("https://api.twilio.com"), repr=False)

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(str(self.api_url))

    def refuses(self, contact: str) -> str:
        """Say why a number is never called; empty: it may be."""
        number = bare(contact)
        if not NUMBER.fullmatch(number):
            return "the telephone number is not international: it must begin with + and the country"
        if number == getattr(self, "sender", None):
            return "the telephone number is our own"
        return "" if number.startswith(self.countries) else "the country of the number is not among `countries`"

    @property
    def tokens(self) -> tuple[bytes, ...]:
        """What Twilio may sign with."""
        known = (self.auth_token, self.previous_auth_token)
        return tuple(token.get_secret_value().encode() for token in known if token is not None)


class VoiceSettings(TwilioSettings):
    """Calls."""

    sender: Annotated[Number, Field(alias="from", repr=False)]
    ring_seconds: Annotated[int, Field(ge=5, le=600)] = 25
    """Most voicemails take a call after that, and keep it from the next channel."""
    machine_detection: bool = False
    """Let Twilio find out whether a machine picked up (it costs extra): then the next channel goes on at once."""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en-US"
    """The voice for whoever has this language, such as en-GB; others hear one of their own."""


class SmsSettings(TwilioSettings):
    """Short messages."""

    sender: Annotated[Number | None, Field(alias="from", repr=False)] = None
    messaging_service_sid: Annotated[str, Field(pattern=r"^MG[0-9a-f]{32}$")] | None = None

    @model_validator(mode="after")
    def _one_sender(self) -> "SmsSettings":
        if (self.sender is None) == (self.messaging_service_sid is None):
            raise wrong("needs either `from` or `messaging_service_sid`")
        return self
