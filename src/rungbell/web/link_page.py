"""What a link shows: one page, without anything from anywhere else.

Rules
-----
* No referrer, no cache, no index.

May import: the rest of ``web``, ``domain``, jinja2 (for the first page that is shown).
"""

import secrets
from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from rungbell.domain.incident import Incident
from rungbell.domain.plain_text import plain
from rungbell.domain.values import dataclass

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
class Shown:
    """What the page says."""

    status: int
    headline: str
    incident: Incident | None = None
    button: bool = False
    bundle: tuple[Incident, ...] = ()
    """What is acknowledged together, the worst first."""


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, select_autoescape

    environment = Environment(
        loader=PackageLoader("rungbell.web"), autoescape=select_autoescape(default=True), auto_reload=False
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
        text=_template().render(shown=shown, incident=shown.incident, nonce=nonce),
        content_type="text/html",
        headers={"Content-Security-Policy": policy, **SECRET},
    )


UNKNOWN = Shown(404, "This link is not known here")
AWAY = Shown(503, "rungbell cannot reach its store. Nothing was changed; try again, or use the command line.")
