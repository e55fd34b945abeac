"""Schedules for the tests over HTTP, and the moment at which they are looked at."""

from datetime import UTC, datetime

from rungbell.clock import SystemClock
from tests.web.running import CLOSED, POLICY, MovableClock

TUESDAY_NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""Bob's week; Alice's begins on the 30th at nine."""

SCHEDULES = """\
schedules:
  support: {rotation: {people: [alice, bob], every: 1w, handover: mon 09:00, starts: 2026-01-12, zone: Europe/London}}
  senior: {people: [chen]}
  later: {rotation: {people: [chen], every: 1w, handover: mon 09:00, starts: 2026-12-01}}
"""
SCHEDULED = POLICY + SCHEDULES
SCHEDULED_CLOSED = CLOSED + SCHEDULES


def put_to(clock: MovableClock, moment: datetime) -> None:
    """Let a daemon that starts from now on begin at this moment; time goes on from there."""
    clock.ahead = moment - SystemClock().now()
