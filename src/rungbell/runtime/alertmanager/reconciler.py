"""The reconciler: asks Alertmanager again and again what fires, and repairs what webhooks have lost on their way.

What is different and for how long it must be is the core's (``domain.reconciling``); here it is asked for, held against
the store, and what came of it handed to the door.

Rules
-----
* An Alertmanager that hangs or answers nonsense holds up its own source only, and changes nothing.
* What is repaired enters as a message of the source does, so that all rules of messages hold.
* What is wrong with an Alertmanager is logged when it begins and when it is over, and counted at every look.

May import: ``config``, ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``, structlog,
aiohttp.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime

import aiohttp
import structlog

from rungbell.clock import Clock, new_id
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.errors import StoreError
from rungbell.domain.events import AlertsReceived, SuppressionSeen
from rungbell.domain.incident import OVER, Incident, Status
from rungbell.domain.reconciling import Doubt, OpenGroup, PeerView, Reconciliation, new_to, suppressing, unheard
from rungbell.domain.severity import SeverityRules
from rungbell.domain.triage import triage
from rungbell.domain.values import dataclass
from rungbell.runtime.alertmanager.api import AlertmanagerApi, LookError, worded
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.store import Store, Transaction
from rungbell.store.incidents import BEYOND
from rungbell.telemetry import Metrics

log = structlog.get_logger()

LOOK_EVERY = 1.0
PIECE = 500
"""Incidents read at a time."""
OPEN = tuple(status for status in Status if status not in OVER)


@dataclass(slots=True)
class _Source:
    """One source whose Alertmanager is asked."""

    name: str
    settings: AlertmanagerSettings
    peers: tuple[AlertmanagerApi, ...]
    reconciliation: Reconciliation
    due: datetime
    receivers: set[str]
    """Under which names it sends here, as far as that is known."""
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong with each of its addresses."""
    to_pagerduty: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The receivers through which each of them pages PagerDuty itself."""
    paged_twice: tuple[str, ...] = ()
    """Those of them that matter, because rungbell pages PagerDuty too."""
    told: bool = False
    """The log tells of them by the present configuration."""
    looking: "asyncio.Task[None] | None" = None


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What the store holds against what Alertmanager says."""

    firing: list[OpenGroup]
    missed: dict[Doubt, tuple[AlertGroup, Alert]]


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
            self._sources[name] = _Source(
                name=name,
                settings=settings,
                peers=tuple(AlertmanagerApi(url, settings, self._session) for url in settings.urls),
                reconciliation=Reconciliation(settings.every, settings.settle_after),
                due=now,
                receivers=set(settings.receivers),
            )
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
            await self._reconcile(source, dict(zip(source.settings.urls, answers, strict=True)))
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

    async def _reconcile(self, source: _Source, peers: Mapping[str, PeerView | None]) -> None:
        views = [view for view in peers.values() if view is not None]
        self._look_for_second_way(source, peers)
        rules = self._handler.book.rules
        found = await self._store.read(lambda transaction: _remembered(transaction, source, views, rules))
        gone, missed = source.reconciliation.look(peers, found.firing, found.missed)
        await self._resolve(source, found.firing, gone)
        await self._open(source, [found.missed[doubt] for doubt in missed])
        if len(views) == len(peers):
            await self._show_suppression(source, found.firing, views)

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

    async def _resolve(self, source: _Source, firing: list[OpenGroup], gone: set[Doubt]) -> None:
        for group in firing:
            identity = group.group(()).key
            alerts = [
                Alert(labels=one.labels, firing=False, starts_at=one.starts_at, lost=True)
                for one in group.firing
                if (identity, one.key, one.starts_at) in gone
            ]
            if alerts:
                await self._handler.handle(AlertsReceived(group=group.group(alerts), new_id=new_id()))
                self._repaired(source, "silenced" if group.suppressed else "resolved", group.receiver, alerts)

    async def _open(self, source: _Source, missed: list[tuple[AlertGroup, Alert]]) -> None:
        together: dict[str, tuple[AlertGroup, list[Alert]]] = {}
        for group, alert in missed:
            together.setdefault(group.key, (group, []))[1].append(alert)
        for group, alerts in together.values():
            message = AlertGroup(group.source, group.receiver, group.group_labels, tuple(alerts))
            await self._handler.handle(AlertsReceived(group=message, new_id=new_id()))
            self._repaired(source, "opened", group.receiver, alerts)

    def _repaired(self, source: _Source, change: str, receiver: str, alerts: list[Alert]) -> None:
        self._metrics.alertmanagers.of(source.name).repaired[change].inc(len(alerts))
        told = log.info if change == "silenced" else log.warning
        told(
            "a webhook of Alertmanager was lost and is made good",
            source=source.name,
            change=change,
            receiver=receiver,
            alerts=len(alerts),
            first=alerts[0].name,
        )

    async def _show_suppression(self, source: _Source, firing: list[OpenGroup], views: list[PeerView]) -> None:
        known: dict[str, tuple[datetime, str]] = {}
        for group in firing:
            held = suppressing(group, views)
            if held is None:
                continue
            silences = dict.fromkeys(silence for one in held for silence in one.silences)
            try:
                for silence in silences.keys() - known.keys():
                    known[silence] = await source.peers[0].silence(silence)
            except LookError:
                continue  # what is known of it stands
            if silences:
                by = worded(known[silence] for silence in silences)
            else:
                by = "" if not held else f"{'inhibited' if held[0].inhibited else 'muted'} in Alertmanager"
            if by != group.suppressed:
                await self._handler.handle(SuppressionSeen(incident=group.incident, by=by))


def _remembered(
    transaction: Transaction, source: _Source, views: Iterable[PeerView], rules: SeverityRules
) -> _Remembered:
    """Read what fires by the incidents of a source, and which of what its Alertmanager sends is not known."""
    firing: list[OpenGroup] = []
    for incident in _with_parts(transaction, source.name):
        if not source.settings.receivers:
            source.receivers.add(incident.receiver)
        known = transaction.alerts(incident.key) if incident.firing_count else {}
        alerts = tuple(alert for alert in known.values() if alert.firing)
        if alerts:
            firing.append(
                OpenGroup(
                    incident=incident.id,
                    source=incident.source,
                    receiver=incident.receiver,
                    labels=incident.group_labels,
                    suppressed=incident.suppressed,
                    firing=alerts,
                )
            )
    missed: dict[Doubt, tuple[AlertGroup, Alert]] = {}
    for view in views:
        for group in unheard(view, source.name, frozenset(source.receivers)):
            known_alerts = transaction.standings(group.key)
            for sighting in triage(group, rules).sightings:
                starts_at = sighting.alert.starts_at
                if starts_at is not None and new_to(known_alerts, sighting.key, sighting.alert):
                    missed[group.key, sighting.key, starts_at] = group, sighting.alert
    return _Remembered(firing, missed)


def _with_parts(transaction: Transaction, source: str) -> Iterator[Incident]:
    """Give the open incidents of a source, and those that go on in them."""
    for status in OPEN:
        before = BEYOND
        while piece := transaction.incidents(before=before, limit=PIECE, status=status):
            before = piece[-1].number
            for incident in piece:
                for part in (transaction.incident(part) for part, count in incident.parts.items() if count):
                    if part is not None and part.source == source:
                        yield part
                if incident.source == source:
                    yield incident


def _end(source: _Source) -> None:
    if source.looking is not None:
        source.looking.cancel()
