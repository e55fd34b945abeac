"""How a channel hears what becomes of an incident it was told of: the second half of the port, for those that have it.

A notifier joins by a method ``follow``: it edits its message, acknowledges and resolves at its provider, or tells a
program. What the core decides of it stands in ``domain.echo``.

Rules
-----
* ``follow`` may be called again for the same change, and for an older one after a newer: what is worded from a lower
  ``version`` than a place shows already is left out.
* Nothing was told in a place before its reference is in ``places``; where there is none, a follower of the file opens
  one of its own, others have nothing to do.

May import: ``domain``, ``notifiers`` (the port).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from rungbell.domain.page import Place
from rungbell.domain.values import dataclass
from rungbell.notifiers import IncidentView


@dataclass(frozen=True, slots=True)
class Change:
    """An incident as it is now, for a channel that was told of it."""

    intent: str
    """The unique key: the same for every attempt."""
    incident: IncidentView
    places: tuple[Place, ...]
    """Where the channel has told of it before, the oldest first."""
    text: str
    """What is true now, in a few lines of plain text; the first line stands alone."""
    ticket: str
    """As that of a page, see ``Message.ticket``."""
    sent_at: datetime
    attempt: int = 1
    firing: tuple[Mapping[str, str], ...] = ()
    """For the Alertmanager of its source only: the labels of each alert that fires."""


@runtime_checkable
class Following(Protocol):
    """A notifier whose provider hears what becomes of an incident."""

    async def follow(self, change: Change) -> str:
        """Let the provider know, and give its reference or an empty text.

        Raises:
            SendFailed: it was not taken.
        """
        ...
