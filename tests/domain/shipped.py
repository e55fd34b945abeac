"""The shipped policy, config/rungbell.yml, and worlds in which one of its incidents begins."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from rungbell.config import load
from rungbell.domain.alert import Alert
from rungbell.domain.book import Book, PolicyRoute
from rungbell.domain.decision import Decision
from rungbell.domain.policy import Policy, SeverityPlan, Through, Tier, pinned
from rungbell.domain.severity import Severity
from rungbell.notifiers import registry
from tests.domain.world import MONDAY_10, World

FILE = Path(__file__).parents[2] / "config" / "rungbell.yml"

LABELS = {
    "P0": {"severity": "critical", "scope": "platform"},
    "P1": {"severity": "critical"},
    "P2": {"severity": "warning"},
    "P3": {"severity": "info"},
}
"""Labels that the shipped rules map to each severity."""

L1, L2, L3, L4, L5 = "L1", "L2", "L3", "L4", "L5"


@cache
def shipped() -> Book:
    """The book of config/rungbell.yml."""
    return load(FILE, registry()).book


def fire(world: World, severity: str, *, since: datetime | None = None, **labels: str) -> Decision:
    """An alert of that severity begins to fire."""
    return world.receive(world.alert(since=since, labels={**LABELS[severity], **labels}))


def alert(world: World, severity: str, *, firing: bool = True, since: datetime | None = None, **labels: str) -> Alert:
    """An alert of that severity as it stands now."""
    return world.alert(firing=firing, since=since, labels={**LABELS[severity], **labels})


def opened(severity: str, *, at: datetime = MONDAY_10, book: Book | None = None) -> World:
    """A world in which an alert of that severity has just fired."""
    world = World(book or shipped(), now=at)
    fire(world, severity)
    return world


def at(world: World, seconds: int) -> World:
    """Time goes on to that second of the world."""
    world.pass_time(timedelta(seconds=seconds))
    return world


def without(*people: str, book: Book | None = None) -> Book:
    """The book after those people left."""
    book = book or shipped()
    left = {name: person for name, person in book.roster.people.items() if name not in people}
    return replace(book, roster=replace(book.roster, people=left))


def with_policy(policy: Policy, book: Book | None = None) -> Book:
    """The book with another policy for everything, rungbell's own troubles included."""
    policy = pinned(policy)
    return replace(book or shipped(), routes=(PolicyRoute((), policy),), operator=policy)


def default_policy() -> Policy:
    return shipped().routes[-1].policy


def with_plan(severity: str, plan: SeverityPlan) -> Book:
    """The book in which one severity demands something else."""
    policy = default_policy()
    return with_policy(replace(policy, severities={**policy.severities, Severity(severity): plan}))


def with_tier(tier: str, *, through: tuple[Through, ...] | None = None, reach: tuple[str, ...] | None = None) -> Book:
    """The book in which one tier is reached differently."""
    policy = default_policy()
    plan = policy.tiers[Tier(tier)]
    changed = replace(plan, through=through or plan.through, reach=plan.reach if reach is None else reach)
    return with_policy(replace(policy, tiers={**policy.tiers, Tier(tier): changed}))
