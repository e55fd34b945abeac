"""The auditing part of a transaction: what the store holds beside what it should hold, a bounded piece at a time.

Rules
-----
* What cannot be read is left out: whoever serves it tells the operator.

May import: ``domain``, ``codec``, ``statements``, ``outbox``.
"""

from datetime import datetime

from rungbell.domain.incident import Incident, Status
from rungbell.store.codec.columns import from_column, to_column
from rungbell.store.codec.incidents import incident_from
from rungbell.store.outbox import Runner
from rungbell.store.statements import incidents, outbox


class AuditWork:
    """What a transaction does for the auditor."""

    _runner: Runner
    wrote: bool

    def clocks_in(self, status: Status, before: int, limit: int) -> list[tuple[int, Incident | None, datetime | None]]:
        """Give the incidents of a status with numbers below ``before``, the newest first, and what each wakes at.

        Each with its number; without the incident where that cannot be read.
        """
        rows = self._runner.rows(incidents.CLOCKS_BEFORE_IN, status=status.value, before=before, limit=limit)
        found: list[tuple[int, Incident | None, datetime | None]] = []
        for *columns, wake_at in rows:
            try:
                incident: Incident | None = incident_from(columns)
            except ValueError:
                incident = None
            found.append((columns[0], incident, None if wake_at is None else from_column(wake_at)))
        return found

    def set_clock(self, incident: Incident, wake_at: datetime | None) -> bool:
        """Write when an incident wakes, if it is still the one that was read."""
        self.wrote = True
        value = None if wake_at is None else to_column(wake_at)
        return self._runner.run(incidents.SET_CLOCK, row=incident.id, expected=incident.version, wake_at=value) == 1

    def most_overdue_page(self, before: datetime) -> str | None:
        """Give the intent of a page that has been due since before ``before``, if there is one."""
        rows = self._runner.rows(outbox.OVERDUE_PAGE, before=to_column(before))
        return rows[0][0] if rows else None

    def incidents_resolved_with_pages(self, limit: int) -> list[str]:
        """Give the resolved incidents that one of the first ``limit`` unsent pages is about; news may still leave."""
        return [row[0] for row in self._runner.rows(outbox.RESOLVED_WITH_PAGES, limit=limit)]
