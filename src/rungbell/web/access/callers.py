"""Who is asking: sources by their credentials, people and programs by their tokens.

Rules
-----
* Each route has a scope (the table in ``web.routes``). Whoever lacks it is told which one it takes (403); no token, an
  unknown, an expired and a revoked one are the same 401.
* Who shows a credential is judged by it alone, wherever the request comes from.
* Without one, this machine itself (``is_ours``) may do everything as ``local``, until the API is *closed*: by an entry
  of ``api_tokens``, or by a token of the store with ``admin``, live or not. So a first token for a source, for reading
  or for acting locks nobody out; the first ``admin`` token closes the API for good, and its expiry or revocation never
  opens it again. The way in is then another ``admin`` token, or an entry of ``api_tokens`` and a reload by SIGHUP.
* Others than this machine never get in without a token: ``app`` refuses to listen to them without ``api_tokens``, and
  without credentials for each source. Tokens of the store do not stand in for those, since they can run out.
* A source without credentials is served on loopback whatever tokens there are: making a token must not silence an
  Alertmanager. Tokens with ``ingest`` count beside the credentials of the configuration.
* Secrets of the configuration's sources are compared as bytes in constant time, tokens looked up by their hash; a
  missing, repeated or odd header is a plain 401.
* Nothing changes at the wish of a page of another origin.

May import: ``wire``, ``services``, ``runtime``, ``config``, ``domain``, ``notifiers.signatures``, pydantic.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import SecretStr

from rungbell.config import SourceSettings
from rungbell.config.hosts import is_loopback
from rungbell.domain.act import LOCAL
from rungbell.domain.roster import Roster
from rungbell.domain.token import Grant, Scope, allowed
from rungbell.notifiers.signatures import any_matches
from rungbell.runtime.oncall_changes import known_person
from rungbell.web.services import SERVICES, Services
from rungbell.web.wire.problem import Handler, problem

GRANT: web.RequestKey[Grant] = web.RequestKey("grant", Grant)
"""What the one who asks may do, on every request that had to say who it is."""
HERE = Grant(allowed({Scope.ADMIN}), LOCAL, anybody=True)
"""Somebody at this machine, while the API is not closed."""
LOOKING = {"GET", "HEAD"}
SKEW = timedelta(minutes=5)
"""How far the clock of somebody who signs the time may be off."""


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
    """Give the source whose credentials the request carries, or the anonymous one; ``None``: none of these.

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


def signs(request: web.Request, sources: Sequence[SourceSettings]) -> bool:
    """Whether a request carries the signature header of a source, so that its body must be looked at."""
    return any(source.hmac is not None and source.hmac.header in request.headers for source in sources)


def source_of_signature(
    request: web.Request, body: bytes, sources: Sequence[SourceSettings], now: datetime
) -> SourceSettings | None:
    """Give the source by whose secret the body is signed, as Grafana does (integrations 15).

    With a header for the time, that is part of what is signed, and may be ``SKEW`` off.
    """
    found: SourceSettings | None = None
    for source in sources:
        own = source.hmac
        if own is None:
            continue
        given = [one.encode("utf-8", "surrogateescape") for one in request.headers.getall(own.header, [])]
        signed: bytes | None = body
        if own.timestamp_header is not None:
            signed = _timed(request.headers.getall(own.timestamp_header, []), body, now)
        if len(given) == 1 and signed is not None and any_matches((own.secret,), signed, given):
            found = source
    return found


def _timed(times: Sequence[str], body: bytes, now: datetime) -> bytes | None:
    """Give what is signed together with a time that is near enough."""
    if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]):
        return None
    if abs(now.timestamp() - int(times[0])) > SKEW.total_seconds():
        return None
    return times[0].encode() + b":" + body


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


def grant_of(request: web.Request, services: Services) -> Grant | None:
    """Give what the token of the request is good for; ``None`` where it has none that counts."""
    scheme, value = _authorization(request)
    return services.tokens.find(value) if scheme == "bearer" else None


def source_of_token(grant: Grant | None, services: Services) -> SourceSettings | None:
    """Give the source for which a token speaks."""
    if grant is None or Scope.INGEST not in grant.scopes:
        return None
    return next((source for source in services.settings.sources if source.name == grant.source), None)


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
    return same_origin(request) and _leads_here(request.host, external_url)


@lru_cache(maxsize=256)
def _leads_here(asked: str, external_url: str) -> bool:
    """Whether the host that a request asked for is a loopback one, or that of the external URL."""
    try:
        host = urlsplit(f"//{asked}").hostname or ""
        return host == urlsplit(external_url).hostname or is_loopback(host)
    except ValueError:
        return False


def _who(request: web.Request, services: Services) -> Grant:
    """Give what whoever asks may do.

    Raises:
        web.HTTPForbidden: without a token, and not from this machine itself.
        web.HTTPUnauthorized: a token is needed, and this is none that counts.
    """
    grant = grant_of(request, services)
    if grant is None and "Authorization" not in request.headers and not services.tokens.closed:
        if not is_ours(request, services.external_url):
            raise web.HTTPForbidden(
                reason="without a token only this machine itself may ask, and no page of another origin"
            )
        grant = HERE
    if grant is None:
        raise web.HTTPUnauthorized(
            reason="the API wants a bearer token that counts: of `api_tokens`, or made by `rungbell token create`"
        )
    return grant


def lacks(scope: Scope) -> web.Response:
    """Tell somebody we know what their token is missing (RFC 6750, 3.1)."""
    header = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
    return problem(403, f"this takes a token with the scope `{scope}`", header, scope=scope)


def guarded(handler: Handler, scope: Scope) -> Handler:
    """Let only those through to ``handler`` who have ``scope``; what they may is then ``request[GRANT]``."""

    @wraps(handler)
    async def guard(request: web.Request) -> web.StreamResponse:
        grant = _who(request, request.app[SERVICES])
        if scope not in grant.scopes:
            return lacks(scope)
        if request.method not in LOOKING and not same_origin(request):
            raise web.HTTPForbidden(reason="pages of other origins may not act here")
        request[GRANT] = grant
        return await handler(request)

    return guard


def actor(request: web.Request, by: str | None) -> str:
    """Give under whose name something is done; ``by`` is what the body says.

    Raises:
        web.HTTPForbidden: the token is somebody else's.
    """
    grant = request[GRANT]
    person = grant.person or LOCAL
    if by is not None and not grant.anybody and by != person:
        raise web.HTTPForbidden(reason=f"this token is {person}'s; `by` must not say otherwise")
    return by or person


def acting(request: web.Request, by: str | None, roster: Roster) -> str:
    """Give who acts: a person of the configuration, or somebody at this machine.

    Raises:
        Refusal: the body names somebody else.
    """
    found = actor(request, by)
    return found if found == LOCAL else known_person(found, "by", roster)
