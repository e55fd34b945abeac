"""What scopes allow, when a token counts, and what a token needs."""

from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.token import Scope, Token, allowed, fault

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
INGEST, READ, ACT, ADMIN = Scope.INGEST, Scope.READ, Scope.ACT, Scope.ADMIN


def token(**facts: object) -> Token:
    plain: dict[str, object] = {
        "id": "0" * 12,
        "name": "a test",
        "scopes": frozenset({READ}),
        "created_at": NOON,
        "created_by": "alice",
    }
    return Token(**plain | facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (set(), set()),
        ({INGEST}, {INGEST}),
        ({READ}, {READ}),
        ({ACT}, {ACT, READ}),
        ({ADMIN}, {ADMIN, ACT, READ}),
        ({ADMIN, INGEST}, {ADMIN, ACT, READ, INGEST}),
    ],
)
def test_a_scope_includes_the_lesser_ones_and_ingest_stands_for_itself(
    scopes: set[Scope], expected: set[Scope]
) -> None:
    assert allowed(scopes) == expected
    assert token(scopes=frozenset(scopes)).grant.scopes == expected


def test_a_token_counts_until_it_expires_or_is_revoked() -> None:
    assert token().live(NOON + timedelta(days=10_000))
    ends = token(expires_at=NOON + timedelta(hours=1))
    assert ends.live(NOON + timedelta(minutes=59))
    assert not ends.live(NOON + timedelta(hours=1))
    assert not token(revoked_at=NOON).live(NOON)


@pytest.mark.parametrize(
    ("scopes", "person", "source", "says"),
    [
        (set(), None, None, "scopes"),
        ({ACT}, None, None, "person"),
        ({ADMIN}, None, None, "person"),
        ({INGEST}, None, None, "source"),
        ({INGEST}, "alice", None, "source"),
        ({READ}, None, "cluster-a", "source"),
        ({ADMIN, INGEST}, None, "cluster-a", "person"),
    ],
)
def test_what_a_token_lacks_is_said(scopes: set[Scope], person: str | None, source: str | None, says: str) -> None:
    assert f"`{says}`" in (fault(frozenset(scopes), person, source) or "")


@pytest.mark.parametrize(
    ("scopes", "person", "source"),
    [
        ({READ}, None, None),
        ({READ}, "alice", None),
        ({ACT}, "alice", None),
        ({ADMIN}, "alice", None),
        ({INGEST}, None, "cluster-a"),
        ({INGEST, READ}, None, "cluster-a"),
    ],
)
def test_what_has_all_it_needs_is_no_fault(scopes: set[Scope], person: str | None, source: str | None) -> None:
    assert fault(frozenset(scopes), person, source) is None
