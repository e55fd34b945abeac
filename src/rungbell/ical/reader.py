"""Has a calendar read by a process of its own (``child``), and ends it when it takes too long.

Rules
-----
* Whatever happens to that process, the answer is the events, or a ``CalendarError``.
* What a calendar is read for is a period around today: a month of the past, so that a shift has its beginning, and more
  than a year ahead, so that a copy of it is good for as long.

May import: the rest of ``ical`` but ``expansion``, the standard library.
"""

import importlib.util
import json
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rungbell.ical.content import LARGEST
from rungbell.ical.events import CalendarError, Events

if TYPE_CHECKING:
    import subprocess

CPU_SECONDS = 20.0
"""Ten thousand events take 2, ten thousand that repeat every week 11."""
MEMORY = 256 * 1024 * 1024
"""Bytes of data; ten thousand events take 40 million, ten thousand that repeat every week 150."""
PATIENCE = 10
"""So many times as long may it take on a machine that has other things to do."""
EXTRA = "pip install 'rungbell[calendar]'"
"""What brings the libraries."""
BACK, AHEAD = timedelta(days=31), timedelta(days=400)


def installed() -> bool:
    """Whether the libraries that read calendars are there."""
    return importlib.util.find_spec("recurring_ical_events") is not None


def period(now: datetime) -> tuple[datetime, datetime]:
    """Give what a calendar is read for, whole days of UTC."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - BACK, today + AHEAD


def bytes_of(file: Path) -> bytes:
    """Read a calendar's file.

    Raises:
        CalendarError: there is none, or none that may be read.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise CalendarError("is not a regular file")
            return opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise CalendarError(f"cannot be read: {reason}") from None


class CalendarReader:
    """Reads a calendar, which may take so many ``seconds`` of a processor.

    ``end``, from another thread, ends that with a ``CalendarError``.
    """

    def __init__(self, seconds: float = CPU_SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._ended = False

    def read(self, raw: bytes, zone: str, now: datetime) -> Events:
        """Give what happens in the ``period`` around ``now``; ``zone`` counts where the calendar has none of its own.

        Raises:
            CalendarError: it cannot be read, or takes too much to read.
        """
        if not installed():
            raise CalendarError(f"nothing here reads calendars: {EXTRA}")
        begins, ends = period(now)
        asked = {
            "zone": zone,
            "begins": int(begins.timestamp()),
            "ends": int(ends.timestamp()),
            "seconds": self._seconds,
            "memory": MEMORY,
        }
        answer = self._ask(json.dumps(asked).encode() + b"\n" + raw)
        try:
            found = json.loads(answer)
            if "error" not in found:
                return Events.of(found["events"])
        except (ValueError, LookupError, TypeError) as error:
            raise CalendarError("the process that reads it gave no answer") from error
        raise CalendarError(found["error"], lasting=True)

    def end(self) -> None:
        """End what is being read, or will be."""
        self._ended = True
        if self._child is not None:
            self._child.kill()

    def _ask(self, question: bytes) -> bytes:
        import subprocess

        # -P: no module of the working folder takes the place of a library's.
        command = [sys.executable, "-P", "-m", "rungbell.ical.child"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as child:  # noqa: S603 -- it is ourselves
            self._child = child
            if self._ended:
                child.kill()
            try:
                answer, complaint = child.communicate(question, self._seconds * PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                raise CalendarError("takes too long to read") from None
        if child.returncode:
            lines = complaint.decode("utf-8", "replace").strip().splitlines()
            reason = f": {lines[-1][:200]}" if lines else ""
            raise CalendarError(f"the process that reads it ended with {child.returncode}{reason}")
        return answer
