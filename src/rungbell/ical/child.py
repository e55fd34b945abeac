"""``python -m rungbell.ical.child``: reads one calendar, in a process that may be ended at any time.

From standard input: a line of JSON (``zone``, ``begins`` and ``ends`` in Unix seconds, the ``seconds`` and the bytes of
``memory`` that it may take), then the calendar. To standard output: ``{"events": …}``, or ``{"error": "…"}``.

Rules
-----
* It takes so much time of a processor and so much memory and no more, behind whatever else the machine does; when
  memory runs out, it is the first to go.

May import: the rest of ``ical``, the standard library.
"""

import contextlib
import json
import os
import resource
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rungbell.ical.content import read_content
from rungbell.ical.events import CalendarError, Events
from rungbell.ical.expansion import OutOfTimeError, expand


def main() -> None:
    """Read, answer, end."""
    asked = json.loads(sys.stdin.buffer.readline())
    _confine(asked["seconds"], asked["memory"])
    begins, ends = (datetime.fromtimestamp(asked[key], UTC) for key in ("begins", "ends"))
    try:
        answer: dict[str, Any] = {"events": _read(sys.stdin.buffer.read(), asked["zone"], begins, ends).plain()}
    except CalendarError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout, ensure_ascii=False, separators=(",", ":"))


def _read(raw: bytes, zone: str, begins: datetime, ends: datetime) -> Events:
    try:
        return expand(read_content(raw), zone, begins, ends)
    except OutOfTimeError:
        raise CalendarError("takes too long to work out") from None
    except MemoryError:
        raise CalendarError("takes too much memory to work out") from None


def _confine(seconds: float, memory: int) -> None:
    for what, limit in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, int(seconds) + 5),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (limit, limit))
    with contextlib.suppress(OSError):
        os.nice(10)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    signal.signal(signal.SIGPROF, _out_of_time)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _out_of_time(*_: object) -> None:
    raise OutOfTimeError


if __name__ == "__main__":
    main()
