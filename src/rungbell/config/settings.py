"""What a configuration file amounts to once it is read: the values the rest of rungbell works with.

Rules
-----
* Everything is frozen; a reload makes a new ``Settings`` as a whole.
* Secrets stay ``SecretStr``: nothing here shows one when printed.

May import: ``domain``, ``ical``, ``http``, ``mistakes``, pydantic and the standard library.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, SecretStr

from rungbell.config.http import HttpSettings
from rungbell.config.mistakes import ConfigMistake
from rungbell.domain.book import Book
from rungbell.domain.token import Scope
from rungbell.domain.values import dataclass
from rungbell.ical.people import NamedBy


class NotifierType(Protocol):
    """What the reader must know of a kind of channel; the notifiers' classes satisfy it."""

    @property
    def settings(self) -> type[BaseModel]:
        """The model of its own keys."""

    @property
    def needs(self) -> str | None:
        """The contact a person must have to be reached through it."""


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """A configured channel: the name of its notifier, and an object of that notifier's settings model."""

    name: str
    type: str
    settings: BaseModel


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """A calendar that says who is on call: at a ``url`` or in a ``file``, and how it is read."""

    name: str
    """That of its schedule, with the place of its layer where that has layers: ``sun[2]``."""
    schedule: str
    url: SecretStr | None
    file: Path | None
    http: HttpSettings
    by: NamedBy
    aliases: Mapping[str, str]
    """What people are called there beside their own names, and who they are."""
    zone: str
    """By whose clocks it goes where it does not say."""
    refresh: timedelta
    stale_after: timedelta
    """So long after it could last be read the operator hears of it."""


@dataclass(frozen=True, slots=True)
class AlertmanagerSettings:
    """Where and how an Alertmanager is asked what fires: by ``bearer`` token, ``username`` and ``password``, or so."""

    urls: tuple[str, ...]
    """Of all its peers, without a slash at the end."""
    http: HttpSettings
    every: timedelta
    settle_after: timedelta
    """So long what it says must differ from what is remembered before that is repaired."""
    receivers: tuple[str, ...] = ()
    """Under which names it sends here; none: those of the source's open incidents."""
    silences: bool = False
    """What is acknowledged is silenced there as long."""
    bearer: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class HeartbeatSettings:
    """Who is told that rungbell lives, and how often."""

    url: SecretStr
    every: timedelta
    http: HttpSettings


@dataclass(frozen=True, slots=True)
class HmacSettings:
    """By which secret a source signs its messages, and in which headers."""

    secret: SecretStr
    header: str
    timestamp_header: str | None


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Who may send alerts: by ``bearer`` token, ``username`` and ``password``, a signature, or ``anonymous``."""

    name: str
    bearer: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None
    hmac: HmacSettings | None = None
    anonymous: bool = False
    watchdog_within: timedelta | None = None
    """A Watchdog alert is expected at least this often."""
    alertmanager: AlertmanagerSettings | None = None
    """Where to ask what still fires."""


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """A person's token of the API, and what it is good for."""

    secret: SecretStr
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a configuration file says."""

    path: str
    book: Book
    channels: Mapping[str, ChannelSettings]
    sources: tuple[SourceSettings, ...]
    calendars: Mapping[str, CalendarSettings]
    """By name."""
    api_tokens: Mapping[str, TokenSettings]
    """By person; whoever holds one needs no token of the store."""
    heartbeat: HeartbeatSettings | None
    templates: Path | None
    """The folder with the user's own templates of texts to others."""
    secret_files: tuple[Path, ...]
    warnings: tuple[ConfigMistake, ...]
    hash: str
    """SHA-256 of the file's bytes, in hexadecimal."""

    @property
    def alertmanagers(self) -> dict[str, AlertmanagerSettings]:
        """Those that are asked what fires, by source."""
        return {one.name: one.alertmanager for one in self.sources if one.alertmanager is not None}

    @property
    def pages_pagerduty(self) -> bool:
        """Whether a channel leads to PagerDuty."""
        return any(channel.type == "pagerduty" for channel in self.channels.values())

    @property
    def secrets(self) -> Iterator[str]:
        """Every text of the file that nobody may read in a log: secrets, and what a model hides when printed."""
        for source in self.sources:
            yield from _hidden_in((source.bearer, source.password, source.hmac and source.hmac.secret))
            if (asked := source.alertmanager) is not None:
                yield from _hidden_in((asked.bearer, asked.password, asked.http))
        yield from _hidden_in(tuple(token.secret for token in self.api_tokens.values()))
        for channel in self.channels.values():
            yield from _hidden_in(channel.settings)
        if self.heartbeat is not None:
            yield from _hidden_in((self.heartbeat.url, self.heartbeat.http))
        for calendar in self.calendars.values():
            yield from _hidden_in((calendar.url, calendar.http))

    @property
    def files(self) -> Iterator[Path]:
        """Every file that the configuration names and that is read with it: of secrets and of certificates."""
        yield from self.secret_files
        for channel in self.channels.values():
            yield from _files_in(channel.settings)
        ways = (*self.alertmanagers.values(), *self.calendars.values(), *([self.heartbeat] if self.heartbeat else ()))
        for way in ways:
            yield from _files_in(way.http)

    @property
    def contacts(self) -> Iterator[str]:
        """How people and clients are reached."""
        for person in self.book.roster.people.values():
            yield from person.contacts.values()
        for client in self.book.communication.clients.values():
            yield from client.contacts.values()


def _hidden_in(value: object, *, hidden: bool = False) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _hidden_in(getattr(value, name), hidden=hidden or not field.repr)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _hidden_in(inner, hidden=hidden)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _hidden_in(inner, hidden=hidden)
    elif hidden and value is not None:
        yield str(value)


def _files_in(model: BaseModel) -> Iterator[Path]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path):
            yield value
        elif isinstance(value, BaseModel):
            yield from _files_in(value)
