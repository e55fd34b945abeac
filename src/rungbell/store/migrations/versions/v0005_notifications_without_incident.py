"""The outbox also holds what is about no incident: that somebody's shift begins or ends."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ABOUT_INCIDENT: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "incident": sa.Text,
    "cycle": sa.Integer,
    "round": sa.Integer,
    "tier": sa.Text,
    "severity": sa.Text,
}
"""The columns that may be empty from now on."""
COLUMNS = (
    "intent, incident, cycle, round, tier, person, channel, purpose, kind, severity, priority, created_at, send_after, "
    "state, due_at, attempts, failure, reference"
)


def upgrade() -> None:
    """Let the columns be empty, and add one for what such a row is about."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
        return
    for name, kind in ABOUT_INCIDENT.items():
        op.alter_column("outbox", name, existing_type=kind, nullable=True)
    op.add_column("outbox", sa.Column("facts", sa.Text()))


def _rebuild() -> None:
    """Make the table anew: SQLite lets no column be empty that once was not."""
    op.create_table(
        "outbox_anew",
        sa.Column("intent", sa.Text(), nullable=False),
        *(sa.Column(name, kind) for name, kind in ABOUT_INCIDENT.items()),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("send_after", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.Column("facts", sa.Text()),
        sa.PrimaryKeyConstraint("intent", name="pk_outbox"),
        sa.CheckConstraint(
            "(state IN ('waiting', 'leased')) = (due_at IS NOT NULL)", name=op.f("ck_outbox_unsent_has_due_at")
        ),
    )
    op.execute(f"INSERT INTO outbox_anew ({COLUMNS}) SELECT {COLUMNS} FROM outbox")  # noqa: S608 -- constants
    op.drop_table("outbox")
    op.rename_table("outbox_anew", "outbox")
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_outbox_incident", "outbox", ["incident", "cycle", "round"])
    op.create_index("ix_outbox_due", "outbox", ["channel", "priority", "due_at"], sqlite_where=due)
