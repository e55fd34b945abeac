"""What people do in command of an incident.

May import: ``events``, ``command.record`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from rungbell.domain.command.record import Role
from rungbell.domain.events import Act
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssumed(Act):
    """Somebody takes a role, or gives it to ``person``."""

    role: Role
    person: str | None = None
    """Who has it from now on; ``None``: whoever says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGivenUp(Act):
    """A role is nobody's again."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOff(Act):
    """The command passes to somebody else (playbook L786-799)."""

    to: str
    attested: frozenset[str] = frozenset()
    """Lines of the handoff's checklist that are true, beside those that were ticked before."""
    reason: str = ""
    """Why it passes although not every line is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked(Act):
    """Somebody attests a line of a checklist, or takes that back."""

    line: str
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactStated(Act):
    """Somebody says what the harm is; what is not named stays as it was."""

    words: Mapping[str, str] = field(default_factory=dict)
    """By the field of ``record.Impact``; an empty text takes back what was said."""
    clients: tuple[str, ...] | None = None
    """All that are affected, by id."""
    client_impacting: bool | None = None
    """Whether clients feel it; no needs a ``reason`` (A9)."""
    clients_asked: bool | None = None
    started_at: datetime | None = None
    """When the harm began (A26)."""
    reason: str = ""
