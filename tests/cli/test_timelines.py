"""Timelines as people type it: say, export, verify, against a real daemon and against files."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rungbell.cli.chained_file import verification
from rungbell.cli.failures import NegativeAnswerError
from tests.cli.conftest import Type
from tests.web.running import Running


@pytest.fixture
async def number(daemon: Running) -> str:
    return str(await daemon.opened("DiskFull"))


async def exported(daemon: Running, typed: Type, number: str, into: Path) -> Path:
    done = await typed("incidents", "--url", daemon.url, "export", number, "-o", "json")
    assert done.exit_code == 0, done.output
    into.write_text(done.stdout)  # noqa: ASYNC240 -- nothing else runs here
    return into


@pytest.mark.requirement("64")
async def test_what_is_said_becomes_what_it_means(daemon: Running, typed: Type, number: str) -> None:
    me = ("incidents", "--url", daemon.url, "--as", "alice")
    done = await typed(*me, "say", number, "Decision: We", "will", "wait", "because it heals")
    assert (done.exit_code, "noted as decision" in done.output) == (0, True), done.output
    done = await typed(*me, "say", number, "Action item: Bob will write it up by tomorrow")
    assert "action item 1 for bob, due " in done.output
    done = await typed(*me, "note", number, "pods restarted", "--kind", "containment", "--client-visible")
    assert "noted as containment" in done.output
    kinds = [entry["kind"] for entry in await daemon.timeline(number)]
    assert kinds[-3:] == ["decision", "action_item", "containment"]


@pytest.mark.requirement("71")
async def test_an_export_is_a_table_to_read_or_everything_to_verify(
    daemon: Running, typed: Type, number: str, tmp_path: Path
) -> None:
    table = await typed("incidents", "--url", daemon.url, "export", number)
    assert "| Time (UTC) | Event | Actor |" in table.stdout
    file = await exported(daemon, typed, number, tmp_path / "export.json")
    done = await typed("incidents", "verify", "--file", str(file))
    assert (done.exit_code, "whole" in done.output) == (0, True), done.output
    piped = await typed("incidents", "verify", "--file", "-", stdin=file.read_text())
    assert piped.exit_code == 0, piped.output


@pytest.mark.requirement("33")
async def test_verify_says_which_entry_broke_and_fails(daemon: Running, typed: Type, number: str) -> None:
    other = str(await daemon.opened("QueueFull"))
    me = ("incidents", "--url", daemon.url, "verify")
    assert (await typed(*me, number, other)).exit_code == 0
    with closing(sqlite3.connect(daemon.store)) as connection, connection:
        connection.execute("DROP TRIGGER timeline_is_never_changed")
        connection.execute("UPDATE timeline SET actor = 'bob' WHERE seq = 1 AND incident IN "
                           "(SELECT id FROM incidents WHERE number = ?)", (int(number),))  # fmt: skip

    done = await typed(*me, "--all")

    assert done.exit_code == 1
    assert "BROKEN at entry 1" in done.stdout
    assert (await typed(*me, "--all", "-o", "name")).stdout == f"{number}\n"
    (found,) = json.loads((await typed(*me, number, "-o", "json")).stdout)
    assert (found["whole"], found["broken"]["seq"]) == (False, 1)
    assert (await typed(*me, other)).exit_code == 0


async def test_a_byte_that_flips_in_an_export_is_found(
    daemon: Running, typed: Type, number: str, tmp_path: Path
) -> None:
    export = json.loads((await exported(daemon, typed, number, tmp_path / "export.json")).read_text())
    sealed = {"entries": export["entries"], "head": export["head"]}
    raw = json.dumps(sealed).encode()
    rest = json.dumps({"format": export["format"], "incident": {"id": export["incident"]["id"], "number": 1}})
    before = rest[:-1].encode() + b", "
    assert verification(before + raw[1:], "export")["whole"]
    for place in range(1, len(raw)):
        spoilt = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        try:
            found = verification(before + spoilt[1:], "export")
        except NegativeAnswerError:
            continue
        assert not found["whole"] or json.loads(before + spoilt[1:]) == json.loads(before + raw[1:]), spoilt


@pytest.mark.parametrize("change", ["removed", "swapped", "put in", "cut off"])
async def test_entries_of_a_file_that_were_moved_about_are_found(
    daemon: Running, typed: Type, number: str, tmp_path: Path, change: str
) -> None:
    file = await exported(daemon, typed, number, tmp_path / "export.json")
    export = json.loads(file.read_text())
    entries = export["entries"]
    export["entries"] = {
        "removed": [entries[0], *entries[2:]],
        "swapped": [entries[1], entries[0], *entries[2:]],
        "put in": [entries[0], *entries],
        "cut off": entries[:-1],
    }[change]
    file.write_text(json.dumps(export))
    done = await typed("incidents", "verify", "--file", str(file))
    assert done.exit_code == 1
    assert "BROKEN at entry" in done.stdout


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": "x", "incident": {"id": 1, "number": 1}}', "[" * 9_000]
)
async def test_what_is_no_export_is_said_to_be_none(typed: Type, tmp_path: Path, text: str) -> None:
    file = tmp_path / "export.json"
    file.write_text(text)
    done = await typed("incidents", "verify", "--file", str(file))
    assert done.exit_code == 1
    assert "incidents export N -o json" in done.stderr
    assert "Traceback" not in done.output


async def test_verify_wants_to_know_what(typed: Type) -> None:
    for words in ([], ["1", "--all"]):
        done = await typed("incidents", "verify", *words)
        assert (done.exit_code, "--all" in done.output) == (2, True)


async def test_people_are_listed_and_whoever_stands_in_the_file_is_not_forgotten(daemon: Running, typed: Type) -> None:
    me = ("people", "--url", daemon.url)
    assert (await typed(*me, "list", "-o", "name")).stdout.splitlines() == ["alice", "bob", "chen"]
    done = await typed(*me, "forget", "bob", "--yes")
    assert (done.exit_code, "take them out" in done.output) == (1, True)
    assert (await typed(*me, "forget", "bob", stdin="n\n")).exit_code == 1
