"""The tables. Alembic's migrations build them; a test proves that both say the same on SQLite.

Only migrations import it, for SQLAlchemy takes long to import. What is PostgreSQL's own (the conditions of its partial
indexes) stands in the migrations only: named here, it would load the whole dialect for each new store.

May import: SQLAlchemy Core.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only in a column of the type INTEGER."""

incidents = Table(
    "incidents",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),
    Column("name_base", Text),
    Column("name_count", Integer),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("wake_at", BigInteger),
    Column("version", Integer, nullable=False),
    Column("facts", Text, nullable=False),
    Column("resolved_at", BigInteger),
    Column("overdue", Text),
    Column("likeness", Text),
    Column("entries", Integer, nullable=False, server_default="0"),
    Column("head", Text),
    UniqueConstraint("name_base", "name_count"),
    CheckConstraint("resolved_at IS NOT NULL OR wake_at IS NOT NULL", name="open_has_wake_at"),
    sqlite_autoincrement=True,
)
Index("ix_incidents_key", incidents.c.key, incidents.c.number)
Index(
    "ix_incidents_wake_at",
    incidents.c.wake_at,
    sqlite_where=text("wake_at IS NOT NULL"),
)
Index("ix_incidents_status", incidents.c.status, incidents.c.number)
Index("ix_incidents_policy", incidents.c.policy, incidents.c.opened_at)
Index("ix_incidents_likeness", incidents.c.likeness, incidents.c.opened_at, sqlite_where=text("likeness IS NOT NULL"))
Index("ix_incidents_open", incidents.c.number, sqlite_where=text("resolved_at IS NULL"))
Index("ix_incidents_overdue", incidents.c.overdue, sqlite_where=text("overdue IS NOT NULL"))
Index(
    "ix_incidents_resolved_at",
    incidents.c.resolved_at,
    sqlite_where=text("resolved_at IS NOT NULL"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("group_key", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("firing", Integer, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger),
    Column("severity", Text),
    Column("seen_at", BigInteger, nullable=False),
    Column("facts", Text, nullable=False),
    PrimaryKeyConstraint("group_key", "key"),
    sqlite_with_rowid=False,
)
Index("ix_alerts_seen_at", alerts.c.seen_at, sqlite_where=text("firing = 0"))

timeline = Table(
    "timeline",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("incident", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("tier", Text),
    Column("channel", Text),
    Column("text", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
Index("ix_timeline_incident", timeline.c.incident, timeline.c.seq, unique=True)
"""``seq`` and ``hash`` are the chain of ``domain.chain``; ``entries`` and ``head`` of the incident are its end."""

outbox = Table(
    "outbox",
    metadata,
    Column("intent", Text, nullable=False),
    Column("incident", Text),
    Column("cycle", Integer),
    Column("round", Integer),
    Column("tier", Text),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text),
    Column("priority", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("send_after", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("failure", Text),
    Column("reference", Text),
    Column("facts", Text),
    Column("bundle", Text),
    PrimaryKeyConstraint("intent"),
    CheckConstraint("(state IN ('waiting', 'leased')) = (due_at IS NOT NULL)", name="unsent_has_due_at"),
)
Index("ix_outbox_incident", outbox.c.incident, outbox.c.cycle, outbox.c.round)
Index(
    "ix_outbox_due",
    outbox.c.channel,
    outbox.c.priority,
    outbox.c.due_at,
    sqlite_where=text("due_at IS NOT NULL"),
)
Index("ix_outbox_reference", outbox.c.reference, sqlite_where=text("reference IS NOT NULL"))
Index("ix_outbox_bundle", outbox.c.bundle, sqlite_where=text("bundle IS NOT NULL"))
"""A page or notification is about an incident; without one ``facts`` says what it is about."""

communications = Table(
    "communications",
    metadata,
    Column("incident", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("facts", Text, nullable=False),
    PrimaryKeyConstraint("incident", "number"),
)
Index("ix_communications_open", communications.c.incident, sqlite_where=text("state IN ('draft', 'reviewed')"))

policies = Table(
    "policies",
    metadata,
    Column("hash", Text, nullable=False),
    Column("format", Integer, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("hash"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("source", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("source"),
)

applied = Table(
    "applied",
    metadata,
    Column("event", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reply", Text, nullable=False),
    PrimaryKeyConstraint("event"),
)
Index("ix_applied_at", applied.c.at)

notes = Table(
    "notes",
    metadata,
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("name"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", Text, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("person", Text),
    Column("source", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    PrimaryKeyConstraint("hash"),
)
"""``hash`` is SHA-256 of the whole secret, in hexadecimal; the secret itself is nowhere."""

overrides = Table(
    "overrides",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("schedule", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("begins", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("instead_of", Text),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    CheckConstraint("begins < ends", name="ends_after_it_begins"),
    sqlite_autoincrement=True,
)
Index("ix_overrides_ends", overrides.c.ends)

handover_notes = Table(
    "handover_notes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("schedule", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
)
Index("ix_handover_notes_schedule", handover_notes.c.schedule, handover_notes.c.number)
Index("ix_handover_notes_at", handover_notes.c.at)

forgotten = Table(
    "forgotten",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("person", Text, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""People of whom nothing but the id is left in timelines; where names are shown they have the number instead."""
