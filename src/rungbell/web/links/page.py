"""What a link shows: one page, without anything from anywhere else.

Rules
-----
* No referrer, no cache, no index.
* It is in the language of whoever the link was for; times are UTC, and beside it by their own clocks.

May import: ``services``, ``runtime``, ``domain``, ``words``, jinja2 (for the first page that is shown).
"""

import secrets
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from rungbell.domain.incident import Incident
from rungbell.domain.language import Language
from rungbell.domain.plain_text import plain
from rungbell.domain.values import dataclass
from rungbell.runtime.wording.pages import told_at
from rungbell.web.services import Services
from rungbell.words import words_of
from rungbell.words.words import LinkWords

if TYPE_CHECKING:
    from jinja2 import Template

SECRET = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer of a link, so that nobody else keeps it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever the link was for, as they read."""

    language: Language = Language.EN
    zone: str | None = None

    @property
    def words(self) -> LinkWords:
        """What the page says in their language."""
        return words_of(self.language).link

    def status(self, incident: Incident) -> str:
        """How an incident stands."""
        return words_of(self.language).statuses[incident.status]

    def ended(self, incident: Incident) -> str:
        """How an incident ended."""
        return words_of(self.language).ended(incident.status)

    def at(self, moment: datetime) -> str:
        """A time, in UTC and by their clocks."""
        return told_at(moment, self.zone)


NOBODY = Reader()
"""Whoever is not known: English, and UTC."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says."""

    status: int
    headline: str
    incident: Incident | None = None
    button: bool = False
    bundle: tuple[Incident, ...] = ()
    """What is acknowledged together, the worst first."""
    reader: Reader = NOBODY


def reader_of(services: Services, person: str) -> Reader:
    """Give how a person reads."""
    known = services.handler.book.roster.people.get(person)
    return NOBODY if known is None else Reader(known.language, known.zone)


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, select_autoescape

    environment = Environment(
        loader=PackageLoader("rungbell.web.links"), autoescape=select_autoescape(default=True), auto_reload=False
    )
    environment.filters["plain"] = plain
    return environment.get_template("acknowledge.html")


def page(shown: Shown) -> web.Response:
    """Give the page as it is answered."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return web.Response(
        status=shown.status,
        text=_template().render(
            shown=shown, incident=shown.incident, nonce=nonce, reader=shown.reader, guessed=_guessed(shown.reader)
        ),
        content_type="text/html",
        headers={"Content-Security-Policy": policy, **SECRET},
    )


def away(reader: Reader) -> Shown:
    """Say that nothing can be read or written just now."""
    return Shown(503, reader.words.away, reader=reader)


def expired(reader: Reader, at: datetime) -> Shown:
    """Say that a link is too old."""
    return Shown(410, reader.words.expired.format(at=reader.at(at)), reader=reader)


def _guessed(reader: Reader) -> str:
    return words_of(reader.language).guessed


UNKNOWN = Shown(404, "This link is not known here")
