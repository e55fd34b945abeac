"""What Alertmanager says, held against the store, and what webhooks have lost on their way made good.

What is different and for how long it must be is the core's (``domain.reconciling``); what came of it is handed to the
door.

Rules
-----
* What is repaired enters as a message of the source does, so that all rules of messages hold.

May import: ``config``, ``domain``, ``store`` (the port), ``clock``, ``telemetry``, the rest of ``runtime``, structlog.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import structlog

from rungbell.clock import new_id
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.alert import Alert, AlertGroup
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

PIECE = 500
"""Incidents read at a time."""
OPEN = tuple(status for status in Status if status not in OVER)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What the store holds against what Alertmanager says."""

    firing: list[OpenGroup]
    missed: dict[Doubt, tuple[AlertGroup, Alert]]


class Repairs:
    """What was seen of one source, look after look; ``peer`` is asked what its silences say."""

    def __init__(
        self,
        source: str,
        settings: AlertmanagerSettings,
        peer: AlertmanagerApi,
        *,
        store: Store,
        handler: IncidentHandler,
        metrics: Metrics,
    ) -> None:
        self._source = source
        self._peer = peer
        self._store = store
        self._handler = handler
        self._metrics = metrics
        self._reconciliation = Reconciliation(settings.every, settings.settle_after)
        self._learns_receivers = not settings.receivers
        self._receivers = set(settings.receivers)
        """Under which names it sends here, as far as that is known."""

    async def make_good(self, peers: Mapping[str, PeerView | None]) -> None:
        """Let in what has been lost, by what each peer says now; ``None``: it could not say."""
        views = [view for view in peers.values() if view is not None]
        rules = self._handler.book.rules
        found = await self._store.read(lambda transaction: self._remembered(transaction, views, rules))
        gone, missed = self._reconciliation.look(peers, found.firing, found.missed)
        await self._resolve(found.firing, gone)
        await self._open([found.missed[doubt] for doubt in missed])
        if len(views) == len(peers):
            await self._show_suppression(found.firing, views)

    def _remembered(self, transaction: Transaction, views: Iterable[PeerView], rules: SeverityRules) -> _Remembered:
        """Read what fires by the incidents of the source, and which of what its Alertmanager sends is not known."""
        firing: list[OpenGroup] = []
        for incident in _with_parts(transaction, self._source):
            if self._learns_receivers:
                self._receivers.add(incident.receiver)
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
            for group in unheard(view, self._source, frozenset(self._receivers)):
                known_alerts = transaction.standings(group.key)
                for sighting in triage(group, rules).sightings:
                    starts_at = sighting.alert.starts_at
                    if starts_at is not None and new_to(known_alerts, sighting.key, sighting.alert):
                        missed[group.key, sighting.key, starts_at] = group, sighting.alert
        return _Remembered(firing, missed)

    async def _resolve(self, firing: list[OpenGroup], gone: set[Doubt]) -> None:
        for group in firing:
            identity = group.group(()).key
            alerts = [
                Alert(labels=one.labels, firing=False, starts_at=one.starts_at, lost=True)
                for one in group.firing
                if (identity, one.key, one.starts_at) in gone
            ]
            if alerts:
                await self._handler.handle(AlertsReceived(group=group.group(alerts), new_id=new_id()))
                self._repaired("silenced" if group.suppressed else "resolved", group.receiver, alerts)

    async def _open(self, missed: list[tuple[AlertGroup, Alert]]) -> None:
        together: dict[str, tuple[AlertGroup, list[Alert]]] = {}
        for group, alert in missed:
            together.setdefault(group.key, (group, []))[1].append(alert)
        for group, alerts in together.values():
            message = AlertGroup(group.source, group.receiver, group.group_labels, tuple(alerts))
            await self._handler.handle(AlertsReceived(group=message, new_id=new_id()))
            self._repaired("opened", group.receiver, alerts)

    def _repaired(self, change: str, receiver: str, alerts: list[Alert]) -> None:
        self._metrics.alertmanagers.of(self._source).repaired[change].inc(len(alerts))
        told = log.info if change == "silenced" else log.warning
        told(
            "a webhook of Alertmanager was lost and is made good",
            source=self._source,
            change=change,
            receiver=receiver,
            alerts=len(alerts),
            first=alerts[0].name,
        )

    async def _show_suppression(self, firing: list[OpenGroup], views: list[PeerView]) -> None:
        known: dict[str, tuple[datetime, str]] = {}
        for group in firing:
            held = suppressing(group, views)
            if held is None:
                continue
            silences = dict.fromkeys(silence for one in held for silence in one.silences)
            try:
                for silence in silences.keys() - known.keys():
                    known[silence] = await self._peer.silence(silence)
            except LookError:
                continue  # what is known of it stands
            if silences:
                by = worded(known[silence] for silence in silences)
            else:
                by = "" if not held else f"{'inhibited' if held[0].inhibited else 'muted'} in Alertmanager"
            if by != group.suppressed:
                await self._handler.handle(SuppressionSeen(incident=group.incident, by=by))


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
