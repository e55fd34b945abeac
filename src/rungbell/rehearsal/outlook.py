"""What follows if time passes and nobody acts: an incident's ladder, until it is over or only goes round.

    ahead = outlook(book, incident, policy, waiting, round_robins, now)
    ahead.attempts                     every page that still comes, in order
    ahead.goes_round                   what goes on from then on

Rules
-----
* Nothing is decided here: it is a rehearsal, whose clock jumps and whose channels take everything.
* A ladder is followed until nothing is left but to go round (exhausted, asking to resolve, held). Of the rounds the
  first one is kept, so that it can be seen what goes on until a person acts.
* It tells of pages. What is owed beside them runs along and stands among the entries; its reminders are no pages.

May import: ``domain`` and the rest of this package but ``foresight``.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rungbell.domain.book import Book
from rungbell.domain.clock import ClockName, Deadline
from rungbell.domain.clocks import paging_deadlines
from rungbell.domain.events import Trouble
from rungbell.domain.incident import Incident
from rungbell.domain.page import Purpose, SentPage
from rungbell.domain.paging_clocks import HELD_REMINDER
from rungbell.domain.policy import Policy, Resolves, Tier
from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass
from rungbell.rehearsal.rehearsal import Attempt, Rehearsal

GO_ROUND = frozenset({ClockName.EXHAUSTED, ClockName.STABILITY, ClockName.HELD})
"""The clocks that start again whenever they have acted, until a person acts."""
MOST_MOMENTS = 5_000
"""Moments after which a ladder is cut off: clocks of seconds beside others of weeks."""


@dataclass(frozen=True, slots=True)
class Round:
    """What goes on until a person acts."""

    clock: ClockName
    next_at: datetime
    every: timedelta | None
    """``None``: on the next business day, each time."""
    business_hours: bool
    """Whether ``every`` is time in which business is open."""
    tiers: tuple[Tier, ...]
    """Those that are rung each time; nobody's where only the operator is told."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What follows from one moment on."""

    attempts: tuple[Attempt, ...]
    """Every page of the incident, in the order they leave."""
    entries: tuple[Entry, ...]
    """What its timeline tells."""
    troubles: tuple[tuple[datetime, Trouble], ...]
    """What the operator is told of it, and when."""
    incident: Incident
    """How it then stands."""
    until: datetime
    """So far it was followed."""
    goes_round: Round | None = None
    """What goes on from then on; ``None`` where it is over, or was only followed until an acknowledgement ended."""
    cut_off: bool = False
    """More would happen than anybody follows."""

    @property
    def told(self) -> tuple[Attempt, ...]:
        """The pages worth telling: of the rounds of an exhausted ladder the first two, for the others are alike."""
        rounds = sorted({one.at for one in self.attempts if one.page.purpose is Purpose.EXHAUSTED})
        alike = frozenset(rounds[2:])
        return tuple(one for one in self.attempts if one.page.purpose is not Purpose.EXHAUSTED or one.at not in alike)


def outlook(
    book: Book,
    incident: Incident,
    policy: Policy,
    waiting: Mapping[SentPage, datetime],
    round_robins: Mapping[str, int],
    now: datetime,
) -> Ladder:
    """Say what happens next to an incident if nobody acts.

    ``waiting`` are its unsent pages, and when each is due; ``round_robins`` how many incidents each has served.
    """
    rehearsal = Rehearsal(alone(book), now)
    rehearsal.records.take_over(incident, policy, waiting, round_robins)
    return follow(rehearsal, incident.id)


def alone(book: Book) -> Book:
    """The operator hears of an exhausted ladder, but the incident that opens for it is followed by nobody here.

    Where pages have budgets it rings along, for what it rings leaves less for this one.
    """
    return book if book.storms.budgets else replace(book, operator=None)


def follow(rehearsal: Rehearsal, incident: str, *, held: bool = False) -> Ladder:
    """Let time pass until the incident is over or only goes round; one that is ``held``, until nobody holds it.

    It tells all that happened in the rehearsal, but of one that is held only what happens from now on.
    """
    records = rehearsal.records
    attempts = len(rehearsal.attempts) if held else 0
    troubles = len(rehearsal.troubles) if held else 0
    entries = len(records.timeline(incident)) if held else 0
    rounds = _Rounds(rehearsal, incident)
    cut_off = False
    for _ in range(MOST_MOMENTS):
        due = _due(rehearsal, incident)
        if due is None or rounds.seen or (held and records.incidents[incident].holder is None):
            break
        rehearsal.pass_time(due)
        rounds.look()
    else:
        cut_off = True
    return Ladder(
        attempts=tuple(one for one in rehearsal.attempts[attempts:] if _rings(one, incident)),
        entries=tuple(records.timeline(incident)[entries:]),
        troubles=tuple(told for told in rehearsal.troubles[troubles:] if told[1].about.startswith(f"{incident}/")),
        incident=records.incidents[incident],
        until=rehearsal.now,
        goes_round=rounds.now,
        cut_off=cut_off,
    )


def _rings(attempt: Attempt, incident: str) -> bool:
    return attempt.page.incident == incident and attempt.page.purpose is not Purpose.REMINDER


def _paging_deadlines(rehearsal: Rehearsal, incident: str) -> tuple[Deadline, ...]:
    found = rehearsal.records.incidents[incident]
    return paging_deadlines(found, rehearsal.records.policy(found.policy))


def _due(rehearsal: Rehearsal, incident: str) -> datetime | None:
    """When the incident has something to do next, as long as it may still ring somebody."""
    wake = rehearsal.records.wake.get(incident) if _paging_deadlines(rehearsal, incident) else None
    waiting = [rehearsal.records.due[intent] for intent in _unsent(rehearsal, incident)]
    return min((*waiting, *((wake,) if wake else ())), default=None)


def _unsent(rehearsal: Rehearsal, incident: str) -> frozenset[str]:
    records = rehearsal.records
    return frozenset(intent for intent in records.due if records.outbox[intent].page.incident == incident)


class _Rounds:
    """Sees when an incident only goes round, and when it has gone round once, all pages of that round included."""

    def __init__(self, rehearsal: Rehearsal, incident: str) -> None:
        self._rehearsal = rehearsal
        self._incident = incident
        self._unsent: frozenset[str] | None = None
        """What the first round has still to send; ``None`` before it."""
        self.now = _round(rehearsal, incident)

    @property
    def seen(self) -> bool:
        """Whether one round is over."""
        return self._unsent is not None and not self._unsent & _unsent(self._rehearsal, self._incident)

    def look(self) -> None:
        """Look at what has become of the incident."""
        before, self.now = self.now, _round(self._rehearsal, self._incident)
        if self.now is None:
            self._unsent = None
        elif before is not None and self._unsent is None and before.next_at != self.now.next_at:
            self._unsent = _unsent(self._rehearsal, self._incident)


def _round(rehearsal: Rehearsal, incident: str) -> Round | None:
    """Give what goes round, if no clock runs but that."""
    found = rehearsal.records.incidents[incident]
    policy = rehearsal.records.policy(found.policy)
    running = _paging_deadlines(rehearsal, incident)
    if not running or not {one.clock for one in running} <= GO_ROUND:
        return None
    clock, plan, ladder = running[0].clock, policy.plan(found.severity), policy.ladder(found.severity)
    if clock is ClockName.HELD:
        return Round(clock, running[0].due, HELD_REMINDER, business_hours=False, tiers=())
    if clock is ClockName.STABILITY:
        if plan.resolves is Resolves.WINDOW:
            return None  # it ends by itself
        asked = (found.holder.tier,) if found.holder else ladder[:1]
        return Round(clock, running[0].due, plan.acknowledgement_lasts, business_hours=False, tiers=asked)
    ends = tuple(sorted({*ladder[:1], *ladder[-1:]}))
    return Round(clock, running[0].due, plan.exhausted_every, plan.business_hours_only, ends)
