"""Statements about people: their tokens, overrides and handover notes, and what goes when one of them is forgotten.

May import: the package itself.
"""

from rungbell.store.statements import Statement, inserting

TOKENS_COLUMNS = "hash, id, name, scopes, person, source, created_at, created_by, expires_at, revoked_at"
"""What a token is read of."""

INSERT_TOKEN = inserting("tokens", TOKENS_COLUMNS.replace(",", ""))
TOKENS = Statement(f"SELECT {TOKENS_COLUMNS} FROM tokens ORDER BY created_at, id")
REVOKE_TOKEN = Statement("UPDATE tokens SET revoked_at = :now WHERE id = :token AND revoked_at IS NULL")

OVERRIDE_COLUMNS = "number, schedule, person, begins, ends, instead_of, reason, made_by, made_at"
"""What an override is read of."""

OVERRIDES = Statement(f"SELECT {OVERRIDE_COLUMNS} FROM overrides WHERE ends > :since ORDER BY made_at, number")
OVERRIDE = Statement(f"SELECT {OVERRIDE_COLUMNS} FROM overrides WHERE number = :number")
INSERT_OVERRIDE = inserting("overrides", "schedule person begins ends instead_of reason made_by made_at")
END_OVERRIDE = Statement("UPDATE overrides SET ends = :now WHERE number = :key AND ends > :now")
DELETE_OVERRIDE = Statement("DELETE FROM overrides WHERE number = :key")
INSERT_HANDOVER_NOTE = inserting("handover_notes", "schedule by at text")
HANDOVER_NOTES = Statement("""
    SELECT schedule, "by", at, text FROM handover_notes WHERE schedule = :schedule ORDER BY number DESC LIMIT :limit
""")

# -- people who are forgotten ---------------------------------------------------------------------------------------

FORGOTTEN = Statement("SELECT person, number FROM forgotten ORDER BY number")
INSERT_FORGOTTEN = inserting("forgotten", "person at by", "ON CONFLICT (person) DO NOTHING")
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
