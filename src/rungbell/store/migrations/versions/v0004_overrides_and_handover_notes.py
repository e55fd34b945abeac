"""What the configuration does not say of who is on call: overrides, and the notes that people leave behind."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "overrides",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("instead_of", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("begins < ends", name="ends_after_it_begins"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_overrides_ends", "overrides", ["ends"])
    op.create_table(
        "handover_notes",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("ix_handover_notes_schedule", "handover_notes", ["schedule", "number"])
    op.create_index("ix_handover_notes_at", "handover_notes", ["at"])
