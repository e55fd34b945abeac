"""Logs and metrics: what operators read of rungbell itself.

Rules
-----
* Label values are closed: channels, tiers, severities, sources and reasons come from the configuration or the code,
  never from an alert. Known values are registered at zero, so that the first event is an increase.
* One event is one line, and one that repeats is counted, not repeated; no body, secret or link with a token is ever
  logged, and nobody's telephone number or mail address but masked.

May import: ``domain`` (the closed vocabularies), structlog, prometheus_client.
"""

from rungbell.telemetry.logs import LOG_FORMATS, LOG_LEVELS, configure_logging, hide, mask, write_summaries
from rungbell.telemetry.metrics.daemon import Finding
from rungbell.telemetry.metrics.whole import CONTENT_TYPE, Metrics

__all__ = [
    "CONTENT_TYPE",
    "LOG_FORMATS",
    "LOG_LEVELS",
    "Finding",
    "Metrics",
    "configure_logging",
    "hide",
    "mask",
    "write_summaries",
]
