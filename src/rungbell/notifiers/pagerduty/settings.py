"""What the configuration says of a channel ``pagerduty``.

May import: ``config``, pydantic.
"""

from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, model_validator

from rungbell.config import hosts
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong

EVENTS, REST = AnyHttpUrl("https://events.pagerduty.com"), AnyHttpUrl("https://api.pagerduty.com")


def _routing_key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if len(text) != 32 or not text.isascii() or not text.isalnum():
        raise wrong("is no integration key", "32 letters and digits, of an `Events API v2` integration of the service")
    return key


class PagerDutySettings(HttpSettings):
    """Which service there, what proves that PagerDuty calls, and with what it is asked."""

    routing_key: Annotated[SecretStr, AfterValidator(_routing_key)]
    """The integration key of the service; for most it is a password, so keep it in a file."""
    url: AnyHttpUrl = Field(default=EVENTS, repr=False)
    """In Europe ``https://events.eu.pagerduty.com``."""
    webhook_secret: SecretStr | None = None
    """That of the webhook subscription which calls ``/answers/<channel>``."""
    previous_webhook_secret: SecretStr | None = None
    """The one before, while it is being changed."""
    api_token: SecretStr | None = None
    """With it PagerDuty is asked once a minute what people have done there, whatever becomes of its webhooks."""
    api_url: AnyHttpUrl = Field(default=REST, repr=False)
    """In Europe ``https://api.eu.pagerduty.com``."""
    subscription: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")] | None = None
    """The id of the webhook subscription: where PagerDuty has switched it off, it is switched on again."""

    @model_validator(mode="after")
    def _together(self) -> "PagerDutySettings":
        if self.previous_webhook_secret is not None and self.webhook_secret is None:
            raise wrong("`previous_webhook_secret` needs `webhook_secret`")
        if self.subscription is not None and self.api_token is None:
            raise wrong("`subscription` needs `api_token_file`", "with it PagerDuty is asked how the subscription is")
        return self

    @property
    def stays_here(self) -> bool:
        """Whether only this machine hears of it."""
        return hosts.stays_here(str(self.url))

    @property
    def secrets_of_webhooks(self) -> tuple[SecretStr, ...]:
        """Those by which PagerDuty may sign, the present one first."""
        return tuple(one for one in (self.webhook_secret, self.previous_webhook_secret) if one is not None)
