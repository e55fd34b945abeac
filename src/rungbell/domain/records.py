"""What is remembered, as a decision reads and writes it: the port behind which a store stands, or a rehearsal's memory.

May import: the value modules of the core and ``decision``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from rungbell.domain.alert import Standing
from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.record import Communication
from rungbell.domain.decision import Decision
from rungbell.domain.incident import Incident
from rungbell.domain.page import SentPage
from rungbell.domain.policy import Policy


class Records(Protocol):
    """One transaction."""

    def latest_incident(self, key: str) -> Incident | None:
        """The newest incident of an alert group, open or not."""
        ...

    def incident(self, reference: str) -> Incident | None:
        """Find an incident by identity, number or name."""
        ...

    def policy(self, hash_: str) -> Policy:
        """A pinned policy."""
        ...

    def standings(self, group_key: str) -> Mapping[str, Standing]:
        """How the known alerts of a group stand, by key."""
        ...

    def page(self, intent: str) -> list[SentPage]:
        """The page of an intent; none or one."""
        ...

    def pages_of_round(self, incident: str, cycle: int, round_: int) -> tuple[SentPage, ...]:
        """All pages that one commit of an incident decided."""
        ...

    def communication(self, incident: str, number: int) -> Communication | None:
        """A communication of an incident, by its number."""
        ...

    def copy(self, intent: str) -> SentCopy | None:
        """The copy of an intent."""
        ...

    def round_robins(self) -> Mapping[str, int]:
        """How many incidents each round robin has served, by the name of its schedule."""
        ...

    def repeats(self, incident: Incident, since: datetime) -> tuple[str, ...]:
        """Names or numbers of earlier incidents of the same kind that opened after ``since``, the newest first."""
        ...

    def opened_lately(self, policy: str, but: str, since: datetime, most: int) -> int:
        """How many incidents that follow a policy (by its hash) began after ``since``, counted up to ``most``.

        Those with the key ``but`` are left out.
        """
        ...

    def beat(self, source: str, now: datetime) -> None:
        """Remember that a source's Watchdog was seen."""
        ...

    def write(
        self, decision: Decision, policy: Policy | None, about: Incident | None, group_key: str, now: datetime
    ) -> Incident | None:
        """Write all of a decision, and give the incident as it now stands."""
        ...
