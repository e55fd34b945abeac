"""Statements about heartbeats, events that were applied once, and notes.

May import: the package itself.
"""

from rungbell.store.statements import Statement, inserting

BEAT = inserting("heartbeats", "source seen_at", "ON CONFLICT (source) DO UPDATE SET seen_at = excluded.seen_at")
HEARTBEATS = Statement("SELECT source, seen_at FROM heartbeats")

APPLIED = Statement("SELECT at, reply FROM applied WHERE event = :event")
APPLIED_BELOW = Statement("SELECT 1 FROM applied WHERE event >= :prefix AND event < :beyond LIMIT 1")
INSERT_APPLIED = inserting("applied", "event at reply", "ON CONFLICT DO NOTHING")
WRITE_NOTE = inserting("notes", "name value", "ON CONFLICT (name) DO UPDATE SET value = excluded.value")
NOTE = Statement("SELECT value FROM notes WHERE name = :name")
NOTES_BELOW = Statement("SELECT name, value FROM notes WHERE name LIKE :prefix || '%'")
