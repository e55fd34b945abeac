"""The reconciler: asks Alertmanager again and again what fires; what webhooks have lost is made good by ``repairing``.

Rules
-----
* An Alertmanager that hangs or answers nonsense holds up its own source only, and changes nothing.
* What is wrong with an Alertmanager is logged when it begins and when it is over, and counted at every look.

May import: ``config``, ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``, structlog,
aiohttp.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

import aiohttp
import structlog

from rungbell.clock import Clock
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.errors import StoreError
from rungbell.domain.reconciling import PeerView
from rungbell.domain.values import dataclass
from rungbell.runtime.alertmanager.api import AlertmanagerApi, LookError
from rungbell.runtime.alertmanager.repairing import Repairs
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.store import Store
from rungbell.telemetry import Metrics

log = structlog.get_logger()

LOOK_EVERY = 1.0


@dataclass(slots=True)
class _Source:
    """One source whose Alertmanager is asked."""

    name: str
    settings: AlertmanagerSettings
    peers: tuple[AlertmanagerApi, ...]
    repairs: Repairs
    due: datetime
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong with each of its addresses."""
    to_pagerduty: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The receivers through which each of them pages PagerDuty itself."""
    paged_twice: tuple[str, ...] = ()
    """Those of them that matter, because rungbell pages PagerDuty too."""
    told: bool = False
    """The log tells of them by the present configuration."""
    looking: "asyncio.Task[None] | None" = None


class Reconciler:
    """Asks the Alertmanagers of the configuration until cancelled."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        handler: IncidentHandler,
        metrics: Metrics,
        session: aiohttp.ClientSession,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._metrics = metrics
        self._session = session
        self._sources: dict[str, _Source] = {}
        self._pages_pagerduty = False

    def configure(self, asked: Mapping[str, AlertmanagerSettings], *, pages_pagerduty: bool = False) -> None:
        """Ask the Alertmanagers of these sources from now on; one that stays is asked on as it was.

        ``pages_pagerduty``: rungbell does, so that no Alertmanager should.
        """
        now = self._clock.now()
        self._pages_pagerduty = pages_pagerduty
        self._metrics.alertmanagers.know(asked)
        before, self._sources = self._sources, {}
        for name, settings in asked.items():
            known = before.pop(name, None)
            if known is not None and known.settings == settings:
                self._sources[name] = known
                known.told = False
                continue
            if known is not None:
                _end(known)
            peers = tuple(AlertmanagerApi(url, settings, self._session) for url in settings.urls)
            repairs = Repairs(name, settings, peers[0], store=self._store, handler=self._handler, metrics=self._metrics)
            self._sources[name] = _Source(name=name, settings=settings, peers=peers, repairs=repairs, due=now)
        for gone in before.values():
            _end(gone)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look_due()
            await asyncio.sleep(LOOK_EVERY)

    async def close(self) -> None:
        """End the looks that are under way."""
        for source in self._sources.values():
            _end(source)
        await self.settled()

    def look_due(self) -> None:
        """Begin the looks that are due."""
        now = self._clock.now()
        for source in self._sources.values():
            if source.due <= now and (source.looking is None or source.looking.done()):
                source.due = now + source.settings.every
                source.looking = asyncio.create_task(self._look(source), name=f"reconciler of {source.name}")

    @property
    def paged_twice(self) -> dict[str, tuple[str, ...]]:
        """The receivers through which Alertmanager pages PagerDuty beside rungbell, by source."""
        return {source.name: source.paged_twice for source in self._sources.values() if source.paged_twice}

    async def settled(self) -> None:
        """Wait until no look is under way."""
        while looking := [one.looking for one in self._sources.values() if one.looking and not one.looking.done()]:
            await asyncio.wait(looking)

    # -- one look -----------------------------------------------------------------------------------------------

    async def _look(self, source: _Source) -> None:
        counted = self._metrics.alertmanagers.of(source.name)
        counted.looks.inc()
        try:
            answers = await asyncio.gather(*(self._ask(source, peer) for peer in source.peers))
            complete = all(view is not None and view.ready for view in answers)
            peers = dict(zip(source.settings.urls, answers, strict=True))
            self._look_for_second_way(source, peers)
            await source.repairs.make_good(peers)
        except StoreError as error:
            log.warning("what Alertmanager says cannot be held against the store", source=source.name, error=str(error))
            complete = False
        except Exception as error:
            log.exception("a look at Alertmanager failed", source=source.name, error=repr(error))
            complete = False
        if complete:
            self._metrics.alertmanagers.looked_at(source.name, self._clock.now().timestamp())
        else:
            counted.failed.inc()

    async def _ask(self, source: _Source, peer: AlertmanagerApi) -> PeerView | None:
        problem, view = "", None
        try:
            view = await peer.view()
        except LookError as error:
            problem = str(error)
        else:
            problem = "" if view.ready else "has not yet settled with its cluster"
        known = source.problems.get(peer.url, "")
        if problem and problem != known:
            log.warning("an Alertmanager cannot be asked what fires", source=source.name, url=peer.url, problem=problem)
        elif known and not problem:
            log.info("an Alertmanager can be asked again", source=source.name, url=peer.url, counted=False)
        source.problems[peer.url] = problem
        return view

    def _look_for_second_way(self, source: _Source, peers: Mapping[str, PeerView | None]) -> None:
        """Tell where Alertmanager pages PagerDuty beside rungbell: there must be one way (A32)."""
        source.to_pagerduty |= {url: view.to_pagerduty for url, view in peers.items() if view is not None}
        found = {receiver for receivers in source.to_pagerduty.values() for receiver in receivers}
        twice = tuple(sorted(found)) if self._pages_pagerduty else ()
        self._metrics.alertmanagers.pages_directly(source.name, bool(twice))
        if twice and (twice != source.paged_twice or not source.told):
            log.warning(
                "Alertmanager pages PagerDuty directly, and rungbell does too: people are paged twice",
                source=source.name,
                receivers=", ".join(twice),
            )
        source.paged_twice, source.told = twice, True


def _end(source: _Source) -> None:
    if source.looking is not None:
        source.looking.cancel()
