"""Who is on call in the demo, and its policy at the pace of the demo.

May import: ``config.durations``, the standard library.
"""

from datetime import timedelta

from rungbell.config.durations import format_duration
from rungbell.domain.values import dataclass

POLICY_MINUTES = 30
"""Minutes of policy in the whole story: 10 s of a minute's demo are 5 min."""
ACKNOWLEDGE_WITHIN = 5
"""Minutes of policy that a tier has for P1; the window that must stay quiet is as long."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One tier of the ladder, and who stands on it."""

    tier: str
    person: str
    name: str
    role: str
    channel: str


LADDER = (
    Rung("L1", "alice", "Alice", "On-call support engineer", "push"),
    Rung("L2", "bob", "Bob", "Senior support engineer", "sms"),
    Rung("L3", "chen", "Chen", "Engineering on-call", "push"),
    Rung("L4", "dana", "Dana", "Engineering manager", "sms"),
    Rung("L5", "eli", "Eli", "CTO", "sms"),
)
ALICE, BOB, CHEN, DANA, ELI = LADDER
CHANNELS = sorted({rung.channel for rung in LADDER})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast policy time goes by."""

    seconds: float
    """What the whole story takes."""

    def real(self, minutes: float) -> float:
        """Seconds of the demo for minutes of policy."""
        return minutes * self.seconds / POLICY_MINUTES

    def policy(self, seconds: float) -> float:
        """Minutes of policy for seconds of the demo."""
        return seconds * POLICY_MINUTES / self.seconds

    def written(self, minutes: float) -> str:
        """Minutes of policy as the configuration writes them, at the demo's pace."""
        return format_duration(timedelta(milliseconds=round(self.real(minutes) * 1000)))


def configuration(pace: Pace, phones: str) -> str:
    """Write the policy; each channel is a webhook to the phones of the demo."""
    people = "\n".join(f"  {rung.person}: {{name: {rung.name}}}" for rung in LADDER)
    channels = "\n".join(f'  {name}: {{type: webhook, url: "{phones}/{name}"}}' for name in CHANNELS)
    tiers = "\n".join(
        f"  {rung.tier}: {{role: {rung.role}, reach: {rung.person}, through: [{rung.channel}]"
        f"{', only: [P0]' if rung is ELI else ''}}}"
        for rung in LADDER
    )
    severities = "\n".join(
        _severity(pace, *row)
        for row in (
            ("P0", "L1, L2, L3", ACKNOWLEDGE_WITHIN, "L5"),
            ("P1", "L1", ACKNOWLEDGE_WITHIN, "L4"),
            ("P2", "L1", 30, "L3"),
            ("P3", "L1", 60, "L1"),
        )
    )
    tempo = f"{pace.written(ACKNOWLEDGE_WITHIN)} here are {ACKNOWLEDGE_WITHIN} min of policy"
    return f"""# The policy of `rungbell demo`: {tempo}.
zone: UTC
people:
{people}
channels:
{channels}
tiers:
{tiers}
severities:
{severities}
"""


def _severity(pace: Pace, name: str, page: str, within: float, climb_to: str) -> str:
    return f"""  {name}:
    page: [{page}]
    acknowledge_within: {pace.written(within)}
    climb_to: {climb_to}
    acknowledgement_lasts: {pace.written(60)}
    stable_for: {pace.written(ACKNOWLEDGE_WITHIN)}
    resolves: window
    repage_unanswered: false # each tier rings once"""
