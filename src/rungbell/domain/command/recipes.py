"""Recipes: what has helped before, laid beside an incident (playbook L268-273, L311-315).

Rules
-----
* They are shown to people and never executed.
* A recipe for containment is shown where its matchers hold for the labels of one of the incident's alerts, with those
  of the group. A recipe for eradication goes by the cause, which no label knows: all of them are shown.
* Like the roster, they are today's: a reload counts for open incidents too.

May import: ``matchers``, ``incident`` and the standard library's pure parts.
"""

from collections.abc import Iterable, Mapping

from rungbell.domain.matchers import Matcher, all_match
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one kind of incident is kept from growing."""

    name: str
    text: str
    match: tuple[Matcher, ...]
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """How one kind of cause is removed, and how one sees that it is."""

    cause: str
    fix: str
    validation: str


@dataclass(frozen=True, slots=True)
class Recipes:
    """All of the file's."""

    containment: tuple[Recipe, ...] = ()
    eradication: tuple[Remedy, ...] = ()


NO_RECIPES = Recipes()


def fitting(
    recipes: Recipes, group_labels: Mapping[str, str], alerts: Iterable[Mapping[str, str]]
) -> tuple[Recipe, ...]:
    """Give the recipes for containment that fit an incident: its group's labels, and those of each of its alerts."""
    if not recipes.containment:
        return ()
    everything = [{**group_labels, **labels} for labels in alerts] or [dict(group_labels)]
    return tuple(
        recipe for recipe in recipes.containment if any(all_match(recipe.match, labels) for labels in everything)
    )
