"""One running rungbell: started in order, stopped in reverse.

Rules
-----
* Start: configuration, addresses, store, keys, door, what is overdue, loops, and only then it listens.
* Stop in reverse (``shutdown``): no new webhooks (503), requests under way answered, sends under way recorded, store
  closed. Clocks stay where they are: in the store.

May import: everything below, ``app.channels``, ``app.inputs``, ``app.loops``, ``app.options``, ``app.reloading``,
``app.shutdown``.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import aiohttp
import structlog

from rungbell import __version__
from rungbell.app.channels import Channels
from rungbell.app.inputs import read
from rungbell.app.loops import Loops
from rungbell.app.options import Options
from rungbell.app.reloading import Followers, Reloading, counts_from_now, expected_watchdogs, tell_of_flaws
from rungbell.app.shutdown import Shutdown
from rungbell.clock import SystemClock, unsynchronised
from rungbell.config import Settings
from rungbell.notifiers import Notifier
from rungbell.runtime.alertmanager.reconciler import Reconciler
from rungbell.runtime.books.contacts import ContactBook
from rungbell.runtime.books.forgotten import ForgottenBook
from rungbell.runtime.books.overrides import OverrideBook
from rungbell.runtime.books.present import PresentBook
from rungbell.runtime.books.tokens import TokenBook
from rungbell.runtime.calendars.rereading import Calendars
from rungbell.runtime.hearing.hearing import Hearing
from rungbell.runtime.hearing.listeners import Listeners
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.link_tokens import LinkSigner, load_keys
from rungbell.runtime.sending.outbox_sender import OutboxSender
from rungbell.runtime.watching import pulse
from rungbell.runtime.watching.auditor import Auditor
from rungbell.runtime.watching.clock_watcher import ClockWatcher, take_over_time
from rungbell.runtime.watching.heartbeat import Heartbeats
from rungbell.runtime.watching.housekeeping import Housekeeping
from rungbell.runtime.watching.shift_watcher import ShiftWatcher
from rungbell.runtime.watching.sign_of_life import SignOfLife
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.runtime.wording.pages import MessageWriter
from rungbell.store.opening import open_sqlite
from rungbell.telemetry import Metrics
from rungbell.texts import Texts
from rungbell.web.access.gate import Gate
from rungbell.web.services import Services
from rungbell.web.serving.listening import Bound
from rungbell.web.serving.live_tls import LiveTls
from rungbell.web.serving.server import Server

log = structlog.get_logger()

STALLED = timedelta(seconds=30)
"""A clock watcher that has not looked for so long makes the daemon unready (invariant I22)."""


class Daemon:
    """One running rungbell."""

    def __init__(self, options: Options) -> None:
        self.options = options
        found = read(options)
        self._settings, self._web = found.settings, found.web
        self._clock = SystemClock()
        self._metrics = Metrics()
        self._metrics.know(self._settings.channels, [source.name for source in self._settings.sources])
        self._metrics.daemon.clock_stepped.set_function(lambda: self._clock.stepped_back)
        self._metrics.daemon.watch_clock(unsynchronised)
        self._shutdown = Shutdown()

    @property
    def settings(self) -> Settings:
        """The configuration that counts now, while it runs."""
        return self._services.settings

    @property
    def refused(self) -> tuple[Path, ...]:
        """What the configuration names that was read last and refused; nothing where it is in use."""
        return self._reloading.refused

    async def start(self) -> None:
        """Start everything; if a step fails, what was started is stopped again."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        bound = await self._bind()
        path = self.options.storage_path
        self._store = await open_sqlite(path, on_commit=self._metrics.daemon.commit_batch.observe)
        self._shutdown.add("store", self._store.close)
        await take_over_time(self._store, self._clock)
        signer = LinkSigner(load_keys(path.with_name(path.name + ".keys")))
        self._tokens = TokenBook(store=self._store, clock=self._clock, settings=self._settings)
        await self._tokens.load()
        session = aiohttp.ClientSession(headers={"User-Agent": f"rungbell/{__version__}"})
        self._shutdown.add("http client", session.close)
        handler = IncidentHandler(store=self._store, clock=self._clock, book=self._settings.book, metrics=self._metrics)
        self._book = PresentBook(self._settings.book, handler)
        self._overrides = OverrideBook(store=self._store, clock=self._clock, handler=handler, book=self._book)
        await self._overrides.load()
        self._forgotten = ForgottenBook(store=self._store, handler=handler)
        await self._forgotten.load()
        nameless = self._forgotten.nameless
        self._contacts = ContactBook(store=self._store, clock=self._clock, handler=handler, metrics=self._metrics)
        self._calendars = Calendars(
            clock=self._clock,
            handler=handler,
            book=self._book,
            metrics=self._metrics,
            session=session,
            folder=path.with_name(path.name + ".calendars"),
        )
        self._shutdown.add("calendars", self._calendars.close)
        await self._calendars.configure(self._settings.calendars)
        self._reconciler = Reconciler(
            store=self._store, clock=self._clock, handler=handler, metrics=self._metrics, session=session
        )
        self._reconciler.configure(self._settings.alertmanagers, pages_pagerduty=self._settings.pages_pagerduty)
        self._watcher = ClockWatcher(store=self._store, clock=self._clock, handler=handler, metrics=self._metrics)
        await self._watcher.start()
        external_url = self.options.reached_at(tls=self._web.tls is not None, port=bound[0].port)
        copies = CopyWriter(external_url=external_url, texts=Texts(self._settings.templates), nameless=nameless)
        self._channels = Channels(session, stubs=self.options.stub_notifiers)
        notifiers = self._channels.notifiers(self._settings)
        writer = MessageWriter(external_url=external_url, signer=signer, nameless=nameless)
        hearing = Hearing(
            store=self._store,
            clock=self._clock,
            handler=handler,
            signer=signer,
            writer=writer,
            copies=copies,
            contacts=self._contacts,
            overrides=self._overrides,
        )
        self._services = self._offered(handler, signer, external_url, copies, hearing, notifiers)
        self._sender = OutboxSender(
            store=self._store,
            clock=self._clock,
            handler=handler,
            notifiers={**notifiers, **self._channels.silencers(self._settings)},
            writer=writer,
            copies=copies,
            metrics=self._metrics,
        )
        self._watch_for_life(handler, session)
        self._start_loops(self._sender, handler)
        listeners = Listeners(hearing)
        await self._listen(bound, listeners)
        self._shutdown.add("listeners", listeners.close)
        await listeners.replace(notifiers)
        await tell_of_flaws(self._settings, self._web, copies.texts)
        log.info(
            "rungbell is up",
            version=__version__,
            listen=", ".join(address.spelled for address in bound),
            url=external_url,
            store=str(path),
        )

    def _offered(
        self,
        handler: IncidentHandler,
        signer: LinkSigner,
        external_url: str,
        copies: CopyWriter,
        hearing: Hearing,
        notifiers: Mapping[str, Notifier],
    ) -> Services:
        """Put together what requests work with, by the configuration that was just read."""
        return Services(
            handler=handler,
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            settings=self._settings,
            signer=signer,
            tokens=self._tokens,
            overrides=self._overrides,
            contacts=self._contacts,
            forgotten=self._forgotten,
            external_url=external_url,
            copies=copies,
            unready=self._unready,
            reload=self.reload,
            last_reload=counts_from_now(self._settings, self._clock, self._metrics),
            hearing=hearing,
            notifiers=notifiers,
            paged_twice=lambda: self._reconciler.paged_twice,
            suspect={source.name for source in self._settings.sources if not source.anonymous},
        )

    async def _bind(self) -> list[Bound]:
        """Take every address, or none."""
        bound = [Bound(host, port) for host, port in self.options.listen]

        async def close() -> None:
            for address in bound:
                address.close()

        self._shutdown.add("addresses", close)
        for address in bound:
            await address.bind()
        return bound

    async def _listen(self, bound: list[Bound], listeners: Listeners) -> None:
        tls = LiveTls(self._web.tls) if self._web.tls else None
        if tls is not None:
            self._metrics.daemon.watch_certificate(lambda: tls.ends)
        server = Server(self._services, bound, Gate(self._web), tls=tls, prefix=self.options.prefix)
        followers = Followers(
            services=self._services,
            book=self._book,
            calendars=self._calendars,
            reconciler=self._reconciler,
            sender=self._sender,
            heartbeats=self._heartbeats,
            sign_of_life=self._sign_of_life,
            listeners=listeners,
            channels=self._channels,
            server=server,
            tls=tls,
        )
        self._reloading = Reloading(self.options, self._web, followers)
        self._shutdown.add("server", server.stop)
        await server.start()

    def _watch_for_life(self, handler: IncidentHandler, session: aiohttp.ClientSession) -> None:
        """Miss sources that say nothing, and let a service elsewhere miss rungbell."""
        self._heartbeats = Heartbeats(
            store=self._store,
            clock=self._clock,
            handler=handler,
            metrics=self._metrics,
            expected=expected_watchdogs(self._settings),
        )
        self._sign_of_life = SignOfLife(
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            session=session,
            unready=lambda: self._services.why_not,
            settings=self._channels.heartbeat(self._settings),
        )

    def _start_loops(self, sender: OutboxSender, handler: IncidentHandler) -> None:
        housekeeping = Housekeeping(
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            known_messages=handler.known_messages,
            retention=self.options.retention,
        )
        shifts = ShiftWatcher(store=self._store, clock=self._clock, handler=handler, tell=sender.tell)
        auditor = Auditor(store=self._store, clock=self._clock, handler=handler, metrics=self._metrics)
        loops = Loops()
        for name, loop in (
            ("outbox", sender.run),
            ("clocks", self._watcher.run),
            ("heartbeats", self._heartbeats.run),
            ("sign of life", self._sign_of_life.run),
            ("tokens", self._tokens.run),
            ("overrides", self._overrides.run),
            ("forgotten", self._forgotten.run),
            ("calendars", self._calendars.run),
            ("contacts", self._contacts.run),
            ("shifts", shifts.run),
            ("reconciler", self._reconciler.run),
            ("pulse", lambda: pulse.beat(self._metrics)),
            ("housekeeping", housekeeping.run),
            ("auditor", auditor.run),
        ):
            loops.start(name, loop)
        self._shutdown.add("reconciler", self._reconciler.close)
        self._shutdown.add("loops", loops.cancel)
        self._shutdown.add("outbox", sender.drain)

    async def reload(self) -> None:
        """See ``Reloading.reload``."""
        await self._reloading.reload()

    def _unready(self) -> str:
        now = self._clock.now()
        if self._watcher.last_run is None or now - self._watcher.last_run > STALLED:
            return "the clock watcher has not reached the store lately"
        return self._store.failing

    async def stop(self) -> None:
        """Stop everything in reverse, in the time there is."""
        if hasattr(self, "_services"):
            self._services.draining = True
        await self._shutdown.run()
