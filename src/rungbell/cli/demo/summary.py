"""The summary: what the phones heard and the API knows, counted.

May import: ``payloads``, ``phones``, ``policy``, the standard library.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rungbell.cli.demo.payloads import DISKS
from rungbell.cli.demo.phones import Call
from rungbell.cli.demo.policy import Pace
from rungbell.domain.values import dataclass

ALERTS = DISKS + 1
"""What was posted and answered 200, the heartbeat aside."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything the summary is made of."""

    pace: Pace
    calls: Sequence[Call]
    incidents: Sequence[dict[str, Any]]
    """As the API tells them at the end; the first is the one that climbed."""
    down: float
    lateness: Sequence[float]
    """Seconds between the time of each climb and its first call."""
    acknowledged_at: datetime

    @property
    def taken(self) -> list[Call]:
        """The calls that rang."""
        return [call for call in self.calls if call.taken]

    @property
    def retried(self) -> int:
        """Calls that a provider refused and that came again."""
        taken = {call.intent for call in self.taken}
        return sum(not call.taken and call.intent in taken for call in self.calls)

    @property
    def lost(self) -> int:
        """Pages on record that no phone took, and alerts in no incident."""
        taken = {call.intent for call in self.taken}
        pages = [page["intent"] for one in self.incidents for page in one["pages"]]
        alerts = sum(one["alerts"] for one in self.incidents)
        return sum(intent not in taken for intent in pages) + abs(ALERTS - int(alerts))

    @property
    def doubled(self) -> int:
        """How often a person rang again for the same incident."""
        return len(self.taken) - len({(call.person, call.number) for call in self.taken})

    def lines(self) -> list[str]:
        """Give the summary, a line each."""
        opened = datetime.fromisoformat(self.incidents[0]["opened_at"])
        woken = [
            self._woken(call.rung.name, (call.at - opened).total_seconds()) for call in self.taken if call.number == 1
        ]
        answered = (self.acknowledged_at - opened).total_seconds()
        return [
            f"woken       {', '.join(woken)}",
            f"answered    {answered:.1f} s after the alert: {self.pace.policy(answered):.1f} min of policy",
            f"pages       {len(self.taken)} sent, {self.retried} retried, {self.lost} lost, {self.doubled} doubled",
            f"climbs      {len(self.lateness)}, the latest {max(self.lateness):.2f} s after its time",
            f"crash       SIGKILL, down for {self.down:.1f} s",
        ]

    def _woken(self, name: str, seconds: float) -> str:
        return f"{name} {seconds:.1f} s ({self.pace.policy(seconds):.0f} min)"
