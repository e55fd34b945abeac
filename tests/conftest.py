"""What holds for every test: one named after a reading (``test_A20_…``) proves it, and is marked so.

How long an example of a property may take is not limited: a slow machine breaks no promise.

Where several processes share the tests, each takes the next module when it is free. So what takes long comes first, or
the others would wait for it at the end; and modules that run real programs take turns with those that do not, since the
former wait while the latter compute.
"""

import os
import re
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# Else each daemon that is started compiles all of rungbell again, a third of what its start costs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

READING = re.compile(r"test_(A\d+)_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that are named after a reading of the playbook, and put what takes long first."""
    for item in items:
        if (named := READING.match(item.name)) is not None:
            item.add_marker(pytest.mark.requirement(named[1]))
    items[:] = _long_ones_first(items)


def _long_ones_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """Put the modules that take long first, with and without real programs in turns."""
    modules: dict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        modules[item.path].append(item)
    kinds: dict[bool, list[list[pytest.Item]]] = {True: [], False: []}
    for module in sorted(modules.values(), key=_length, reverse=True):
        kinds[any(item.get_closest_marker("end_to_end") for item in module)].append(module)
    turns = zip_longest(kinds[True], kinds[False], fillvalue=())
    return [item for turn in turns for module in turn for item in module]


def _length(module: list[pytest.Item]) -> tuple[float, int]:
    """Compare modules by the longest time that a test asks for, then by how many tests there are."""
    asked = [item.get_closest_marker("timeout") for item in module]
    return max(one.args[0] if one else 0 for one in asked), len(module)
