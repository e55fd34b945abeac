"""Statements about the outbox: pages and whatever else leaves.

May import: the package itself.
"""

from rungbell.store.statements import Statement, inserting

PAGE_COLUMNS = """
    incident, cycle, round, tier, person, channel, purpose, kind, severity, send_after, state, attempts, created_at,
    failure, facts
"""
"""What a page is read of."""

INSERT_PAGE = inserting(
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
