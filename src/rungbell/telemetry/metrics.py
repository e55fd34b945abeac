"""Every metric of one daemon.

Rules
-----
* What the hot path counts is looked up once: ``source``, ``channel`` and ``request`` give ready children.
* A name that a reload took out of the configuration loses its series, so that alerts about it end. What still comes
  for it afterwards is counted under ``GONE``: a closed value, however often names change.
* No alert, person, token or address is ever a label value; ``tests/telemetry`` holds the number of series constant.

May import: ``domain`` (the closed vocabularies), ``logs``, prometheus_client.
"""

import platform
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from rungbell import __version__
from rungbell.domain.broken import BREAKABLE
from rungbell.domain.communication.audience import Audience
from rungbell.domain.events import FailureReason, TroubleKind
from rungbell.domain.incident import OVER, Detection, Incident, Status
from rungbell.domain.page import PageState, Purpose
from rungbell.domain.policy import Tier
from rungbell.domain.review import ReviewDue, ReviewKind
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass
from rungbell.telemetry.logs import MESSAGES

ACKNOWLEDGE_BUCKETS = (15, 30, 60, 120, 300, 600, 1800, 3600, 14400)
"""Seconds, along the playbook's own deadlines."""
RESOLVE_BUCKETS = (300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200)
"""Seconds: five minutes to three days."""
DETECT_BUCKETS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 14400)
"""Seconds, with the playbook's five and fifteen minutes among them."""
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
REQUEST_BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10)
"""Few, for there is a histogram for each handler, method and code."""
LOOP_BUCKETS = (0.01, 0.05, 0.25, 1, 5)
RESOLVED = frozenset({Status.RESOLVED, Status.CLOSED})
REFUSALS = ("unauthorized", "draining", "unreadable", "too_large", "store")
"""Why a webhook is not taken."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CODES = (200, 303, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 417, 422, 500, 503)
"""What rungbell answers; anything else is counted as ``other``."""
OTHER = "other"
NOWHERE = "none"
"""The handler of a request that no route takes, and the tier from which a first page climbs."""
REPAIRS = ("resolved", "silenced", "opened")
"""What the reconciler does: ends what Alertmanager does not know any more, or what ended while it was silenced, so that
no resolve was sent; takes in what it never got through."""
GONE = "(gone)"
"""Stands for channels and sources that are not in the configuration; no name can hold a parenthesis."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Finding(StrEnum):
    """What the auditor can find in the store."""

    CLOCK_WRONG = "clock_wrong"
    PAGE_OF_RESOLVED = "page_of_resolved"
    CLOCK_OVERDUE = "clock_overdue"
    PAGE_OVERDUE = "page_overdue"


@dataclass(frozen=True, slots=True)
class SourceMetrics:
    """What is counted for one source."""

    webhooks: Counter
    alerts: Counter
    dropped: Counter
    guessed: Counter


@dataclass(frozen=True, slots=True)
class AlertmanagerMetrics:
    """What is counted for the Alertmanager of one source."""

    looks: Counter
    failed: Counter
    repaired: Mapping[str, Counter]


@dataclass(frozen=True, slots=True)
class ChannelMetrics:
    """What is counted for one channel."""

    pages: Mapping[Tier, Counter]
    held_back: Counter
    bundled: Counter
    failed: Mapping[tuple[Tier, FailureReason], Counter]
    latency: Histogram


class Metrics:
    """Every metric of one daemon, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        self.registry = CollectorRegistry()
        self.registry.register(MESSAGES)
        ProcessCollector(registry=self.registry)
        self._intake()
        self._incidents()
        self._obligations()
        self._paging()
        self._store_and_clocks()
        self._configuration()
        self._calendars()
        self._alertmanagers()
        self._requests()
        self._sources: dict[str, SourceMetrics] = {}
        self._channels: dict[str, ChannelMetrics] = {}
        self.know([], [])

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"rungbell_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"rungbell_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        return Histogram(f"rungbell_{name}", text, labels, buckets=tuple(buckets), registry=self.registry)

    def _intake(self) -> None:
        self.webhooks = self._counter("webhooks_received", "Webhooks answered 200.", "source")
        self.refused = self._counter("webhooks_refused", "Webhooks not taken, by reason.", "reason")
        self.alerts = self._counter("alerts_received", "Alerts in taken webhooks.", "source")
        self.dropped = self._counter("alerts_never_paging", "Alerts that never page by rule.", "source")
        self.guessed = self._counter("severity_unmapped", "Alerts whose severity no rule knew.", "source")
        self.heartbeat = self._gauge(
            "watchdog_last_seen_timestamp_seconds", "When a Watchdog was seen; no series before the first.", "source"
        )
        for reason in REFUSALS:
            self.refused.labels(reason)

    def _incidents(self) -> None:
        self.incidents = self._gauge("incidents", "Open incidents.", "status", "severity")
        self.opened = self._counter("incidents_opened", "Incidents opened.", "severity")
        self.resolved = self._counter(
            "incidents_resolved", "Incidents resolved; no false positives, none merged.", "severity"
        )
        self.forgotten = self._counter("incidents_forgotten", "Resolved incidents deleted after --data.retention.")
        self.acknowledged = self._histogram(
            "time_to_acknowledge_seconds",
            "From opening to the first acknowledgement; a re-opening counts anew.",
            ACKNOWLEDGE_BUCKETS,
            "severity",
        )
        self.resolution = self._histogram(
            "time_to_resolve_seconds",
            "From opening to resolution, the stability window included; a re-opening counts anew.",
            RESOLVE_BUCKETS,
            "severity",
        )
        self.detection = self._histogram(
            "time_to_detect_seconds",
            "From the start of the alert, or of the harm where people say so, to its arrival; observed at the end.",
            DETECT_BUCKETS,
            "severity",
        )
        self.climbs = self._counter(
            "climbs",
            "Tiers entered: from the nearest one below that was entered before, or none.",
            "from",
            "to",
            "cause",
        )
        self.exhausted = self._counter("ladders_exhausted", "Ladders that ran out of tiers.")
        self.sheltered = self._counter(
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

    def _obligations(self) -> None:
        self.broken = self._counter(
            "obligations_broken", "Obligations that lapsed, each lapse once.", "obligation", "severity"
        )
        self.overdue = self._gauge("obligations_overdue", "Incidents that break it now.", "obligation", "severity")
        self.reviewed_at = self._gauge(
            "last_review_timestamp_seconds",
            "When the playbook or the runbooks were last gone through, or a drill held; no series before the first.",
            "kind",
        )
        self.review_due = self._gauge("review_due", "1 while it is to be gone through, or never was.", "kind")
        for obligation in BREAKABLE:
            for severity in Severity:
                self.broken.labels(obligation, severity)
        for kind in ReviewKind:
            self.review_due.labels(kind)
        self.count_overdue({})

    def _paging(self) -> None:
        self.pages = self._counter("pages", "Attempts to send a page or notification.", "channel", "tier")
        self.pages_failed = self._counter("pages_failed", "Attempts that failed.", "channel", "tier", "reason")
        self.pages_held_back = self._counter(
            "pages_held_back", "Pages that a budget made wait for others (storms).", "channel"
        )
        self.pages_bundled = self._counter(
            "pages_bundled", "Pages that left together with others, in one message.", "channel"
        )
        self.page_latency = self._histogram(
            "page_latency_seconds", "From a page's time to its acceptance.", LATENCY_BUCKETS, "channel"
        )
        self.shift_notices = self._counter(
            "shift_notices", "Attempts to tell somebody of a shift; failed: for the last time.", "state"
        )
        for state in (PageState.ACCEPTED, PageState.WAITING, PageState.FAILED):
            self.shift_notices.labels(state)
        self.echoes = self._counter(
            "echoes", "Attempts to tell a place what became of an incident; failed: for the last time.", "state"
        )
        for state in (PageState.ACCEPTED, PageState.WAITING, PageState.FAILED):
            self.echoes.labels(state)
        self.answers = self._counter(
            "answers", "Calls of providers, by channel and what was answered.", "channel", "status"
        )
        self.contacts_unverified = self._gauge(
            "contacts_unverified",
            "Ways by which pages may reach people and nobody has answered for 90 days, or never since they changed.",
        )
        self.copies = self._counter(
            "copies", "Attempts to tell an audience of an incident, by what came of them.", "audience", "state"
        )
        for audience in Audience:
            for state in (PageState.ACCEPTED, PageState.FAILED):
                self.copies.labels(audience, state)
        self.outbox_age = self._gauge("outbox_oldest_seconds", "Age of the most overdue unsent page.")

    def _store_and_clocks(self) -> None:
        self.clock_lag = self._gauge("clock_lag_seconds", "Age of the oldest due clock that nobody served yet.")
        self.clock_run = self._gauge("clock_watcher_last_run_timestamp_seconds", "When due clocks were looked for.")
        self.clock_stepped = self._gauge("clock_stepped_back", "1 while the wall clock stands before what was told.")
        self.clock_unsynchronised = Gauge(
            "rungbell_clock_unsynchronised",
            "1 while the kernel holds the machine's clock for unsynchronised; no series where it does not say.",
            registry=None,
        )
        self.loop_lag = self._histogram(
            "event_loop_lag_seconds", "How late the event loop came back from a second's sleep.", LOOP_BUCKETS
        )
        self.commit_batch = self._histogram(
            "store_commit_batch", "Pieces of work that shared a commit.", (1, 2, 4, 8, 16, 32, 64, 128)
        )
        self.store_errors = self._counter("store_errors", "Times the store could not be used.")
        self.troubles = self._counter("troubles", "Troubles told to the operator.", "kind")
        for kind in TroubleKind:
            self.troubles.labels(kind)
        self.audited = self._gauge("audit_last_run_timestamp_seconds", "When the store was last looked over.")
        self.audit_findings = self._counter("audit_findings", "What was not as it should be in the store.", "finding")
        for finding in Finding:
            self.audit_findings.labels(finding)

    def _configuration(self) -> None:
        self.build = self._gauge("build_info", "What runs.", "version", "python_version")
        self.build.labels(__version__, platform.python_version()).set(1)
        self.config = self._gauge("config_info", "The SHA-256 of the file in use, its first 12 digits.", "hash")
        self.reloaded = self._gauge("config_last_reload_successful", "1 while the file in use is the last one read.")
        self.reloaded_at = self._gauge("config_last_reload_success_timestamp_seconds", "When the file in use was read.")

    def _calendars(self) -> None:
        self.calendar_read_at = self._gauge(
            "calendar_last_success_timestamp_seconds",
            "When a calendar was last known to say what counts; no series before the first time.",
            "calendar",
        )
        self.calendar_unknown = self._gauge(
            "calendar_unknown_names", "Names in a calendar's next 14 days that are nobody's.", "calendar"
        )
        self._known_calendars: frozenset[str] = frozenset()

    def _alertmanagers(self) -> None:
        self.alertmanager_looks = self._counter(
            "alertmanager_looks", "Times an Alertmanager was asked what fires.", "source"
        )
        self.alertmanager_failed = self._counter(
            "alertmanager_looks_failed", "Of them, those at which it or one of its peers could not say.", "source"
        )
        self.alertmanager_repaired = self._counter(
            "alertmanager_repaired_alerts",
            "Alerts whose webhook was lost: resolved here because Alertmanager knows them no more, or opened.",
            "source",
            "change",
        )
        self.alertmanager_success = self._gauge(
            "alertmanager_last_success_timestamp_seconds",
            "When Alertmanager and all its peers last said what fires; no series before the first time.",
            "source",
        )
        self.alertmanager_direct = self._gauge(
            "alertmanager_pages_directly",
            "Whether Alertmanager pages PagerDuty by itself although rungbell does; no series before the first look.",
            "source",
        )
        self._asked: dict[str, AlertmanagerMetrics] = {}

    def _requests(self) -> None:
        self.requests = self._histogram(
            "http_request_duration_seconds",
            "From a request's head to the end of its handler.",
            REQUEST_BUCKETS,
            "handler",
            "method",
            "code",
        )
        self._request: dict[tuple[str, str, int], Histogram] = {}

    def know(self, channels: Iterable[str], sources: Iterable[str]) -> None:
        """Hold the series of exactly these names, those that are new at zero."""
        channels, sources = {GONE, *channels}, {GONE, *sources}
        for gone in self._channels.keys() - channels:
            del self._channels[gone]
            for by_channel in (
                self.pages,
                self.pages_failed,
                self.page_latency,
                self.pages_held_back,
                self.pages_bundled,
            ):
                by_channel.remove_by_labels({"channel": gone})
        for gone in self._sources.keys() - sources:
            del self._sources[gone]
            for by_source in (self.webhooks, self.alerts, self.dropped, self.guessed, self.heartbeat):
                by_source.remove_by_labels({"source": gone})
        for name in channels - self._channels.keys():
            self._channels[name] = ChannelMetrics(
                pages={tier: self.pages.labels(name, tier) for tier in Tier},
                failed={
                    (tier, reason): self.pages_failed.labels(name, tier, reason)
                    for tier in Tier
                    for reason in FailureReason
                },
                latency=self.page_latency.labels(name),
                held_back=self.pages_held_back.labels(name),
                bundled=self.pages_bundled.labels(name),
            )
        for name in sources - self._sources.keys():
            self._sources[name] = SourceMetrics(
                webhooks=self.webhooks.labels(name),
                alerts=self.alerts.labels(name),
                dropped=self.dropped.labels(name),
                guessed=self.guessed.labels(name),
            )

    def know_calendars(self, calendars: Iterable[str]) -> None:
        """Hold the series of exactly these calendars."""
        known = frozenset(calendars)
        for gone in self._known_calendars - known:
            for by_calendar in (self.calendar_read_at, self.calendar_unknown):
                by_calendar.remove_by_labels({"calendar": gone})
        for name in known:
            self.calendar_unknown.labels(name)
        self._known_calendars = known

    def know_alertmanagers(self, sources: Iterable[str]) -> None:
        """Hold the series of exactly the Alertmanagers of these sources."""
        known = frozenset(sources)
        for gone in self._asked.keys() - known:
            del self._asked[gone]
            for by_source in (
                self.alertmanager_looks,
                self.alertmanager_failed,
                self.alertmanager_repaired,
                self.alertmanager_success,
                self.alertmanager_direct,
            ):
                by_source.remove_by_labels({"source": gone})
        for name in known - self._asked.keys():
            self._asked[name] = self._asked_of(name)

    def _asked_of(self, name: str) -> AlertmanagerMetrics:
        return AlertmanagerMetrics(
            looks=self.alertmanager_looks.labels(name),
            failed=self.alertmanager_failed.labels(name),
            repaired={change: self.alertmanager_repaired.labels(name, change) for change in REPAIRS},
        )

    def looked_at(self, source: str, at: float) -> None:
        """An Alertmanager said what fires, at that time in Unix seconds; one that is asked no more is not missed."""
        if source in self._asked:
            self.alertmanager_success.labels(source).set(at)

    def pages_directly(self, source: str, does: bool) -> None:
        """Whether the Alertmanager of a source pages where rungbell does."""
        if source in self._asked:
            self.alertmanager_direct.labels(source).set(does)

    def know_routes(self, routes: Iterable[tuple[str, str]]) -> None:
        """Register what is answered well: pairs of handler and method."""
        for handler, method in routes:
            self.request(handler, method, 200)

    def source(self, name: str) -> SourceMetrics:
        """What to count on for a source."""
        return self._sources.get(name) or self._sources[GONE]

    def alertmanager(self, name: str) -> AlertmanagerMetrics:
        """What to count on for the Alertmanager of a source that is asked."""
        return self._asked.get(name) or self._asked_of(GONE)

    def channel(self, name: str) -> ChannelMetrics:
        """What to count on for a channel."""
        return self._channels.get(name) or self._channels[GONE]

    def request(self, handler: str, method: str, code: int) -> Histogram:
        """What to observe for a request; ``handler`` is a route's path as it is written, never as it was asked for."""
        child = self._request.get((handler, method, code))
        if child is None:
            known_method, known_code = method in METHODS, code in CODES
            child = self.requests.labels(handler, method if known_method else OTHER, code if known_code else OTHER)
            if known_method and known_code:
                self._request[handler, method, code] = child
        return child

    def beat(self, source: str, seen: float) -> None:
        """A Watchdog of a source was seen, in Unix seconds; one that is configured no more is not missed."""
        if source in self._sources:
            self.heartbeat.labels(source).set(seen)

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

    def count_overdue(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Say how many incidents break an obligation now, by its name and severity."""
        for obligation in BREAKABLE:
            for severity in Severity:
                self.overdue.labels(obligation, severity).set(counts.get((obligation, severity), 0))

    def tell_reviews(self, standing: Iterable[ReviewDue], now: datetime) -> None:
        """Say when each kind of review was last held, and whether it is due at ``now``."""
        for one in standing:
            self.review_due.labels(one.kind).set(one.due(now))
            if one.last is not None:
                self.reviewed_at.labels(one.kind).set(one.last.at.timestamp())

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

    def configured(self, file_hash: str, at: float) -> None:
        """The file with this hash is in use since ``at``, in Unix seconds."""
        self.config.clear()
        self.config.labels(file_hash[:12]).set(1)
        self.reloaded.set(1)
        self.reloaded_at.set(at)

    def watch_clock(self, unsynchronised: Callable[[], bool | None]) -> None:
        """Ask at every scrape whether the clock is unsynchronised; not at all where nobody can tell."""
        if unsynchronised() is not None:
            self.clock_unsynchronised.set_function(lambda: float(bool(unsynchronised())))
            self.registry.register(self.clock_unsynchronised)

    def text(self) -> bytes:
        """Give the exposition."""
        return generate_latest(self.registry)
