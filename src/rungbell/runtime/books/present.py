"""The book of rules that counts now: the configuration's, with what else is known laid over its roster.

Rules
-----
* A book is replaced as a whole: no decision sees half of one. It is replaced only by another one, for what is known by
  heart (``known_messages``) is known under the book it was told under.
* What lies over the configuration lies over the next one too: no reload loses it. It is laid on in the order in which
  it first came.

May import: ``domain``, ``runtime.incident_handler``.
"""

from collections.abc import Callable
from dataclasses import replace

from rungbell.domain.book import Book
from rungbell.domain.roster import Roster
from rungbell.runtime.incident_handler import IncidentHandler

Amendment = Callable[[Roster], Roster]
"""Gives the roster as something that the configuration does not say makes it."""


class PresentBook:
    """Gives the door the book by which it decides."""

    def __init__(self, book: Book, handler: IncidentHandler) -> None:
        self._configured = book
        self._amendments: dict[str, Amendment] = {}
        self._handler = handler
        self._put_together()

    def configure(self, book: Book) -> None:
        """Let another configuration count from now on."""
        self._configured = book
        self._put_together()

    def amend(self, name: str, amendment: Amendment) -> None:
        """Lay something over the configuration's roster from now on, in the place of what had this ``name``."""
        self._amendments[name] = amendment
        self._put_together()

    def _put_together(self) -> None:
        roster = self._configured.roster
        for amendment in self._amendments.values():
            roster = amendment(roster)
        book = replace(self._configured, roster=roster)
        if book != self._handler.book:
            self._handler.book = book
