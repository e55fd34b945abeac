"""The part of a transaction that remembers what no incident says: heartbeats, events that were applied once, and notes.

May import: ``codec``, ``statements``, ``outbox``.
"""

from datetime import datetime

from rungbell.store.codec.columns import from_column, to_column
from rungbell.store.outbox import Runner
from rungbell.store.statements import notes

RESTORED = "restored_from_backup"
"""The note that a copy carries, until a daemon that was started on it has held its paging."""
ROUND_ROBIN = "round_robin/"
"""With the name of a schedule behind it: the note of how many incidents its round robin has served."""


class NoteWork:
    """What a transaction does with heartbeats, applied events and facts about the store itself."""

    _runner: Runner
    wrote: bool

    def beat(self, source: str, now: datetime) -> None:
        """Remember that a source's Watchdog was seen."""
        self.wrote = True
        self._runner.run(notes.BEAT, source=source, seen_at=to_column(now))

    def heartbeats(self) -> dict[str, datetime]:
        """When each source's Watchdog was seen last."""
        return {source: from_column(at) for source, at in self._runner.rows(notes.HEARTBEATS)}

    def applied(self, event: str) -> tuple[datetime, str] | None:
        """When an event with an identity of its own was applied and what was answered, if it was."""
        rows = self._runner.rows(notes.APPLIED, event=event)
        return (from_column(rows[0][0]), rows[0][1]) if rows else None

    def applied_below(self, prefix: str) -> bool:
        """Whether an event whose identity begins so was applied."""
        beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return bool(self._runner.rows(notes.APPLIED_BELOW, prefix=prefix, beyond=beyond))

    def apply_once(self, event: str, now: datetime, reply: str = "") -> bool:
        """Take an event's identity; false if it was taken before."""
        self.wrote = True
        return self._runner.run(notes.INSERT_APPLIED, event=event, at=to_column(now), reply=reply) == 1

    def note(self, name: str) -> str | None:
        """A fact about the store itself."""
        rows = self._runner.rows(notes.NOTE, name=name)
        return rows[0][0] if rows else None

    def write_note(self, name: str, value: str) -> None:
        """Remember a fact about the store itself."""
        self.wrote = True
        self._runner.run(notes.WRITE_NOTE, name=name, value=value)

    def round_robins(self) -> dict[str, int]:
        """How many incidents each round robin has served, by the name of its schedule."""
        rows = self._runner.rows(notes.NOTES_BELOW, prefix=ROUND_ROBIN)
        return {name.removeprefix(ROUND_ROBIN): int(served) for name, served in rows}
