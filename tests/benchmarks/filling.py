"""A store with very many incidents: copies of one real row, written straight into the file while no daemon has it."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.daemons import daemon
from tests.harness.daemon import Daemon
from tests.harness.webhooks import firing

WITHIN = timedelta(hours=24)
"""What ``daemons.CALM`` says: an incident is due so long after its lapse clock began."""

COPY = """
INSERT INTO incidents (id, key, status, severity, policy, opened_at, wake_at, version, facts)
SELECT printf('%032x', numbers.value), printf('%064x', numbers.value), status, severity, policy, opened_at,
       wake_at + numbers.value, version,
       replace(replace(facts, incidents.id, printf('%032x', numbers.value)), key, printf('%064x', numbers.value))
FROM incidents, (
    WITH RECURSIVE counting(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM counting WHERE value < :count)
    SELECT value FROM counting
) AS numbers
WHERE incidents.number = 1
"""
MAKE_DUE = """
UPDATE incidents
SET wake_at = :due,
    facts = json_set(facts, '$.opened_at', :began, '$.paging_from', :began, '$.lapse_from', :began)
WHERE number > :first AND number <= :first + :count
"""


async def filled(directory: Path, page_url: str, count: int) -> Daemon:
    """Give a stopped daemon whose store holds ``count`` incidents that wait for a day, and nothing to send."""
    made = daemon(directory, page_url)
    async with made:
        assert await made.api.send(firing("Original")) == 200
    with _writing(made.store) as store:
        store.execute("PRAGMA journal_mode = OFF")
        store.execute("BEGIN")
        store.execute("DELETE FROM outbox")
        store.execute(COPY, {"count": count - 1})
        store.execute("COMMIT")
        store.execute("PRAGMA journal_mode = WAL")
    return made


def make_due(path: Path, first: int, count: int, after: timedelta) -> tuple[float, datetime]:
    """Make ``count`` incidents due in one instant ``after`` now; give the seconds it took to write, and the instant."""
    due = datetime.now(UTC).replace(microsecond=0) + after
    values = {
        "due": int(due.timestamp() * 1000),
        "began": f"{due - WITHIN:%Y-%m-%dT%H:%M:%S}Z",
        "first": first,
        "count": count,
    }
    with _writing(path) as store:
        began = time.perf_counter()
        store.execute("BEGIN IMMEDIATE")
        store.execute("DELETE FROM outbox")
        changed = store.execute(MAKE_DUE, values).rowcount
        store.execute("COMMIT")
        took = time.perf_counter() - began
    assert changed == count, f"{changed} of {count} incidents could be made due"
    return took, due


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection
    finally:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
