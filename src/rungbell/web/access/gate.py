"""Who is let in at all, before any path is looked at: client certificates and ``basic_auth_users``.

Rules
-----
* The gate says who may knock, never who somebody is: what a source or a person must prove (``callers``) they must prove
  behind it as well, and neither certificates nor passwords of the gate stand for that.
* With ``basic_auth_users`` every path asks, health and the links of pages too. There is one ``Authorization`` header:
  whoever a source or a person is known by in it is let in as such; the password of a user is used up at the gate, and
  behind it the request is one without credentials.
* Headers of the file never displace those that an answer brings itself.

May import: the rest of ``access``, ``wire``, ``services``, ``config``, multidict.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import cast

from aiohttp import web
from multidict import CIMultiDict

from rungbell.config.web_file import WebSettings
from rungbell.web.access.callers import basic_credentials, grant_of, source_of
from rungbell.web.access.passwords import Passwords, TooManyError
from rungbell.web.services import SERVICES
from rungbell.web.wire.problem import Handler, problem, unavailable


class Gate:
    """What stands before every path; replaced as a whole by a reload."""

    def __init__(self, settings: WebSettings) -> None:
        self._headers = settings.headers
        self._sans = settings.tls.client_allowed_sans if settings.tls else frozenset()
        self._passwords = Passwords(settings.users) if settings.users else None

    async def pass_on(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request in, or answer why not."""
        if self._sans and not self._sans & set(_names(request)):
            refused = problem(403, "the certificate of this client is for nobody in `client_allowed_sans`")
            refused.force_close()
            return refused
        if self._passwords is None or _is_known(request):
            return await handler(request)
        given = basic_credentials(request)
        try:
            right = given is not None and await self._passwords.are(*given)
        except TooManyError:
            return unavailable("too many passwords wait to be checked")
        if not right:
            return problem(
                401, "rungbell asks everybody for a name and a password", {"WWW-Authenticate": 'Basic realm="rungbell"'}
            )
        headers = CIMultiDict(request.headers)
        del headers["Authorization"]
        return await handler(request.clone(headers=headers))

    def add_headers(self, response: web.StreamResponse) -> None:
        """Add the headers of the file to an answer that is about to leave."""
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)

    def close(self) -> None:
        """Let go of what it holds."""
        if self._passwords is not None:
            self._passwords.close()


def _is_known(request: web.Request) -> bool:
    """Whether the credentials are those of a source or a person."""
    if "Authorization" not in request.headers:
        return False
    services = request.app[SERVICES]
    if source_of(request, services.settings.sources, services.external_url) is not None:
        return True
    return grant_of(request, services) is not None


def _names(request: web.Request) -> Iterator[str]:
    """Every subject alternative name of the client's certificate, which TLS has verified."""
    transport = request.transport
    certificate = cast("Mapping[str, object] | None", transport.get_extra_info("peercert")) if transport else None
    names = cast("tuple[tuple[str, str], ...]", (certificate or {}).get("subjectAltName", ()))
    for kind, name in names:
        yield str(ipaddress.ip_address(name.strip())) if kind == "IP Address" else name
