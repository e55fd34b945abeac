"""The one place that reads the wall clock, and draws the identities of incidents.

Rules
-----
* ``now`` is read once per event, at the door, and passed down. Times are aware, in UTC, to the millisecond, which is
  what the store keeps.
* Time never runs backwards: after the wall clock was set back, ``now`` goes on by the machine's own count, suspension
  included, until the wall clock has caught up. A step forward is taken as it is; the rules for
  catching up keep it calm.

May import: the standard library.
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

STEP = 2.0
"""Seconds between wall clock and machine count that are a step, not drift."""


class Clock(Protocol):
    """Where the shell reads the time; tests bring their own."""

    def now(self) -> datetime:
        """Give the time: aware, UTC, to the millisecond."""
        ...


def to_milliseconds(at: datetime) -> datetime:
    """Cut a time to the precision of the store."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def written(at: datetime) -> str:
    """Write a time in UTC as RFC 3339 has it, to the millisecond: ``2026-11-23T03:00:00.120Z``."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _boot_time() -> float:
    """Seconds since boot, suspension included where the system can tell."""
    return time.clock_gettime(_BOOT)


class _Timex(ctypes.Structure):
    """The head of the kernel's ``struct timex`` (adjtimex(2)), and room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


STA_UNSYNC = 0x0040
"""Of ``status``, in linux/timex.h: nobody disciplines the clock, or not for long enough to trust it."""


def unsynchronised() -> bool | None:
    """Whether the kernel holds this machine's clock for unsynchronised; ``None`` where it does not say.

    It does not on other systems than Linux, and where a sandbox forbids to ask.
    """
    if sys.platform != "linux":
        return None
    timex = _Timex()  # modes 0: look, change nothing
    try:
        state: int = ctypes.CDLL(None).ntp_adjtime(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(timex.status & STA_UNSYNC)


class SystemClock:
    """The machine's clock, held monotonic; ``wall`` and ``boot`` give seconds since 1970 and since boot."""

    def __init__(self, wall: Callable[[], float] = time.time, boot: Callable[[], float] = _boot_time) -> None:
        self._wall_time, self._boot_time = wall, boot
        self._last = wall()
        self._boot = boot()
        self.stepped_back = False
        """Whether the wall clock stands before what was already told; worth a metric."""

    def not_before(self, at: datetime) -> None:
        """Take over a time that was told before this process began."""
        self._last = max(self._last, at.timestamp())

    def now(self) -> datetime:
        """Give the time, never earlier than before."""
        wall, boot = self._wall_time(), self._boot_time()
        counted = self._last + max(0.0, boot - self._boot)
        self.stepped_back = wall < counted - STEP
        told = counted if self.stepped_back else max(wall, self._last)
        self._last, self._boot = told, boot
        return datetime.fromtimestamp(int(told * 1000) / 1000, UTC)


def new_id() -> str:
    """Draw an identity that sorts by time: twelve hex digits of milliseconds, then 80 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
