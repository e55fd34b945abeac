"""Each timeline is a chain: an entry has a place and a hash, the incident its end. Forgotten people have numbers."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from rungbell.domain.chain import Line, digest, moment, root
from rungbell.store.codec.columns import from_column

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEVER = "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
TAKEN = """
    EXISTS (SELECT 1 FROM timeline WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM timeline WHERE incident = NEW.incident AND seq = NEW.seq)
"""
STILL_THERE = "EXISTS (SELECT 1 FROM incidents WHERE id = OLD.incident)"
KEPT = (
    f"CREATE TRIGGER timeline_is_never_changed BEFORE UPDATE ON timeline {NEVER}",
    f"CREATE TRIGGER timeline_is_never_replaced BEFORE INSERT ON timeline WHEN {TAKEN} {NEVER}",
    f"CREATE TRIGGER timeline_is_never_cut BEFORE DELETE ON timeline WHEN {STILL_THERE} {NEVER}",
)
COLUMNS = "id, incident, at, kind, actor, tier, channel, text, facts"
PLACED = f"""
    INSERT INTO timeline_anew ({COLUMNS}, seq, hash)
    SELECT {COLUMNS}, row_number() OVER (PARTITION BY incident ORDER BY id), '' FROM timeline
"""  # noqa: S608 -- constants
WRITTEN = """
    SELECT id, seq, at, CAST(kind AS BLOB), CAST(actor AS BLOB), CAST(tier AS BLOB), CAST(channel AS BLOB),
        CAST(text AS BLOB), CAST(facts AS BLOB)
    FROM timeline_anew WHERE incident = ? ORDER BY seq
"""


def upgrade() -> None:
    """Give every entry its place and its hash, and every incident the end of its chain."""
    op.add_column("incidents", sa.Column("entries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("head", sa.Text()))
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
        _seal()
        op.drop_table("timeline")
        op.rename_table("timeline_anew", "timeline")
        for trigger in KEPT:
            op.execute(trigger)
    else:  # no other store was ever written to
        op.drop_index("ix_timeline_incident", "timeline")
        op.add_column("timeline", sa.Column("seq", sa.Integer(), nullable=False))
        op.add_column("timeline", sa.Column("hash", sa.Text(), nullable=False))
    op.create_index("ix_timeline_incident", "timeline", ["incident", "seq"], unique=True)
    op.create_table(
        "forgotten",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.UniqueConstraint("person", name="uq_forgotten_person"),
        sqlite_autoincrement=True,
    )


def _rebuild() -> None:
    op.create_table(
        "timeline_anew",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    op.execute(PLACED)
    op.create_index("ix_timeline_anew", "timeline_anew", ["incident", "seq"])


def _seal() -> None:
    run = op.get_bind().exec_driver_sql
    # The rows go to their new places one incident at a time, so that a long history needs no memory.
    for (incident,) in run("SELECT DISTINCT incident FROM timeline_anew").fetchall():
        rows = run(WRITTEN, (incident,)).fetchall()
        hashes = list(_hashes(incident, rows))
        run(
            "UPDATE timeline_anew SET hash = ? WHERE id = ?",
            [(hash_, row[0]) for hash_, row in zip(hashes, rows, strict=True)],
        )
        run("UPDATE incidents SET entries = ?, head = ? WHERE id = ?", (len(rows), hashes[-1], incident))
    op.drop_index("ix_timeline_anew", "timeline_anew")


def _hashes(incident: str, rows: Any) -> Iterator[str]:  # noqa: ANN401 -- rows of the driver
    hash_ = root(incident)
    for _, seq, at, *columns in rows:
        words: list[Any] = [None if one is None else one.decode(errors="replace") for one in columns]
        kind, actor, tier, channel, text, facts = words
        hash_ = digest(hash_, seq, Line(moment(from_column(at)), kind, actor, tier, channel, text, _facts(facts)))
        yield hash_


def _facts(text: str) -> dict[str, str]:
    """Read the facts; what was damaged before is damaged after, and must not keep rungbell from starting."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
