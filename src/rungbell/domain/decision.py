"""What a decision sees, what it says, and the draft on which the rules write it.

Rules
-----
* A ``Decision`` is complete: the store writes all of it in one commit, or nothing.
* A decision without effect is empty, so that repeats write nothing.
* Whatever moves an incident on, when it did and which phase it is in now are written down here (requirement 1).

May import: the value modules of the core.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from rungbell.domain.alert import KnownAlert, Sighting, Standing
from rungbell.domain.book import Book
from rungbell.domain.communication.copies import Copy, SentCopy
from rungbell.domain.communication.record import Communication
from rungbell.domain.events import IncidentEvent, Trouble
from rungbell.domain.incident import Incident, Status
from rungbell.domain.page import Echo, Page, PageState, Purpose, SentPage
from rungbell.domain.policy import Policy, SeverityPlan, Tier
from rungbell.domain.storms import UmbrellaRule
from rungbell.domain.timeline import SYSTEM, Entry, EntryKind
from rungbell.domain.values import dataclass

CAUSE_KNOWN = frozenset({Status.IDENTIFIED, Status.FIXING})
"""Stages that say that the cause was found."""
MITIGATED = frozenset({Status.CONTAINED, Status.MONITORING, Status.RESOLVED})
"""Stages that say that it spreads and grows no more (A14)."""


class Outcome(StrEnum):
    """How an event was taken."""

    DONE = "done"
    ALREADY = "already"
    """It is so already, or it means nothing here; nothing changed."""
    OVER = "over"
    """The incident, or the cycle the person meant, is over."""
    STALE = "stale"
    """The person had seen an older state."""
    REFUSED = "refused"
    """The person may not do that, or not like that."""
    INVALID = "invalid"
    """Something needed is missing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is told to whoever sent the event, in words that are true at that moment."""

    outcome: Outcome
    text: str = ""


DONE = Reply(Outcome.DONE)
"""What is told where nobody waits for words."""


@dataclass(frozen=True, slots=True)
class Shelter:
    """Where an incident that begins goes on, because a storm rages."""

    umbrella: str
    """Its identity; drawn by the shell where ``known`` is ``None``."""
    known: Incident | None
    """The umbrella as it stands; ``None``: it is opened now."""
    rule: UmbrellaRule


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a decision reads. Loaded by the shell in the same transaction that will write the decision."""

    book: Book
    incident: Incident | None = None
    policy: Policy | None = None
    """The pinned policy of ``incident``."""
    known: Mapping[str, Standing] | None = None
    """For a message: what is remembered of its group."""
    sightings: tuple[Sighting, ...] = ()
    pages: tuple[SentPage, ...] = ()
    """For the result of a page: that page, and for a failure all others of its incident's cycle and round."""
    round_robin: Mapping[str, int] = field(default_factory=dict)
    """How many incidents each round robin has served so far; empty where the roster has none."""
    repeats: tuple[str, ...] = ()
    """For what may end or declare the incident: the earlier ones of its kind, by name or number, the newest first."""
    communication: Communication | None = None
    """For an act on a communication: that one."""
    copy: SentCopy | None = None
    """For the result of a copy: that copy."""
    other: Incident | None = None
    """For a merge, and for alerts of what was merged: the incident that it goes on in. For a reopening: the newest one
    of the same alerts. For what another decision means: the incident of that one, as it was written."""
    shelter: Shelter | None = None
    """For a message that begins an incident in a storm."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Which unsent pages of the incident lose their point."""

    purposes: frozenset[Purpose]
    above: Tier | None = None
    """Only pages of tiers above this one."""
    delayed: tuple[str, datetime] | None = None
    """And what still waits for its delay at that time to reach this person by a second way, whatever its purpose."""

    def takes(self, page: Page) -> bool:
        """Whether the page loses its point."""
        if self.delayed is not None and page.person == self.delayed[0] and page.send_after > self.delayed[1]:
            return True
        return page.purpose in self.purposes and (self.above is None or page.tier > self.above)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of the outbox row of an attempt."""

    intent: str
    attempt: int
    state: PageState
    due_at: datetime | None = None
    failure: str | None = None
    reference: str = ""
    copy: Copy | None = None
    """A copy with the words that left, where they were not known before."""
    taken_back: bool = False
    """The provider took it and says now that it did not arrive."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One commit."""

    reply: Reply
    incident: Incident | None = None
    """The incident as it now is; ``None``: unchanged. Version 0: it is new."""
    alerts: tuple[KnownAlert, ...] = ()
    entries: tuple[Entry, ...] = ()
    pages: tuple[Page, ...] = ()
    communications: tuple[Communication, ...] = ()
    """As they now stand."""
    copies: tuple[Copy, ...] = ()
    withdraw: Withdrawal | None = None
    settle: bool = False
    """Every alert of the group counts as over, because a person says so."""
    forward: tuple[str, ...] = ()
    """Intents that wait for their delay and are due now instead."""
    delivery: Delivery | None = None
    troubles: tuple[Trouble, ...] = ()
    round_robin: Mapping[str, int] = field(default_factory=dict)
    """How many incidents round robins have served now, this one included; only those that it rings first here."""
    follow: tuple[IncidentEvent, ...] = ()
    """What it means for other incidents: decided after it, written in the same commit."""
    echoes: tuple[Echo, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        effects = (self.alerts, self.entries, self.pages, self.forward, self.delivery, self.troubles, self.round_robin)
        told = self.communications or self.copies or self.follow
        return self.incident is None and self.withdraw is None and not self.settle and not told and not any(effects)


def nothing(outcome: Outcome, text: str = "") -> Decision:
    """Answer without an effect."""
    return Decision(Reply(outcome, text))


class Draft:
    """A decision while the rules write it: the incident as it will be, and what goes with it."""

    alerts: tuple[KnownAlert, ...] = ()
    withdrawal: Withdrawal | None = None
    settle = False
    forward: tuple[str, ...] = ()
    delivery: Delivery | None = None
    _known: Incident | None = None
    """As it stood when it was last noted how far it has come."""

    def __init__(self, situation: Situation, incident: Incident, policy: Policy, now: datetime) -> None:
        self.situation = situation
        self.incident = incident
        self.policy = policy
        self.now = now
        self.entries: list[Entry] = []
        self.pages: list[Page] = []
        self.communications: dict[int, Communication] = {}
        self.copies: list[Copy] = []
        self.troubles: list[Trouble] = []
        self.round_robin: dict[str, int] = {}
        self.follow: list[IncidentEvent] = []

    @property
    def plan(self) -> SeverityPlan:
        """What the incident's present severity demands."""
        return self.policy.plan(self.incident.severity)

    def change(self, **facts: Any) -> None:  # noqa: ANN401 -- the fields of Incident
        """Change facts of the incident."""
        self.incident = self.incident.changed(**facts)

    def command(self, **facts: Any) -> None:  # noqa: ANN401 -- the fields of Command
        """Change facts of the incident's command."""
        self.change(command=self.incident.command.changed(**facts))

    def take_turn(self, schedule: str) -> None:
        """Give the incident its number in a round robin, unless it has one."""
        if schedule not in self.incident.round_robin:
            served = self.situation.round_robin.get(schedule, 0)
            self.change(round_robin={**self.incident.round_robin, schedule: served})
            self.round_robin[schedule] = served + 1

    def tell(
        self,
        kind: EntryKind,
        text: str,
        *,
        actor: str = SYSTEM,
        tier: Tier | None = None,
        channel: str | None = None,
        **facts: str,
    ) -> None:
        """Write a line of the timeline; without a tier, that of the person, where they were paged."""
        tier = tier or self.incident.paged.get(actor)
        self.entries.append(Entry(self.now, kind, text, actor, tier, channel, facts))

    def withdraw(
        self, purposes: frozenset[Purpose], *, above: Tier | None = None, delayed_for: str | None = None
    ) -> None:
        """Take back unsent pages."""
        self.withdrawal = Withdrawal(purposes, above, (delayed_for, self.now) if delayed_for else None)

    def decided(self, text: str = "", outcome: Outcome = Outcome.DONE) -> Decision:
        """Close the draft."""
        before = self.situation.incident
        known = self._known or before
        if known is not None and self.incident.stage is not known.stage:
            self._come_further(known)
        return Decision(  # in the order of its fields: to hand over so many by name takes as long as to make it
            Reply(outcome, text) if text or outcome is not Outcome.DONE else DONE,
            None if self.incident is before or self.incident == before else self.incident,
            self.alerts,
            tuple(self.entries),
            tuple(self.pages),
            tuple(self.communications.values()),
            tuple(self.copies),
            self.withdrawal,
            self.settle,
            self.forward,
            self.delivery,
            tuple(self.troubles),
            self.round_robin,
            tuple(self.follow),
        )

    def _come_further(self, before: Incident) -> None:
        """Remember when the work came further or was thrown back, and tell where that is another phase."""
        stage, command = self.incident.stage, self.incident.command
        self.command(
            status_changed_at=self.now,
            cause_found_at=command.cause_found_at or (self.now if stage in CAUSE_KNOWN else None),
            mitigated_at=command.mitigated_at or (self.now if stage in MITIGATED else None),
        )
        phase = self.incident.phase
        if phase is not before.phase:
            self.tell(EntryKind.PHASE, f"{before.phase} → {phase}".replace("_", " "), phase=phase, before=before.phase)
        self._known = self.incident
