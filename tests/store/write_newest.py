"""``python -m tests.store.write_newest``: write down the schema that the migrations come to, after one was added."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from rungbell.store.opening import HEAD, NEWEST, upgrade

HEADER = "-- What the migrations come to, for a new file; written by tests.store.write_newest, and held against them."


def newest() -> str:
    """Give the statements that make a new file what the migrations would make of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rungbell.db"
        upgrade(path, HEAD)
        with closing(sqlite3.connect(path)) as connection:
            made = connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%'")
            lines = ["\n".join(map(str.rstrip, text.strip().split("\n"))) for (text,) in made]
    lines.append(f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')")  # noqa: S608 -- a constant
    return "\n".join((HEADER, "BEGIN IMMEDIATE;", *(f"{line};" for line in lines), "COMMIT;", ""))


if __name__ == "__main__":
    NEWEST.write_text(newest())
