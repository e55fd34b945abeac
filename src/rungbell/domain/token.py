"""Tokens of the API: what somebody who shows one may do, and for how long.

Rules
-----
* ``admin`` includes ``act`` and ``read``, ``act`` includes ``read``; ``ingest`` stands for itself: who administers
  rungbell is no source of alerts, and a source sees nothing.
* What may act needs a person, for the timeline says who did something. What may send needs a source, for incidents
  belong to one.
* A token counts until it expires or is revoked, and only while its person and its source are in the configuration.
* No secret is part of a token: it is found by the hash of its secret, which the store keeps beside it.

May import: the standard library's pure parts.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from rungbell.domain.values import dataclass


class Scope(StrEnum):
    """What a route asks for, and a token allows: the closed list."""

    INGEST = "ingest"
    """Send alerts as one source."""
    READ = "read"
    """Look at incidents."""
    ACT = "act"
    """Acknowledge, escalate, resolve, write notes: as one person."""
    ADMIN = "admin"
    """Reload, back up, make and revoke tokens."""


INCLUDED = {
    Scope.INGEST: frozenset({Scope.INGEST}),
    Scope.READ: frozenset({Scope.READ}),
    Scope.ACT: frozenset({Scope.ACT, Scope.READ}),
    Scope.ADMIN: frozenset({Scope.ADMIN, Scope.ACT, Scope.READ}),
}
"""What each scope allows."""


def allowed(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Everything that these scopes allow together."""
    return frozenset[Scope]().union(*(INCLUDED[scope] for scope in scopes))


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do who has said, or whose place says, who they are."""

    scopes: frozenset[Scope]
    """Everything that is allowed, what is included too."""
    person: str | None = None
    source: str | None = None
    anybody: bool = False
    """Somebody at this machine, without a token: an act may then say for whom it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token, without its secret."""

    id: str
    """Part of the secret's text, so that a leaked one can be named and revoked."""
    name: str
    """What it is for, in the words of whoever made it."""
    scopes: frozenset[Scope]
    person: str | None = None
    source: str | None = None
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def grant(self) -> "Grant":
        """What whoever shows it may do, while it counts."""
        return Grant(allowed(self.scopes), self.person, self.source)

    def live(self, now: datetime) -> bool:
        """Whether it counts at ``now``."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def fault(scopes: frozenset[Scope], person: str | None, source: str | None) -> str | None:
    """Say what is wrong with a token that somebody wants to make; ``None`` where nothing is."""
    if not scopes:
        return f"`scopes` must name at least one of {', '.join(Scope)}"
    if Scope.ACT in allowed(scopes) and person is None:
        return "a token that may act needs a `person`: the timeline names who did something"
    if Scope.INGEST in scopes and source is None:
        return "the scope `ingest` needs a `source`: for which source of the configuration does the token speak?"
    if Scope.INGEST not in scopes and source is not None:
        return "a `source` is only for tokens with the scope `ingest`"
    return None
