"""``rungbell oncall`` as people and pipes use it, against a real daemon."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.cli.conftest import Type
from tests.web.running import MovableClock, Running, running
from tests.web.schedules import SCHEDULED, TUESDAY_NOON, put_to


@pytest_asyncio.fixture
async def daemon(clock: MovableClock, tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon with schedules on a Tuesday."""
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED) as found:
        yield found


async def test_it_says_who_is_on_call_by_the_clocks_of_the_schedule(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url)
    now = (await typed(*me, "now")).stdout.splitlines()
    assert now[0].split() == ["SCHEDULE", "ON", "CALL", "UNTIL"]
    assert now[1].split() == ["support", "bob", "Mon", "2026-11-30", "09:00", "GMT"]
    assert now[2].split() == ["senior", "chen"]
    assert now[3].split()[:2] == ["later", "(nobody)"]
    assert (await typed(*me, "now", "--schedule", "support", "-o", "name")).stdout == "bob\n"
    assert json.loads((await typed(*me, "now", "-o", "json")).stdout)[0]["people"] == ["bob"]

    following = (await typed(*me, "next")).stdout.splitlines()
    assert following[1].split() == ["support", "alice", "Mon", "2026-11-30", "09:00", "GMT"]
    assert "senior" not in "".join(following)

    shifts = (
        await typed(*me, "shifts", "--schedule", "support", "--from", "2027-07-01", "--until", "2027-07-06")
    ).stdout
    assert shifts.splitlines()[1].split()[1:4] == ["Thu", "2027-07-01", "00:00"]
    assert shifts.splitlines()[1].split()[4:] == ["BST", "Mon", "2027-07-05", "09:00", "BST", "alice"]


async def test_gaps_are_a_negative_answer(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url)
    found = await typed(*me, "gaps")
    assert found.exit_code == 1
    assert found.stdout.splitlines()[1].startswith("later")
    none = await typed(*me, "gaps", "--schedule", "support", "--days", "366")
    assert (none.exit_code, none.stdout) == (0, "")
    assert "Somebody is on call everywhere" in none.stderr


async def test_an_unknown_schedule_is_answered_with_those_that_there_are(daemon: Running, typed: Type) -> None:
    done = await typed("oncall", "--url", daemon.url, "now", "--schedule", "suport")
    assert done.exit_code == 1
    assert "later, senior, support" in done.stderr
