"""How long requests take, by handler, method and status.

May import: ``families``, prometheus_client.
"""

from collections.abc import Iterable

from prometheus_client import Histogram

from rungbell.telemetry.metrics.families import Families

REQUEST_BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10)
"""Few, for there is a histogram for each handler, method and code."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CODES = (200, 303, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 417, 422, 500, 503)
"""What rungbell answers; anything else is counted as ``other``."""
OTHER = "other"


class RequestMetrics:
    """How long requests take."""

    def __init__(self, families: Families) -> None:
        self.durations = families.histogram(
            "http_request_duration_seconds",
            "From a request's head to the end of its handler.",
            REQUEST_BUCKETS,
            "handler",
            "method",
            "code",
        )
        self._request: dict[tuple[str, str, int], Histogram] = {}

    def know(self, routes: Iterable[tuple[str, str]]) -> None:
        """Register what is answered well: pairs of handler and method."""
        for handler, method in routes:
            self.of(handler, method, 200)

    def of(self, handler: str, method: str, code: int) -> Histogram:
        """What to observe for a request; ``handler`` is a route's path as it is written, never as it was asked for."""
        child = self._request.get((handler, method, code))
        if child is None:
            known_method, known_code = method in METHODS, code in CODES
            child = self.durations.labels(handler, method if known_method else OTHER, code if known_code else OTHER)
            if known_method and known_code:
                self._request[handler, method, code] = child
        return child
