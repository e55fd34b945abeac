"""Alerts as they arrive, what is remembered of them, and what a new message changes.

Rules
-----
* One message is one alert group. Its **identity** is (source, receiver, group labels without ``severity``), never the
  ``groupKey`` string, which changes when somebody edits the route tree (requirements 3.11 rule 10).
* An alert is keyed by the SHA-256 of its labels within its group; Alertmanager's 64-bit fingerprint is not read.
* Messages repeat and arrive in any order. For one alert the newest ``startsAt`` wins; with equal ``startsAt`` a resolve
  is final, so a firing copy that arrives late opens nothing (reliability row 51). Without ``startsAt`` nobody can tell
  late from new, and what fires counts as new.
* A resolve that nobody sent, because its sender does not know the alert any more, is not final: the alert is kept with
  a start just before its own, so that whoever still sees it firing brings it back.
* Absence says nothing: an alert missing from a message is neither resolved nor forgotten.

May import: ``severity`` and the standard library's pure parts.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from rungbell.domain.severity import Mapped, Severity
from rungbell.domain.values import dataclass

LEAST = timedelta(milliseconds=1)
"""The least by which two times can differ."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a message. Times are UTC; ``starts_at`` is ``None`` where the sender gave none."""

    labels: Mapping[str, str]
    firing: bool
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    annotations: Mapping[str, str] | None = None
    generator_url: str = ""
    lost: bool = False
    """It is resolved because its sender does not know it any more; its resolve never came."""

    @property
    def name(self) -> str:
        """The alert's name, or a stand-in where it has none."""
        return self.labels.get("alertname") or "(unnamed)"

    @property
    def summary(self) -> str:
        """The first of the annotations people write a sentence in."""
        notes = self.annotations or {}
        return notes.get("summary") or notes.get("message") or notes.get("description") or ""


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """One message of Alertmanager or Grafana: a whole group as its sender sees it at that moment."""

    source: str
    receiver: str
    group_labels: Mapping[str, str]
    alerts: tuple[Alert, ...]
    firing: bool = True
    """Whether the message as a whole says ``firing``."""
    truncated: int = 0
    """How many alerts the sender cut off the message (``max_alerts``)."""
    key: str = field(init=False)
    """The identity of the incident this group belongs to."""

    def __post_init__(self) -> None:
        labels = sorted([pair for pair in self.group_labels.items() if pair[0] != "severity"])
        text = f"[{_quoted(self.source)},{_quoted(self.receiver)},{_as_json(labels)}]"
        object.__setattr__(self, "key", _digest(text))


@dataclass(frozen=True, slots=True)
class Standing:
    """How one alert of a group stands: all that a decision reads of what is remembered of it."""

    firing: bool
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class KnownAlert(Standing):
    """What is remembered of one alert of a group, resolved ones included."""

    key: str
    ends_at: datetime | None
    severity: Severity | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator_url: str = ""


class Change(StrEnum):
    """What one alert of a message means against what is known of it."""

    JOINED = "joined"
    """It fires and was not known."""
    REFIRED = "refired"
    """It fires anew: a newer ``startsAt`` than the known one."""
    RESOLVED = "resolved"
    """It fired and does no more."""
    RECORDED = "recorded"
    """Nothing for people, but worth remembering (a resolve of something never seen)."""
    UNCHANGED = "unchanged"
    """A repeat, or older than what is known."""


CHANGES = tuple(Change)


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What a message changes in its group."""

    joined: tuple[KnownAlert, ...] = ()
    refired: tuple[KnownAlert, ...] = ()
    resolved: tuple[KnownAlert, ...] = ()
    recorded: tuple[KnownAlert, ...] = ()
    firing_count: int = 0
    alert_count: int = 0
    all_resolved: bool = False
    """Nothing of the group fires any more, and the sender hid nothing that might."""

    @property
    def fired(self) -> tuple[KnownAlert, ...]:
        """What is new and firing."""
        return self.joined + self.refired

    @property
    def to_store(self) -> tuple[KnownAlert, ...]:
        """Every alert whose memory changes."""
        return self.joined + self.refired + self.resolved + self.recorded


_quoted = json.encoder.encode_basestring_ascii


def label_key(labels: Mapping[str, str]) -> str:
    """Key of an alert within its group: SHA-256 over its sorted labels, written as JSON."""
    return _digest(_as_json(sorted(labels.items())))


def _as_json(pairs: Sequence[tuple[str, str]]) -> str:
    text = _listed(pairs)
    if len(_quoted(text)) != len(text) + 2 + 4 * len(pairs):  # more to escape than its own quotation marks
        text = _listed([(_quoted(name)[1:-1], _quoted(value)[1:-1]) for name, value in pairs])
    return text


def _listed(pairs: Iterable[tuple[str, str]]) -> str:
    written = ",".join([f'["{name}","{value}"]' for name, value in pairs])
    return f"[{written}]"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _classify(known: Standing | None, alert: Alert, now: datetime) -> Change:
    if alert.lost:
        same = known is not None and known.firing and known.starts_at == alert.starts_at
        return Change.RESOLVED if same else Change.UNCHANGED
    if known is None:
        return Change.JOINED if alert.firing else Change.RECORDED
    # A start that still lies ahead came from a clock that was wrong: whatever differs from it is newer.
    ahead = known.starts_at > now and alert.starts_at != known.starts_at
    newer = alert.starts_at is not None and (ahead or alert.starts_at > known.starts_at)
    older = alert.starts_at is not None and not newer and alert.starts_at < known.starts_at
    if alert.firing:
        undated = alert.starts_at is None and not known.firing
        return Change.REFIRED if newer or undated else Change.UNCHANGED
    if known.firing:
        return Change.UNCHANGED if older else Change.RESOLVED
    return Change.RECORDED if newer else Change.UNCHANGED


@dataclass(frozen=True, slots=True)
class Sighting:
    """One alert of a message together with its key and the severity the rules gave it."""

    key: str
    alert: Alert
    mapped: Mapped


def compare(
    known: Mapping[str, Standing], sightings: Iterable[Sighting], now: datetime, *, hidden: bool = False
) -> GroupChange:
    """Hold a message against what is known of its group.

    ``now`` stands in for a missing ``startsAt`` of an alert that was not known. ``hidden`` says that the sender cut
    alerts off the message that may still fire.
    """
    found: dict[Change, list[KnownAlert]] = {change: [] for change in CHANGES}
    after = {key: alert.firing for key, alert in known.items()}
    for sighting in _newest(sightings):
        key, alert = sighting.key, sighting.alert
        before = known.get(key)
        change = _classify(before, alert, now)
        if change is Change.UNCHANGED:
            continue
        after[key] = alert.firing
        found[change].append(
            KnownAlert(
                key=key,
                firing=alert.firing,
                starts_at=_start(alert, before, now),
                ends_at=None if alert.firing else alert.ends_at or now,
                severity=sighting.mapped.severity,
                labels=alert.labels,
                annotations=alert.annotations or {},
                generator_url=alert.generator_url,
            )
        )
    firing_count = sum(after.values())
    return GroupChange(
        joined=tuple(found[Change.JOINED]),
        refired=tuple(found[Change.REFIRED]),
        resolved=tuple(found[Change.RESOLVED]),
        recorded=tuple(found[Change.RECORDED]),
        firing_count=firing_count,
        alert_count=len(after),
        all_resolved=firing_count == 0 and not hidden,
    )


def _start(alert: Alert, before: Standing | None, now: datetime) -> datetime:
    """Give the start that is remembered."""
    starts_at = alert.starts_at or (before.starts_at if before and not alert.firing else now)
    return starts_at - LEAST if alert.lost else starts_at


def _newest(sightings: Iterable[Sighting]) -> Iterable[Sighting]:
    """Keep one sighting of each alert: the newest ``startsAt``, and with equal ones the resolve."""
    kept: dict[str, Sighting] = {}
    for sighting in sightings:
        other = kept.get(sighting.key)
        if other is None or _order(sighting.alert) > _order(other.alert):
            kept[sighting.key] = sighting
    return kept.values()


def _order(alert: Alert) -> tuple[float, bool]:
    return (alert.starts_at.timestamp() if alert.starts_at else 0.0, not alert.firing)
