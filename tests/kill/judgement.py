"""The judgement: what was promised against what was found; pure, so that its own tests are.

Rules
-----
* Every webhook answered 2xx has its incident, and exactly one.
* Each of those incidents was paged on L1 at least once, and under one intent only.
* An intent may come twice only across a kill: the first copy came shortly before it (or was still on its way when the
  process died), the second after the next start, and rungbell wrote down only one acceptance. Everything else is a page
  somebody got twice for no reason: a second acceptance says that it was sent again although the first was on record.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from tests.harness.daemon import Outage

IN_FLIGHT = 2.0
"""How long before a kill a page may have come and still not be recorded, in seconds."""


class Copy(Protocol):
    """What the judgement needs to know of one page that was accepted."""

    @property
    def intent(self) -> str:
        """The unique key."""

    @property
    def incident(self) -> str:
        """The incident's identity."""

    @property
    def tier(self) -> str:
        """The rung."""

    @property
    def came(self) -> float:
        """Arrival on the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A page that came twice."""

    intent: str
    before_kill: float | None
    """How long before the kill between the copies the first one came; ``None`` where no kill lies between."""
    recorded: int
    """How many acceptances of it rungbell wrote down."""

    @property
    def explained(self) -> bool:
        """Whether the first copy was in flight at a kill and could not be remembered."""
        return self.before_kill is not None and self.recorded == 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one store and one pager show together."""

    promised: int
    """Alert groups with a webhook that was answered 2xx."""
    found: int
    """Those of them that have an incident."""
    lost: tuple[str, ...]
    """Promised, but without an incident."""
    unpaged: tuple[str, ...]
    """With an incident, but never paged on L1."""
    doubled: tuple[str, ...]
    """With more than one incident, or paged on L1 under more than one intent."""
    pages: int
    duplicates: tuple[Duplicate, ...]

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The pages that came twice for no reason."""
        return tuple(one.intent for one in self.duplicates if not one.explained)

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.unpaged or self.doubled or self.unexplained)


def judge(
    promised: Collection[str],
    incidents: Mapping[str, Sequence[str]],
    pages: Sequence[Copy],
    outages: Sequence[Outage],
    recorded: Mapping[str, int],
    in_flight: float = IN_FLIGHT,
) -> Verdict:
    """Hold the promised names against the incidents found for each name and the pages that came.

    ``recorded`` tells, for intents that came more than once, how many acceptances of them are on record.
    """
    intents = _first_rung_intents(pages)
    unpaged, doubled = [], []
    for name in sorted(promised):
        identities = incidents.get(name, ())
        paged = {intent for identity in identities for intent in intents.get(identity, ())}
        if identities and not paged:
            unpaged.append(name)
        if len(identities) > 1 or len(paged) > 1:
            doubled.append(name)
    lost = tuple(name for name in sorted(promised) if not incidents.get(name))
    return Verdict(
        promised=len(promised),
        found=len(promised) - len(lost),
        lost=lost,
        unpaged=tuple(unpaged),
        doubled=tuple(doubled),
        pages=len(pages),
        duplicates=tuple(
            Duplicate(intent, _before_kill(first, second, outages, in_flight), recorded.get(intent, 0))
            for intent, arrivals in copies(pages).items()
            for first, second in pairwise(arrivals)
        ),
    )


def copies(pages: Iterable[Copy]) -> Mapping[str, list[float]]:
    """Give the arrivals of every intent that came more than once."""
    arrivals: dict[str, list[float]] = defaultdict(list)
    for page in pages:
        arrivals[page.intent].append(page.came)
    return {intent: sorted(times) for intent, times in arrivals.items() if len(times) > 1}


def _first_rung_intents(pages: Iterable[Copy]) -> Mapping[str, set[str]]:
    intents: dict[str, set[str]] = defaultdict(set)
    for page in pages:
        if page.tier == "L1":
            intents[page.incident].add(page.intent)
    return intents


def _before_kill(first: float, second: float, outages: Sequence[Outage], in_flight: float) -> float | None:
    for outage in outages:
        if outage.killed - in_flight <= first <= outage.started <= second:
            return outage.killed - first
    return None
