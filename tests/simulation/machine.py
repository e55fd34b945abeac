"""The machine rungbell runs on: its wall clock may be set, it may be suspended, and it may have nothing to do for long.

Rules
-----
* ``true`` is what an observer's watch says. The wall clock is that, give or take what somebody set it to; the count
  since boot is that; the event loop's time stands still while the machine is suspended.
* ``skip`` leaves out seconds in which every task would only have looked and found nothing: nobody notices.
"""

from rungbell.clock import SystemClock
from tests.simulation.loop import VirtualLoop
from tests.simulation.moments import SECOND


class Machine:
    """One machine, for every replica."""

    def __init__(self, loop: VirtualLoop, begins: int) -> None:
        self.loop = loop
        self._base = begins / SECOND - loop.time()
        self._booted = begins / SECOND
        self.wall_is_off = 0.0
        """Seconds by which the wall clock differs from the truth."""
        self.clock = self.new_clock()
        """One that nobody ever starts again."""

    def new_clock(self) -> SystemClock:
        """rungbell's own, as a process makes it at its start."""
        return SystemClock(self.wall, self.boot)

    def true(self) -> float:
        """Seconds since 1970."""
        return self._base + self.loop.time()

    def wall(self) -> float:
        """What the wall clock shows."""
        return self.true() + self.wall_is_off

    def boot(self) -> float:
        """Seconds since boot, suspension included."""
        return self.true() - self._booted

    def suspend(self, seconds: float) -> None:
        """Sleep; the loop does not notice."""
        self._base += seconds

    skip = suspend

    def loop_time(self, true: float) -> float:
        """When the loop will show that, should nothing be skipped until then."""
        return true - self._base
