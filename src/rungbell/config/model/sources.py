"""``sources`` and ``api_tokens`` as the writer of the file sees them: who may send alerts, and who may act.

May import: ``domain``, ``durations``, ``fields``, ``http``, ``mistakes``, ``section``, ``times`` and pydantic.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import SecretStr, model_validator

from rungbell.config.durations import Duration
from rungbell.config.fields import Addresses, HeaderName, ReceiverNames, Scheme, Scopes, Text
from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import wrong
from rungbell.config.section import Section
from rungbell.config.times import at_least, at_most
from rungbell.domain.token import Scope


class BasicAuthSection(Section):
    """``sources.<name>.basic_auth``: a name and a password."""

    username: Text
    password: SecretStr


class AlertmanagerSection(HttpSettings):
    """``sources.<name>.alertmanager``: where the source's Alertmanager is asked what still fires."""

    url: Addresses
    bearer_token: SecretStr | None = None
    basic_auth: BasicAuthSection | None = None
    receivers: ReceiverNames = ()
    every: Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(hours=1))] = timedelta(minutes=1)
    settle_after: Annotated[Duration, at_least(timedelta(seconds=1)), at_most(timedelta(days=1))] = timedelta(
        minutes=10
    )
    silence_while_acknowledged: bool = False

    @model_validator(mode="after")
    def _possible(self) -> "AlertmanagerSection":
        if self.bearer_token is not None and self.basic_auth is not None:
            raise wrong("takes one of `bearer_token_file` and `basic_auth`, not both")
        if self.settle_after < self.every:
            raise wrong("`settle_after` is shorter than `every`", "what differs must differ in two looks at least")
        return self


class HmacSection(Section):
    """``sources.<name>.hmac``: the secret by which Grafana signs its webhooks, and the headers in which it does."""

    secret: SecretStr
    header: HeaderName = "X-Grafana-Alerting-Signature"
    timestamp_header: HeaderName | None = None


class SourceSection(Section):
    """``sources.<name>``: who may send alerts, and what is known of them."""

    bearer_token: SecretStr | None = None
    basic_auth: BasicAuthSection | None = None
    hmac: HmacSection | None = None
    anonymous: bool = False
    scheme: Scheme | None = None
    watchdog_within: Annotated[Duration, at_least(timedelta(minutes=1))] | None = None
    alertmanager: AlertmanagerSection | None = None

    @model_validator(mode="after")
    def _one_credential(self) -> "SourceSection":
        given = (self.bearer_token is not None, self.basic_auth is not None, self.hmac is not None, self.anonymous)
        if sum(given) != 1:
            raise wrong("needs exactly one of `bearer_token_file`, `basic_auth`, `hmac` and `anonymous: true`")
        return self


class TokenSection(Section):
    """``api_tokens.<person>``: the bearer token with which a person uses the API, and what for."""

    token: SecretStr
    scopes: Scopes = (Scope.READ, Scope.ACT, Scope.ADMIN)

    @model_validator(mode="after")
    def _no_source(self) -> "TokenSection":
        if Scope.INGEST in self.scopes:
            raise wrong("`ingest` is for sources, and a person is none", "give the source a `bearer_token_file`")
        return self
