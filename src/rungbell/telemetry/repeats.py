"""What repeats is counted: a store that is away for a night, told of every second, is not a full disk in the morning.

    first of its kind          → told at once
    the same again in a window → counted
    the window ends            → "… (repeated 9 times in 30 s)" with the facts of the last, and the next window begins
    nothing came in a window   → forgotten: the next one is a first again

Rules
-----
* The first is never held back, and an error that differs in any fact is a first.
* Two are the same where event, level and facts are, but for ``VOLATILE`` facts, which differ each time and say nothing
  about what is wrong, and for numbers in ``error`` that are no status. A page that failed for good is like no other.
* What somebody waits for (a reload, new certificates) is logged with ``counted=False`` and told each time.
* At most ``MOST`` kinds are remembered; the oldest makes room, and its count is told then.
* What was counted is told when its window ends, or when the process does.

Pure: ``now`` is an argument, in seconds of any clock that does not run backwards. May import: the standard library.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WINDOW = 30.0
"""Seconds: longer than anything in rungbell waits between two tries of what fails. One line a window and kind, so an
outage that lasts a day writes less than a megabyte for each kind."""
MOST = 256
VOLATILE = frozenset({"intent", "exc_info", "stack_info"})
_DIGITS = re.compile(r"\d{4,}|(?<!\d)\d{1,2}(?!\d)")
"""Three digits are left: HTTP and SMTP answers tell troubles apart."""
COUNTED = "counted"
Event = Mapping[str, Any]
"""A log event: its ``event``, its ``level``, and its facts."""


@dataclass(slots=True)
class _Seen:
    """One kind of event in its present window."""

    since: float
    facts: Event
    """Of the last that came, without what is volatile: no traceback is kept alive."""
    repeats: int = 0


class Repeats:
    """Decides what is told now; not safe to use from several threads at once."""

    def __init__(self, window: float = WINDOW, most: int = MOST) -> None:
        self._window = window
        self._most = most
        self._seen: dict[tuple[str, ...], _Seen] = {}
        """In the order in which their windows began."""

    def take(self, event: Event, now: float) -> list[Event]:
        """Give what is to be told now that ``event`` came: summaries that are due, then the event if it is a first."""
        told = self.due(now)
        if not event.get(COUNTED, True):
            return [*told, {key: value for key, value in event.items() if key != COUNTED}]
        kind = _kind(event)
        seen = self._seen.get(kind)
        if seen is not None:
            seen.repeats += 1
            seen.facts = _facts(event)
            return told
        if len(self._seen) >= self._most:
            told += self._forget(next(iter(self._seen)), now)
        self._seen[kind] = _Seen(now, _facts(event))
        return [*told, event]

    def due(self, now: float) -> list[Event]:
        """Give the summaries of the windows that have ended."""
        told: list[Event] = []
        for kind, seen in list(self._seen.items()):
            if now - seen.since < self._window:
                break
            told += self._forget(kind, now)
            if seen.repeats:
                self._seen[kind] = _Seen(now, seen.facts)
        return told

    def end(self, now: float) -> list[Event]:
        """Give every summary there is, and forget everything."""
        return [summary for kind in list(self._seen) for summary in self._forget(kind, now)]

    def _forget(self, kind: tuple[str, ...], now: float) -> list[Event]:
        seen = self._seen.pop(kind, None)
        if seen is None or not seen.repeats:
            return []
        times = "once" if seen.repeats == 1 else f"{seen.repeats} times"
        text = f"{seen.facts.get('event')} (repeated {times} in {max(1, round(now - seen.since))} s)"
        return [{**seen.facts, "event": text, "repeated": seen.repeats}]


def _facts(event: Event) -> Event:
    return {key: value for key, value in event.items() if key not in VOLATILE}


def _kind(event: Event) -> tuple[str, ...]:
    raised = event.get("exc_info")
    error = raised[1] if isinstance(raised, tuple) else raised
    facts = {key: _DIGITS.sub("0", str(value)) if key == "error" else value for key, value in _facts(event).items()}
    if event.get("permanent") is True:
        facts["intent"] = event.get("intent")
    return (type(error).__name__, *(f"{key}={value!r}" for key, value in sorted(facts.items())))
