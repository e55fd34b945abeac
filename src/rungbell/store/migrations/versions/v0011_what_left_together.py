"""Pages that leave together say so, and are found by it when they are answered together."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index."""
    op.add_column("outbox", sa.Column("bundle", sa.Text()))
    known = sa.text("bundle IS NOT NULL")
    op.create_index("ix_outbox_bundle", "outbox", ["bundle"], sqlite_where=known, postgresql_where=known)
