"""The ledger's half of a transaction: communications, and the copies of them that the outbox holds.

May import: ``domain``, ``codec``, ``statements``, ``outbox``.
"""

from rungbell.domain.communication.copies import SentCopy
from rungbell.domain.communication.record import Communication
from rungbell.store.codec.incidents import communication_from
from rungbell.store.codec.outbox import copy_from
from rungbell.store.outbox import Runner
from rungbell.store.statements import incidents, outbox


class CommunicationWork:
    """What a transaction does with communications; they are written with a decision."""

    _runner: Runner

    def communication(self, incident: str, number: int) -> Communication | None:
        """A communication of an incident, by its number."""
        rows = self._runner.rows(incidents.COMMUNICATION, incident=incident, number=number)
        return communication_from(rows[0]) if rows else None

    def communications(self, incident: str) -> list[Communication]:
        """All communications of an incident, in order."""
        rows = self._runner.rows(incidents.COMMUNICATIONS, incident=incident)
        return [communication_from(row) for row in rows]

    def open_communications(self, limit: int) -> list[tuple[int, Communication]]:
        """What waits to be reviewed or sent, with the number of its incident; of the newest incidents first."""
        rows = self._runner.rows(incidents.OPEN_COMMUNICATIONS, limit=limit)
        return [(number, communication_from((facts,))) for facts, number in rows]

    def copy(self, intent: str) -> SentCopy | None:
        """The copy of an intent."""
        rows = self._runner.rows(outbox.PAGE, intent=intent)
        return copy_from(rows[0]) if rows else None

    def copies(self, incident: str) -> list[SentCopy]:
        """All copies of an incident's communications, oldest first."""
        rows = self._runner.rows(outbox.COPIES_OF_INCIDENT, incident=incident)
        return [copy_from(row) for row in rows]
