"""What Alertmanager and rungbell know differently: alerts whose resolve was lost, and alerts that never came.

Rules
-----
* One look proves nothing. What differs is repaired when it differed in so many looks in a row that ``settle_after``
  lies between the first of them and the last; looks are counted, so that no step of a clock shortens that.
* That an alert is *gone* is said only by all peers of an Alertmanager together, each ready and none started again
  meanwhile: one that has just started knows nothing. A look in which a peer is missing counts for nothing; a single
  peer that has the alert ends the doubt, wherever it routes it.
* That an alert was *missed* one peer can say alone. Alertmanager must be about to send it to one of the receivers that
  send here: not silenced, inhibited or muted, and where it does not say what is muted by time, nothing may be.
* What a person resolved while it fired is not missed: its start is known (requirements 3.11 rule 11).

May import: ``alert``, ``severity``, ``triage`` and the standard library's pure parts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import TypeAlias

from rungbell.domain.alert import Alert, AlertGroup, KnownAlert, Standing
from rungbell.domain.values import dataclass

Doubt: TypeAlias = tuple[str, str, datetime]
"""An alert that is known differently: its group's identity, its key, its start."""


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """An alert as a peer of Alertmanager has it."""

    key: str
    alert: Alert
    active: bool = True
    """It is about to be sent, or was."""
    silences: tuple[str, ...] = ()
    """What silences it, by identity."""
    inhibited: bool = False
    muted: bool = False
    """It is one of a time at which its route sends nothing."""

    @property
    def suppressed(self) -> bool:
        """Whether something keeps Alertmanager from speaking of it."""
        return bool(self.silences) or self.inhibited or self.muted


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """A group of alerts as a peer has it."""

    receiver: str
    labels: Mapping[str, str]
    alerts: tuple[SeenAlert, ...]


@dataclass(frozen=True, slots=True)
class PeerView:
    """What one peer answered."""

    start: str
    """When it started, in its own words; compared, never reckoned with."""
    ready: bool
    """It has taken over what its cluster knows, or is in none."""
    groups: tuple[SeenGroup, ...]
    may_mute: bool = False
    """It may mute by time and does not say what."""
    to_pagerduty: tuple[str, ...] = ()
    """The receivers through which it pages PagerDuty itself."""


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """What fires by what is remembered: the firing alerts of one incident."""

    incident: str
    source: str
    receiver: str
    labels: Mapping[str, str]
    suppressed: str
    firing: tuple[KnownAlert, ...]

    def group(self, alerts: Iterable[Alert]) -> AlertGroup:
        """Give a message about some of its alerts, none of which fires."""
        return AlertGroup(self.source, self.receiver, self.labels, tuple(alerts), firing=False)


@dataclass(slots=True)
class Doubts:
    """In how many looks in a row each difference was found."""

    looks: dict[Doubt, int] = field(default_factory=dict)

    def found(self, different: Iterable[Doubt], *, complete: bool = True) -> None:
        """Count a look; after one that was not ``complete``, what it did not find stands as it stood."""
        before = self.looks
        self.looks = dict(before) if not complete else {}
        self.looks |= {doubt: before.get(doubt, 0) + 1 for doubt in different}

    def keep(self, doubts: Iterable[Doubt]) -> None:
        """Drop what is no longer in doubt, without counting."""
        self.looks = {doubt: self.looks[doubt] for doubt in doubts if doubt in self.looks}

    def settled(self, enough: int) -> set[Doubt]:
        """Give what was different in at least so many looks."""
        return {doubt for doubt, looks in self.looks.items() if looks >= enough}


def looks_needed(every: timedelta, settle_after: timedelta) -> int:
    """Give how many looks, one ``every`` so long, span ``settle_after``; two at least."""
    return max(1, -(-settle_after // every)) + 1


@dataclass(slots=True)
class Reconciliation:
    """What is in doubt between one source's Alertmanager and what is remembered of it."""

    every: timedelta
    settle_after: timedelta
    gone: Doubts = field(default_factory=Doubts)
    missed: Doubts = field(default_factory=Doubts)
    _starts: dict[str, str] = field(default_factory=dict)

    def look(
        self,
        peers: Mapping[str, PeerView | None],
        open_groups: Iterable[OpenGroup],
        missed: Collection[Doubt],
    ) -> tuple[set[Doubt], set[Doubt]]:
        """Take what the peers answered, ``None`` for one that did not, and give what is gone and what was missed.

        ``missed`` is what ``unheard`` finds, held against what is remembered.
        """
        views = {url: view for url, view in peers.items() if view is not None}
        complete = bool(peers) and len(views) == len(peers) and all(view.ready for view in views.values())
        present = {seen.key for view in views.values() for group in view.groups for seen in group.alerts}
        absent = [
            (group.group(()).key, alert.key, alert.starts_at)
            for group in open_groups
            for alert in group.firing
            if alert.key not in present
        ]
        if any(self._starts.get(url, view.start) != view.start for url, view in views.items()):
            self.gone = Doubts()
        self._starts |= {url: view.start for url, view in views.items()}
        if complete:
            self.gone.found(absent)
        else:
            self.gone.keep(absent)
        self.missed.found(missed, complete=len(views) == len(peers))
        enough = looks_needed(self.every, self.settle_after)
        gone = self.gone.settled(enough) if complete else set[Doubt]()
        return gone, self.missed.settled(enough).intersection(missed)


def unheard(view: PeerView, source: str, receivers: frozenset[str]) -> Iterator[AlertGroup]:
    """Give what a peer sends here, as messages: the alerts of one group that it is about to send or has sent."""
    for group in view.groups if not view.may_mute else ():
        if group.receiver in receivers:
            sent = tuple(seen.alert for seen in group.alerts if seen.active and not seen.suppressed)
            if sent:
                yield AlertGroup(source, group.receiver, group.labels, sent)


def new_to(known: Mapping[str, Standing], key: str, alert: Alert) -> bool:
    """Whether an alert that fires began after what is remembered of it, if anything is."""
    before = known.get(key)
    return alert.starts_at is not None and (before is None or before.starts_at < alert.starts_at)


def suppressing(group: OpenGroup, views: Iterable[PeerView]) -> tuple[SeenAlert, ...] | None:
    """Give the firing alerts of an incident as Alertmanager has them, if it keeps silent about all of them.

    ``None``: it knows none of them any more, and what was known of its silence stands.
    """
    seen: dict[str, SeenAlert] = {}
    for view in views:
        for one in (one for other in view.groups for one in other.alerts):
            if one.key not in seen or not one.suppressed:
                seen[one.key] = one
    found = tuple(seen[alert.key] for alert in group.firing if alert.key in seen)
    if not found:
        return None
    return found if all(one.suppressed for one in found) else ()
