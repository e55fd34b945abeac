"""Storms: how many incidents of a policy have begun lately is counted in an index."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the index of policies know when each incident began."""
    op.drop_index("ix_incidents_policy", "incidents")
    op.create_index("ix_incidents_policy", "incidents", ["policy", "opened_at"])
