"""The part of a transaction that is about the tokens of the API.

May import: ``domain``, ``codec``, ``statements``, ``outbox``, structlog.
"""

from datetime import datetime

import structlog

from rungbell.domain.token import Token
from rungbell.store.codec.columns import to_column
from rungbell.store.codec.people import token_from, token_row
from rungbell.store.outbox import Runner
from rungbell.store.statements import people

log = structlog.get_logger()


class TokenWork:
    """What a transaction does with tokens."""

    _runner: Runner
    wrote: bool

    def tokens(self) -> dict[str, Token]:
        """Every token there ever was, the oldest first, by the hash of its secret."""
        found: dict[str, Token] = {}
        for row in self._runner.rows(people.TOKENS):
            try:
                hash_, token = token_from(row)
            except ValueError as error:  # a scope nobody knows: that token counts for nothing, the others go on
                log.exception("a token cannot be read and counts for nothing", token=row[1], error=repr(error))
            else:
                found[hash_] = token
        return found

    def add_token(self, hash_: str, token: Token) -> None:
        """Keep a new token under the hash of its secret."""
        self.wrote = True
        self._runner.run(people.INSERT_TOKEN, **token_row(hash_, token))

    def revoke_token(self, token: str, now: datetime) -> bool:
        """End a token; false where there is none with this identity, or it was revoked before."""
        self.wrote = True
        return self._runner.run(people.REVOKE_TOKEN, token=token, now=to_column(now)) == 1
