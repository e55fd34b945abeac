"""Every statement, written once in SQL, in a module for each subject; and what a statement is.

Rules
-----
* Values are named (``:key``) and never put into the text. Only constants of the playbook stand in it, as the conditions
  of partial indexes want it.
* No two statements have the same name.
* SQLAlchemy knows the tables (``schema``) and makes them; it takes longer to import than a start may, and so it is left
  to migrations.

May import: nothing of rungbell.
"""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

_PARAMETER = re.compile(r":(\w+)")


class Statement:
    """One statement: ``text`` has ``:name`` parameters, ``placed`` has places for them, as the driver is given it.

    It would look up each parameter of each execution by its name.
    """

    __slots__ = ("filled", "placed", "text")

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self.placed = _PARAMETER.sub("?", self.text)
        names = _PARAMETER.findall(self.text)
        self.filled: Callable[[dict[str, Any]], Sequence[Any]]
        """Gives the values of one execution in the order of their places."""
        self.filled = itemgetter(*names) if len(names) > 1 else lambda values: [values[name] for name in names]


def inserting(table: str, columns: str, then: str = "") -> Statement:
    """Give the statement that inserts a row, with a value for each of the ``columns``."""
    names = columns.split()
    quoted = ", ".join(f'"{name}"' for name in names)
    return Statement(f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(f':{name}' for name in names)}) {then}")
