"""Every metric of one daemon, put together of its parts.

May import: the rest of the package, ``logs``, prometheus_client.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, generate_latest

from rungbell.telemetry.logs import MESSAGES
from rungbell.telemetry.metrics.alertmanagers import AlertmanagersMetrics
from rungbell.telemetry.metrics.calendars import CalendarMetrics
from rungbell.telemetry.metrics.daemon import DaemonMetrics
from rungbell.telemetry.metrics.families import Families
from rungbell.telemetry.metrics.incidents import IncidentMetrics
from rungbell.telemetry.metrics.intake import IntakeMetrics
from rungbell.telemetry.metrics.obligations import ObligationMetrics
from rungbell.telemetry.metrics.oncall import OncallMetrics
from rungbell.telemetry.metrics.paging import PagingMetrics
from rungbell.telemetry.metrics.requests import RequestMetrics
from rungbell.telemetry.metrics.signs_of_life import SignOfLifeMetrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Every metric of one daemon, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        self.registry = CollectorRegistry()
        self.registry.register(MESSAGES)
        ProcessCollector(registry=self.registry)
        families = Families(self.registry)
        self.intake = IntakeMetrics(families)
        self.incidents = IncidentMetrics(families)
        self.obligations = ObligationMetrics(families)
        self.paging = PagingMetrics(families)
        self.daemon = DaemonMetrics(families)
        self.signs_of_life = SignOfLifeMetrics(families)
        self.calendars = CalendarMetrics(families)
        self.alertmanagers = AlertmanagersMetrics(families)
        self.oncall = OncallMetrics(families)
        self.requests = RequestMetrics(families)

    def know(self, channels: Iterable[str], sources: Iterable[str]) -> None:
        """Hold the series of exactly these names, those that are new at zero."""
        self.paging.know(channels)
        self.intake.know(sources)

    def text(self) -> bytes:
        """Give the exposition."""
        return generate_latest(self.registry)
