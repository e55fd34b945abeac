"""What people do with an incident's life, and what it means for others: what is merged speaks to where it goes on.

May import: ``events``, ``incident``, ``severity`` and the standard library's pure parts.
"""

from datetime import datetime, timedelta

from rungbell.domain.events import Act, IncidentEvent
from rungbell.domain.incident import Incident, Status
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSet(Act):
    """Somebody says how far the work has come: one of ``HELD``, or MONITORING where no alert fires."""

    status: Status
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed(Act):
    """The holder wants to be left alone until a time."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FalsePositiveFound(Act):
    """Somebody says that there was nothing; it needs a ``reason``."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Act):
    """Somebody says that it is a part of another incident; ``into`` is that one's identity, number or name."""

    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Act):
    """Somebody says that nothing of it is left to do; a ``reason`` is needed while something is owed."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(Act):
    """Somebody says that it is not over."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionLifted(Act):
    """The incident commander lets others than those paged know of a security breach (A28)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartJoined(IncidentEvent):
    """Another incident goes on in this one."""

    part: Incident
    """As it stood when it was merged."""
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSpoke(IncidentEvent):
    """The alerts of an incident that was merged into this one say something."""

    part: str
    called: str
    """Its number, as people say it."""
    firing: int
    fired: str = ""
    """What of it fires anew, by name; empty: nothing does."""
    raised: Severity | None = None
    """It is that bad now, which is worse than what it goes on in; only of a part of an umbrella."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLeft(IncidentEvent):
    """An incident that was merged into this one goes on by itself again."""

    part: str
    called: str
    along: tuple[str, ...] = ()
    """Its own parts, which leave with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeEnded(IncidentEvent):
    """The incident in which this one went on was ended by a person; what fires of this one ends with it."""

    called: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StormJoined(IncidentEvent):
    """An incident began in a storm and goes on in this umbrella, which is opened by it where it is not there yet.

    The part is the situation's ``other``, as it was written.
    """

    policy: str
    """Content hash of the policy that a new umbrella follows."""
    before: int
    """How many incidents of the policy had begun by themselves."""
    within: timedelta
