"""What ``rungbell init`` wants to know, and what counts as an answer.

Rules
-----
* Each answer is held against the type that the configuration itself uses, so that a wrong one is said at once.

May import: ``config`` and pydantic (lazily), the standard library, click.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from email.utils import parseaddr
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import click

from rungbell.domain.values import dataclass

CHANNELS = ("webhook", "email", "console")
MOST_PEOPLE = 5
"""As many as there are tiers."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on call."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What the flags say; ``None`` or empty where they say nothing."""

    zone: str | None = None
    people: tuple[str, ...] = ()
    page_by: str | None = None
    webhook_url: str | None = None
    webhook_token_file: Path | None = None
    mail_host: str | None = None
    mail_from: str | None = None
    mail_user: str | None = None
    mail_password_file: Path | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything a configuration is written from."""

    zone: str
    people: tuple[Person, ...]
    page_by: str
    url: str
    webhook_url: str = ""
    webhook_token: str = ""
    mail_host: str = ""
    mail_from: str = ""
    mail_user: str = ""
    mail_password: str = ""

    @property
    def host(self) -> str:
        """Under which name people reach the daemon."""
        return urlsplit(self.url).hostname or ""

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it, so that nobody needs a token."""
        from rungbell.config.hosts import is_loopback

        return is_loopback(self.host)


Check = Callable[[str], str]
"""Gives an answer back, or says in a ``click.BadParameter`` what is wrong with it."""


def as_field(name: str, module: str = "fields") -> Check:
    """Check an answer as the configuration does: by the type of that name in a module of ``config``."""

    def check(value: str) -> str:
        from pydantic import TypeAdapter, ValidationError

        types = import_module(f"rungbell.config.{module}")
        try:
            TypeAdapter(getattr(types, name)).validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            text = first["msg"] if repr(value) in first["msg"] else f"{value!r} {first['msg']}"
            hint = first.get("ctx", {}).get("hint", "")
            raise click.BadParameter(f"{text}; {hint}" if hint else text) from None
        return value

    return check


def as_url(value: str) -> str:
    """Check an address: it begins with http:// or https:// and holds no secret."""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or re.search(r"\s", value):
        raise click.BadParameter(f"{value!r} is not a URL, such as https://pager.example.com/pages")
    if parts.username or parts.password:
        raise click.BadParameter("a password does not belong into a URL; give a bearer token instead")
    return value


as_zone, as_email, as_text = as_field("Zone", "times"), as_field("Email"), as_field("Text")


def person_from(text: str, others: Iterable[Person]) -> Person:
    """Read ``Alice Ng <alice@example.com>``; the address may be missing.

    Raises:
        click.BadParameter: there is no name, or the address is none.
    """
    name, email = parseaddr(text) if "<" in text else (text, "")
    return person_named(name, email, others)


def person_named(name: str, email: str, others: Iterable[Person]) -> Person:
    """Give a person an id of their own: the first name, and a number where somebody has it already.

    Raises:
        click.BadParameter: there is no name, or the address is none.
    """
    name = " ".join(name.split())
    if not name:
        raise click.BadParameter("a person needs a name: 'Alice Ng <alice@example.com>'", param_hint="--person")
    as_text(name)
    if email:
        as_email(email)
    plain = unicodedata.normalize("NFKD", name.split()[0].casefold()).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]", "", plain)[:40] or "person"
    taken = {other.id for other in others} | {"local", "rungbell"}
    number = next(n for n in range(1, 100) if (base if n == 1 else f"{base}{n}") not in taken)
    return Person(base if number == 1 else f"{base}{number}", name, email)
