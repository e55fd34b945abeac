"""``/api/v1/tokens``: making, listing and revoking tokens of the API.

Rules
-----
* The secret is part of one answer only, that to its making, which nobody may keep on the way.
* Revoking twice is revoking once. Nothing is ever forgotten: the list tells who could have done what, and when.

May import: the rest of ``access``, ``wire``, ``services``, ``domain``, pydantic.
"""

from aiohttp import web
from pydantic import Field

from rungbell.domain.act import LOCAL
from rungbell.domain.token import Scope, fault
from rungbell.web.access.callers import actor
from rungbell.web.access.token_answers import NewToken, TokenList, token_view
from rungbell.web.services import SERVICES, Services
from rungbell.web.wire.json_body import SignedBody, json_answer, read_body
from rungbell.web.wire.moments import Lasts
from rungbell.web.wire.problem import problem

NAME_LENGTH = 100


class TokenBody(SignedBody):
    """A token to be made."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH, description="What it is for, in your words.")
    scopes: frozenset[Scope] = Field(description="`admin` includes `act` and `read`, `act` includes `read`.")
    person: str | None = Field(default=None, description="Who acts with it; needed with `act` and `admin`.")
    source: str | None = Field(default=None, description="For which source it speaks; needed with `ingest`.")
    lasts: Lasts | None = Field(
        default=None, description="How long it counts, such as `90d`; else until it is revoked."
    )


def _fault(services: Services, body: TokenBody, maker: str) -> str | None:
    """Say why this token cannot be made."""
    people = services.settings.book.roster.people
    sources = [source.name for source in services.settings.sources]
    for field, person in (("by", maker), ("person", body.person)):
        if person is not None and person not in people and not (field == "by" and person == LOCAL):
            return (
                f"`{field}`: {person[:80]!r} is nobody of the configuration; it knows {', '.join(sorted(people)[:20])}"
            )
    if body.source is not None and body.source not in sources:
        return f"`source`: the configuration has no source {body.source[:80]!r}; it knows {', '.join(sources[:20])}"
    return fault(body.scopes, body.person, body.source)


async def list_tokens(request: web.Request) -> web.Response:
    """List every token of the store, the oldest first, also those that do not count any more.

    Those of the configuration (`api_tokens`) are not among them.
    """
    services = request.app[SERVICES]
    now = services.clock.now()
    return json_answer(request, TokenList(tokens=[token_view(token, now) for token in await services.tokens.listed()]))


async def create_token(request: web.Request) -> web.Response:
    """Make a token.

    Its secret is in this answer and nowhere else. The first one with `admin` closes the API to all without a token.
    """
    services = request.app[SERVICES]
    body = await read_body(request, TokenBody)
    maker = actor(request, body.by)
    wrong = _fault(services, body, maker)
    if wrong is not None:
        return problem(422, wrong)
    secret, token = await services.tokens.create(
        name=body.name,
        scopes=body.scopes,
        person=body.person,
        source=body.source,
        lasts=body.lasts,
        created_by=maker,
    )
    made = NewToken(token=token_view(token, services.clock.now()), secret=secret)
    return json_answer(request, made, 201, {"Cache-Control": "no-store"})


async def revoke_token(request: web.Request) -> web.Response:
    """Revoke a token; it counts no more from now on.

    One that was revoked before stays as it was.
    """
    services = request.app[SERVICES]
    token = await services.tokens.revoke(request.match_info["token"], actor(request, None))
    if token is None:
        raise web.HTTPNotFound(reason="no token of the store has this identity")
    return json_answer(request, token_view(token, services.clock.now()))
