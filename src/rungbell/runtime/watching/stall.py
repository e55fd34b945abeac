"""What holds up the event loop, told while it does: a loop that stands can say nothing itself.

Rules
-----
* Looked at from a thread of its own, once for each time that the loop stands.
* The log says which lines of the program run, innermost first, and no value of any of them: nothing secret.
* What keeps Python's lock all the time, such as one long call into C, is told when it lets go.

May import: structlog and the standard library.
"""

import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger()

STANDS = 10.0
"""Seconds without a beat after which the loop is said to stand; probes of ``/-/healthy`` fail by then."""
LINES = 12
"""How much of the stack is told."""


class StallWatch:
    """Watches the loop of the thread that enters it, from entering to leaving."""

    def __init__(self, stands: float = STANDS) -> None:
        self._stands = stands
        self._last = time.monotonic()
        self._told = False
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._watched = threading.get_ident()
        self.beat()
        threading.Thread(target=self._watch, name="stall watch", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def beat(self) -> None:
        """Say that the loop goes round."""
        self._last, self._told = time.monotonic(), False

    def _watch(self) -> None:
        while not self._over.wait(self._stands / 10):
            stood = time.monotonic() - self._last
            if stood >= self._stands and not self._told:
                self._told = True
                log.error("the event loop is held up", seconds=round(stood, 1), where=self._where(), counted=False)

    def _where(self) -> str:
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001 -- documented, and there is no other way
        lines = reversed(traceback.extract_stack(frame, limit=LINES)) if frame is not None else ()
        return " < ".join(f"{line.name} ({line.filename}:{line.lineno})" for line in lines)
