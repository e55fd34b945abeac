"""Who is asking: sources by their credentials, people by their tokens.

Rules
-----
* Secrets are compared as bytes in constant time; a missing, repeated or odd header is a plain 401.
* A source without credentials is only ever served on loopback (``app`` refuses to start otherwise).
* Without ``api_tokens`` the API answers to this machine itself only (``is_ours``).

May import: ``config``, ``domain``, ``web.services``.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import SecretStr

from rungbell.config import SourceSettings
from rungbell.domain.act import LOCAL
from rungbell.web.services import Services


def _same(secret: SecretStr | None, given: bytes) -> bool:
    return secret is not None and hmac.compare_digest(secret.get_secret_value().encode(), given)


def _authorization(request: web.Request) -> tuple[str, bytes]:
    """Give scheme and credentials; empty ones where there is not exactly one well-formed header."""
    headers = request.headers.getall("Authorization", [])
    if len(headers) != 1:
        return "", b""
    scheme, _, value = headers[0].partition(" ")
    return scheme.casefold(), value.strip().encode("utf-8", "surrogateescape")


def source_of(request: web.Request, sources: Sequence[SourceSettings], external_url: str) -> SourceSettings | None:
    """Give the source whose credentials the request carries, or the anonymous one; ``None``: nobody we know.

    Without credentials a browser must not be made to speak for a source: Alertmanager and Grafana send no ``Origin``.
    """
    scheme, value = _authorization(request)
    user, password = _basic(value) if scheme == "basic" else ("", b"")
    found: SourceSettings | None = None
    for source in sources:
        bearer = scheme == "bearer" and _same(source.bearer, value)
        basic = scheme == "basic" and source.username == user and _same(source.password, password)
        if bearer or basic:
            found = source
    local = "Authorization" not in request.headers and "Origin" not in request.headers
    if found is None and local and is_ours(request, external_url):
        found = next((source for source in sources if source.anonymous), None)
    return found


def _basic(value: bytes) -> tuple[str, bytes]:
    try:
        user, _, password = base64.b64decode(value, validate=True).partition(b":")
        return user.decode(), password
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", b""


def basic_credentials(request: web.Request) -> tuple[str, bytes] | None:
    """Give the name and the password that the request carries, if it does."""
    scheme, value = _authorization(request)
    return _basic(value) if scheme == "basic" else None


def person_of(request: web.Request, tokens: Mapping[str, SecretStr]) -> str | None:
    """Give the person whose token the request carries; without tokens, somebody at this machine."""
    if not tokens:
        return LOCAL
    scheme, value = _authorization(request)
    if scheme != "bearer":
        return None
    found = [person for person, token in tokens.items() if _same(token, value)]
    return found[0] if found else None


def same_origin(request: web.Request) -> bool:
    """Whether no page of another origin sent the request."""
    origin = request.headers.get("Origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.host
    except ValueError:
        return False


def is_ours(request: web.Request, external_url: str) -> bool:
    """Whether a request without credentials comes from this machine itself.

    A page of another origin does not, nor one whose name was pointed at this machine (DNS rebinding): the host asked
    for must be a loopback one, or that of the external URL.
    """
    if not same_origin(request):
        return False
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
        return host == urlsplit(external_url).hostname or host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def person_or_refuse(request: web.Request, services: Services) -> str:
    """Give who is asking.

    Raises:
        web.HTTPForbidden: without tokens, and not from this machine itself.
        web.HTTPUnauthorized: no token, or nobody's.
    """
    tokens = services.settings.api_tokens
    if not tokens and not is_ours(request, services.external_url):
        raise web.HTTPForbidden(
            reason="without `api_tokens` only this machine itself may ask, and no page of another origin"
        )
    person = person_of(request, tokens)
    if person is None:
        raise web.HTTPUnauthorized(reason="the API wants a bearer token of `api_tokens`")
    return person
