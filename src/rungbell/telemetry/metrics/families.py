"""How families of metrics are made: in one registry, under one prefix.

May import: prometheus_client.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

GONE = "(gone)"
"""Stands for channels and sources that are not in the configuration; no name can hold a parenthesis."""
NOWHERE = "none"
"""The handler of a request that no route takes, and the tier from which a first page climbs."""


class Families:
    """Makes families of metrics in a ``registry``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """Make a counter."""
        return Counter(f"rungbell_{name}", text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """Make a gauge."""
        return Gauge(f"rungbell_{name}", text, labels, registry=self.registry)

    def histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        """Make a histogram with these buckets."""
        return Histogram(f"rungbell_{name}", text, labels, buckets=tuple(buckets), registry=self.registry)
