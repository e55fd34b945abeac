"""Answers name our message as its provider does: an index finds the page."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    known = sa.text("reference IS NOT NULL")
    op.create_index("ix_outbox_reference", "outbox", ["reference"], sqlite_where=known, postgresql_where=known)
