"""Where the messages of an incident stand: the first in a room, and what it shows.

Rules
-----
* A message is called ``<channel>:<ts>``, as Slack names it for edits, reactions and threads.
* What a thread begins with is the oldest of what was told in its channel: an incident goes on where it began, whatever
  the file says meanwhile.
* What is remembered here spares questions only: after a restart the store, or Slack, is asked.

May import: ``domain``, the standard library.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

from rungbell.domain.page import Place
from rungbell.domain.values import dataclass

Key = TypeVar("Key")
Value = TypeVar("Value")

REMEMBERED = 2_000
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Spot:
    """One message."""

    channel: str
    ts: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.ts}"


def spot_of(reference: str) -> Spot | None:
    """Read a reference; ``None`` where it is none of ours."""
    channel, colon, ts = reference.partition(":")
    return Spot(channel, ts) if colon and channel and _TS.fullmatch(ts) else None


def beginnings(places: Iterable[Place], person: str = "") -> list[Spot]:
    """Give the first message in each channel, of those for ``person`` or of all."""
    first: dict[str, Spot] = {}
    for place in places:
        spot = spot_of(place.reference)
        if spot is None or (person and place.person != person):
            continue
        known = first.setdefault(spot.channel, spot)
        if float(spot.ts) < float(known.ts):
            first[spot.channel] = spot
    return list(first.values())


class Recent(Generic[Key, Value]):
    """Remembers the last few."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._known: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """Give what was remembered."""
        return self._known.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Remember it, and forget the oldest where it is too much."""
        self._known[key] = value
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
