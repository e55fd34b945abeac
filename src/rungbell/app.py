"""The composition root: builds everything, starts it in order, stops it in reverse. Nobody else knows concrete classes.

Rules
-----
* Start: configuration, keys, store, door, what is overdue, loops, and only then the listening socket.
* Stop within ``SHUTDOWN_SECONDS``: no new webhooks (503), requests under way answered, sends under way recorded, store
  closed. Clocks stay where they are: in the store.
* A loop that fails is started again; the daemon does not live on without it.
* Without credentials rungbell listens on loopback only.

May import: everything below.
"""

import asyncio
import contextlib
import gc
import ipaddress
import resource
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import structlog

from rungbell import __version__
from rungbell.clock import SystemClock
from rungbell.config import Settings, load
from rungbell.domain.errors import ConfigError
from rungbell.notifiers import Notifier, registry
from rungbell.notifiers.stub import StubNotifier
from rungbell.runtime.clock_watcher import ALIVE, ClockWatcher
from rungbell.runtime.heartbeat import Heartbeats
from rungbell.runtime.housekeeping import RETENTION, Housekeeping
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.link_tokens import LinkSigner, load_keys
from rungbell.runtime.outbox_sender import OutboxSender
from rungbell.runtime.wording import MessageWriter
from rungbell.store.opening import open_sqlite
from rungbell.telemetry import Metrics
from rungbell.web.server import Server
from rungbell.web.services import Services

log = structlog.get_logger()

SHUTDOWN_SECONDS = 25.0
"""Below Kubernetes' 30 s of grace."""
RESTART_SECONDS = 1.0
MOST_FILES = 65_536
STALLED = timedelta(seconds=30)
"""A clock watcher that has not looked for so long makes the daemon unready (invariant I22)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    config_file: Path
    storage_path: Path
    host: str
    port: int
    external_url: str = ""
    stub_notifiers: bool = False
    retention: timedelta = RETENTION


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_credentials(settings: Settings, host: str) -> None:
    """Refuse to listen to others without asking who they are.

    Raises:
        ConfigError: the address is not loopback and something would be open.
    """
    if is_loopback(host):
        return
    open_sources = [source.name for source in settings.sources if source.anonymous]
    if open_sources:
        raise ConfigError(
            f"listening on {host or 'every address'} needs credentials for each source; {', '.join(open_sources)} has "
            "none: give it a bearer_token_file or basic_auth, or listen on 127.0.0.1"
        )
    if not settings.api_tokens:
        raise ConfigError(
            f"listening on {host or 'every address'} needs `api_tokens`, for anybody could act on incidents; "
            "add some, or listen on 127.0.0.1"
        )


class Daemon:
    """One running rungbell."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.settings = load(options.config_file, registry())
        require_credentials(self.settings, options.host)
        self._clock = SystemClock()
        self._metrics = Metrics()
        self._metrics.know(self.settings.channels, [source.name for source in self.settings.sources])
        self._metrics.clock_stepped.set_function(lambda: self._clock.stepped_back)
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
        path = self.options.storage_path
        self._store = await open_sqlite(path, on_commit=self._metrics.commit_batch.observe)
        self._undo.append(("store", self._store.close))
        await self._take_over_time()
        signer = LinkSigner(load_keys(path.with_name(path.name + ".keys")))
        session = aiohttp.ClientSession(headers={"User-Agent": f"rungbell/{__version__}"})
        self._undo.append(("http client", session.close))
        handler = IncidentHandler(store=self._store, clock=self._clock, book=self.settings.book, metrics=self._metrics)
        self._watcher = ClockWatcher(store=self._store, clock=self._clock, handler=handler, metrics=self._metrics)
        await self._watcher.start()
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        external_url = self.options.external_url or f"http://{host or 'localhost'}:{self.options.port}"
        self._services = Services(
            handler=handler,
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            settings=self.settings,
            signer=signer,
            external_url=external_url,
            unready=self._unready,
            reload=self.reload,
            suspect={source.name for source in self.settings.sources if not source.anonymous},
        )
        self._session = session
        self._sender = OutboxSender(
            store=self._store,
            clock=self._clock,
            handler=handler,
            notifiers=self._notifiers(self.settings),
            writer=MessageWriter(external_url=external_url, signer=signer),
            metrics=self._metrics,
        )
        self._start_loops(self._sender, handler)
        self._say_reloaded()
        server = Server(self._services, self.options.host, self.options.port)
        try:
            await server.start()
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{self.options.port}: {error.strerror or error}") from error
        self._undo.append(("server", server.stop))
        log.info("rungbell is up", version=__version__, listen=f"{self.options.host}:{server.port}", store=str(path))

    async def _take_over_time(self) -> None:
        """Go on from when rungbell was last alive, should the wall clock have been set back meanwhile."""
        value = await self._store.read(lambda transaction: transaction.note(ALIVE))
        if value is not None and (alive_at := datetime.fromisoformat(value)) > self._clock.now():
            log.error("the wall clock stands before the last time told; counting on from that", last=value)
            self._clock.not_before(alive_at)

    def _start_loops(self, sender: OutboxSender, handler: IncidentHandler) -> None:
        self._heartbeats = Heartbeats(
            store=self._store,
            clock=self._clock,
            handler=handler,
            metrics=self._metrics,
            expected=_expected(self.settings),
        )
        housekeeping = Housekeeping(
            store=self._store, clock=self._clock, metrics=self._metrics, retention=self.options.retention
        )
        for name, loop in (
            ("outbox", sender.run),
            ("clocks", self._watcher.run),
            ("heartbeats", self._heartbeats.run),
            ("housekeeping", housekeeping.run),
        ):
            self._tasks.append(asyncio.create_task(_supervise(name, loop), name=name))
        self._undo.append(("loops", self._cancel_loops))
        self._undo.append(("outbox", sender.drain))

    def _notifiers(self, settings: Settings) -> Mapping[str, Notifier]:
        types = registry()
        if self.options.stub_notifiers:
            return {name: StubNotifier(name) for name in settings.channels}
        return {
            name: types[channel.type](channel.settings, self._session) for name, channel in settings.channels.items()
        }

    async def reload(self) -> None:
        """Read the configuration and its secrets again, and use them from now on; open incidents keep their policy.

        Raises:
            ConfigError: the file cannot be used; the old one stays, and a metric says so.
        """
        try:
            settings = await asyncio.to_thread(load, self.options.config_file, registry())
            require_credentials(settings, self.options.host)
            notifiers = self._notifiers(settings)
        except ConfigError as error:
            self._metrics.reloaded.set(0)
            log.error("the configuration cannot be used; the old one stays", error=str(error))  # noqa: TRY400
            raise
        self._metrics.know(settings.channels, [source.name for source in settings.sources])
        self.settings = self._services.settings = settings
        self._services.handler.book = settings.book
        self._sender.replace(notifiers)
        self._heartbeats.expect(_expected(settings))
        self._say_reloaded()
        log.info("the configuration was read again", hash=settings.hash[:12])

    def _say_reloaded(self) -> None:
        self._metrics.reloaded.set(1)
        self._metrics.reloaded_at.set(self._clock.now().timestamp())

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


def _raise_file_limit() -> None:
    """Take all the file descriptors the system grants, so that idle connections cannot use up those of pages."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, MOST_FILES) if hard != resource.RLIM_INFINITY else MOST_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _reload(daemon: Daemon) -> None:
    with contextlib.suppress(ConfigError):  # it was logged, and a metric says so
        await daemon.reload()


async def serve(options: Options) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    hangups: set[asyncio.Future[None]] = set()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _raise_file_limit()
    daemon = Daemon(options)
    await daemon.start()

    def hang_up() -> None:
        task = asyncio.ensure_future(_reload(daemon))
        hangups.add(task)
        task.add_done_callback(hangups.discard)

    loop.add_signal_handler(signal.SIGHUP, hang_up)
    gc.collect()
    gc.freeze()
    with contextlib.suppress(asyncio.CancelledError):
        await stop.wait()
    log.info("rungbell is stopping")
    await daemon.stop()
    log.info("rungbell has stopped")
