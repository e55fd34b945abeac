"""What is counted of whatever leaves, by channel: pages, notices, copies, echoes, and answers to them.

May import: ``families``, ``domain``, prometheus_client.
"""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Histogram

from rungbell.domain.communication.audience import Audience
from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageState
from rungbell.domain.policy import Tier
from rungbell.domain.values import dataclass
from rungbell.telemetry.metrics.families import GONE, Families

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class ChannelMetrics:
    """What is counted for one channel."""

    pages: Mapping[Tier, Counter]
    held_back: Counter
    bundled: Counter
    failed: Mapping[tuple[Tier, FailureReason], Counter]
    latency: Histogram


class PagingMetrics:
    """What leaves through channels, and what comes back."""

    def __init__(self, families: Families) -> None:
        self.pages = families.counter("pages", "Attempts to send a page or notification.", "channel", "tier")
        self.pages_failed = families.counter("pages_failed", "Attempts that failed.", "channel", "tier", "reason")
        self.pages_held_back = families.counter(
            "pages_held_back", "Pages that a budget made wait for others (storms).", "channel"
        )
        self.pages_bundled = families.counter(
            "pages_bundled", "Pages that left together with others, in one message.", "channel"
        )
        self.page_latency = families.histogram(
            "page_latency_seconds", "From a page's time to its acceptance.", LATENCY_BUCKETS, "channel"
        )
        self.shift_notices = families.counter(
            "shift_notices", "Attempts to tell somebody of a shift; failed: for the last time.", "state"
        )
        for state in (PageState.ACCEPTED, PageState.WAITING, PageState.FAILED):
            self.shift_notices.labels(state)
        self.echoes = families.counter(
            "echoes", "Attempts to tell a place what became of an incident; failed: for the last time.", "state"
        )
        for state in (PageState.ACCEPTED, PageState.WAITING, PageState.FAILED):
            self.echoes.labels(state)
        self.answers = families.counter(
            "answers", "Calls of providers, by channel and what was answered.", "channel", "status"
        )
        self.contacts_unverified = families.gauge(
            "contacts_unverified",
            "Ways by which pages may reach people and nobody has answered for 90 days, or never since they changed.",
        )
        self.copies = families.counter(
            "copies", "Attempts to tell an audience of an incident, by what came of them.", "audience", "state"
        )
        for audience in Audience:
            for state in (PageState.ACCEPTED, PageState.FAILED):
                self.copies.labels(audience, state)
        self.outbox_age = families.gauge("outbox_oldest_seconds", "Age of the most overdue unsent page.")
        self._channels: dict[str, ChannelMetrics] = {}
        self.know([])

    def know(self, channels: Iterable[str]) -> None:
        """Hold the series of exactly these channels, those that are new at zero."""
        known = {GONE, *channels}
        for gone in self._channels.keys() - known:
            del self._channels[gone]
            for by_channel in (
                self.pages,
                self.pages_failed,
                self.page_latency,
                self.pages_held_back,
                self.pages_bundled,
            ):
                by_channel.remove_by_labels({"channel": gone})
        for name in known - self._channels.keys():
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

    def channel(self, name: str) -> ChannelMetrics:
        """What to count on for a channel."""
        return self._channels.get(name) or self._channels[GONE]
