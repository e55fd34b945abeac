"""The half of a transaction that is about who is on call: overrides, and the notes that people leave behind.

Rules
-----
* What was so stays so: an override that has begun is not deleted but ends; only one that has not begun goes without a
  trace. A number is never given twice.

May import: ``domain``, ``codec``, ``statements``, ``outbox``.
"""

from dataclasses import replace
from datetime import datetime

from rungbell.domain.handover import HandoverNote
from rungbell.domain.override import Override
from rungbell.store.codec.columns import to_column
from rungbell.store.codec.people import handover_note_from, handover_note_row, override_from, override_row
from rungbell.store.outbox import Runner
from rungbell.store.statements import people


class DutyWork:
    """What a transaction does with overrides and handover notes."""

    _runner: Runner
    wrote: bool

    def overrides(self, since: datetime) -> tuple[Override, ...]:
        """Every override that ends after ``since``, in the order in which they were made."""
        rows = self._runner.rows(people.OVERRIDES, since=to_column(since))
        return tuple(override_from(row) for row in rows)

    def override(self, identity: str) -> Override | None:
        """The override with this identity."""
        if not (identity.isascii() and identity.isdigit() and len(identity) < 19):
            return None
        rows = self._runner.rows(people.OVERRIDE, number=int(identity))
        return override_from(rows[0]) if rows else None

    def add_override(self, override: Override) -> Override:
        """Keep a new override, and give it with the identity it has from now on."""
        self.wrote = True
        number = self._runner.insert(people.INSERT_OVERRIDE, **override_row(override))
        return replace(override, id=str(number))

    def end_override(self, override: Override, now: datetime) -> None:
        """Let an override count no more from ``now`` on."""
        self.wrote = True
        if to_column(override.begins) < to_column(now):
            self._runner.run(people.END_OVERRIDE, key=int(override.id), now=to_column(now))
        else:
            self._runner.run(people.DELETE_OVERRIDE, key=int(override.id))

    def add_handover_note(self, note: HandoverNote) -> None:
        """Keep a note for the next on call."""
        self.wrote = True
        self._runner.run(people.INSERT_HANDOVER_NOTE, **handover_note_row(note))

    def handover_notes(self, schedule: str, limit: int) -> list[HandoverNote]:
        """The notes of a schedule, the last one first."""
        rows = self._runner.rows(people.HANDOVER_NOTES, schedule=schedule, limit=limit)
        return [handover_note_from(row) for row in rows]
