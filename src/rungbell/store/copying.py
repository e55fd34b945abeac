"""A whole copy of a SQLite store, made while it is written to.

Rules
-----
* The copy is one moment of the store, checked, and carries the note ``RESTORED``: a daemon started on it knows.
* It says of itself that it has no log, so that one which lies where it is put is known for another's.
* It is read over a connection that cannot write, so neither writers nor other readers wait.

May import: ``domain``, ``notes``, ``statements``, the standard library.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rungbell.domain.errors import StoreUnavailable
from rungbell.store.notes import RESTORED
from rungbell.store.statements.notes import WRITE_NOTE

COPY = ".copy-"
"""Between the store's name and the rest of the name of a copy under way."""


def copy_of(path: Path, connect: Callable[[Path], sqlite3.Connection]) -> Path:
    """Make a copy of the store beside it, readable by its owner only.

    Raises:
        StoreUnavailable: there is no room for it, or what was copied is damaged.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=path.name + COPY, dir=path.parent)
        os.close(descriptor)
        try:
            verdict = _fill(Path(name), path, connect)
        except BaseException:
            Path(name).unlink()
            raise
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"no copy of the store can be made in {path.parent}: {error}") from error
    if verdict != "ok":
        Path(name).unlink()
        raise StoreUnavailable(f"{path} is damaged, so no copy of it was made: {verdict}")
    return Path(name)


def _fill(copy: Path, path: Path, connect: Callable[[Path], sqlite3.Connection]) -> str:
    """Copy, mark and check; give SQLite's verdict on the copy."""
    with closing(connect(path)) as source, closing(sqlite3.connect(copy, isolation_level=None)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = delete")
        target.execute(WRITE_NOTE.text, {"name": RESTORED, "value": "yes"})
        verdict: str = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
        return verdict
