"""What the API answers about tokens, as models; the rules of ``incidents.answers`` hold here too.

May import: ``domain``, ``wire.view``, pydantic.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from rungbell.domain.token import Scope, Token
from rungbell.web.wire.view import Moment, PersonId, View


class TokenView(View):
    """A token, without its secret."""

    id: str = Field(description="What names it; part of its secret.")
    name: str
    scopes: list[Scope]
    person: PersonId | None
    source: str | None
    state: Literal["live", "expired", "revoked"]
    created_at: Moment
    created_by: PersonId
    expires_at: Moment | None
    revoked_at: Moment | None


class TokenList(View):
    """Every token there ever was, oldest first."""

    tokens: list[TokenView]


class NewToken(View):
    """A token that was just made, and its secret: shown here and never again."""

    token: TokenView
    secret: str


def token_view(token: Token, now: datetime) -> TokenView:
    """Give a token as it stands at ``now``."""
    state: Literal["live", "expired", "revoked"] = "live" if token.live(now) else "expired"
    return TokenView(
        id=token.id,
        name=token.name,
        scopes=sorted(token.scopes),
        person=token.person,
        source=token.source,
        state="revoked" if token.revoked_at is not None else state,
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )
