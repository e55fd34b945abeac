"""One running rungbell: started in order, stopped in reverse.

Rules
-----
* Start: configuration, addresses, store, keys, door, what is overdue, loops, and only then it listens.
* Stop within ``SHUTDOWN_SECONDS``: no new webhooks (503), requests under way answered, sends under way recorded, store
  closed. Clocks stay where they are: in the store.
* A loop that fails is started again; the daemon does not live on without it.

May import: everything below.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import aiohttp
import structlog

from rungbell import __version__
from rungbell.app.inputs import read
from rungbell.app.options import Options
from rungbell.clock import SystemClock, unsynchronised
from rungbell.config import Settings
from rungbell.config.settings import HeartbeatSettings
from rungbell.config.web_file import WebSettings
from rungbell.domain.errors import ConfigError
from rungbell.notifiers import Notifier, registry
from rungbell.notifiers.following import Following
from rungbell.notifiers.stub import StubNotifier
from rungbell.runtime.alertmanager.reconciler import Reconciler
from rungbell.runtime.alertmanager.silencer import Silencer, silencers
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
from rungbell.web.services import LastReload, Services
from rungbell.web.serving.listening import Bound
from rungbell.web.serving.live_tls import LiveTls
from rungbell.web.serving.server import Server

log = structlog.get_logger()

SHUTDOWN_SECONDS = 25.0
"""Below Kubernetes' 30 s of grace."""
RESTART_SECONDS = 1.0
STALLED = timedelta(seconds=30)
"""A clock watcher that has not looked for so long makes the daemon unready (invariant I22)."""


class Daemon:
    """One running rungbell."""

    def __init__(self, options: Options) -> None:
        self.options = options
        found = read(options)
        self.settings, self._web = found.settings, found.web
        self._clock = SystemClock()
        self._metrics = Metrics()
        self._metrics.know(self.settings.channels, [source.name for source in self.settings.sources])
        self._metrics.daemon.clock_stepped.set_function(lambda: self._clock.stepped_back)
        self._metrics.daemon.watch_clock(unsynchronised)
        self._reloading = asyncio.Lock()
        self._silencers: Mapping[str, Silencer] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._undo: list[tuple[str, Callable[[], Awaitable[None]]]] = []

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
        self._undo.append(("store", self._store.close))
        await take_over_time(self._store, self._clock)
        signer = LinkSigner(load_keys(path.with_name(path.name + ".keys")))
        self._tokens = TokenBook(store=self._store, clock=self._clock, settings=self.settings)
        await self._tokens.load()
        session = aiohttp.ClientSession(headers={"User-Agent": f"rungbell/{__version__}"})
        self._undo.append(("http client", session.close))
        handler = IncidentHandler(store=self._store, clock=self._clock, book=self.settings.book, metrics=self._metrics)
        self._book = PresentBook(self.settings.book, handler)
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
        self._undo.append(("calendars", self._calendars.close))
        await self._calendars.configure(self.settings.calendars)
        self._reconciler = Reconciler(
            store=self._store, clock=self._clock, handler=handler, metrics=self._metrics, session=session
        )
        self._reconciler.configure(self.settings.alertmanagers, pages_pagerduty=self.settings.pages_pagerduty)
        self._watcher = ClockWatcher(store=self._store, clock=self._clock, handler=handler, metrics=self._metrics)
        await self._watcher.start()
        external_url = self.options.reached_at(tls=self._web.tls is not None, port=bound[0].port)
        copies = CopyWriter(external_url=external_url, texts=Texts(self.settings.templates), nameless=nameless)
        self._session = session
        notifiers = self._notifiers(self.settings)
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
            notifiers={**notifiers, **self._silence(self.settings)},
            writer=writer,
            copies=copies,
            metrics=self._metrics,
        )
        self._start_loops(self._sender, handler)
        await self._listen(bound)
        self._listeners = Listeners(hearing)
        self._undo.append(("listeners", self._listeners.close))
        await self._listeners.replace(notifiers)
        _warn(self.settings, self._web)
        await _try_templates(copies.texts)
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
            settings=self.settings,
            signer=signer,
            tokens=self._tokens,
            overrides=self._overrides,
            contacts=self._contacts,
            forgotten=self._forgotten,
            external_url=external_url,
            copies=copies,
            unready=self._unready,
            reload=self.reload,
            last_reload=self._reloaded(),
            hearing=hearing,
            notifiers=notifiers,
            paged_twice=lambda: self._reconciler.paged_twice,
            suspect={source.name for source in self.settings.sources if not source.anonymous},
        )

    async def _bind(self) -> list[Bound]:
        """Take every address, or none."""
        bound = [Bound(host, port) for host, port in self.options.listen]

        async def close() -> None:
            for address in bound:
                address.close()

        self._undo.append(("addresses", close))
        for address in bound:
            await address.bind()
        return bound

    async def _listen(self, bound: list[Bound]) -> None:
        self._tls = tls = LiveTls(self._web.tls) if self._web.tls else None
        if tls is not None:
            self._metrics.daemon.watch_certificate(lambda: tls.ends)
        self._server = Server(self._services, bound, Gate(self._web), tls=self._tls, prefix=self.options.prefix)
        self._undo.append(("server", self._server.stop))
        await self._server.start()

    def _start_loops(self, sender: OutboxSender, handler: IncidentHandler) -> None:
        self._heartbeats = Heartbeats(
            store=self._store,
            clock=self._clock,
            handler=handler,
            metrics=self._metrics,
            expected=_expected(self.settings),
        )
        housekeeping = Housekeeping(
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            known_messages=handler.known_messages,
            retention=self.options.retention,
        )
        self._sign_of_life = SignOfLife(
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            session=self._session,
            unready=lambda: self._services.why_not,
            settings=self._heartbeat(self.settings),
        )
        shifts = ShiftWatcher(store=self._store, clock=self._clock, handler=handler, tell=sender.tell)
        auditor = Auditor(store=self._store, clock=self._clock, handler=handler, metrics=self._metrics)
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
            self._tasks.append(asyncio.create_task(_supervise(name, loop), name=name))
        self._undo.append(("reconciler", self._reconciler.close))
        self._undo.append(("loops", self._cancel_loops))
        self._undo.append(("outbox", sender.drain))

    def _notifiers(self, settings: Settings) -> Mapping[str, Notifier]:
        types = registry()
        if self.options.stub_notifiers:
            return {name: StubNotifier(name) for name in settings.channels}
        made: dict[str, Notifier] = {}
        for name, channel in settings.channels.items():
            try:
                made[name] = types[channel.type](channel.settings, self._session)
            except ConfigError:
                raise
            except Exception as error:  # a notifier may be anybody's
                raise ConfigError(f"channels.{name}: `{channel.type}` cannot be used: {error!r}") from error
        return made

    def _silence(self, settings: Settings) -> Mapping[str, Following]:
        """Give those that silence in Alertmanager what is acknowledged."""
        self._silencers = silencers(settings.alertmanagers, self._session, self._silencers)
        if self.options.stub_notifiers:
            return {channel: StubNotifier(channel) for channel in self._silencers}
        return self._silencers

    def _heartbeat(self, settings: Settings) -> HeartbeatSettings | None:
        """Give who is told that rungbell lives: nobody while it rings nobody."""
        return None if self.options.stub_notifiers else settings.heartbeat

    async def reload(self) -> None:
        """Read the configuration and its secrets again, and use them from now on; open incidents keep their policy.

        Raises:
            ConfigError: the file cannot be used; the old one stays, and a metric says so.
        """
        async with self._reloading:  # else the one that read earlier might count
            await self._reload()

    async def _reload(self) -> None:
        try:
            found = await asyncio.to_thread(read, self.options, self._web)
            settings = found.settings
            notifiers = self._notifiers(settings)
            texts = await asyncio.to_thread(Texts, settings.templates)
            if self._tls is not None and found.web.tls is not None:
                self._tls.use(found.web.tls)
        except ConfigError as error:
            self._metrics.daemon.reloaded.set(0)
            self._services.last_reload = replace(self._services.last_reload, successful=False)
            log.error("the configuration cannot be used; the old one stays", error=str(error), counted=False)  # noqa: TRY400
            raise
        await self._calendars.configure(settings.calendars)
        self._metrics.know(settings.channels, [source.name for source in settings.sources])
        self.settings = self._services.settings = settings
        self._services.copies.texts = texts
        self._book.configure(settings.book)
        self._tokens.configure(settings)
        self._reconciler.configure(settings.alertmanagers, pages_pagerduty=settings.pages_pagerduty)
        if found.web != self._web:  # a gate remembers whom it has let in
            self._server.replace(Gate(found.web))
            self._web = found.web
        self._sender.replace({**notifiers, **self._silence(settings)})
        self._services.notifiers = notifiers
        await self._listeners.replace(notifiers)
        self._heartbeats.expect(_expected(settings))
        self._sign_of_life.configure(self._heartbeat(settings))
        self._services.last_reload = self._reloaded()
        log.info("the configuration was read again", hash=settings.hash[:12], counted=False)
        _warn(settings, found.web)
        await _try_templates(texts)

    def _reloaded(self) -> LastReload:
        """Let the metrics say, and give, that the configuration counts from now on."""
        now = self._clock.now()
        self._metrics.daemon.configured(self.settings.hash, now.timestamp())
        return LastReload(now)

    def _unready(self) -> str:
        now = self._clock.now()
        if self._watcher.last_run is None or now - self._watcher.last_run > STALLED:
            return "the clock watcher has not reached the store lately"
        return self._store.failing

    async def _cancel_loops(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Stop everything in reverse, in the time there is."""
        if hasattr(self, "_services"):
            self._services.draining = True
        try:
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                while self._undo:
                    name, undo = self._undo.pop()
                    try:
                        await undo()
                    except Exception as error:
                        log.exception("could not be stopped cleanly", part=name, error=repr(error))
        except TimeoutError:
            log.error("not everything could be stopped in time; pages under way leave again after the next start")  # noqa: TRY400


def _warn(settings: Settings, web: WebSettings) -> None:
    """Say in the log what ``check`` would say of files that are used all the same."""
    for warning in (*settings.warnings, *web.warnings):
        log.warning("the configuration deserves a look", warning=str(warning), counted=False)


async def _try_templates(texts: Texts) -> None:
    """Say in the log which templates of one's own will fail; their texts leave without them."""
    if texts.folder is None:
        return
    from rungbell.texts.checking import tried

    for mistake in await asyncio.to_thread(tried, texts):
        log.warning("a template does not render; its facts are told without it", why=str(mistake), counted=False)


async def _supervise(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await loop()
            return
        except Exception as error:
            log.exception("a loop failed and is started again", loop=name, error=repr(error))
            await asyncio.sleep(RESTART_SECONDS)


def _expected(settings: Settings) -> dict[str, timedelta | None]:
    return {source.name: source.watchdog_within for source in settings.sources}
