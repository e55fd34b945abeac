"""What holds for every test: one named after a reading (``test_A20_…``) proves it, and is marked so.

How long an example of a property may take is not limited: a slow machine breaks no promise.
"""

import re

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

READING = re.compile(r"test_(A\d+)_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that are named after a reading of the playbook."""
    for item in items:
        if (named := READING.match(item.name)) is not None:
            item.add_marker(pytest.mark.requirement(named[1]))
