"""The overrides that count now, in memory: read from the store, and laid over the roster by which pages go.

Rules
-----
* What was made or ended here counts with its commit, and in other replicas within ``REREAD_SECONDS``. While the store
  cannot be read, what was read last goes on counting. A reload changes nothing about them.
* One that names a person or a schedule that is not in the configuration counts for nothing: whoever the schedule itself
  says is on call. Where that is nobody, the operator hears of it (requirements 3.11 rules 18 and 19).
* What is long over is not laid over the roster, so that decisions do not get slower with the years.

May import: ``domain``, ``store`` (the port), ``clock``, the rest of ``runtime``, structlog.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from rungbell.clock import Clock, written
from rungbell.domain.events import Trouble, TroubleKind
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.override import Override
from rungbell.domain.roster import Roster
from rungbell.domain.values import dataclass
from rungbell.runtime.books.present import PresentBook
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.looking_again import REREAD_SECONDS, look_again_and_again
from rungbell.store import Store, Transaction

log = structlog.get_logger()

NEAR = timedelta(hours=2)
"""How long one that is over stays laid over the roster: longer than anybody is told of a change in it."""
MOST = 500
"""Overrides of one schedule that are not over; more are a fault of whatever makes them."""


class TooManyOverridesError(Exception):
    """A schedule has as many overrides as it may."""


@dataclass(frozen=True, slots=True)
class Made:
    """What making overrides came to."""

    overrides: tuple[Override, ...]
    """As they are in the store now."""
    overlapping: tuple[Override, ...] = ()
    """Those made earlier that cover a moment of these."""
    before: datetime | None = None
    """They were made then, by the same request."""


class OverrideBook:
    """Holds, makes and ends overrides."""

    def __init__(self, *, store: Store, clock: Clock, handler: IncidentHandler, book: PresentBook) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._book = book
        self._known: tuple[Override, ...] = ()
        self._changing = asyncio.Lock()
        self._told: set[str] | None = None
        """Schedules of which the operator was told; unknown at the start."""
        self._void: frozenset[str] = frozenset()
        """The overrides that count for nothing, as the log has said."""

    async def load(self) -> None:
        """Read the overrides of the store.

        Raises:
            StoreUnavailable: they cannot be read; the ones known before go on counting.
        """
        async with self._changing:
            since = self._clock.now() - NEAR
            self._use(await self._store.read(lambda transaction: transaction.overrides(since)))

    async def run(self) -> None:
        """Read them again and again until cancelled, and look whether somebody is on call."""
        await look_again_and_again(self.look, REREAD_SECONDS, "overrides cannot be read", at_once=False)

    async def look(self) -> None:
        """Read them, and tell the operator where one that counts for nothing leaves nobody on call."""
        await self.load()
        now = self._clock.now()
        roster = self._handler.book.roster
        void = [one for one in self._known if one.person not in roster.people and one.schedule in roster.schedules]
        self._name_void([one for one in void if now < one.ends])
        left = {
            one.schedule: one for one in void if one.covers(now) and not roster.schedules[one.schedule].on_call(now)
        }
        perhaps = {one.schedule for one in void} if self._told is None else self._told
        troubles = [_nobody(one) for name, one in left.items() if self._told is None or name not in self._told]
        troubles += [_somebody(name) for name in sorted(perhaps - left.keys())]
        if troubles:
            await self._handler.report(*troubles)
        self._told = set(left)

    def _name_void(self, void: Sequence[Override]) -> None:
        """Say once of each override that counts for nothing any more who was to be on call by it."""
        for one in void:
            if one.id not in self._void:
                log.warning(
                    "an override counts for nothing: its person is not in the configuration",
                    override=one.id,
                    schedule=one.schedule,
                    person=one.person,
                    ends=written(one.ends),
                    hint=f"`rungbell oncall override add {one.schedule} PERSON` gives it to somebody else",
                )
        self._void = frozenset(one.id for one in void)

    async def make(self, *overrides: Override, once: str | None = None) -> Made:
        """Make overrides, all of them or none; ``once`` is the identity of a request that has its effect once.

        Raises:
            TooManyOverridesError: a schedule has too many of them.
            StoreBusy, StoreUnavailable: none was made.
        """
        now = self._clock.now()

        def work(transaction: Transaction) -> tuple[Made, tuple[Override, ...]]:
            return _make(transaction, overrides, once, now), transaction.overrides(now - NEAR)

        async with self._changing:
            made, known = await self._store.write(work, reserved=True)
            self._use(known)
        for one in () if made.before else made.overrides:
            log.info("an override was made", override=one.id, schedule=one.schedule, person=one.person, by=one.made_by)
        return made

    async def end(self, identity: str, by: str) -> Override | None:
        """Let an override count no more, and give it as it was; ``None`` where there is none with this identity.

        Raises:
            StoreBusy, StoreUnavailable: it still counts.
        """
        now = self._clock.now()

        def work(transaction: Transaction) -> tuple[Override | None, tuple[Override, ...]]:
            found = transaction.override(identity)
            if found is not None and now < found.ends:
                transaction.end_override(found, now)
            return found, transaction.overrides(now - NEAR)

        async with self._changing:
            found, known = await self._store.write(work, reserved=True)
            self._use(known)
        if found is not None and now < found.ends:
            log.info("an override was ended", override=identity, schedule=found.schedule, by=by)
        return found

    async def listed(self, since: datetime) -> tuple[Override, ...]:
        """Every override of the store that ends after ``since``, in the order in which they were made.

        Raises:
            StoreUnavailable: they cannot be read.
        """
        return await self._store.read(lambda transaction: transaction.overrides(since))

    def _use(self, known: tuple[Override, ...]) -> None:
        if known != self._known:
            self._known = known
            self._book.amend("overrides", self._laid_over)

    def _laid_over(self, roster: Roster) -> Roster:
        return roster.with_overrides(self._known)


def _make(transaction: Transaction, overrides: tuple[Override, ...], once: str | None, now: datetime) -> Made:
    if once is not None and (used := transaction.applied(once)) is not None:
        at, identities = used
        found = [transaction.override(identity) for identity in identities.split()]
        return Made(tuple(one for one in found if one is not None), before=at)
    present = transaction.overrides(now)
    for schedule in {one.schedule for one in overrides}:
        if sum(one.schedule == schedule for one in present) >= MOST:
            raise TooManyOverridesError(f"{schedule} has {MOST} overrides that are not over: remove some of them")
    made = tuple(transaction.add_override(replace(one, made_at=now)) for one in overrides)
    if once is not None:
        transaction.apply_once(once, now, " ".join(one.id for one in made))
    return Made(made, tuple(_overlapping(present, made)))


def _overlapping(present: Iterable[Override], made: tuple[Override, ...]) -> Iterable[Override]:
    return (one for one in present if any(one.overlaps(other) for other in made))


def _nobody(override: Override) -> Trouble:
    text = (
        f"Nobody is on call for {override.schedule}: override {override.id} gives it until "
        f"{override.ends:%Y-%m-%d %H:%M} UTC to somebody who is not in the configuration any more."
    )
    return Trouble(kind=TroubleKind.NOBODY_ON_CALL, source=OWN_SOURCE, text=text, about=override.schedule)


def _somebody(schedule: str) -> Trouble:
    text = f"Somebody is on call for {schedule} again."
    return Trouble(kind=TroubleKind.NOBODY_ON_CALL, source=OWN_SOURCE, text=text, about=schedule, over=True)
