"""Hosting: what of rungbell is process-wide is the simulation's own while worlds run.

Log lines are taken and looked at, identities are drawn in the same order in every run.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from random import seed
from types import ModuleType
from typing import Any

from rungbell.runtime import incident_handler
from tests.simulation.grouped import recorded
from tests.simulation.replica import WatchedHandling

DOOR: Any = incident_handler
"""The module of the door: its names are replaced while worlds run."""


class Log:
    """Takes rungbell's log lines; an error that no fault explains is one of rungbell's."""

    EXPECTED = frozenset({"trouble", "notifier failed", "the wall clock stands before the last time told"})

    def __init__(self) -> None:
        self.errors: list[str] = []

    def debug(self, event: str, **_facts: Any) -> None:  # noqa: ANN401
        """Nobody reads it."""

    info = warning = debug

    def error(self, event: str, **facts: Any) -> None:  # noqa: ANN401
        if not event.startswith(tuple(self.EXPECTED)):
            self.errors.append(f"{event}: {facts}")

    exception = error


@contextmanager
def hosted() -> Iterator[Log]:
    """While worlds run: rungbell logs to what this gives, and draws identities that are the same in every run."""
    log = Log()
    modules: list[ModuleType] = [
        m for n, m in list(sys.modules.items()) if n.startswith("rungbell.") and hasattr(m, "log")
    ]
    before: Mapping[str, Any] = {module.__name__: module.log for module in modules}
    drawn, handling = DOOR.new_id, DOOR.Handling
    DOOR.Handling = WatchedHandling
    for module in modules:
        vars(module)["log"] = log
    try:
        with recorded():
            yield log
    finally:
        DOOR.new_id, DOOR.Handling = drawn, handling
        for module in modules:
            vars(module)["log"] = before[module.__name__]


def begin_anew(number: int) -> None:
    """From here on identities, and the pauses after a clash, are those of this number."""
    seed(number)
    numbers = count(1)
    DOOR.new_id = lambda: f"o{next(numbers)}"
