"""The shift watcher: people whose shift begins or ends hear of it, where the configuration says so.

Rules
-----
* What is due goes into the outbox in one commit; the outbox refuses what it has. So a crash in between loses nothing
  and repeats nothing, and nobody remembers how far was looked.
* It looks once a second, and computes something only when something can have changed.

May import: ``domain``, ``store`` (the port), ``clock``, the rest of ``runtime``.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from rungbell.clock import Clock
from rungbell.domain.book import Book
from rungbell.domain.shift_notice import due_notices, quiet_until, replaced_notices
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.looking_again import look_again_and_again
from rungbell.store import Store

LOOK_EVERY = 1.0


class ShiftWatcher:
    """Lets notices leave; ``tell`` is called with the channels of those that are new."""

    def __init__(
        self, *, store: Store, clock: Clock, handler: IncidentHandler, tell: Callable[[Iterable[str]], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._handler = handler
        self._tell = tell
        self._book: Book | None = None
        self._quiet_until: datetime | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        await look_again_and_again(self.look, LOOK_EVERY, "notices of shifts cannot be written")

    async def look(self) -> None:
        """Let what is due leave."""
        book, now = self._handler.book, self._clock.now()
        if book is self._book and (self._quiet_until is None or now < self._quiet_until):
            return
        due, quiet = due_notices(book, now), quiet_until(book, now)
        if self._book is not None and book is not self._book:
            due += replaced_notices(self._book, book, now)
        if due:
            fresh = await self._store.write(lambda transaction: transaction.add_notices(due, now), reserved=True)
            self._tell({notice.channel for notice in fresh})
        self._book, self._quiet_until = book, quiet
