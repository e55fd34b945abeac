"""Tokens in the store: kept by hash, revoked once, never forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rungbell.domain.token import Scope, Token
from rungbell.store import Store
from tests.store.databases import Database
from tests.store.samples import NOON

TOKEN = Token(
    id="0123456789ab",
    name="Grafana, read only",
    scopes=frozenset({Scope.READ, Scope.INGEST}),
    source="cluster-a",
    created_at=NOON,
    created_by="alice",
    expires_at=NOON + timedelta(days=90),
)


async def test_a_token_is_found_as_it_was_written_also_after_a_restart(database: Database) -> None:
    store = await database.open()
    other = replace(TOKEN, id="f" * 12, person="bob", source=None, expires_at=None, created_at=NOON + timedelta(days=1))
    await store.write(lambda transaction: transaction.add_token("hash 2", other))
    await store.write(lambda transaction: transaction.add_token("hash 1", TOKEN))
    await store.close()

    store = await database.open()
    found = await store.read(lambda transaction: transaction.tokens())
    await store.close()

    assert found == {"hash 1": TOKEN, "hash 2": other}
    assert list(found) == ["hash 1", "hash 2"], "the oldest first"


async def test_a_token_is_revoked_once(store: Store) -> None:
    await store.write(lambda transaction: transaction.add_token("hash", TOKEN))

    assert await store.write(lambda transaction: transaction.revoke_token(TOKEN.id, NOON))
    assert not await store.write(lambda transaction: transaction.revoke_token(TOKEN.id, NOON + timedelta(hours=1)))
    assert not await store.write(lambda transaction: transaction.revoke_token("nobody", NOON))

    assert await store.read(lambda transaction: transaction.tokens()) == {"hash": replace(TOKEN, revoked_at=NOON)}


async def test_no_two_tokens_share_an_identity_or_a_hash(store: Store, database: Database) -> None:
    await store.write(lambda transaction: transaction.add_token("hash", TOKEN))
    with pytest.raises(database.refused):
        await store.write(lambda transaction: transaction.add_token("another", TOKEN))
    with pytest.raises(database.refused):
        await store.write(lambda transaction: transaction.add_token("hash", replace(TOKEN, id="another")))
    assert await store.read(lambda transaction: transaction.tokens()) == {"hash": TOKEN}


async def test_a_token_with_a_scope_nobody_knows_counts_for_nothing_and_hides_no_other(
    store: Store, database: Database
) -> None:
    await store.write(lambda transaction: transaction.add_token("odd", replace(TOKEN, id="odd")))
    await store.write(lambda transaction: transaction.add_token("hash", TOKEN))
    database.execute("UPDATE tokens SET scopes = 'root' WHERE id = 'odd'")
    assert await store.read(lambda transaction: transaction.tokens()) == {"hash": TOKEN}
