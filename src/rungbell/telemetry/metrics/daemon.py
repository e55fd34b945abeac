"""What is counted of the daemon itself: its clocks, certificate, loop, store, audits, troubles, configuration.

May import: ``families``, ``domain``, prometheus_client.
"""

import platform
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from prometheus_client import Gauge

from rungbell import __version__
from rungbell.domain.events import TroubleKind
from rungbell.telemetry.metrics.families import Families

LOOP_BUCKETS = (0.01, 0.05, 0.25, 1, 5)


class Finding(StrEnum):
    """What the auditor can find in the store."""

    CLOCK_WRONG = "clock_wrong"
    PAGE_OF_RESOLVED = "page_of_resolved"
    CLOCK_OVERDUE = "clock_overdue"
    PAGE_OVERDUE = "page_overdue"


class DaemonMetrics:
    """How the daemon itself is."""

    def __init__(self, families: Families) -> None:
        self._registry = families.registry
        self.clock_lag = families.gauge("clock_lag_seconds", "Age of the oldest due clock that nobody served yet.")
        self.clock_run = families.gauge("clock_watcher_last_run_timestamp_seconds", "When due clocks were looked for.")
        self.clock_stepped = families.gauge("clock_stepped_back", "1 while the wall clock stands before what was told.")
        self.clock_unsynchronised = Gauge(
            "rungbell_clock_unsynchronised",
            "1 while the kernel holds the machine's clock for unsynchronised; no series where it does not say.",
            registry=None,
        )
        self.certificate_ends = Gauge(
            "rungbell_certificate_expiry_timestamp_seconds",
            "When the first certificate ends of those it shows; no series where it does not listen with TLS.",
            registry=None,
        )
        self.loop_lag = families.histogram(
            "event_loop_lag_seconds", "How late the event loop came back from a second's sleep.", LOOP_BUCKETS
        )
        self.tasks = families.gauge("tasks", "Tasks that go on in the event loop: requests, pages, loops.")
        self.commit_batch = families.histogram(
            "store_commit_batch", "Pieces of work that shared a commit.", (1, 2, 4, 8, 16, 32, 64, 128)
        )
        self.store_errors = families.counter("store_errors", "Times the store could not be used.")
        self.troubles = families.counter("troubles", "Troubles told to the operator.", "kind")
        for kind in TroubleKind:
            self.troubles.labels(kind)
        self.audited = families.gauge("audit_last_run_timestamp_seconds", "When the store was last looked over.")
        self.audit_findings = families.counter(
            "audit_findings", "What was not as it should be in the store.", "finding"
        )
        for finding in Finding:
            self.audit_findings.labels(finding)

        self.build = families.gauge("build_info", "What runs.", "version", "python_version")
        self.build.labels(__version__, platform.python_version()).set(1)
        self.config = families.gauge("config_info", "The SHA-256 of the file in use, its first 12 digits.", "hash")
        self.reloaded = families.gauge("config_last_reload_successful", "1 while the file in use is the last one read.")
        self.reloaded_at = families.gauge(
            "config_last_reload_success_timestamp_seconds", "When the file in use was read."
        )

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
            self._registry.register(self.clock_unsynchronised)

    def watch_certificate(self, ends: Callable[[], datetime | None]) -> None:
        """Ask at every scrape when the certificate ends; not a number where its file does not say."""

        def shown() -> float:
            found = ends()
            return float("nan") if found is None else found.timestamp()

        self.certificate_ends.set_function(shown)
        self._registry.register(self.certificate_ends)
