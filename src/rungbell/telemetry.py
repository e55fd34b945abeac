"""Logs and metrics: what operators read of rungbell itself.

Rules
-----
* Label values are closed: channels, tiers, severities, sources and reasons come from the configuration or the code,
  never from an alert. Known values are registered at zero.
* One event is one line; no body, token or link with a token is ever logged.

May import: ``domain`` (the closed vocabularies), structlog, prometheus_client.
"""

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from rungbell import __version__
from rungbell.domain.events import FailureReason, TroubleKind
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity

LOG_FORMATS = ("logfmt", "json", "console")
LOG_LEVELS = ("debug", "info", "warn", "error")
ACKNOWLEDGE_BUCKETS = (15, 30, 60, 120, 300, 600, 1800, 3600, 14400)
"""Seconds, along the playbook's own deadlines."""
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
REFUSALS = ("unauthorized", "draining", "unreadable", "too_large", "store")
"""Why a webhook is not taken."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Every metric of one daemon, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        registry = self.registry = CollectorRegistry()
        self.build = Gauge("rungbell_build_info", "Version of rungbell.", ["version"], registry=registry)
        self.build.labels(__version__).set(1)
        self.webhooks = Counter("rungbell_webhooks_received", "Webhooks answered 200.", ["source"], registry=registry)
        self.refused = Counter(
            "rungbell_webhooks_refused", "Webhooks not taken, by reason.", ["reason"], registry=registry
        )
        self.alerts = Counter("rungbell_alerts_received", "Alerts in taken webhooks.", ["source"], registry=registry)
        self.dropped = Counter(
            "rungbell_alerts_never_paging", "Alerts that never page by rule.", ["source"], registry=registry
        )
        self.guessed = Counter(
            "rungbell_severity_unmapped", "Alerts whose severity no rule knew.", ["source"], registry=registry
        )
        self.opened = Counter("rungbell_incidents_opened", "Incidents opened.", ["severity"], registry=registry)
        self.resolved = Counter("rungbell_incidents_resolved", "Incidents resolved.", ["severity"], registry=registry)
        self.forgotten = Counter(
            "rungbell_incidents_forgotten", "Resolved incidents deleted after --data.retention.", registry=registry
        )
        self.incidents = Gauge("rungbell_incidents", "Open incidents.", ["status", "severity"], registry=registry)
        self.pages = Counter(
            "rungbell_pages", "Attempts to send a page or notification.", ["channel", "tier"], registry=registry
        )
        self.pages_failed = Counter(
            "rungbell_pages_failed", "Attempts that failed.", ["channel", "reason"], registry=registry
        )
        self.page_latency = Histogram(
            "rungbell_page_latency_seconds",
            "From a page's time to its acceptance.",
            ["channel"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.climbs = Counter("rungbell_climbs", "Tiers entered.", ["tier", "cause"], registry=registry)
        self.exhausted = Counter("rungbell_ladders_exhausted", "Ladders that ran out of tiers.", registry=registry)
        self.acknowledged = Histogram(
            "rungbell_time_to_acknowledge_seconds",
            "From opening to each time somebody takes an incident on.",
            ["severity"],
            buckets=ACKNOWLEDGE_BUCKETS,
            registry=registry,
        )
        self.clock_lag = Gauge(
            "rungbell_clock_lag_seconds", "Age of the oldest due clock that nobody served yet.", registry=registry
        )
        self.clock_run = Gauge(
            "rungbell_clock_watcher_last_run_timestamp_seconds", "When due clocks were looked for.", registry=registry
        )
        self.clock_stepped = Gauge(
            "rungbell_clock_stepped_back", "1 while the wall clock stands before what was told.", registry=registry
        )
        self.outbox_age = Gauge(
            "rungbell_outbox_oldest_seconds", "Age of the most overdue unsent page.", registry=registry
        )
        self.commit_batch = Histogram(
            "rungbell_store_commit_batch",
            "Pieces of work that shared a commit.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=registry,
        )
        self.store_errors = Counter("rungbell_store_errors", "Times the store could not be used.", registry=registry)
        self.heartbeat = Gauge(
            "rungbell_watchdog_last_seen_timestamp_seconds", "When a Watchdog was seen.", ["source"], registry=registry
        )
        self.troubles = Counter("rungbell_troubles", "Troubles told to the operator.", ["kind"], registry=registry)
        self.reloaded = Gauge(
            "rungbell_config_last_reload_successful", "1 while the file in use is the last one read.", registry=registry
        )
        self.reloaded_at = Gauge(
            "rungbell_config_last_reload_success_timestamp_seconds", "When the file in use was read.", registry=registry
        )
        for severity in Severity:
            self.opened.labels(severity)
            self.resolved.labels(severity)
            self.acknowledged.labels(severity)
        for kind in TroubleKind:
            self.troubles.labels(kind)
        for reason in REFUSALS:
            self.refused.labels(reason)

    def know(self, channels: Iterable[str], sources: Iterable[str]) -> None:
        """Register the label values that the configuration closes."""
        for channel in channels:
            self.page_latency.labels(channel)
            for tier in Tier:
                self.pages.labels(channel, tier)
            for reason in FailureReason:
                self.pages_failed.labels(channel, reason)
        for source in sources:
            for counter in (self.webhooks, self.alerts, self.dropped, self.guessed):
                counter.labels(source)

    def text(self) -> bytes:
        """Give the exposition."""
        return generate_latest(self.registry)


def one_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escape what would break a line or speak to a terminal: a stranger's text may stand in any value."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"exception", "stack"} and not value.isprintable():
            event[key] = "".join(char if char.isprintable() else repr(char)[1:-1] for char in value)
    return event


def configure_logging(log_format: str, level: str) -> None:
    """Set up structlog for this process; lines go to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        one_line,
        structlog.processors.format_exc_info,
    ]
    renderer: Any
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    elif log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # rich's would print what variables held: bodies and tokens
            exception_formatter=structlog.dev.plain_traceback,
        )
        shared.pop()
    else:
        renderer = structlog.processors.LogfmtRenderer(key_order=["ts", "level", "event"], bool_as_flag=False)
    number = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}[level]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
