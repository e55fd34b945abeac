"""What is remembered of an account between two pages: what was taken, who wants nothing more, how much an hour had.

Rules
-----
* It lasts as long as the daemon's session: a reload forgets nothing. After a restart the store and Twilio itself know
  what matters: a page that nobody is sure of leaves again, and Twilio refuses whom it may not write to (21610).
* It does not grow for ever, whoever calls.

May import: the standard library.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

HOUR = timedelta(hours=1)
MOST = 10_000
"""Things of a kind that are remembered."""


class LastOnes(OrderedDict[str, str]):
    """A mapping of the last things that were put into it."""

    def __setitem__(self, key: str, value: str) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > MOST:
            self.popitem(last=False)


class Hourly:
    """Counts what came in the last hour, by name."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, deque[datetime]] = OrderedDict()

    def count(self, name: str, now: datetime) -> int:
        """How many there were."""
        at = self._at.get(name, deque[datetime]())
        while at and at[0] <= now - HOUR:
            at.popleft()
        return len(at)

    def add(self, name: str, now: datetime) -> None:
        """Count one more."""
        self._at.setdefault(name, deque(maxlen=MOST)).append(now)
        self._at.move_to_end(name)
        if len(self._at) > MOST:
            self._at.popitem(last=False)

    def take_back(self, name: str) -> None:
        """It was none."""
        if self._at.get(name):
            self._at[name].pop()


@dataclass(slots=True)
class Memory:
    """What is remembered of one sender of one account."""

    taken: LastOnes = field(default_factory=LastOnes)
    """What a callback has proved that Twilio has: intent to sid."""
    ended: LastOnes = field(default_factory=LastOnes)
    """How what Twilio had taken ended, by sid: what is heard of it later is older."""
    stopped: LastOnes = field(default_factory=LastOnes)
    """Numbers that want no SMS."""
    languages: LastOnes = field(default_factory=LastOnes)
    """In which language a number was last written to."""
    sent: Hourly = field(default_factory=Hourly)
    counted: LastOnes = field(default_factory=LastOnes)
    """Whom the pages went to that ``sent`` has counted, by intent."""
    fruitless: Hourly = field(default_factory=Hourly)
    """Messages of a number that changed nothing."""


_memories: WeakKeyDictionary[object, dict[Hashable, Memory]] = WeakKeyDictionary()


def memory_of(session: object, sender: Hashable) -> Memory:
    """Give what the daemon with this session remembers of a sender."""
    return _memories.setdefault(session, {}).setdefault(sender, Memory())
