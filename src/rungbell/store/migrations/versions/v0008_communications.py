"""What is told of incidents to clients, executives and the team; the copies that leave stand in the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and an index that finds what waits for somebody."""
    op.create_table(
        "communications",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "number", name="pk_communications"),
    )
    waits = sa.text("state IN ('draft', 'reviewed')")
    op.create_index(
        "ix_communications_open", "communications", ["incident"], sqlite_where=waits, postgresql_where=waits
    )
