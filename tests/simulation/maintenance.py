"""Maintenance windows: what a shop says of them, and until when they hold what fires (a second reading).

Rules
-----
* Hours are those of UTC, as in ``duty``.
* Held is a message of which every alert that fires anew is covered, until the first of them is covered no more. Where
  another window covers the end of one it goes on until the end of that, each window once.
* Never held: rungbell's own troubles, what a person declares, and messages of which the sender cut something off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from random import Random
from typing import Final

from rungbell.domain.hours import WeeklyHours
from rungbell.domain.maintenance import MaintenanceWindow
from rungbell.domain.matchers import Matcher
from rungbell.domain.severity import Severity
from tests.simulation.duty import within
from tests.simulation.moments import DAY, HOUR, MONDAY, instant

USUAL: Final = ("P1", "P2", "P3")
"""Severities that a window holds where it does not say which."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window: hours of every day, a time between two moments, or both."""

    name: str
    match: tuple[str, str]
    """A label and its value."""
    only: tuple[str, ...]
    hours: tuple[int, int] | None
    begins: int | None
    ends: int | None

    def until(self, now: int) -> int | None:
        """When it ends, should it cover that moment."""
        if not (self.begins or 0) <= now < (self.ends or now + 1):
            return None
        if self.hours is None:
            return self.ends
        if not within(self.hours, now):
            return None
        closes = now - now % DAY + self.hours[1] * HOUR
        closes += DAY if closes <= now else 0
        return closes if self.ends is None else min(closes, self.ends)

    def about(self, labels: Mapping[str, str], severity: str) -> bool:
        """Whether it holds an alert like that."""
        return severity in self.only and labels.get(self.match[0], "") == self.match[1]


def held_until(windows: Iterable[Window], fired: Iterable[tuple[Mapping[str, str], str]], now: int) -> int | None:
    """Until when everything that fires anew is held, given as its labels and severity; ``None``: it is not."""
    found: list[int] = []
    for labels, severity in fired:
        left = [window for window in windows if window.about(labels, severity)]
        until = now
        while ends := [(end, place) for place, window in enumerate(left) if (end := window.until(until)) is not None]:
            until, place = max(ends, key=lambda one: one[0])
            del left[place]
        if until == now:
            return None
        found.append(until)
    return min(found, default=None)


def draw_windows(rng: Random) -> tuple[Window, ...]:
    """Draw the windows of a shop; most have none."""
    return tuple(_draw(rng, f"work {n}") for n in range(rng.choice((0, 0, 0, 1, 2, 3))))


def _draw(rng: Random, name: str) -> Window:
    opens = rng.randrange(24)
    hours = (opens, (opens + rng.choice((1, 6, 12, 18))) % 24)
    begins = MONDAY + rng.randrange(5) * DAY
    ends = begins + rng.choice((6 * HOUR, 30 * HOUR, 90 * HOUR))
    daily, once = rng.choice(((True, False), (True, False), (False, True), (True, True)))
    return Window(
        name=name,
        match=rng.choice((("team", "db"), ("team", "db"), ("severity", "critical"), ("severity", "warning"))),
        only=rng.choice((USUAL, ("P0", *USUAL))),
        hours=hours if daily else None,
        begins=begins if once else None,
        ends=ends if once else None,
    )


def maintenance_window(window: Window) -> MaintenanceWindow:
    """rungbell's own, of the same words."""
    hours = window.hours
    return MaintenanceWindow(
        name=window.name,
        match=(Matcher(window.match[0], "=", window.match[1]),),
        only=frozenset(map(Severity, window.only)),
        hours=None if hours is None else WeeklyHours("UTC", opens=time(hours[0]), closes=time(hours[1])),
        begins=None if window.begins is None else instant(window.begins),
        ends=None if window.ends is None else instant(window.ends),
    )
