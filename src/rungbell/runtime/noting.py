"""What people write down beside incidents, once for each request: handover notes and reviews.

May import: ``domain``, ``store`` (the port).
"""

from collections.abc import Callable
from datetime import datetime

from rungbell.domain.handover import HandoverNote
from rungbell.domain.review import Review
from rungbell.store import Store, Transaction


async def leave_note(store: Store, note: HandoverNote, once: str | None) -> bool:
    """Leave a note for the next on call; false where a request of this identity had left it before.

    Raises:
        StoreBusy, StoreUnavailable: there is none.
    """
    return await _written(store, lambda transaction: transaction.add_handover_note(note), once, note.at)


async def write_review(store: Store, review: Review, once: str | None, now: datetime) -> bool:
    """Note that something was gone through; false where a request of this identity had noted it before.

    Raises:
        StoreBusy, StoreUnavailable: it is not noted.
    """
    return await _written(store, lambda transaction: transaction.add_review(review), once, now)


async def _written(store: Store, write: Callable[[Transaction], None], once: str | None, now: datetime) -> bool:
    def work(transaction: Transaction) -> bool:
        if once is not None and not transaction.apply_once(once, now):
            return False
        write(transaction)
        return True

    return await store.write(work, reserved=True)
