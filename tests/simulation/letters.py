"""What is on record of the texts to others: plain values from the store's own documents.

Rules
-----
* Of the words only is kept who has some.
"""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from tests.simulation.commanded import at

LETTERS = "SELECT number, state, facts FROM communications WHERE incident = ?"


class Step(NamedTuple):
    """Who took it further, and when."""

    by: str
    at: int


class Letter(NamedTuple):
    """One text to one audience."""

    kind: str
    recipients: tuple[str, ...]
    drafted: Step
    state: str = "draft"
    reviewed: Step | None = None
    sent: Step | None = None
    discarded: Step | None = None
    worded: frozenset[str] = frozenset()
    """For whom somebody has fixed the words."""

    @property
    def open(self) -> bool:
        """Whether somebody must go on with it."""
        return self.state in {"draft", "reviewed"}


@lru_cache(maxsize=8192)
def letter_from(state: str, document: str) -> Letter:
    """Read a row."""
    told: dict[str, Any] = json.loads(document)
    assert told["state"] == state
    return Letter(
        kind=told["kind"],
        recipients=tuple(told["recipients"]),
        drafted=Step(told["drafted"]["by"], at(told["drafted"]["at"])),
        state=state,
        reviewed=_step(told["reviewed"]),
        sent=_step(told["sent"]),
        discarded=_step(told["discarded"]),
        worded=frozenset(told["texts"]),
    )


def _step(told: dict[str, str] | None) -> Step | None:
    return None if told is None else Step(told["by"], at(told["at"]))
