"""What the handlers of requests work with; one value, put together by ``app``.

May import: ``runtime``, ``store``, ``notifiers`` (their ports), ``domain``, ``config``, ``clock``, ``telemetry``.
"""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import field
from datetime import datetime

from aiohttp import web

from rungbell.clock import Clock
from rungbell.config import Settings
from rungbell.domain.values import dataclass
from rungbell.notifiers import Notifier
from rungbell.runtime.books.contacts import ContactBook
from rungbell.runtime.books.forgotten import ForgottenBook
from rungbell.runtime.books.overrides import OverrideBook
from rungbell.runtime.books.tokens import TokenBook
from rungbell.runtime.hearing.hearing import Hearing
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.link_tokens import LinkSigner
from rungbell.runtime.looking_ahead import LookingAhead
from rungbell.runtime.wording.copies import CopyWriter
from rungbell.store import Store
from rungbell.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class LastReload:
    """Since when the configuration in use counts, and whether it is the last one that was read."""

    at: datetime
    successful: bool = True


@dataclass(frozen=True, slots=True)
class Refusals:
    """How often in a row the answers of a channel were refused, and when the operator was last told."""

    in_a_row: int = 0
    told_at: datetime | None = None


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
    contacts: ContactBook
    forgotten: ForgottenBook
    external_url: str
    copies: CopyWriter
    unready: Callable[[], str]
    """Why the daemon cannot serve now; an empty text where it can."""
    reload: Callable[[], Awaitable[None]]
    """Read the configuration again; raises ``ConfigError``, and then nothing has changed."""
    last_reload: LastReload
    hearing: Hearing
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    """The channels of the configuration in use, by name."""
    draining: bool = False
    large_bodies: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="large-bodies"))
    looking: LookingAhead = field(default_factory=LookingAhead)
    paged_twice: Callable[[], Mapping[str, tuple[str, ...]]] = dict
    """The receivers through which Alertmanager pages PagerDuty beside rungbell, by source."""
    suspect: set[str] = field(default_factory=set)
    """Sources whose last webhook could not be read, and at the start all of them: the next good one clears them."""
    refusals: dict[str, Refusals] = field(default_factory=dict)
    """By channel, since its answers are refused."""

    @property
    def why_not(self) -> str:
        """Why it is not ready; an empty text where it is."""
        return "rungbell is stopping" if self.draining else self.unready()


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
