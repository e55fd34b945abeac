"""Statements about incidents and what belongs to them: alerts, timelines, communications, policies.

May import: the package itself.
"""

from rungbell.store.statements import Statement, inserting

INCIDENT_COLUMNS = "number, name_base, name_count, version, facts"
"""What an incident is read of."""
HEAD_COLUMNS = "id, entries, head, (SELECT max(seq) FROM timeline WHERE timeline.incident = incidents.id)"
"""What the end of its timeline's chain is read of; the last is how many entries are really there."""

LATEST_INCIDENT = Statement(f"""
    SELECT {INCIDENT_COLUMNS}, {HEAD_COLUMNS} FROM incidents WHERE "key" = :key ORDER BY number DESC LIMIT 1
""")
INCIDENT_BY_ID = Statement(f"SELECT {INCIDENT_COLUMNS}, {HEAD_COLUMNS} FROM incidents WHERE id = :id")
INCIDENTS_BY_ID = Statement(f"""
    SELECT {INCIDENT_COLUMNS}, {HEAD_COLUMNS} FROM incidents WHERE id IN (SELECT value FROM json_each(:ids))
""")
INCIDENT_BY_NUMBER = Statement(f"SELECT {INCIDENT_COLUMNS} FROM incidents WHERE number = :number")
INCIDENT_BY_NAME = Statement(f"""
    SELECT {INCIDENT_COLUMNS} FROM incidents WHERE name_base = :base AND name_count = :count
""")
INCIDENTS_BEFORE = Statement(
    f"SELECT {INCIDENT_COLUMNS} FROM incidents WHERE number < :before ORDER BY number DESC LIMIT :limit"
)
INCIDENTS_BEFORE_IN = Statement(f"""
    SELECT {INCIDENT_COLUMNS} FROM incidents
    WHERE number < :before AND status = :status ORDER BY number DESC LIMIT :limit
""")
OVERDUE_BEFORE = Statement(f"""
    SELECT {INCIDENT_COLUMNS} FROM incidents
    WHERE number < :before AND overdue IS NOT NULL AND status = coalesce(:status, status)
    ORDER BY number DESC LIMIT :limit
""")
CLOCKS_BEFORE_IN = Statement(f"""
    SELECT {INCIDENT_COLUMNS}, wake_at FROM incidents
    WHERE number < :before AND status = :status ORDER BY number DESC LIMIT :limit
""")
SET_CLOCK = Statement("UPDATE incidents SET wake_at = :wake_at WHERE id = :row AND version = :expected")
OPEN_IDS = Statement("SELECT id FROM incidents WHERE resolved_at IS NULL ORDER BY number")
COUNT_BY_STATUS = Statement("""
    SELECT status, severity, count(*) FROM incidents WHERE resolved_at IS NULL GROUP BY status, severity
""")
COUNT_OVERDUE = Statement("""
    SELECT overdue, severity, count(*) FROM incidents WHERE overdue IS NOT NULL GROUP BY overdue, severity
""")
INSERT_INCIDENT = inserting(
    "incidents",
    """
    id key name_base name_count status severity policy opened_at wake_at version facts resolved_at overdue likeness
    entries head
    """,
)
UPDATE_INCIDENT = Statement("""
    UPDATE incidents
    SET name_base = :name_base, name_count = :name_count, status = :status, severity = :severity,
        opened_at = :opened_at, wake_at = :wake_at, version = :version, facts = :facts, resolved_at = :resolved_at,
        overdue = :overdue, entries = coalesce(:entries, entries), head = coalesce(:head, head)
    WHERE id = :row AND version = :expected AND entries = coalesce(:known, entries)
""")
"""An incident keeps its key, policy and likeness; written again, their indexes would be too."""
UPDATE_CLOCKS = Statement("""
    UPDATE incidents
    SET wake_at = :wake_at, version = :version, facts = :facts, overdue = :overdue,
        entries = coalesce(:entries, entries), head = coalesce(:head, head)
    WHERE id = :row AND version = :expected AND entries = coalesce(:known, entries)
""")
"""Where nothing else has changed: SQLite writes the indexes of all columns that are named, whatever they hold."""
REPEATS = Statement("""
    SELECT number, name_base, name_count FROM incidents
    WHERE likeness = :likeness AND opened_at > :since AND opened_at < :before ORDER BY opened_at DESC LIMIT :limit
""")
OPENED_LATELY = Statement("""
    SELECT count(*) FROM (
        SELECT 1 FROM incidents WHERE policy = :policy AND opened_at > :since AND "key" <> :but LIMIT :most
    ) AS lately
""")
NAME_OF = Statement("SELECT name_base, name_count FROM incidents WHERE id = :id")
HIGHEST_NAME = Statement("SELECT max(name_count) FROM incidents WHERE name_base = :base")
DUE_INCIDENTS = Statement("SELECT id, wake_at FROM incidents WHERE wake_at <= :now ORDER BY wake_at LIMIT :limit")
NEXT_WAKE = Statement("SELECT min(wake_at) FROM incidents WHERE wake_at IS NOT NULL")

# -- alerts and timelines -----------------------------------------------------------------------------------------

ALERTS_OF_GROUP = Statement("""
    SELECT "key", firing, starts_at, ends_at, severity, facts FROM alerts WHERE group_key = :group_key
""")
STANDINGS_OF_GROUP = Statement('SELECT "key", firing, starts_at FROM alerts WHERE group_key = :group_key')
UPSERT_ALERT = inserting(
    "alerts",
    "group_key key firing starts_at ends_at severity seen_at facts",
    """
    ON CONFLICT (group_key, "key") DO UPDATE SET
        firing = excluded.firing, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        severity = excluded.severity, seen_at = excluded.seen_at, facts = excluded.facts
    """,
)
SETTLE_ALERTS = Statement("UPDATE alerts SET firing = 0 WHERE group_key = :group AND firing = 1")

INSERT_ENTRY = inserting("timeline", "incident seq at kind actor tier channel text facts hash")
TIMELINE = Statement("""
    SELECT at, kind, actor, tier, channel, text, facts FROM timeline WHERE incident = :incident ORDER BY seq
""")
HEAD = Statement(f"SELECT {HEAD_COLUMNS} FROM incidents WHERE id = :incident")
MOVE_HEAD = Statement("UPDATE incidents SET entries = :entries, head = :head WHERE id = :row AND entries = :known")
# As bytes, so that one that is no text any more spoils nothing but itself.
RECORDS = Statement("""
    SELECT seq, hash, at, CAST(kind AS BLOB), CAST(actor AS BLOB), CAST(tier AS BLOB), CAST(channel AS BLOB),
        CAST(text AS BLOB), CAST(facts AS BLOB)
    FROM timeline WHERE incident = :incident ORDER BY seq
""")
LAST_ENTRY = Statement("SELECT at FROM timeline ORDER BY id DESC LIMIT 1")

# -- communications -----------------------------------------------------------------------------------------------

UPSERT_COMMUNICATION = inserting(
    "communications",
    "incident number state facts",
    "ON CONFLICT (incident, number) DO UPDATE SET state = excluded.state, facts = excluded.facts",
)
COMMUNICATION = Statement("SELECT facts FROM communications WHERE incident = :incident AND number = :number")
COMMUNICATIONS = Statement("SELECT facts FROM communications WHERE incident = :incident ORDER BY number")
OPEN_COMMUNICATIONS = Statement("""
    SELECT communications.facts, incidents.number
    FROM communications JOIN incidents ON incidents.id = communications.incident
    WHERE communications.state IN ('draft', 'reviewed')
    ORDER BY incidents.number DESC, communications.number LIMIT :limit
""")

# -- policies -------------------------------------------------------------------------------------------------------

INSERT_POLICY = inserting("policies", "hash format document", "ON CONFLICT (hash) DO NOTHING")
POLICY = Statement("SELECT format, document FROM policies WHERE hash = :hash")
