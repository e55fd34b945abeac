"""The tokens that count now, in memory: those of the configuration, and those of the store.

Rules
-----
* A token is looked up by the SHA-256 of what was shown: the time it takes says nothing about any secret.
* A secret is drawn here, handed out once, and never kept; 32 random bytes need no salt and no slow hash.
* What was made or revoked counts here with its commit, and in other replicas within ``REREAD_SECONDS``. While the
  store cannot be read, what was read last goes on counting.
* ``closed``: the configuration has tokens, or the store has or ever had one with ``admin``. A token that expires or is
  revoked never opens what it had closed; the way back in is ``api_tokens``.

May import: ``domain``, ``config``, ``store`` (the port), ``clock``, ``runtime.looking_again``, structlog, the standard
library.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

import structlog

from rungbell.clock import Clock
from rungbell.config import Settings
from rungbell.domain.token import Grant, Scope, Token, allowed
from rungbell.runtime.looking_again import REREAD_SECONDS, look_again_and_again
from rungbell.store import Store, Transaction

log = structlog.get_logger()

PREFIX = "rb_"
"""What every secret begins with, so that scanners find leaked ones; then its identity, then 32 random bytes:
``rb_[0-9a-f]{12}_[0-9a-f]{64}``."""
ID_BYTES = 6
SECRET_BYTES = 32


def hash_of(secret: bytes) -> str:
    """Give what the store keeps of a secret."""
    return hashlib.sha256(secret).hexdigest()


class TokenBook:
    """Says whose a token is; makes and revokes those of the store."""

    def __init__(self, *, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._stored: Mapping[str, Token] = {}
        self._changing = asyncio.Lock()
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Let the tokens, people and sources of a configuration count from now on."""
        self._configured = {
            hash_of(token.secret.get_secret_value().encode()): Grant(allowed(token.scopes), person)
            for person, token in settings.api_tokens.items()
        }
        self._people = settings.book.roster.people.keys()
        self._sources = {source.name for source in settings.sources}

    @property
    def closed(self) -> bool:
        """Whether everybody needs a token, also at this machine."""
        return bool(self._configured) or any(Scope.ADMIN in token.scopes for token in self._stored.values())

    def find(self, secret: bytes) -> Grant | None:
        """Give what whoever shows ``secret`` may do; ``None`` where it is unknown or does not count any more."""
        hash_ = hash_of(secret)
        token = self._stored.get(hash_)
        if token is None:
            return self._configured.get(hash_)
        known = (token.person is None or token.person in self._people) and (
            token.source is None or token.source in self._sources
        )
        return token.grant if known and token.live(self._clock.now()) else None

    async def load(self) -> None:
        """Read the tokens of the store.

        Raises:
            StoreUnavailable: they cannot be read; the ones known before go on counting.
        """
        async with self._changing:
            self._stored = await self._store.read(lambda transaction: transaction.tokens())

    async def run(self) -> None:
        """Read them again and again until cancelled."""
        await look_again_and_again(self.load, REREAD_SECONDS, "tokens cannot be read", at_once=False)

    async def create(
        self,
        *,
        name: str,
        scopes: frozenset[Scope],
        person: str | None,
        source: str | None,
        lasts: timedelta | None,
        created_by: str,
    ) -> tuple[str, Token]:
        """Make a token; gives its secret, which nobody can ask for again, and the token.

        Raises:
            StoreBusy, StoreUnavailable: none was made.
        """
        now = self._clock.now()
        token = Token(
            id=secrets.token_hex(ID_BYTES),
            name=name,
            scopes=scopes,
            person=person,
            source=source,
            created_at=now,
            created_by=created_by,
            expires_at=None if lasts is None else now + lasts,
        )
        secret = f"{PREFIX}{token.id}_{secrets.token_hex(SECRET_BYTES)}"
        await self._add(hash_of(secret.encode()), token)
        return secret, token

    async def _add(self, hash_: str, token: Token) -> None:
        def work(transaction: Transaction) -> dict[str, Token]:
            transaction.add_token(hash_, token)
            return transaction.tokens()

        async with self._changing:
            self._stored = await self._store.write(work, reserved=True)
        log.info(
            "a token was made",
            token=token.id,
            scopes=" ".join(sorted(token.scopes)),
            person=token.person,
            source=token.source,
            by=token.created_by,
        )

    async def revoke(self, identity: str, by: str) -> Token | None:
        """End a token and give it as it now is; ``None`` where there is none with this identity.

        Raises:
            StoreBusy, StoreUnavailable: it still counts.
        """
        now = self._clock.now()

        def work(transaction: Transaction) -> tuple[bool, dict[str, Token]]:
            return transaction.revoke_token(identity, now), transaction.tokens()

        async with self._changing:
            ended, self._stored = await self._store.write(work, reserved=True)
        if ended:
            log.info("a token was revoked", token=identity, by=by)
        return next((token for token in self._stored.values() if token.id == identity), None)

    async def listed(self) -> list[Token]:
        """Every token of the store, the oldest first, also those that do not count any more.

        Raises:
            StoreUnavailable: they cannot be read.
        """
        await self.load()
        return list(self._stored.values())
