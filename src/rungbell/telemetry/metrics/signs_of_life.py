"""What is counted of the signs of life that a service elsewhere is given (``heartbeat``).

May import: ``families``.
"""

from rungbell.telemetry.metrics.families import Families


class SignOfLifeMetrics:
    """How many were given, and how many were not."""

    def __init__(self, families: Families) -> None:
        self.sent = families.counter("heartbeats_sent", "Signs of life given to `heartbeat`, or tried to.")
        self.failed = families.counter("heartbeats_failed", "Of them, those that did not arrive.")
        self.withheld = families.counter(
            "heartbeats_withheld", "Signs of life not given, for nobody would have been paged."
        )
