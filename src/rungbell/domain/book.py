"""The book of rules: everything of the configuration that decisions read, as one value.

May import: ``policy``, ``roster``, ``severity``, ``matchers``, ``maintenance``, ``storms``, ``command.recipes``,
``communication.plan`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from rungbell.domain.command.recipes import NO_RECIPES, Recipes
from rungbell.domain.communication.plan import NOTHING_PLANNED, CommunicationPlan
from rungbell.domain.maintenance import MaintenanceWindow
from rungbell.domain.matchers import Matcher
from rungbell.domain.policy import Policy
from rungbell.domain.roster import Roster
from rungbell.domain.severity import SeverityRules
from rungbell.domain.storms import NO_STORMS, Storms
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class PolicyRoute:
    """Where all matchers hold for the worst alert of a group, its incident follows this policy."""

    match: tuple[Matcher, ...]
    policy: Policy
    label: str = ""
    """What a person is shown as the reason, for example ``policies[0].match (line 92)``."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Through which channels people hear of their shifts of a schedule: that one begins, ends, or does so soon."""

    through: tuple[str, ...]
    starts: bool = True
    ends: bool = True
    before: timedelta | None = None
    """How long before it begins it is also told; ``None``: not at all."""


@dataclass(frozen=True, slots=True)
class Book:
    """Everything of the configuration that decisions read; replaced as a whole by a reload."""

    rules: SeverityRules
    routes: tuple[PolicyRoute, ...]
    """In order; the last one matches everything."""
    roster: Roster
    operator: Policy | None = None
    """The policy of rungbell's own troubles (rule 19)."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    tellings: Mapping[str, Telling] = field(default_factory=dict)
    """By schedule; without one nobody is told of shifts of it."""
    communication: CommunicationPlan = NOTHING_PLANNED
    recipes: Recipes = NO_RECIPES
    followers: tuple[str, ...] = ()
    """The channels that hear what becomes of every incident."""
    storms: Storms = NO_STORMS
    silenced: frozenset[str] = frozenset()
    """The sources whose Alertmanager is silent about what is acknowledged."""

    @property
    def zone(self) -> str:
        """The zone of the file, in which the office keeps its hours."""
        return self.routes[-1].policy.hours.zone

    def policy(self, hash_: str) -> Policy | None:
        """Give the policy with that content hash, if it is one of today's."""
        policies = [route.policy for route in self.routes]
        if self.operator is not None:
            policies.append(self.operator)
        return next((policy for policy in policies if policy.hash == hash_), None)
