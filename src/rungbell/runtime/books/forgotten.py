"""Who was forgotten, in memory, so that whatever is shown and told can do without their ids.

Rules
-----
* Whoever was forgotten here counts as such at once, and in other replicas within ``REREAD_SECONDS``. While the store
  cannot be read, what was read last goes on counting.
* Whoever was taken into the configuration again has their name again.

May import: ``domain``, ``store`` (the port), the rest of ``runtime``.
"""

import asyncio
from collections.abc import Mapping

from rungbell.domain.nameless import Nameless, nameless
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.runtime.looking_again import REREAD_SECONDS, look_again_and_again
from rungbell.store import Store


class ForgottenBook:
    """Says what those who were forgotten are called."""

    def __init__(self, *, store: Store, handler: IncidentHandler) -> None:
        self._store = store
        self._handler = handler
        self._numbers: Mapping[str, int] = {}
        self._reading = asyncio.Lock()
        """What was read before somebody was forgotten must not count after what was read since."""

    def nameless(self) -> Nameless:
        """Give who is forgotten, by the configuration in use."""
        return nameless(self._numbers, self._handler.book.roster.people)

    async def load(self) -> None:
        """Read who was forgotten.

        Raises:
            StoreUnavailable: it cannot be read; those known before stay forgotten.
        """
        async with self._reading:
            self._numbers = await self._store.read(lambda transaction: transaction.forgotten())

    async def run(self) -> None:
        """Read it again and again until cancelled."""
        await look_again_and_again(self.load, REREAD_SECONDS, "who was forgotten cannot be read", at_once=False)
