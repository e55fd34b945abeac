"""``rungbell oncall`` as people and pipes use it, against a real daemon."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from click.testing import Result

from tests.cli.conftest import Type
from tests.web.running import OPEN, MovableClock, Running, running
from tests.web.schedules import SCHEDULED, TUESDAY_NOON, put_to


@pytest_asyncio.fixture
async def daemon(clock: MovableClock, tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon with schedules on a Tuesday."""
    put_to(clock, TUESDAY_NOON)
    async with running(tmp_path, SCHEDULED) as found:
        yield found


def said(result: Result) -> list[str]:
    """What the command printed, without what the daemon, which is in the same process here, logs meanwhile."""
    return [line for line in result.stdout.splitlines() if "[info" not in line]


async def test_it_says_who_is_on_call_by_the_clocks_of_the_schedule(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url)
    now = (await typed(*me, "now")).stdout.splitlines()
    assert now[0].split() == ["SCHEDULE", "ON", "CALL", "UNTIL", "BY", "NOTE"]
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


async def test_where_there_are_no_schedules_nobody_reads_that_nobody_is_on_call(tmp_path: Path, typed: Type) -> None:
    async with running(tmp_path, OPEN) as daemon:
        for verb in ("now", "shifts"):
            done = await typed("oncall", "--url", daemon.url, verb)
            assert done.exit_code == 0
            assert done.stderr.endswith("No schedules: the tiers of the file name people themselves.\n")


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


async def test_the_pager_is_taken_overridden_swapped_and_given_back(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url, "--as", "alice")
    taken = await typed(*me, "take", "support", "--for", "1h")
    assert taken.exit_code == 0, taken.output
    assert said(taken) == ["alice is on call for support Tue 2026-11-24 12:00 GMT to Tue 2026-11-24 13:00 GMT"]
    assert (await typed(*me, "now", "--schedule", "support", "-o", "name")).stdout == "alice\n"
    assert "override 1" in (await typed(*me, "now")).stdout

    words = ("override", "add", "support", "chen", "--from", "12:30", "--until", "14:00", "--reason", "the dentist")
    added = await typed(*me, *words)
    assert said(added)[1].startswith("it overlaps override 1 (alice until")
    listed = (await typed(*me, "override", "list")).stdout
    assert [line.split()[:4] for line in listed.splitlines()[1:]] == [
        ["1", "active", "support", "alice"],
        ["2", "coming", "support", "chen"],
    ]
    assert "everybody" in listed
    assert "the dentist" in listed
    assert (await typed(*me, "override", "list", "-o", "name")).stdout == "1\n2\n"
    assert "MADE BY" in (await typed(*me, "override", "list", "-o", "wide")).stdout

    removed = await typed(*me, "override", "remove", "1", "2", "4711")
    assert removed.exit_code == 5
    assert said(removed) == ["override 1 ends now", "override 2 is removed"]
    assert "4711: there is no override" in removed.stderr
    assert (await typed(*me, "now", "--schedule", "support", "-o", "name")).stdout == "bob\n"

    swapped = await typed(*me, "swap", "support", "alice", "bob", "--one-on", "2026-12-14", "-o", "json")
    assert swapped.exit_code == 0, swapped.output
    assert [one["instead_of"] for one in json.loads("".join(said(swapped)))["overrides"]] == ["alice", "bob"]


async def test_what_is_refused_is_told_by_the_flags_that_were_typed(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url)
    nobody = await typed(*me, "take", "support", "--for", "1h")
    assert nobody.exit_code == 1
    assert "no token says who you are; name somebody, or say who acts (`--as`)" in nobody.stderr
    nothing = await typed(*me, "--as", "alice", "take", "support", "--for", "0s")
    assert (nothing.exit_code, nothing.stderr) == (1, "Error: `--for`: must be longer than nothing, such as 1h30m\n")
    endless = await typed(*me, "--as", "alice", "take", "support")
    assert "`--until` or `--for`: until when?" in endless.stderr
    stranger = await typed(*me, "override", "add", "support", "mallory", "--for", "1h")
    assert (stranger.exit_code, "alice, bob, chen" in stranger.stderr) == (1, True)
    assert (await typed(*me, "override", "remove")).exit_code == 2


async def test_a_note_for_the_next_on_call_is_shown_with_who_is(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url, "--as", "alice")
    left = await typed(*me, "note", "support", "-", stdin="db-1 swaps\nits disk is full\n")
    assert said(left) == ["whoever is on call for support next is told"]
    assert "alice: db-1 swaps its disk is full" in (await typed(*me, "now")).stdout
    listed = (await typed(*me, "notes")).stdout.splitlines()
    assert listed[1].split()[:6] == ["support", "Tue", "2026-11-24", "12:00", "GMT", "alice"]
    (found,) = json.loads((await typed(*me, "notes", "-o", "json")).stdout)
    assert found["text"] == "db-1 swaps\nits disk is full"
    assert (await typed(*me, "note", "support", " ")).exit_code == 1


async def test_a_calendar_is_printed_or_the_link_to_it(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url, "ical", "--schedule", "support")
    printed = await typed(*me, "--person", "bob", "--days", "7")
    assert printed.exit_code == 0, printed.output
    assert printed.stdout_bytes.startswith(b"BEGIN:VCALENDAR\r\n")
    assert printed.stdout_bytes.endswith(b"END:VCALENDAR\r\n")
    assert "X-RUNGBELL-PERSON:bob" in printed.stdout
    assert "X-RUNGBELL-PERSON:alice" not in printed.stdout
    (link,) = said(await typed(*me, "--link"))
    assert link.startswith("http")
    assert "/c/" in link
