"""Reading the configuration again while the daemon runs, and letting everything follow it.

Rules
-----
* A file that cannot be used changes nothing: whatever of it may fail is made before anything takes it.
* Open incidents keep their policy.
* One reload after the other: else the one that read earlier might count.

May import: everything below, ``app.channels``, ``app.inputs``, ``app.options``.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from rungbell.app.channels import Channels
from rungbell.app.inputs import read
from rungbell.app.options import Options
from rungbell.clock import Clock
from rungbell.config import Settings
from rungbell.config.mistakes import InvalidConfigError
from rungbell.config.web_file import WebSettings
from rungbell.domain.errors import ConfigError
from rungbell.domain.values import dataclass
from rungbell.notifiers import Notifier
from rungbell.runtime.alertmanager.reconciler import Reconciler
from rungbell.runtime.books.present import PresentBook
from rungbell.runtime.calendars.rereading import Calendars
from rungbell.runtime.hearing.listeners import Listeners
from rungbell.runtime.sending.outbox_sender import OutboxSender
from rungbell.runtime.watching.heartbeat import Heartbeats
from rungbell.runtime.watching.sign_of_life import SignOfLife
from rungbell.telemetry import Metrics
from rungbell.texts import Texts
from rungbell.web.access.gate import Gate
from rungbell.web.services import LastReload, Services
from rungbell.web.serving.live_tls import LiveTls
from rungbell.web.serving.server import Server

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Followers:
    """What of a running daemon follows its configuration."""

    services: Services
    book: PresentBook
    calendars: Calendars
    reconciler: Reconciler
    sender: OutboxSender
    heartbeats: Heartbeats
    sign_of_life: SignOfLife
    listeners: Listeners
    channels: Channels
    server: Server
    tls: LiveTls | None


class Reloading:
    """Takes one configuration after the other into use; ``web`` is what the daemon listens with at first."""

    def __init__(self, options: Options, web: WebSettings, followers: Followers) -> None:
        self._options = options
        self._web = web
        self._followers = followers
        self._one_at_a_time = asyncio.Lock()
        self.refused: tuple[Path, ...] = ()
        """What the configuration names that was read last and refused; nothing where it is in use."""

    async def reload(self) -> None:
        """Read the configuration and its secrets again, and use them from now on.

        Raises:
            ConfigError: the file cannot be used; the old one stays, and a metric says so.
        """
        async with self._one_at_a_time:
            await self._reload()

    async def _reload(self) -> None:
        services, tls = self._followers.services, self._followers.tls
        named: tuple[Path, ...] = ()
        try:
            found = await asyncio.to_thread(read, self._options, self._web)
            named = tuple(found.settings.files)
            notifiers = self._followers.channels.notifiers(found.settings)
            texts = await asyncio.to_thread(Texts, found.settings.templates)
            if tls is not None and found.web.tls is not None:
                tls.use(found.web.tls)
        except ConfigError as error:
            self.refused = error.files if isinstance(error, InvalidConfigError) else named
            services.metrics.daemon.reloaded.set(0)
            services.last_reload = replace(services.last_reload, successful=False)
            log.error("the configuration cannot be used; the old one stays", error=str(error), counted=False)  # noqa: TRY400
            raise
        self.refused = ()
        await self._follow(found.settings, found.web, notifiers, texts)
        log.info("the configuration was read again", hash=found.settings.hash[:12], counted=False)
        await tell_of_flaws(found.settings, found.web, texts)

    async def _follow(
        self, settings: Settings, web: WebSettings, notifiers: Mapping[str, Notifier], texts: Texts
    ) -> None:
        """Let everything go by it from now on."""
        parts, services = self._followers, self._followers.services
        await parts.calendars.configure(settings.calendars)
        services.metrics.know(settings.channels, [source.name for source in settings.sources])
        services.settings = settings
        services.copies.texts = texts
        parts.book.configure(settings.book)
        services.tokens.configure(settings)
        parts.reconciler.configure(settings.alertmanagers, pages_pagerduty=settings.pages_pagerduty)
        if web != self._web:  # a gate remembers whom it has let in
            parts.server.replace(Gate(web))
            self._web = web
        parts.sender.replace({**notifiers, **parts.channels.silencers(settings)})
        services.notifiers = notifiers
        await parts.listeners.replace(notifiers)
        parts.heartbeats.expect(expected_watchdogs(settings))
        parts.sign_of_life.configure(parts.channels.heartbeat(settings))
        services.last_reload = counts_from_now(settings, services.clock, services.metrics)


def counts_from_now(settings: Settings, clock: Clock, metrics: Metrics) -> LastReload:
    """Let the metrics say, and give, that the configuration counts from now on."""
    now = clock.now()
    metrics.daemon.configured(settings.hash, now.timestamp())
    return LastReload(now)


def expected_watchdogs(settings: Settings) -> dict[str, timedelta | None]:
    """Give within what time each source is to be heard; ``None``: it has no Watchdog."""
    return {source.name: source.watchdog_within for source in settings.sources}


async def tell_of_flaws(settings: Settings, web: WebSettings, texts: Texts) -> None:
    """Say in the log what ``check`` would say of files that are used all the same.

    So too which templates of one's own will fail; their texts leave without them.
    """
    for warning in (*settings.warnings, *web.warnings):
        log.warning("the configuration deserves a look", warning=str(warning), counted=False)
    if texts.folder is None:
        return
    from rungbell.texts.checking import tried

    for mistake in await asyncio.to_thread(tried, texts):
        log.warning("a template does not render; its facts are told without it", why=str(mistake), counted=False)
