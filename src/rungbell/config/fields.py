"""The small words of the file: names, contacts, addresses, matchers; those for times are in ``times``.

Rules
-----
* Each type takes what YAML gave (text, number, list) and answers with a value of the domain, or says what it wants.
* Lists of names may be written as one name.

May import: ``domain``, ``mistakes``, ``readers`` and pydantic.
"""

import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from rungbell.config.mistakes import did_you_mean, wrong
from rungbell.config.readers import After, Before
from rungbell.domain.command.war_room import PLACE
from rungbell.domain.matchers import MatcherError, parse_matchers
from rungbell.domain.policy import Tier
from rungbell.domain.severity import SCHEMES, Severity
from rungbell.domain.token import Scope

RESERVED_PEOPLE = frozenset({"local", "rungbell"})
"""Names that rungbell itself acts under."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{1,30}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise wrong(
            f"{value[:40]!r} cannot be a name",
            "up to 64 of a-z, 0-9, _, . and -, beginning with a letter or digit",
        )
    return value


def _person(value: str) -> str:
    if value in RESERVED_PEOPLE:
        raise wrong(f"`{value}` is reserved for rungbell itself", "choose another name")
    return _name(value)


def one_or_many(value: object) -> object:
    """Give a list also where a single name stands."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _somebody(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise wrong("must not be empty", kind="tier-with-nobody")
    return value


def _distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    twice = [str(item) for position, item in enumerate(value) if item in value[:position]]
    if twice:
        raise wrong(f"names `{twice[0]}` twice")
    return value


def _scheme(value: str) -> str:
    if value not in SCHEMES:
        raise wrong(f"unknown scheme {value[:40]!r}", did_you_mean(value, SCHEMES))
    return value


def _matcher(value: str) -> str:
    try:
        matchers = parse_matchers([value])
    except MatcherError as error:
        raise wrong(str(error), kind="slow-regex" if error.slow else "") from None
    if not matchers:
        raise wrong("matches everything", "leave `match` out to say so")
    return value


def _together(value: int) -> int:
    if value < 1:
        raise wrong(f"{value} is nobody", "1 or more")
    return value


def _not_empty(value: tuple[object, ...]) -> tuple[object, ...]:
    if not value:
        raise wrong("must not be empty")
    return value


not_empty = After(_not_empty)
"""Refuse an empty list; ``min_length`` would also call a list empty whose only item is wrong."""


def _matching(pattern: re.Pattern[str], message: str, hint: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise wrong(message, hint)
        return value

    return check


def _meeting(value: str) -> str:
    parts = urlsplit(value) if value.isascii() and value.isprintable() and " " not in value else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong("is not a web address", 'such as "https://meet.example.com/{incident}"')
    braces = value.replace(PLACE, "")
    if "{" in braces or "}" in braces:
        raise wrong(f"holds braces that are not {PLACE}", f"{PLACE} is where the incident's name goes")
    return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value) if value.isascii() and value.isprintable() and " " not in value else None
        sound = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        parts, sound = None, False
    if parts is None or not sound:
        raise wrong("is not the address of an Alertmanager", "such as http://alertmanager:9093")
    if parts.username is not None or parts.password is not None:
        raise wrong("holds credentials", "give them as `basic_auth`")
    if parts.query or parts.fragment or "/api/" in f"{parts.path}/":
        raise wrong("must end before the API", "such as http://alertmanager:9093, or the path of --web.external-url")
    return value.rstrip("/")


Text = Annotated[str, Field(min_length=1, max_length=200)]
Command = Annotated[str, Field(min_length=1, max_length=500)]
"""What a person types somewhere else."""
MeetingUrl = Annotated[str, After(_meeting)]
"""Where people meet; ``{incident}`` in it stands for the incident's name."""
Name = Annotated[str, After(_name)]
PersonId = Annotated[str, After(_person)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
"""The name of a header of HTTP."""
Names = Annotated[tuple[str, ...], Before(one_or_many), After(_somebody), After(_distinct)]
"""One name or several, none of them twice."""
Addresses = Annotated[
    tuple[Annotated[str, After(_address)], ...],
    Before(one_or_many),
    not_empty,
    After(_distinct),
]
"""Where the peers of one Alertmanager are asked: one, or several of a cluster."""
ReceiverNames = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Before(one_or_many), After(_distinct)]
"""Names of receivers, in Alertmanager's words."""
InTurn = Annotated[tuple[str, ...], Before(one_or_many), After(_somebody)]
"""People in the order of their turns; somebody may come round twice."""
Tiers = Annotated[tuple[Tier, ...], Before(one_or_many), Field(min_length=1), After(_distinct)]
Severities = Annotated[tuple[Severity, ...], Before(one_or_many), Field(min_length=1)]
Scopes = Annotated[tuple[Scope, ...], Before(one_or_many), Field(min_length=1), After(_distinct)]
Email = Annotated[str, After(_matching(_EMAIL, "is not a mail address", "such as alice@example.com"))]
Phone = Annotated[str, After(_matching(_PHONE, "is not a phone number", 'such as "+44 20 7946 0001"'))]
Scheme = Annotated[str, After(_scheme)]
Matchers = tuple[Annotated[str, After(_matcher)], ...]
Together = Annotated[int, After(_together)]
