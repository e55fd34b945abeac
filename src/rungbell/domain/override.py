"""An override: somebody is on call in the place of others, for a while.

Rules
-----
* It covers ``begins <= now < ends``, and stands in for everybody of the schedule, or for one person of it.
* One that stands in for a person counts only while that person would be on call. It takes the place of whoever has it:
  the person planned, or the one to whom an earlier override gave it.
* Of several, the one made last decides.

May import: ``calendar`` and the standard library's pure parts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from rungbell.domain.calendar import in_utc
from rungbell.domain.values import dataclass

LONGEST_OVERRIDE = timedelta(days=366)
"""Whoever is on call for longer belongs into the configuration."""
LONGEST_REASON = 500
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """``person`` is on call for ``schedule`` from ``begins`` until just before ``ends``; times are kept in UTC.

    Raises ``ValueError`` for times without a zone, or an end that is not after the beginning.
    """

    id: str
    schedule: str
    person: str
    begins: datetime
    ends: datetime
    instead_of: str | None = None
    """Whose place it takes; ``None``: everybody's, also where nobody is on call."""
    reason: str = ""
    made_by: str = ""
    made_at: datetime

    def __post_init__(self) -> None:
        for name in ("begins", "ends", "made_at"):
            object.__setattr__(self, name, in_utc(getattr(self, name)))
        if self.begins >= self.ends:
            told = f"{self.ends.isoformat()} is not after {self.begins.isoformat()}"
            raise ValueError(f"an override ends after it begins: {told}")

    def covers(self, now: datetime) -> bool:
        """Whether it counts at ``now``."""
        return self.begins <= now < self.ends

    def overlaps(self, other: "Override") -> bool:
        """Whether both cover a moment of the same schedule."""
        return self.schedule == other.schedule and self.begins < other.ends and other.begins < self.ends


def in_order(overrides: Iterable[Override]) -> tuple[Override, ...]:
    """Give overrides in the order in which they were made; identities are numbers that count up."""
    return tuple(sorted(overrides, key=lambda override: (override.made_at, len(override.id), override.id)))


def overridden(planned: tuple[str, ...], overrides: Iterable[Override]) -> tuple[tuple[str, ...], tuple[Override, ...]]:
    """Lay overrides, in the order in which they were made, over who is planned.

    Gives who is on call then, and which of the overrides made them so.
    """
    places: list[tuple[str, str, Override | None]] = [(person, person, None) for person in planned]
    for override in overrides:
        if override.instead_of is None:
            names = [place[0] for place in places] or [""]
            places = [(name, override.person, override) for name in names]
        else:
            places = [
                (name, override.person, override) if override.instead_of in {name, holder} else (name, holder, by)
                for name, holder, by in places
            ]
    return (
        tuple(dict.fromkeys(holder for _, holder, _ in places)),
        tuple(dict.fromkeys(by for _, _, by in places if by is not None)),
    )
