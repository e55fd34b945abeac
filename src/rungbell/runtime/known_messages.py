"""What was said before: messages that change nothing, so that saying them again costs nothing.

Alertmanager repeats a group that still fires, byte for byte, as often as its route says; every replica of it does.

Rules
-----
* A message is remembered only after its commit, only if it changed nothing, and only until its group changes: whoever
  writes something of a group calls ``changed`` before the commit. A write that is rolled back costs a memory, no alert.
* It counts for the book of rules it was decided by; a reload begins anew. A heartbeat is never remembered.
* It knows the writes of this process only, so it is right where the process is the only writer of its store.

May import: ``domain``.
"""

from rungbell.domain.book import Book
from rungbell.domain.triage import Tally
from rungbell.domain.values import dataclass

KEPT = 10_000
"""Messages and groups remembered; beyond it everything is forgotten and learnt again, a message at a time."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """One message that changed nothing."""

    incident: int | None
    """The number of the incident it is about, if there is one."""
    source: str
    tally: Tally
    book: Book
    group: str
    state: tuple[int, int]
    """Of its group, when it was decided."""


class KnownMessages:
    """The memory of one process."""

    def __init__(self) -> None:
        self._messages: dict[bytes, Unchanged] = {}
        self._changes: dict[str, int] = {}
        self._count = 0
        self._age = 0

    def state(self, group: str) -> tuple[int, int]:
        """Give what is equal as long as nothing of the group is written."""
        return self._age, self._changes.get(group, 0)

    def changed(self, group: str) -> None:
        """Something of the group is about to be written."""
        if len(self._changes) >= KEPT:
            self.clear()
        self._count += 1
        self._changes[group] = self._count

    def remember(self, message: bytes, unchanged: Unchanged) -> None:
        """Keep a message that changed nothing, if its group has not been written to since."""
        if self.state(unchanged.group) != unchanged.state:
            return
        if len(self._messages) >= KEPT:
            self._messages.clear()
        self._messages[message] = unchanged

    def find(self, message: bytes, book: Book) -> Unchanged | None:
        """Give what is known of a message that would change nothing."""
        known = self._messages.get(message)
        if known is None:
            return None
        if known.book is not book or known.state != self.state(known.group):
            self._messages.pop(message, None)  # the writing thread may have forgotten everything meanwhile
            return None
        return known

    def clear(self) -> None:
        """Forget everything."""
        self._age += 1
        self._changes.clear()
        self._messages.clear()
