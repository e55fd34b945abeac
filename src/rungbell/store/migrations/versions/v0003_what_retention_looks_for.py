"""What retention looks for: when an incident was resolved, and indexes that find what is old."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MILLISECONDS = "CAST(round((julianday(json_extract(facts, '$.resolved_at')) - 2440587.5) * 86400000) AS INTEGER)"
"""A time of the facts as epoch milliseconds; 2440587.5 is the Julian day of the epoch."""


def upgrade() -> None:
    """Add the column, fill it from the facts, make the indexes."""
    op.add_column("incidents", sa.Column("resolved_at", sa.BigInteger()))
    if op.get_bind().dialect.name == "sqlite":
        # A row whose facts cannot be read is kept for ever; the operator is told of it elsewhere.
        op.execute(
            f"UPDATE incidents SET resolved_at = {MILLISECONDS} "  # noqa: S608 -- a constant
            "WHERE status = 'resolved' AND json_valid(facts)"
        )
    resolved = sa.text("resolved_at IS NOT NULL")
    op.create_index(
        "ix_incidents_resolved_at", "incidents", ["resolved_at"], sqlite_where=resolved, postgresql_where=resolved
    )
    op.create_index("ix_incidents_policy", "incidents", ["policy"])
    quiet = sa.text("firing = 0")
    op.create_index("ix_alerts_seen_at", "alerts", ["seen_at"], sqlite_where=quiet, postgresql_where=quiet)
    op.create_index("ix_applied_at", "applied", ["at"])
