"""The clock watcher: turns passing time into events.

Rules
-----
* It sleeps until the earliest ``wake_at``, never longer than a second, so a suspended machine, a clock that was set or
  a missed hint cost at most that (reliability rows 23 and 83).
* Those that are due together are served together, some hundred in one commit. One incident that cannot be served does
  not hold up the others: then each is served by itself.
* While the store cannot be written it is tried at each look, so that rungbell goes on within a second once it can; the
  operator is told then, and that it is over once the store has held for ``ALIVE_EVERY``.
* Away for more than a day, or restored: paging of what is open holds, and the operator hears of it once (requirements
  3.11 rule 20). Without an operator's policy nothing is held: silence would be worse than a late page.

May import: ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``, structlog.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from rungbell.clock import Clock, SystemClock
from rungbell.domain.decision import Decision
from rungbell.domain.duration import written
from rungbell.domain.errors import StoreBusy, StoreError, StoreUnavailable
from rungbell.domain.events import ClockDue, PagingHeld, Trouble, TroubleKind
from rungbell.domain.ladder import OWN_SOURCE
from rungbell.domain.paging_clocks import HELD_REMINDER
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.store import Store
from rungbell.store.incidents import Due
from rungbell.store.notes import RESTORED
from rungbell.telemetry import Metrics

log = structlog.get_logger()

LONGEST_SLEEP = 1.0
"""Seconds between two looks at the store."""
BREATH = 0.02
"""Seconds after an incident changed, so that a hundred changes are one look; no clock is shorter than a second."""
BATCH = 500
"""Due incidents that are looked for at once."""
TOGETHER = 100
"""Due incidents served in one commit: more would save little, and hold the loop for longer (measured)."""
ALIVE_EVERY = timedelta(seconds=30)
AWAY = HELD_REMINDER
"""Longer away than this, and old ladders are not replayed."""
ALIVE = "alive_at"
WORTH_TELLING = timedelta(seconds=5)
"""A store that could not be written for so long is the operator's business; shorter, a retry has made it good."""
FAILING_PAUSE = timedelta(seconds=10)
"""Between two tries to serve an incident that cannot be served."""


def stuck(incident: str, error: Exception) -> Trouble:
    """Word the trouble of an incident whose clocks stand still."""
    text = f"The incident {incident} cannot be read or served ({type(error).__name__}); its clocks stand still."
    return Trouble(kind=TroubleKind.INCIDENT_STUCK, source=OWN_SOURCE, text=text, about=incident)


def unwritable(text: str, *, over: bool = False) -> Trouble:
    """Word the trouble of a store that could not be written."""
    return Trouble(kind=TroubleKind.STORE_UNWRITABLE, source=OWN_SOURCE, text=text, over=over)


async def take_over_time(store: Store, clock: SystemClock) -> None:
    """Go on from the last time that was told, should the wall clock have been set back meanwhile.

    What was decided since it was last noted that rungbell lives would wait else until that time comes again.
    """
    value, written = await store.read(lambda transaction: (transaction.note(ALIVE), transaction.last_entry()))
    told = [at for at in (written, datetime.fromisoformat(value) if value else None) if at is not None]
    if told and (last := max(told)) > clock.now():
        log.error("the wall clock stands before the last time told; counting on from that", last=last.isoformat())
        clock.not_before(last)


class ClockWatcher:
    """Serves due clocks until cancelled."""

    def __init__(self, *, store: Store, clock: Clock, handler: IncidentHandler, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._alive_at: datetime | None = None
        self._unwritable: datetime | None = None
        self._why = ""
        self._told_full = False
        self._told_unwritable = True  # perhaps, by the process before this one
        self._failing: dict[str, datetime] = {}
        self.last_run: datetime | None = None
        handler.on_commit(self._changed)

    async def start(self) -> None:
        """Look how long nobody watched, before anything is served."""
        now = self._clock.now()
        value, copy = await self._store.read(lambda transaction: (transaction.note(ALIVE), transaction.note(RESTORED)))
        since = now if value is None else datetime.fromisoformat(value)
        if copy:
            await self._hold(since, now, "was started on a backup")
            await self._store.write(lambda transaction: transaction.write_note(RESTORED, ""), reserved=True)
        elif now - since > AWAY:
            await self._hold(since, now, f"was away for {written(now - since)}")
        await self._note_alive(now)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            pause = LONGEST_SLEEP
            try:
                self._wake.clear()
                pause = await self.look()
            except StoreError as error:
                self._metrics.daemon.store_errors.inc()
                log.warning("clock watcher cannot reach the store", error=str(error))
            if pause:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                        await asyncio.sleep(BREATH)

    async def look(self) -> float:
        """Serve what is due now and give the seconds until there is more."""
        now = self._clock.now()
        unsure = self._store.failing or self._unwritable is not None
        if unsure or self._alive_at is None or now - self._alive_at > ALIVE_EVERY:
            await self._try_store(now)
        due = await self._store.read(lambda transaction: transaction.due_incidents(now, BATCH))
        ready = [one for one in due if self._failing.get(one.incident, now) <= now]
        self.last_run = now
        self._metrics.daemon.clock_run.set(now.timestamp())
        self._metrics.daemon.clock_lag.set((now - due[0].since).total_seconds() if due else 0)
        if ready:
            for begin in range(0, len(ready), TOGETHER):
                await self._serve_together(ready[begin : begin + TOGETHER], now)
            return 0.0
        following = await self._store.read(lambda transaction: transaction.next_wake())
        if following is None or following <= now:
            return LONGEST_SLEEP
        return min(LONGEST_SLEEP, (following - now).total_seconds())

    async def _serve_together(self, due: Sequence[Due], now: datetime) -> None:
        """Serve several in one commit; where that fails of one of them, each by itself."""
        if len(due) > 1:
            try:
                await self._handler.serve([one.incident for one in due])
            except (StoreBusy, StoreUnavailable):
                raise
            except Exception as error:  # noqa: BLE001 -- it is told where the one that fails is served
                log.warning("due incidents cannot be served together", incidents=len(due), error=repr(error))
            else:
                for one in due:
                    self._failing.pop(one.incident, None)
                return
        await asyncio.gather(*(self._serve(one, now) for one in due))

    async def _serve(self, due: Due, now: datetime) -> None:
        try:
            await self._handler.handle(ClockDue(incident=due.incident))
            self._failing.pop(due.incident, None)
        except (StoreBusy, StoreUnavailable):
            raise
        except Exception as error:
            log.exception("an incident cannot be served; others go on", incident=due.incident, error=repr(error))
            if due.incident not in self._failing:
                await self._handler.report(stuck(due.incident, error))
            self._failing[due.incident] = now + FAILING_PAUSE

    def _changed(self, decision: Decision) -> None:
        if decision.incident is not None:
            self._wake.set()

    async def _note_alive(self, now: datetime) -> None:
        await self._store.write(lambda transaction: transaction.write_note(ALIVE, now.isoformat()), reserved=True)
        self._alive_at = now

    async def _try_store(self, now: datetime) -> None:
        """Note that rungbell lives; where that was impossible for a while, tell the operator."""
        if why := self._store.failing:
            self._unwritable = self._unwritable or now
            self._why = why
        await self._note_alive(now)
        lasted = now - (self._unwritable or now)
        if self._store.failing:  # the disk is full; what is written comes from the reserve
            if lasted >= WORTH_TELLING and not self._told_full:
                await self._handler.report(unwritable(f"No alert can be taken: {self._store.failing}."))
                self._told_full = self._told_unwritable = True
        elif self._unwritable is not None:
            log.warning("the store can be written again", was=self._why, seconds=round(lasted.total_seconds(), 1))
            if lasted >= WORTH_TELLING and not self._told_full:
                text = f"For {lasted.total_seconds():.0f} s no alert could be taken: {self._why}."
                await self._handler.report(unwritable(text))
                self._told_unwritable = True
            self._unwritable, self._told_full = None, False
        elif self._told_unwritable:
            await self._handler.report(unwritable("the store can be written", over=True))
            self._told_unwritable = False

    async def _hold(self, since: datetime, now: datetime, what: str) -> None:
        if self._handler.book.operator is None:
            log.warning("no operator policy, so nothing is held", rungbell=what)
            return
        held = 0
        for incident in await self._store.read(lambda transaction: transaction.open_ids()):
            try:
                handled = await self._handler.handle(PagingHeld(incident=incident, away_since=since))
            except (StoreBusy, StoreUnavailable):
                raise
            except Exception as error:
                log.exception("an incident cannot be held; others go on", incident=incident, error=repr(error))
                await self._handler.report(stuck(incident, error))
                continue
            held += handled.incident is not None and handled.incident.held_since is not None
        if held:
            what_is_open = "an open incident" if held == 1 else f"{held} open incidents"
            text = f"rungbell {what}; paging of {what_is_open} holds until a person acts or something new fires."
            about = now.date().isoformat()
            await self._handler.report(Trouble(kind=TroubleKind.PAGING_HELD, source=OWN_SOURCE, text=text, about=about))
