"""Every statement, written once in SQL.

Values are named (``:key``) and never put into the text. Only constants of the playbook stand in it, as the conditions
of partial indexes want it. SQLAlchemy knows the tables (``schema``) and makes them; it takes longer to import than a
start may, and so it is left to migrations.

May import: nothing of rungbell.
"""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

_PARAMETER = re.compile(r":(\w+)")


class Statement:
    """One statement: ``text`` has ``:name`` parameters, ``placed`` has places for them, as the driver is given it.

    It would look up each parameter of each execution by its name.
    """

    __slots__ = ("filled", "placed", "text")

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self.placed = _PARAMETER.sub("?", self.text)
        names = _PARAMETER.findall(self.text)
        self.filled: Callable[[dict[str, Any]], Sequence[Any]]
        """Gives the values of one execution in the order of their places."""
        self.filled = itemgetter(*names) if len(names) > 1 else lambda values: [values[name] for name in names]


def _insert(table: str, columns: str, then: str = "") -> Statement:
    """Insert a row, with a value for each of the ``columns``."""
    names = columns.split()
    quoted = ", ".join(f'"{name}"' for name in names)
    return Statement(f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(f':{name}' for name in names)}) {then}")


# -- incidents ----------------------------------------------------------------------------------------------------

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
INSERT_INCIDENT = _insert(
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
UPSERT_ALERT = _insert(
    "alerts",
    "group_key key firing starts_at ends_at severity seen_at facts",
    """
    ON CONFLICT (group_key, "key") DO UPDATE SET
        firing = excluded.firing, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        severity = excluded.severity, seen_at = excluded.seen_at, facts = excluded.facts
    """,
)
SETTLE_ALERTS = Statement("UPDATE alerts SET firing = 0 WHERE group_key = :group AND firing = 1")

INSERT_ENTRY = _insert("timeline", "incident seq at kind actor tier channel text facts hash")
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

# -- the outbox ---------------------------------------------------------------------------------------------------

PAGE_COLUMNS = """
    incident, cycle, round, tier, person, channel, purpose, kind, severity, send_after, state, attempts, created_at,
    failure, facts
"""
"""What a page is read of."""

INSERT_PAGE = _insert(
    "outbox",
    """
    intent incident cycle round tier person channel purpose kind severity priority created_at send_after state due_at
    attempts facts
    """,
    "ON CONFLICT (intent) DO NOTHING",
)
CLAIMABLE = Statement("""
    SELECT intent FROM outbox
    WHERE channel = :channel AND due_at IS NOT NULL AND due_at <= :now
    ORDER BY priority, due_at LIMIT :limit
""")
# An echo waits for what its channel is telling of the incident just now: else it would not know where that stands, or
# an older one would arrive after it.
LEASE = Statement("""
    UPDATE outbox SET state = 'leased', due_at = :until, attempts = attempts + 1, bundle = :bundle
    WHERE intent = :key AND due_at <= :now AND (kind <> 'echo' OR NOT EXISTS (
        SELECT 1 FROM outbox AS other
        WHERE other.incident = outbox.incident AND other.channel = outbox.channel AND other.state = 'leased'
            AND other.kind IN ('page', 'notification', 'echo') AND other.intent <> outbox.intent
    ))
""")
NEXT_DUE = Statement("SELECT min(due_at) FROM outbox WHERE channel = :channel AND due_at IS NOT NULL")
OLDEST_WAITING = Statement("SELECT min(due_at) FROM outbox WHERE due_at IS NOT NULL")
OVERDUE_PAGE = Statement("""
    SELECT intent FROM outbox WHERE due_at IS NOT NULL AND due_at < :before ORDER BY due_at, intent LIMIT 1
""")
RESOLVED_WITH_PAGES = Statement("""
    SELECT DISTINCT incidents.id
    FROM incidents, (
        SELECT incident, state, purpose, kind FROM outbox WHERE due_at IS NOT NULL LIMIT :limit
    ) AS unsent
    WHERE incidents.id = unsent.incident AND incidents.resolved_at IS NOT NULL
        AND unsent.state = 'waiting' AND unsent.kind NOT IN ('copy', 'echo')
        AND unsent.purpose NOT IN ('news', 'reminder')
""")
WAITING_CHANNELS = Statement("SELECT DISTINCT channel FROM outbox WHERE due_at IS NOT NULL")
PAGE = Statement(f"SELECT {PAGE_COLUMNS} FROM outbox WHERE intent = :intent")
PAGES_OF_ROUND = Statement(f"""
    SELECT {PAGE_COLUMNS} FROM outbox WHERE incident = :incident AND cycle = :cycle AND round = :round
""")
PAGES_OF_INCIDENT = Statement(f"""
    SELECT {PAGE_COLUMNS} FROM outbox
    WHERE incident = :incident AND kind NOT IN ('copy', 'echo') ORDER BY created_at, intent
""")
COPIES_OF_INCIDENT = Statement(f"""
    SELECT {PAGE_COLUMNS} FROM outbox WHERE incident = :incident AND kind = 'copy' ORDER BY created_at, intent
""")
FOLD_ECHOES = Statement("""
    UPDATE outbox SET state = 'withdrawn', due_at = NULL
    WHERE incident = :incident AND channel = :channel AND kind = 'echo' AND state = 'waiting'
""")
YIELD_ECHO = Statement("""
    UPDATE outbox SET state = 'withdrawn', due_at = NULL
    WHERE intent = :key AND kind = 'echo' AND state = 'waiting' AND EXISTS (
        SELECT 1 FROM outbox AS other
        WHERE other.incident = outbox.incident AND other.channel = outbox.channel AND other.intent <> outbox.intent
            AND other.kind = 'echo' AND other.state IN ('waiting', 'leased') AND other.created_at >= outbox.created_at
    )
""")
PLACES = Statement("""
    SELECT reference, person, cycle, intent FROM outbox
    WHERE incident = :incident AND channel = :channel AND kind IN ('page', 'notification') AND reference IS NOT NULL
        AND bundle IS NULL
    ORDER BY created_at, intent
""")
OF_REFERENCE = Statement("""
    SELECT incident, cycle, person, coalesce(bundle, '') FROM outbox
    WHERE channel = :channel AND reference = :reference AND kind = 'page' ORDER BY created_at DESC LIMIT 1
""")
INTENT_OF = Statement("""
    SELECT intent FROM outbox
    WHERE channel = :channel AND reference = :reference
        AND (kind = 'test' OR kind IN ('page', 'notification') AND incident IS NOT NULL)
    ORDER BY created_at DESC LIMIT 1
""")
DUE_PAGES = Statement(f"""
    SELECT {PAGE_COLUMNS} FROM outbox
    WHERE channel = :channel AND due_at IS NOT NULL AND due_at <= :now AND state = 'waiting' AND kind = 'page'
    ORDER BY priority, due_at LIMIT :limit
""")
HOLD_PAGE = Statement("UPDATE outbox SET due_at = :until WHERE intent = :key AND state = 'waiting'")
BUNDLE = Statement("""
    SELECT intent, incident, cycle, person, bundle FROM outbox WHERE bundle = :bundle ORDER BY priority, created_at
""")
BUNDLE_OF = Statement("SELECT bundle FROM outbox WHERE intent = :intent AND bundle IS NOT NULL")
BUNDLES_SINCE = Statement("""
    SELECT DISTINCT bundle FROM outbox
    WHERE bundle IS NOT NULL AND person = :person AND channel = :channel AND created_at >= :since
""")
# CROSS: SQLite keeps to the order, and begins with what is open; else it would read every page there is.
PAGED_SINCE = Statement("""
    SELECT DISTINCT outbox.incident, outbox.cycle
    FROM incidents CROSS JOIN outbox
    WHERE outbox.incident = incidents.id AND outbox.person = :person AND outbox.channel = :channel
        AND outbox.kind = 'page' AND outbox.created_at >= :since AND incidents.resolved_at IS NULL
""")
WORD_COPY = Statement("""
    UPDATE outbox SET facts = :facts WHERE intent = :key AND state = 'leased' AND attempts = :attempt
""")
NOTICES = Statement(f"""
    SELECT {PAGE_COLUMNS} FROM outbox WHERE incident IS NULL AND kind <> 'test' ORDER BY created_at, intent
""")
TRIALS = Statement(f"""
    SELECT {PAGE_COLUMNS} FROM outbox WHERE incident IS NULL AND kind = 'test' ORDER BY created_at, intent
""")
TRIED_BY = Statement("""
    SELECT person FROM outbox
    WHERE channel = :channel AND reference = :reference AND kind = 'test' ORDER BY created_at DESC LIMIT 1
""")
WAITING_PAGES = Statement(f"""
    SELECT {PAGE_COLUMNS} FROM outbox
    WHERE incident = :incident AND state = 'waiting' AND kind NOT IN ('copy', 'echo')
""")
WITHDRAW_PAGE = Statement("""
    UPDATE outbox SET state = 'withdrawn', due_at = NULL WHERE intent = :key AND state = 'waiting'
""")
FORWARD_PAGE = Statement("UPDATE outbox SET due_at = :now WHERE intent = :key AND state = 'waiting'")
GIVE_UP_PAGE = Statement("UPDATE outbox SET state = 'failed', due_at = NULL, failure = :failure WHERE intent = :key")
RELEASE_LEASES = Statement("UPDATE outbox SET state = 'waiting', due_at = send_after WHERE state = 'leased'")
RECORD_DELIVERY = Statement("""
    UPDATE outbox SET state = :state, due_at = :due_at, failure = :failure, reference = :reference
    WHERE intent = :key AND state = 'leased' AND attempts = :attempt
""")
TAKE_BACK = Statement("""
    UPDATE outbox SET state = 'failed', failure = :failure WHERE intent = :key AND state = 'accepted'
""")

# -- communications -----------------------------------------------------------------------------------------------

UPSERT_COMMUNICATION = _insert(
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

# -- what else is kept --------------------------------------------------------------------------------------------

INSERT_POLICY = _insert("policies", "hash format document", "ON CONFLICT (hash) DO NOTHING")
POLICY = Statement("SELECT format, document FROM policies WHERE hash = :hash")

BEAT = _insert("heartbeats", "source seen_at", "ON CONFLICT (source) DO UPDATE SET seen_at = excluded.seen_at")
HEARTBEATS = Statement("SELECT source, seen_at FROM heartbeats")

APPLIED = Statement("SELECT at, reply FROM applied WHERE event = :event")
INSERT_APPLIED = _insert("applied", "event at reply", "ON CONFLICT DO NOTHING")
WRITE_NOTE = _insert("notes", "name value", "ON CONFLICT (name) DO UPDATE SET value = excluded.value")
NOTE = Statement("SELECT value FROM notes WHERE name = :name")
NOTES_BELOW = Statement("SELECT name, value FROM notes WHERE name LIKE :prefix || '%'")

TOKENS_COLUMNS = "hash, id, name, scopes, person, source, created_at, created_by, expires_at, revoked_at"
"""What a token is read of."""

INSERT_TOKEN = _insert("tokens", TOKENS_COLUMNS.replace(",", ""))
TOKENS = Statement(f"SELECT {TOKENS_COLUMNS} FROM tokens ORDER BY created_at, id")
REVOKE_TOKEN = Statement("UPDATE tokens SET revoked_at = :now WHERE id = :token AND revoked_at IS NULL")

OVERRIDE_COLUMNS = "number, schedule, person, begins, ends, instead_of, reason, made_by, made_at"
"""What an override is read of."""

OVERRIDES = Statement(f"SELECT {OVERRIDE_COLUMNS} FROM overrides WHERE ends > :since ORDER BY made_at, number")
OVERRIDE = Statement(f"SELECT {OVERRIDE_COLUMNS} FROM overrides WHERE number = :number")
INSERT_OVERRIDE = _insert("overrides", "schedule person begins ends instead_of reason made_by made_at")
END_OVERRIDE = Statement("UPDATE overrides SET ends = :now WHERE number = :key AND ends > :now")
DELETE_OVERRIDE = Statement("DELETE FROM overrides WHERE number = :key")
INSERT_HANDOVER_NOTE = _insert("handover_notes", "schedule by at text")
HANDOVER_NOTES = Statement("""
    SELECT schedule, "by", at, text FROM handover_notes WHERE schedule = :schedule ORDER BY number DESC LIMIT :limit
""")

# -- people who are forgotten ---------------------------------------------------------------------------------------

FORGOTTEN = Statement("SELECT person, number FROM forgotten ORDER BY number")
INSERT_FORGOTTEN = _insert("forgotten", "person at by", "ON CONFLICT (person) DO NOTHING")
KNOWS_PERSON = Statement("""
    SELECT EXISTS (SELECT 1 FROM forgotten WHERE person = :person)
        OR EXISTS (SELECT 1 FROM tokens WHERE person = :person OR created_by = :person)
        OR EXISTS (SELECT 1 FROM overrides WHERE :person IN (person, instead_of, made_by))
        OR EXISTS (SELECT 1 FROM handover_notes WHERE "by" = :person)
        OR EXISTS (SELECT 1 FROM outbox WHERE person = :person)
        OR EXISTS (SELECT 1 FROM timeline WHERE actor = :person)
        OR EXISTS (SELECT 1 FROM notes WHERE substr(name, 1, length(:person) + 9) = 'contact/' || :person || '/')
        OR EXISTS (SELECT 1 FROM notes WHERE substr(name, 1, 7) = 'review/' AND json_extract(value, '$.by') = :person)
        OR EXISTS (
            SELECT 1 FROM incidents, json_tree(incidents.facts) AS fact
            WHERE instr(facts, json_quote(:person)) > 0 AND (
                fact."key" = :person AND fact.path = '$.paged'
                OR fact.atom = :person AND fact.path NOT LIKE '%labels' AND (
                    fact."key" IN ('by', 'person', 'owner', 'acknowledged_by', 'declared_by', 'resolved_by')
                    OR fact.path LIKE '%.attendees' OR fact.path LIKE '%.recipients'
                )
            )
        )
""")
REVOKE_TOKENS_OF = Statement("UPDATE tokens SET revoked_at = :now WHERE person = :person AND revoked_at IS NULL")
BLANK_TOKENS_OF = Statement("UPDATE tokens SET name = '(forgotten)' WHERE person = :person")
BLANK_OVERRIDES_OF = Statement("""
    UPDATE overrides SET reason = '' WHERE :person IN (person, instead_of, made_by) AND reason <> ''
""")
BLANK_HANDOVER_NOTES_OF = Statement("""
    UPDATE handover_notes SET text = '(forgotten)' WHERE "by" = :person AND text <> '(forgotten)'
""")
BLANK_PAGES_OF = Statement("UPDATE outbox SET reference = NULL WHERE person = :person AND reference IS NOT NULL")
FORGET_NOTES_OF = Statement("DELETE FROM notes WHERE substr(name, 1, length(:prefix)) = :prefix")
FORGET_APPLIED_OF = Statement("DELETE FROM applied WHERE substr(event, 1, length(:prefix)) = :prefix")

# -- retention ----------------------------------------------------------------------------------------------------

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
