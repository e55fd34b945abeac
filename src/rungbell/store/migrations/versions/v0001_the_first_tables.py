"""The first tables: incidents, alerts, timeline, outbox, policies, heartbeats, applied events, notes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the triggers that keep the timeline append-only."""
    _incidents()
    _alerts()
    _timeline()
    _outbox()
    _companions()
    if op.get_bind().dialect.name == "sqlite":
        _keep_timeline()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_base", sa.Text()),
        sa.Column("name_count", sa.Integer()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("wake_at", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.UniqueConstraint("id", name="uq_incidents_id"),
        sa.UniqueConstraint("name_base", "name_count", name="uq_incidents_name_base_name_count"),
        sa.CheckConstraint("status = 'resolved' OR wake_at IS NOT NULL", name="open_has_wake_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_key", "incidents", ["key", "number"])
    op.create_index("ix_incidents_status", "incidents", ["status", "number"])
    op.create_index("ix_incidents_wake_at", "incidents", ["wake_at"], **_where("wake_at IS NOT NULL"))


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("firing", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger()),
        sa.Column("severity", sa.Text()),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("group_key", "key", name="pk_alerts"),
        sqlite_with_rowid=False,
    )


def _timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
    )
    op.create_index("ix_timeline_incident", "timeline", ["incident", "id"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("send_after", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.PrimaryKeyConstraint("intent", name="pk_outbox"),
        sa.CheckConstraint("(state IN ('waiting', 'leased')) = (due_at IS NOT NULL)", name="unsent_has_due_at"),
    )
    op.create_index("ix_outbox_incident", "outbox", ["incident", "cycle", "round"])
    op.create_index("ix_outbox_due", "outbox", ["channel", "priority", "due_at"], **_where("due_at IS NOT NULL"))


def _companions() -> None:
    op.create_table(
        "policies",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_policies"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_heartbeats"),
    )
    op.create_table(
        "applied",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event", name="pk_applied"),
    )
    op.create_table(
        "notes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notes"),
    )


def _keep_timeline() -> None:
    """A line may go only together with its whole incident, and never change."""
    op.execute(
        "CREATE TRIGGER timeline_is_never_changed BEFORE UPDATE ON timeline "
        "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER timeline_is_never_replaced BEFORE INSERT ON timeline "
        "WHEN EXISTS (SELECT 1 FROM timeline WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER timeline_is_never_cut BEFORE DELETE ON timeline "
        "WHEN EXISTS (SELECT 1 FROM incidents WHERE id = OLD.incident) "
        "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
    )


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
