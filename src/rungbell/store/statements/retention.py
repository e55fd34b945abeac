"""Statements that forget what is old, and give the room back.

May import: the package itself.
"""

from rungbell.store.statements import Statement

# No open incident has no wake_at; asked by its status, SQLite would read every resolved one.
OLD_INCIDENTS = Statement("""
    SELECT id, "key", policy FROM incidents
    WHERE resolved_at < :before AND wake_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.incident = incidents.id AND outbox.due_at IS NOT NULL)
    ORDER BY resolved_at LIMIT :limit
""")
FORGET_INCIDENT = Statement("DELETE FROM incidents WHERE id = :id")
FORGET_TIMELINE = Statement("DELETE FROM timeline WHERE incident = :id")
FORGET_PAGES = Statement("DELETE FROM outbox WHERE incident = :id")
FORGET_COMMUNICATIONS = Statement("DELETE FROM communications WHERE incident = :id")
FORGET_ALERTS_OF_GROUP = Statement("""
    DELETE FROM alerts
    WHERE group_key = :group AND firing = 0 AND NOT EXISTS (SELECT 1 FROM incidents WHERE incidents."key" = :group)
""")
FORGET_POLICY = Statement("""
    DELETE FROM policies
    WHERE hash = :hash AND NOT EXISTS (SELECT 1 FROM incidents WHERE incidents.policy = :hash)
""")
# What a person settled has no end; it may be repeated for as long as it fires.
FORGET_OLD_ALERTS = Statement("""
    DELETE FROM alerts WHERE (group_key, "key") IN (
        SELECT group_key, "key" FROM alerts WHERE seen_at < :before AND firing = 0 AND ends_at IS NOT NULL LIMIT :limit
    )
""")
FORGET_OLD_APPLIED = Statement("""
    DELETE FROM applied WHERE event IN (SELECT event FROM applied WHERE at < :before LIMIT :limit)
""")
FORGET_OLD_OVERRIDES = Statement("""
    DELETE FROM overrides WHERE number IN (SELECT number FROM overrides WHERE ends < :before LIMIT :limit)
""")
FORGET_OLD_NOTICES = Statement("""
    DELETE FROM outbox WHERE intent IN (
        SELECT intent FROM outbox WHERE incident IS NULL AND due_at IS NULL AND created_at < :before LIMIT :limit
    )
""")
FORGET_OLD_HANDOVER_NOTES = Statement("""
    DELETE FROM handover_notes WHERE number IN (
        SELECT number FROM handover_notes WHERE at < :before LIMIT :limit
    )
""")

# SQLite's own: a file does not shrink by itself. The driver takes one step of the PRAGMA, which gives one page back.
ROOM = Statement("SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count")
GIVE_BACK = Statement("PRAGMA incremental_vacuum(1)")
