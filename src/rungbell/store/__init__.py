"""What rungbell remembers: the port that the runtime speaks, whichever database lies behind it.

Rules
-----
* Work is a plain function over a ``Transaction``. ``write`` runs it and answers after the commit is on disk; concurrent
  work shares a commit. Work may be run again from the start, so it must not touch anything but its transaction.
* SQL stores and claims; Python decides. No rule of the playbook is written in SQL.
* Times are integers, epoch milliseconds UTC. Every write of an incident compares its version.
* The timeline is append-only; an open incident has a ``wake_at``; an intent key is unique. The schema enforces
  all three.

May import: ``domain``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from rungbell.store.transaction import Transaction

Result = TypeVar("Result")

__all__ = ["Store", "Transaction"]


class Store(Protocol):
    """One contract, held by ``tests/store``, for every database."""

    @property
    def failing(self) -> str:
        """Why the last write failed; empty where it did not."""
        ...

    async def write(
        self, work: Callable[[Transaction], Result], *, reserved: bool = False, large: bool = False
    ) -> Result:
        """Run ``work`` in a transaction and answer once it is durable.

        ``reserved`` work (acts, clocks, results of pages) may wait where webhooks are refused already; ``large`` work
        takes longer than the event loop may be held.

        Raises:
            StoreBusy: more work waits than may wait.
            StoreUnavailable: the database cannot be written; nothing of ``work`` happened.
        """
        ...

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work``, which only reads, beside the writers.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        ...

    async def copy(self) -> Path:
        """Make a whole, marked copy beside the store, without holding up writers; the caller removes it.

        Raises:
            StoreUnavailable: there is no room for it, or what was copied is damaged.
        """
        ...

    async def close(self) -> None:
        """Finish what waits and let go of the database."""
        ...
