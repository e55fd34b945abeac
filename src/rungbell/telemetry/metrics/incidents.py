"""What is counted of incidents, by severity: how many, how long they take, how far they climb.

May import: ``families``, ``domain``, prometheus_client.
"""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter

from rungbell.domain.incident import OVER, Detection, Incident, Status
from rungbell.domain.page import Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from rungbell.telemetry.metrics.families import NOWHERE, Families

ACKNOWLEDGE_BUCKETS = (15, 30, 60, 120, 300, 600, 1800, 3600, 14400)
"""Seconds, along the playbook's own deadlines."""
RESOLVE_BUCKETS = (300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200)
"""Seconds: five minutes to three days."""
DETECT_BUCKETS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 14400)
"""Seconds, with the playbook's five and fifteen minutes among them."""
RESOLVED = frozenset({Status.RESOLVED, Status.CLOSED})


class IncidentMetrics:
    """Incidents from their opening to their end."""

    def __init__(self, families: Families) -> None:
        self.incidents = families.gauge("incidents", "Open incidents.", "status", "severity")
        self.opened = families.counter("incidents_opened", "Incidents opened.", "severity")
        self.resolved = families.counter(
            "incidents_resolved", "Incidents resolved; no false positives, none merged.", "severity"
        )
        self.forgotten = families.counter("incidents_forgotten", "Resolved incidents deleted after --data.retention.")
        self.acknowledged = families.histogram(
            "time_to_acknowledge_seconds",
            "From opening to the first acknowledgement; a re-opening counts anew.",
            ACKNOWLEDGE_BUCKETS,
            "severity",
        )
        self.resolution = families.histogram(
            "time_to_resolve_seconds",
            "From opening to resolution, the stability window included; a re-opening counts anew.",
            RESOLVE_BUCKETS,
            "severity",
        )
        self.detection = families.histogram(
            "time_to_detect_seconds",
            "From the start of the alert, or of the harm where people say so, to its arrival; observed at the end.",
            DETECT_BUCKETS,
            "severity",
        )
        self.climbs = families.counter(
            "climbs",
            "Tiers entered: from the nearest one below that was entered before, or none.",
            "from",
            "to",
            "cause",
        )
        self.exhausted = families.counter("ladders_exhausted", "Ladders that ran out of tiers.")
        self.sheltered = families.counter(
            "storm_incidents", "Incidents that began in a storm and went on in the umbrella of their policy."
        )
        for severity in Severity:
            for by_severity in (self.opened, self.resolved, self.acknowledged, self.resolution, self.detection):
                by_severity.labels(severity)
        self._opened = {severity: self.opened.labels(severity) for severity in Severity}
        self._climbs: dict[tuple[str, str, str], Counter] = {
            (before, to, cause): self.climbs.labels(before, to, cause)
            for to in Tier
            for before in (NOWHERE, *(tier for tier in Tier if tier < to))
            for cause in Purpose
            if cause not in {Purpose.NEWS, Purpose.REPEAT}  # neither enters a tier
        }
        self.count_open({})

    def climbed(self, known: Iterable[Tier], to: Tier, cause: str) -> None:
        """A tier was entered; ``known`` are those entered before."""
        below = max((tier for tier in known if tier < to), default=NOWHERE)
        (self._climbs.get((below, to, cause)) or self.climbs.labels(below, to, cause)).inc()

    def was_opened(self, severity: Severity) -> None:
        """An incident was opened."""
        self._opened[severity].inc()

    def count_open(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Say how many incidents are open, by status and severity."""
        for status in Status:
            if status not in OVER:
                for severity in Severity:
                    self.incidents.labels(status, severity).set(counts.get((status, severity), 0))

    def took_on(self, before: Incident, after: Incident) -> None:
        """Observe the time to acknowledge, where this was the first acknowledgement since the opening."""
        earlier = any(state.acknowledged_at is not None for state in before.tiers.values())
        if before.holder is None and after.holder is not None and not earlier:
            waited = after.holder.at - after.opened_at
            self.acknowledged.labels(after.severity).observe(max(0.0, waited.total_seconds()))

    def ended(self, before: Incident, after: Incident) -> None:
        """Count a resolution, and observe how long it and the detection took.

        What was nothing, or goes on in another incident, is none.
        """
        if before.open and after.resolved_at is not None and after.status in RESOLVED:
            self.resolved.labels(after.severity).inc()
            took = after.resolved_at - after.opened_at
            self.resolution.labels(after.severity).observe(max(0.0, took.total_seconds()))
            self._detected(after)

    def _detected(self, incident: Incident) -> None:
        """Observe once how long nobody knew of it (A26); what people report is known when they report it."""
        harmed_at = incident.command.impact_started_at
        if incident.cycle == 1 and (harmed_at is not None or incident.detection is Detection.ALERT):
            took = incident.opened_at - (harmed_at or incident.detected_at)
            self.detection.labels(incident.severity).observe(max(0.0, took.total_seconds()))
