"""The statements, held against the tables that the migrations make."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rungbell.store.opening import migrate
from rungbell.store.schema import metadata
from rungbell.store.statements import outbox
from tests.harness.statements import every_statement

STATEMENTS = every_statement()
COUNTED = {"number", "id"}
"""What SQLite counts up by itself; elsewhere the identity of something is text, and is given."""
LATER = {"bundle", "failure", "reference"}
"""What only the result of an attempt says of a page."""


def test_every_statement_can_be_asked_of_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "rungbell.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        for statement in STATEMENTS.values():
            names = re.findall(r":(\w+)", statement.text)
            connection.execute(f"EXPLAIN {statement.text}", dict.fromkeys(names, 1))


def test_what_a_code_is_for_is_found_among_what_is_open_however_many_pages_there_have_been(tmp_path: Path) -> None:
    path = tmp_path / "rungbell.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        values = {"person": "alice", "channel": "sms", "since": 1}
        plan = connection.execute(f"EXPLAIN QUERY PLAN {outbox.PAGED_SINCE.text}", values).fetchall()

    steps = [step for *_, step in plan]
    assert "SCAN incidents USING INDEX ix_incidents_open" in steps
    assert not [step for step in steps if step.startswith("SCAN outbox")]


@pytest.mark.parametrize("name", [name for name, value in STATEMENTS.items() if value.text.startswith("INSERT")])
def test_what_is_inserted_has_a_value_for_every_column(name: str) -> None:
    found = re.match(r"INSERT INTO (\w+) \((.*?)\) VALUES \((.*?)\)", STATEMENTS[name].text)
    assert found is not None
    table = metadata.tables[found[1]]
    columns, values = re.findall(r"\w+", found[2]), re.findall(r":(\w+)", found[3])

    left_out = {column.name for column in table.c} - set(columns)

    assert columns == values
    assert left_out <= ({column.name for column in table.primary_key} & COUNTED) | LATER


def test_a_daemon_does_without_sqlalchemy_until_a_store_is_made_or_migrated() -> None:
    script = "import sys; import rungbell.app; sys.exit('sqlalchemy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
