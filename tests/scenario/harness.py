"""A whole rungbell on a clock that jumps: what it is built of is real, who is called by it is simulated.

    await world.fires("DiskFull", "critical")
    await world.phone("alice").expects("DiskFull").acknowledges()
    await world.pass_time(hours=1)

Rules
-----
* Time goes from due time to due time; at each, watcher, sender and heartbeats look until nothing is left to do.
* A page that the test did not expect by its end fails it, and so does a line of the log that is an error.
* A crash keeps the file and forgets everything else.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from rungbell.clock import new_id
from rungbell.config import Settings, load
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.decision import Decision, Outcome, Reply
from rungbell.domain.events import Acknowledged, AlertsReceived, Resolved, Via
from rungbell.domain.incident import Incident
from rungbell.domain.language import Language
from rungbell.domain.override import Override
from rungbell.domain.page import PageState, SentPage
from rungbell.domain.timeline import Entry, EntryKind
from rungbell.runtime.alertmanager.reconciler import Reconciler
from rungbell.runtime.alertmanager.silencer import silencers
from rungbell.runtime.books.overrides import Made, OverrideBook
from rungbell.runtime.books.present import PresentBook
from rungbell.runtime.calendars.rereading import Calendars
from rungbell.runtime.hearing.acknowledging import acknowledge_together
from rungbell.runtime.incident_handler import Handled, IncidentHandler
from rungbell.runtime.link_tokens import BundleToken, LinkSigner, link_identity
from rungbell.runtime.sending.outbox_sender import OutboxSender
from rungbell.runtime.watching.auditor import Auditor
from rungbell.runtime.watching.clock_watcher import ClockWatcher
from rungbell.runtime.watching.heartbeat import Heartbeats
from rungbell.runtime.watching.housekeeping import Housekeeping
from rungbell.runtime.watching.shift_watcher import ShiftWatcher
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store.opening import open_sqlite
from rungbell.store.sqlite import SqliteStore
from rungbell.telemetry import Metrics
from rungbell.web.intake.webhook_body import read_group
from rungbell.words import words_of
from tests.harness import webhooks
from tests.scenario.providers import Arrival, FakeClock, Provider, SimulatedType, incident_of
from tests.telemetry.exposition import figure

MONDAY_10 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""In business hours."""
HEARTBEATS_EVERY = timedelta(minutes=1)
OVERDUE_STEP = timedelta(seconds=10)
"""How far time goes where something is due that nobody can serve."""
LOOKS = 500
"""Looks in one moment after which it will never be quiet."""
SOURCES = ("cluster-a", "cluster-b")
LogLine = MutableMapping[str, Any]


@dataclass(slots=True)
class Parts:
    """What one start of rungbell consists of."""

    calendars: Calendars | None
    """Where the configuration has any."""
    reconciler: Reconciler | None
    """Where the configuration has an Alertmanager to ask."""
    store: SqliteStore
    handler: IncidentHandler
    book: PresentBook
    overrides: OverrideBook
    watcher: ClockWatcher
    sender: OutboxSender
    shifts: ShiftWatcher
    heartbeats: Heartbeats
    housekeeping: Housekeeping
    auditor: Auditor


class Seen:
    """A page that was expected and came."""

    def __init__(self, world: "World", arrival: Arrival) -> None:
        self._world = world
        self.arrival = arrival
        self.message = arrival.message
        self.intent = arrival.message.intent

    async def acknowledges(self) -> Reply:
        """The person follows the link of the page."""
        return await self._world.follow(self.message.acknowledge_url)

    async def resolves(self, reason: str = "") -> Reply:
        """The person says that it is over."""
        event = Resolved(incident=incident_of(self.message).id, by=self.message.person.id, reason=reason)
        return (await self._world.parts.handler.handle(event)).reply


class Device:
    """What one person sees through one channel."""

    def __init__(self, world: "World", channel: str, person: str) -> None:
        self._world = world
        self._channel = channel
        self._person = person

    def expects(self, text: str) -> Seen:
        """The oldest page nobody looked at yet contains ``text``."""
        waiting = self._waiting()
        assert waiting, f"no page by {self._channel} for {self._person}; {self._world.all_arrivals()}"
        assert text in waiting[0].message.text, f"{text!r} is not in {waiting[0]}"
        waiting[0].expected = True
        return Seen(self._world, waiting[0])

    def expects_all(self, text: str, times: int) -> list[Seen]:
        """So many pages came, and all of them contain ``text``."""
        assert len(self._waiting()) == times, self._world.all_arrivals()
        return [self.expects(text) for _ in range(times)]

    def expects_nothing(self) -> None:
        """No page has come that was not looked at."""
        assert not self._waiting(), self._world.all_arrivals()

    def _waiting(self) -> list[Arrival]:
        arrived = self._world.providers[self._channel].arrived
        return [one for one in arrived if one.message.person.id == self._person and not one.expected]


class World:
    """One rungbell, its providers, the people they reach, and the file that outlives it."""

    def __init__(self, folder: Path, policy: str, logs: list[LogLine]) -> None:
        self.folder = folder
        self.path = folder / "rungbell.db"
        self.clock = FakeClock(MONDAY_10)
        self.providers: dict[str, Provider] = {}
        self.decisions: list[Decision] = []
        self.metrics = Metrics()
        """Of the present start of rungbell."""
        self._policy = policy
        self._logs = logs
        self._expected_errors: dict[str, bool] = {}
        self._signer = LinkSigner(["a key of a scenario, which nobody else has"])
        self._firing: dict[str, webhooks.Json] = {}
        self._parts: Parts | None = None
        self._alertmanagers: Mapping[str, AlertmanagerSettings] = {}
        self._session: aiohttp.ClientSession | None = None

    # -- rungbell's life ----------------------------------------------------------------------------------------

    @property
    def parts(self) -> Parts:
        assert self._parts is not None, "rungbell does not run"
        return self._parts

    async def start(self) -> None:
        """Start rungbell on the file, in the order of the composition root."""
        assert self._parts is None, "rungbell runs already"
        settings = self._read(self._policy)
        self.metrics = metrics = Metrics()
        metrics.know(settings.channels, SOURCES)
        store = await open_sqlite(self.path, on_commit=metrics.daemon.commit_batch.observe)
        handler = IncidentHandler(store=store, clock=self.clock, book=settings.book, metrics=metrics)
        handler.on_commit(self.decisions.append)
        book = PresentBook(settings.book, handler)
        overrides = OverrideBook(store=store, clock=self.clock, handler=handler, book=book)
        await overrides.load()
        watcher = ClockWatcher(store=store, clock=self.clock, handler=handler, metrics=metrics)
        for name in settings.channels:
            self.providers.setdefault(name, Provider(name, self.clock))
        expected = {one.name: one.watchdog_within for one in settings.sources if one.watchdog_within is not None}
        sender = self._sender(store, handler, list(settings.channels), metrics)
        self._parts = Parts(
            calendars=await self._read_calendars(settings, handler, book, metrics),
            reconciler=self._reconciler(settings, store, handler, metrics),
            store=store,
            handler=handler,
            book=book,
            overrides=overrides,
            watcher=watcher,
            sender=sender,
            shifts=ShiftWatcher(store=store, clock=self.clock, handler=handler, tell=sender.tell),
            heartbeats=Heartbeats(store=store, clock=self.clock, handler=handler, metrics=metrics, expected=expected),
            housekeeping=Housekeeping(
                store=store, clock=self.clock, metrics=metrics, known_messages=handler.known_messages
            ),
            auditor=Auditor(store=store, clock=self.clock, handler=handler, metrics=metrics),
        )
        await watcher.start()

    async def crash(self) -> None:
        """The process dies: nothing more is recorded, the file stays."""
        if self._parts is not None:
            parts, self._parts = self._parts, None
            if parts.calendars is not None:
                await parts.calendars.close()
            if parts.reconciler is not None:
                await parts.reconciler.close()
            if self._session is not None:
                await self._session.close()
                self._session = None
            await parts.store.close()

    async def restart(self, *, after: timedelta = timedelta()) -> None:
        """Die, if not dead already, and start again later."""
        await self.crash()
        self.clock.reach(self.clock.now() + after)
        await self.start()

    def will_start_with(self, policy: str) -> None:
        """The file of the configuration is another one at the next start."""
        self._policy = policy

    def reload(self, policy: str) -> None:
        """Take up a new configuration; channels that it does not name lose their lane."""
        settings = self._read(policy)
        parts = self.parts
        parts.book.configure(settings.book)
        self.metrics.know(settings.channels, SOURCES)
        parts.sender = self._sender(parts.store, parts.handler, list(settings.channels), self.metrics)
        if parts.reconciler is not None:
            parts.reconciler.configure(settings.alertmanagers, pages_pagerduty=settings.pages_pagerduty)

    async def reload_calendars(self, policy: str) -> None:
        """Take up a new configuration as the composition root does, calendars first."""
        assert self.parts.calendars is not None
        await self.parts.calendars.configure(self._read(policy).calendars)
        self.reload(policy)

    async def _read_calendars(
        self, settings: Settings, handler: IncidentHandler, book: PresentBook, metrics: Metrics
    ) -> Calendars | None:
        if not settings.calendars:
            return None
        calendars = Calendars(
            clock=self.clock,
            handler=handler,
            book=book,
            metrics=metrics,
            session=self._client(),
            folder=self.folder / "calendars",
        )
        await calendars.configure(settings.calendars)
        return calendars

    def _reconciler(
        self, settings: Settings, store: SqliteStore, handler: IncidentHandler, metrics: Metrics
    ) -> Reconciler | None:
        if not settings.alertmanagers:
            return None
        reconciler = Reconciler(store=store, clock=self.clock, handler=handler, metrics=metrics, session=self._client())
        reconciler.configure(settings.alertmanagers, pages_pagerduty=settings.pages_pagerduty)
        return reconciler

    def _client(self) -> aiohttp.ClientSession:
        self._session = self._session or aiohttp.ClientSession()
        return self._session

    def _read(self, policy: str) -> Settings:
        self._policy = policy
        settings = load(self._write_policy(), {"simulated": SimulatedType(), "pagerduty": SimulatedType()})
        self._alertmanagers = settings.alertmanagers
        return settings

    def another_sender(self) -> OutboxSender:
        """A second sender on the same file, as after a process was suspended and its work taken over."""
        return self._sender(self.parts.store, self.parts.handler, list(self.providers), self.metrics)

    def another_housekeeping(self, *, retention: timedelta) -> Housekeeping:
        """A housekeeping that forgets after another time."""
        known_messages = self.parts.handler.known_messages
        return Housekeeping(
            store=self.parts.store,
            clock=self.clock,
            metrics=Metrics(),
            known_messages=known_messages,
            retention=retention,
        )

    @asynccontextmanager
    async def lanes_running(self) -> AsyncIterator[None]:
        """Let the sender's own loops run beside the test, in real time."""
        task = asyncio.create_task(self.parts.sender.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # -- what happens -------------------------------------------------------------------------------------------

    async def fires(self, name: str, severity: str = "critical", *, source: str = "cluster-b") -> Handled:
        """An alert begins to fire, and rungbell does what follows at this moment."""
        handled = await self.commit(self.firing(name, severity), source=source)
        await self.settle()
        return handled

    async def stops_firing(self, name: str, *, source: str = "cluster-b") -> Handled:
        """The alert that fires resolves."""
        body = json.loads(json.dumps(self._firing.pop(name)))
        body["status"] = body["alerts"][0]["status"] = "resolved"
        body["alerts"][0]["endsAt"] = webhooks.written(self.clock.now())
        handled = await self.commit(body, source=source)
        await self.settle()
        return handled

    async def hears_watchdog(self, source: str) -> None:
        """The source says that it is alive."""
        await self.commit(webhooks.firing("Watchdog", at=MONDAY_10, severity="none"), source=source)
        await self.settle()

    async def receive(self, body: webhooks.Json, *, source: str = "cluster-b") -> Handled:
        """A webhook arrives, and rungbell does what follows at this moment."""
        handled = await self.commit(body, source=source)
        await self.settle()
        return handled

    async def commit(self, body: webhooks.Json, *, source: str = "cluster-b") -> Handled:
        """A webhook arrives and is answered; nothing was sent yet."""
        group = read_group(json.dumps(body).encode(), source, self.clock.now()).group
        return await self.parts.handler.handle(AlertsReceived(group=group, new_id=new_id()))

    async def follow(self, link: str) -> Reply:
        """Somebody follows the link of a page and presses the button."""
        text = link.rpartition("/")[2]
        if (bundle := self._signer.read_bundle(text)) is not None:
            return await self._acknowledge_together(bundle)
        token = self._signer.read(text)
        assert token is not None, "the link of a page is signed"
        event = Acknowledged(incident=token.incident, by=token.person, via=Via.LINK, cycle=token.cycle)
        handled = await self.parts.handler.handle(event, once=link_identity(token))
        await self.settle()
        return handled.reply

    async def _acknowledge_together(self, token: BundleToken) -> Reply:
        asked = await self.parts.store.read(lambda transaction: transaction.bundle(token.bundle))
        came = await acknowledge_together(
            self.parts.handler, asked.values(), by=token.person, via=Via.LINK, once=f"link:{token.bundle}"
        )
        await self.settle()
        return Reply(Outcome.DONE if came.done else Outcome.ALREADY, came.text(words_of(Language.EN).heard))

    async def overrides(self, schedule: str, person: str, instead_of: str | None = None, **lasts: float) -> Made:
        """Somebody is on call in the place of others, from now on or from ``after`` minutes on."""
        now = self.clock.now()
        begins = now + timedelta(minutes=lasts.pop("after", 0))
        override = Override(
            id="",
            schedule=schedule,
            person=person,
            begins=begins,
            ends=begins + timedelta(**lasts),
            instead_of=instead_of,
            made_by="chen",
            made_at=now,
        )
        made = await self.parts.overrides.make(override)
        await self.settle()
        return made

    async def pass_time(self, **span: float) -> None:
        """Let time pass, stopping wherever something is due."""
        end = self.clock.now() + timedelta(**span)
        await self.settle()
        while self._parts is not None and (due := await self._next_due()) < end:
            self.clock.reach(due)
            await self.settle()
        self.clock.reach(end)
        if self._parts is not None:
            await self.settle()

    async def settle(self) -> None:
        """Look at everything until nothing is left to do at this moment."""
        audited = False
        for _ in range(LOOKS):
            await self.parts.heartbeats.look()
            await self.parts.overrides.look()
            if self.parts.calendars is not None:
                self.parts.calendars.read_due()
                await self.parts.calendars.settled()
                await self.parts.calendars.tell()
            if self.parts.reconciler is not None:
                self.parts.reconciler.look_due()
                await self.parts.reconciler.settled()
            await self.parts.shifts.look()
            served = not await self.parts.watcher.look()
            sent = await self.parts.sender.look()
            if any(provider.power_was_cut for provider in self.providers.values()):
                for provider in self.providers.values():
                    provider.power_was_cut = False
                await self.crash()
                return
            if not served and not sent:
                if audited:
                    return
                await self.parts.auditor.look()
                audited = True
        raise AssertionError(f"at {self.clock.now()} there is always more to do")

    async def keep_house(self) -> None:
        """Forget whatever is old by now."""
        while await self.parts.housekeeping.look():
            pass

    # -- what can be seen ---------------------------------------------------------------------------------------

    def phone(self, person: str) -> Device:
        return Device(self, "phone", person)

    def pager(self, person: str) -> Device:
        return Device(self, "pager", person)

    def mail(self, person: str) -> Device:
        return Device(self, "mail", person)

    def provider(self, channel: str) -> Provider:
        return self.providers[channel]

    async def incident(self, name: str) -> Incident:
        """The newest incident of that alert."""
        found = await self.parts.store.read(lambda transaction: transaction.incidents(limit=1_000))
        return next(one for one in found if one.title.startswith(name))

    async def outbox(self, name: str) -> list[SentPage]:
        """Every page of an incident as the outbox knows it."""
        id_ = (await self.incident(name)).id
        return await self.parts.store.read(lambda transaction: transaction.pages(id_))

    async def states(self, name: str) -> dict[str, PageState]:
        """Person by channel to the state of the last page."""
        return {f"{one.page.person} by {one.page.channel}": one.state for one in await self.outbox(name)}

    async def timeline(self, name: str, kind: EntryKind) -> list[Entry]:
        """The lines of one kind."""
        id_ = (await self.incident(name)).id
        entries = await self.parts.store.read(lambda transaction: transaction.timeline(id_))
        return [entry for entry in entries if entry.kind is kind]

    def figure(self, name: str, **labels: str) -> float:
        """What a scrape would give now."""
        return figure(self.metrics.text().decode(), f"rungbell_{name}", **labels)

    def arrivals(self) -> list[Arrival]:
        """Every page that reached a device, in time."""
        everything = [one for provider in self.providers.values() for one in provider.arrived]
        return sorted(everything, key=lambda one: one.at)

    def all_arrivals(self) -> str:
        return "arrived: " + ("; ".join(str(one) for one in self.arrivals()) or "nothing")

    def expects_every_page(self) -> list[Arrival]:
        """The test looks at all pages itself."""
        everything = self.arrivals()
        for one in everything:
            one.expected = True
        return everything

    def expects_error(self, text: str, *, optional: bool = False) -> None:
        """The log tells of an error with ``text`` in it by the end of the test, or at least may."""
        self._expected_errors[text] = optional

    def tolerates_errors(self) -> None:
        """What the log says does not matter here; what others are spared does."""
        self.expects_error("", optional=True)

    def verify(self) -> None:
        """Nothing happened that the test did not expect."""
        unexpected = [one for one in self.arrivals() if not one.expected]
        assert not unexpected, "unexpected pages: " + "; ".join(str(one) for one in unexpected)
        errors = [str(line) for line in self._logs if line.get("log_level") in {"error", "critical"}]
        surprising = [line for line in errors if not any(text in line for text in self._expected_errors)]
        assert not surprising, "unexpected errors in the log: " + "; ".join(surprising)
        needed = [text for text, optional in self._expected_errors.items() if not optional]
        missing = [text for text in needed if not any(text in line for line in errors)]
        assert not missing, f"the log tells of no error with {missing}"

    # -- the file -----------------------------------------------------------------------------------------------

    def query(self, statement: str) -> int:
        """Ask the file for one number."""
        with closing(sqlite3.connect(self.path)) as connection:
            found: int = connection.execute(statement).fetchone()[0]
            return found

    def change_file(self, statement: str, *values: object) -> None:
        """Somebody else writes into the file while rungbell is down."""
        assert self._parts is None, "rungbell runs"
        with closing(sqlite3.connect(self.path)) as connection, connection:
            changed = connection.execute(statement, values).rowcount
        assert changed, "nothing was changed"

    # -- inside -------------------------------------------------------------------------------------------------

    def firing(self, name: str, severity: str) -> webhooks.Json:
        """The webhook of an alert that begins to fire now."""
        body = webhooks.firing(name, at=self.clock.now(), severity=severity)
        self._firing[name] = body
        return body

    def _write_policy(self) -> Path:
        path = self.folder / "rungbell.yml"
        path.write_text(self._policy)
        path.chmod(0o600)
        return path

    def _sender(
        self, store: SqliteStore, handler: IncidentHandler, channels: list[str], metrics: Metrics
    ) -> OutboxSender:
        silencing = silencers(self._alertmanagers, self._client(), {}) if self._alertmanagers else {}
        return OutboxSender(
            store=store,
            clock=self.clock,
            handler=handler,
            notifiers={**{name: self.providers[name] for name in channels}, **silencing},
            writer=MessageWriter(external_url="http://rungbell.example.org", signer=self._signer),
            copies=CopyWriter(external_url="http://rungbell.example.org"),
            metrics=metrics,
        )

    async def _next_due(self) -> datetime:
        now = self.clock.now()
        times = await self.parts.store.read(
            lambda transaction: [
                *(due.since for due in transaction.due_incidents(datetime(9999, 1, 1, tzinfo=UTC), 10_000)),
                *(transaction.next_due(channel) or now for channel in transaction.waiting_channels()),
            ]
        )
        times = [at if at > now else now + OVERDUE_STEP for at in times]
        return min([*times, now + HEARTBEATS_EVERY])
