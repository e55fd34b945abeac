"""What the configuration says of storms: when new incidents go on together, and how often somebody is rung.

May import: the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class UmbrellaRule:
    """From when on the new incidents of a policy go on in one: see ``lifecycle.umbrella``."""

    opens: int
    """So many of one policy within the time open, and ring, by themselves."""
    within: timedelta


@dataclass(frozen=True, slots=True)
class PageBudget:
    """How many pages may leave one by one to one person through one channel; further ones leave together."""

    at_most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Storms:
    """What is done where too much happens at once."""

    umbrella: UmbrellaRule | None = None
    """``None``: every incident rings by itself."""
    budgets: Mapping[str, PageBudget] = field(default_factory=dict)
    """By channel; without one every page leaves by itself."""


NO_STORMS = Storms()
