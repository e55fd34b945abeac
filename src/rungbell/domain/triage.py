"""The first look at a message: what is a heartbeat, what never pages, and how bad the rest is.

Rules
-----
* ``Watchdog`` is a heartbeat of its source and never an incident; only its silence is (integrations 16).
* What never pages is counted and left out, so that alerts received = attached + dropped by a named rule. Its resolve is
  kept, for the rules may have been others when it began to fire.

May import: ``alert``, ``severity`` and the standard library's pure parts.
"""

from rungbell.domain.alert import AlertGroup, Sighting, label_key
from rungbell.domain.severity import Mapped, SeverityRules
from rungbell.domain.values import dataclass

HEARTBEATS = frozenset({"Watchdog", "DeadMansSwitch"})
"""Alerts that fire always, to show that the path is alive (kube-prometheus, and its older name)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a message is counted as."""

    alerts: int = 0
    dropped: int = 0
    """Of them, those that never page by a named rule."""
    guessed: int = 0
    """Of them, those whose severity no rule knew."""


@dataclass(frozen=True, slots=True)
class Triage:
    """One message, sorted."""

    sightings: tuple[Sighting, ...]
    heartbeat: bool = False
    """The message carried a firing heartbeat."""
    dropped: int = 0
    """Alerts that never page."""

    @property
    def tally(self) -> Tally:
        """What is counted of it; heartbeats are no alerts."""
        guessed = sum(sighting.mapped.guessed for sighting in self.sightings)
        return Tally(len(self.sightings) + self.dropped, self.dropped, guessed)


def triage(group: AlertGroup, rules: SeverityRules) -> Triage:
    """Sort the alerts of one message."""
    sightings: list[Sighting] = []
    known: dict[tuple[str | None, ...], Mapped] = {}
    heartbeat = False
    dropped = 0
    for alert in group.alerts:
        if alert.labels.get("alertname") in HEARTBEATS:
            heartbeat = heartbeat or alert.firing
            continue
        decisive = tuple(map(alert.labels.get, rules.looks_at))
        mapped = known.get(decisive)
        if mapped is None:
            mapped = known[decisive] = rules.map(alert.labels, group.source)
        if mapped.severity is None and alert.firing:
            dropped += 1
        else:
            sightings.append(Sighting(label_key(alert.labels), alert, mapped))
    return Triage(tuple(sightings), heartbeat, dropped)
