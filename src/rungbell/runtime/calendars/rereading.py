"""Calendars that say who is on call: read again and again, and laid over the roster by which pages go.

Rules
-----
* What a calendar said last counts until it says something else that can be understood. What cannot be fetched or read
  changes nothing about who is on call; the log says at once what is wrong with it, and the operator hears of it once it
  has lasted for ``stale_after``, and of its end (requirements 3.11 rule 19).
* A calendar that leaves nobody on call, whatever else its schedule has, is told too, but for the time outside of its
  layer's hours.
* At the start what is known from before counts before any page leaves; what was never read is waited for, a little.
* A calendar that has not changed is not read again on the same day. Those that are due are fetched at the same time,
  and read one after the other.

May import: ``config``, ``domain``, ``ical``, ``clock``, ``telemetry``, the rest of ``runtime``, structlog, aiohttp.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import aiohttp
import structlog

from rungbell.clock import Clock, written
from rungbell.config.calendars import listed, meant, unknown_names
from rungbell.config.settings import CalendarSettings
from rungbell.domain.events import Trouble
from rungbell.domain.roster import Roster
from rungbell.domain.shifts import Shifts, written_down
from rungbell.ical.events import CalendarError, Events
from rungbell.ical.reader import CalendarReader, period
from rungbell.runtime.books.present import PresentBook
from rungbell.runtime.calendars.copies import Copies, Copy
from rungbell.runtime.calendars.fetch import fetch
from rungbell.runtime.calendars.known import KnownCalendar
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.looking_again import look_again_and_again
from rungbell.telemetry import Metrics

log = structlog.get_logger()

LOOK_EVERY = 1.0
FIRST_WAIT = 10.0
"""Seconds for which a start or a reload waits for calendars that were never read."""


class Calendars:
    """Reads the calendars of the configuration until cancelled."""

    def __init__(
        self,
        *,
        clock: Clock,
        handler: IncidentHandler,
        book: PresentBook,
        metrics: Metrics,
        session: aiohttp.ClientSession,
        folder: Path,
    ) -> None:
        self._clock = clock
        self._handler = handler
        self._book = book
        self._metrics = metrics
        self._session = session
        self._copies = Copies(folder)
        self._calendars: dict[str, KnownCalendar] = {}
        self._gone: list[KnownCalendar] = []
        self._turn = asyncio.Lock()

    async def configure(self, calendars: Mapping[str, CalendarSettings]) -> None:
        """Let these calendars count from now on, and read all of them again; wait a little for what was never read."""
        now = self._clock.now()
        self._metrics.calendars.know(calendars)
        coming: dict[str, KnownCalendar] = {}
        for name, settings in calendars.items():
            known = self._calendars.get(name)
            if known is not None and known.at_the_place_of(settings):
                known.settings, known.due = settings, now
            else:
                known = await self._come_to_know(settings, now)
            coming[name] = known
        for name, gone in self._calendars.items():
            if coming.get(name) is not gone:
                gone.stop_reading()
                self._gone.append(gone)
        self._calendars = coming
        await asyncio.to_thread(self._copies.forget_all_but, calendars.values())
        fresh = [self._read_again(one) for one in coming.values() if one.events is None and not one.problem]
        if fresh:
            await asyncio.wait(fresh, timeout=FIRST_WAIT)
        self._book.amend("calendars", self._laid_over)

    async def run(self) -> None:
        """Read what is due, and tell what is wrong, until cancelled."""
        await look_again_and_again(self._look, LOOK_EVERY, "what is wrong with calendars cannot be told")

    async def _look(self) -> None:
        self.read_due()
        await self.tell()

    async def close(self) -> None:
        """End what is being fetched or read."""
        for one in self._calendars.values():
            one.stop_reading()
        await self.settled()

    def read_due(self) -> None:
        """Begin to read the calendars that are due."""
        now = self._clock.now()
        for one in self._calendars.values():
            if one.due <= now:
                self._read_again(one)

    async def settled(self) -> None:
        """Wait until no calendar is being read."""
        while reading := [one.reading for one in self._calendars.values() if one.reading and not one.reading.done()]:
            await asyncio.wait(reading)

    async def tell(self) -> None:
        """Tell the operator of calendars that were not read for too long or leave nobody on call, and of its end.

        Raises:
            StoreBusy, StoreUnavailable: it is still to be told.
        """
        now, roster = self._clock.now(), self._handler.book.roster
        seen = [(one, one.stale(now), one.empty(roster, now)) for one in self._calendars.values()]
        troubles: list[Trouble] = []
        for one, stale, empty in seen:
            troubles += [one.of_stale(over=not stale)] if stale != one.told_stale else []
            troubles += [one.of_empty(over=not empty)] if empty not in {None, one.told_empty} else []
        for one in self._gone:
            troubles += [one.of_stale(over=True)] if one.told_stale else []
            troubles += [one.of_empty(over=True)] if one.told_empty else []
        if troubles:
            await self._handler.report(*troubles)
        for one, stale, empty in seen:
            one.told_stale, one.told_empty = stale, one.told_empty if empty is None else empty
        self._gone.clear()

    def _laid_over(self, roster: Roster) -> Roster:
        """Give the roster as the calendars make it, and say whom they name that it does not know."""
        return roster.with_calendars(
            {name: self._shifts(one, one.events, roster) for name, one in self._calendars.items() if one.events}
        )

    def _shifts(self, one: KnownCalendar, events: Events, roster: Roster) -> Shifts:
        made_of = (events, one.settings, roster.people)
        if one.shifts is None or not all(this is that for this, that in zip(made_of, one.made_of, strict=True)):
            found = meant(one.settings, events, roster)
            one.made_of, one.shifts = made_of, written_down(one.settings.name, found.shifts)
            self._name_unknown(one, unknown_names(one.settings, found, self._clock.now()))
        return one.shifts

    def _name_unknown(self, one: KnownCalendar, names: tuple[str, ...]) -> None:
        self._metrics.calendars.unknown.labels(one.settings.name).set(len(names))
        if names and names != one.unknown:
            log.warning(
                "a calendar names nobody of `people`, and nobody is on call then",
                calendar=one.settings.name,
                names=listed(names),
                hint="give it `aliases`",
            )
        one.unknown = names

    # -- reading ------------------------------------------------------------------------------------------------

    async def _come_to_know(self, settings: CalendarSettings, now: datetime) -> KnownCalendar:
        copy = await asyncio.to_thread(self._copies.load, settings)
        if copy is None:
            return KnownCalendar(settings, since=now, due=now)
        read_at = min(copy.read_at, now)
        log.info("a calendar is known from before", calendar=settings.name, read_at=written(read_at), counted=False)
        self._metrics.calendars.read_at.labels(settings.name).set(read_at.timestamp())
        return KnownCalendar(settings, since=now, due=now, events=copy.events, read_at=read_at)

    def _read_again(self, one: KnownCalendar) -> "asyncio.Task[None]":
        if one.reading is None or one.reading.done():
            one.reading = asyncio.create_task(self._read(one), name=f"calendar {one.settings.name}")
        return one.reading

    async def _read(self, one: KnownCalendar) -> None:
        now, name = self._clock.now(), one.settings.name
        try:
            await self._fetch_and_read(one, now)
        except CalendarError as error:
            self._failed(one, str(error))
        except Exception as error:
            log.exception("a calendar could not be read", calendar=name)
            self._failed(one, f"cannot be read: {type(error).__name__}")
        else:
            if one.problem:
                log.info("a calendar can be used again", calendar=name, counted=False)
            one.read_at, one.problem = now, ""
            self._metrics.calendars.read_at.labels(name).set(now.timestamp())
        one.due = self._clock.now() + one.settings.refresh

    def _failed(self, one: KnownCalendar, problem: str) -> None:
        if problem != one.problem:
            log.warning(
                "a calendar cannot be used; by it, who is on call stays as it was",
                calendar=one.settings.name,
                problem=problem,
                read_at=written(one.read_at) if one.read_at else "never",
            )
        one.problem = problem

    async def _fetch_and_read(self, one: KnownCalendar, now: datetime) -> None:
        today, settings = period(now)[0], one.settings
        up_to_date = one.events is not None and one.events.begins == today
        fetched = await fetch(settings, self._session, one.known if up_to_date else None)
        if fetched.raw is not None:
            digest = hashlib.sha256(fetched.raw).digest() + today.isoformat().encode()
            if digest != one.digest:
                await self._understand(one, fetched.raw, digest, now)
            if one.verdict:
                raise CalendarError(one.verdict)  # it is still the one that could not be understood
            one.known = fetched.known
        if one.events is not None:
            await asyncio.to_thread(self._copies.keep, settings, Copy(one.events, now))

    async def _understand(self, one: KnownCalendar, raw: bytes, digest: bytes, now: datetime) -> None:
        try:
            events = await self._aside(raw, one.settings.zone, now)
        except CalendarError as error:
            if not error.lasting:
                raise
            one.digest, one.verdict = digest, str(error)
            return
        one.digest, one.verdict = digest, ""
        one.events = events
        self._book.amend("calendars", self._laid_over)

    async def _aside(self, raw: bytes, zone: str, now: datetime) -> Events:
        """Have a calendar read, after those that came first."""
        async with self._turn:
            reader = CalendarReader()
            try:
                return await asyncio.to_thread(reader.read, raw, zone, now)
            except asyncio.CancelledError:
                reader.end()
                raise
