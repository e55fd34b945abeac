"""An incident that is over may still wake: something is owed. What is overdue stands beside the row,
to be counted, and what incidents of a kind have in common, to be found."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = (
    "number, id, key, name_base, name_count, status, severity, policy, opened_at, wake_at, version, facts, resolved_at"
)
OPEN_WAKES = "resolved_at IS NOT NULL OR wake_at IS NOT NULL"
NEVER_CUT = (
    "CREATE TRIGGER timeline_is_never_cut BEFORE DELETE ON timeline "
    "WHEN EXISTS (SELECT 1 FROM incidents WHERE id = OLD.incident) "
    "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
)


def upgrade() -> None:
    """Let what is resolved wake, add the column, and indexes that find what is open and what is overdue."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
    else:
        op.drop_constraint(op.f("ck_incidents_open_has_wake_at"), "incidents")
        op.create_check_constraint(op.f("ck_incidents_open_has_wake_at"), "incidents", OPEN_WAKES)
        op.add_column("incidents", sa.Column("overdue", sa.Text()))
        op.add_column("incidents", sa.Column("likeness", sa.Text()))
    unended, owing = sa.text("resolved_at IS NULL"), sa.text("overdue IS NOT NULL")
    alike = sa.text("likeness IS NOT NULL")
    op.create_index(
        "ix_incidents_likeness", "incidents", ["likeness", "opened_at"], sqlite_where=alike, postgresql_where=alike
    )
    op.create_index("ix_incidents_open", "incidents", ["number"], sqlite_where=unended, postgresql_where=unended)
    op.create_index("ix_incidents_overdue", "incidents", ["overdue"], sqlite_where=owing, postgresql_where=owing)


def _rebuild() -> None:
    """Make the table anew: SQLite changes no constraint of a table that is there."""
    op.create_table(
        "incidents_anew",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
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
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("overdue", sa.Text()),
        sa.Column("likeness", sa.Text()),
        sa.UniqueConstraint("id", name="uq_incidents_id"),
        sa.UniqueConstraint("name_base", "name_count", name="uq_incidents_name_base_name_count"),
        sa.PrimaryKeyConstraint("number", name="pk_incidents"),
        sa.CheckConstraint(OPEN_WAKES, name=op.f("ck_incidents_open_has_wake_at")),
        sqlite_autoincrement=True,
    )
    op.execute(f"INSERT INTO incidents_anew ({COLUMNS}) SELECT {COLUMNS} FROM incidents")  # noqa: S608 -- constants
    # The number of a deleted incident must never be given again, so the counter moves with the rows.
    op.execute(
        "UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'incidents') "
        "WHERE name = 'incidents_anew' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'incidents')"
    )
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'incidents_anew', seq FROM sqlite_sequence "
        "WHERE name = 'incidents' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'incidents_anew')"
    )
    op.execute("DROP TRIGGER timeline_is_never_cut")  # it looks into the table, which is away for a moment
    op.drop_table("incidents")
    op.rename_table("incidents_anew", "incidents")
    op.execute(NEVER_CUT)
    op.create_index("ix_incidents_key", "incidents", ["key", "number"])
    op.create_index("ix_incidents_status", "incidents", ["status", "number"])
    op.create_index("ix_incidents_policy", "incidents", ["policy"])
    due, ended = sa.text("wake_at IS NOT NULL"), sa.text("resolved_at IS NOT NULL")
    op.create_index("ix_incidents_wake_at", "incidents", ["wake_at"], sqlite_where=due)
    op.create_index("ix_incidents_resolved_at", "incidents", ["resolved_at"], sqlite_where=ended)
