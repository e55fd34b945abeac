"""What the handlers of requests work with; one value, put together by ``app``.

May import: ``runtime``, ``store`` (the port), ``config``, ``clock``, ``telemetry``.
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from rungbell.clock import Clock
from rungbell.config import Settings
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.link_tokens import LinkSigner
from rungbell.runtime.override_book import OverrideBook
from rungbell.runtime.token_book import TokenBook
from rungbell.store import Store
from rungbell.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class LastReload:
    """Since when the configuration in use counts, and whether it is the last one that was read."""

    at: datetime
    successful: bool = True


@dataclass(slots=True)
class Services:
    """Everything a request may need."""

    handler: IncidentHandler
    store: Store
    clock: Clock
    metrics: Metrics
    settings: Settings
    signer: LinkSigner
    tokens: TokenBook
    overrides: OverrideBook
    external_url: str
    unready: Callable[[], str]
    """Why the daemon cannot serve now; an empty text where it can."""
    reload: Callable[[], Awaitable[None]]
    """Read the configuration again; raises ``ConfigError``, and then nothing has changed."""
    last_reload: LastReload
    draining: bool = False
    large_bodies: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="large-bodies"))
    suspect: set[str] = field(default_factory=set)
    """Sources whose last webhook could not be read, and at the start all of them: the next good one clears them."""

    @property
    def why_not(self) -> str:
        """Why it is not ready; an empty text where it is."""
        return "rungbell is stopping" if self.draining else self.unready()


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
