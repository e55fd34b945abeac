"""Whatever the daemon must carry has a test that says so, and no test says what nobody knows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.requirements.__main__ import strange, unproved
from tests.requirements.numbers import READINGS, REQUIREMENTS

EVERYTHING = {number: {"a test"} for number in (*REQUIREMENTS, *READINGS)}


def test_what_the_daemon_carries_and_every_reading_need_a_test_and_the_others_do_not() -> None:
    assert unproved(EVERYTHING) == []
    assert unproved({}) == [number for number, (who, _) in REQUIREMENTS.items() if who == "M"] + list(READINGS)
    assert unproved({**EVERYTHING, "12": set(), "A44": set(), "1": set(), "16": set()}) == ["12", "A44"]


def test_a_number_that_nobody_knows_is_strange() -> None:
    assert strange({**EVERYTHING, "83": {"a test"}, "A46": {"a test"}}) == ["83", "A46"]
    assert strange(EVERYTHING) == []


@pytest.mark.timeout(300)
def test_every_requirement_and_every_reading_has_a_test() -> None:
    """In a process of its own: tests are not collected within a test."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.requirements"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-500:] + ended.stderr
    assert "every one of them has a test" in ended.stdout
