"""``rungbell incidents tell`` and its kin as people type them, against a real daemon."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.cli.conftest import Type
from tests.web.running import INCIDENTS, POLICY, Running, running
from tests.web.test_communications import PLAN


@pytest_asyncio.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a daemon that knows clients, and whose mail reaches nobody."""
    channels = 'channels:\n  mail: {type: webhook, url: "http://127.0.0.1:9/mail"}\n'
    async with running(tmp_path / "telling", POLICY.replace("channels:\n", channels) + PLAN) as found:
        yield found


@pytest.mark.requirement("48", "50")
async def test_clients_are_told_from_the_draft_to_the_all_clear(telling: Running, typed: Type, tmp_path: Path) -> None:
    me = ("incidents", "--url", telling.url, "--as", "alice")
    number = (await typed(*me, "open", "queue", "--severity", "P1", "-o", "name")).stdout.strip()

    done = await typed(*me, "tell", number, "client-notice", "--to", "contoso")
    assert done.exit_code == 0, done.output
    assert "client notice 2 drafted for contoso; a person reviews it before it is sent" in done.stdout
    waiting = await typed(*me, "drafts")
    assert "client notice" in waiting.stdout
    assert (await typed(*me, "drafts", "-o", "name")).stdout.split() == [number, "2"]
    early = await typed(*me, "send", number, "2")
    assert (early.exit_code, "review it first" in early.stderr) == (1, True)

    refused = await typed(*me, "review", number, "2", stdin="n\n")
    assert refused.exit_code == 1
    assert "To: contoso\nSubject: " in refused.stderr
    words = tmp_path / "words.txt"
    words.write_text("Dear Contoso,\n\nwe know.\n")
    reviewed = await typed(*me, "review", number, "2", "--subject", "Notice", "--body", str(words), "--yes", "--send")
    assert reviewed.exit_code == 0, reviewed.output
    assert "client notice 2 sent to contoso" in reviewed.stdout
    shown = await typed(*me, "communications", number, "2")
    assert "To: contoso\nSubject: Notice\n\nDear Contoso,\n\nwe know.\n" in shown.stdout

    resolved = await typed(*me, "resolve", number, "--because", "it drained")
    assert "the all clear (4) waits for a review" in resolved.stdout
    assert (await typed(*me, "review", number, "4", "--yes", "--send")).exit_code == 0
    listed = await typed(*me, "communications", number)
    assert "all clear" in listed.stdout
    ledger = json.loads((await typed(*me, "communications", number, "-o", "json")).stdout)
    assert [(one["kind"], one["recipients"], one["state"]) for one in ledger["communications"]] == [
        ("internal_declaration", ["#incidents-p1"], "sent"),
        ("client_notice", ["contoso"], "sent"),
        ("internal_update", ["#incidents-p1"], "sent"),
        ("all_clear", ["contoso"], "sent"),
    ]
    wide = await typed(*me, "communications", number, "-o", "wide")
    assert "RECIPIENT" in wide.stdout


async def test_a_waiver_and_a_discarded_draft(telling: Running, typed: Type) -> None:
    me = ("incidents", "--url", telling.url, "--as", "alice")
    number = (await typed(*me, "open", "queue", "--severity", "P1", "-o", "name")).stdout.strip()
    assert (await typed(*me, "waive", number, "clients")).exit_code == 2
    assert (await typed(*me, "waive", number, "clients", "--because", "by phone")).exit_code == 0
    await typed(*me, "tell", number, "client_notice")
    assert (await typed(*me, "discard", number, "2", "--because", "by phone")).exit_code == 0
    listed = await typed(*me, "communications", number)
    assert "discarded" in listed.stdout
    assert "clients need not be told, says alice: by phone" in listed.stderr
    assert (await typed(*me, "drafts")).stderr == "Nothing waits to be reviewed or sent.\n"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("tell", "NUMBER", "poem"), 2, "is not one of"),
        (("tell", "NUMBER", "client_notice", "--to", "contosso"), 1, "the file knows contoso, northwind"),
        (("tell", "4711", "client_notice"), 1, "no incident"),
        (("review", "NUMBER", "9"), 1, "no communication"),
        (("review", "NUMBER", "1", "--body", "/nowhere/at/all"), 2, "No such file"),
        (("communications", "NUMBER", "0"), 2, "0 is not in the range"),
    ],
)
async def test_what_cannot_be_is_said_with_its_exit_code(
    telling: Running, typed: Type, words: tuple[str, ...], code: int, says: str
) -> None:
    me = ("incidents", "--url", telling.url, "--as", "alice")
    number = (await typed(*me, "open", "queue", "--severity", "P1", "-o", "name")).stdout.strip()
    done = await typed(*me, *(number if word == "NUMBER" else word for word in words))
    assert (done.exit_code, says in done.stderr) == (code, True), done.output


async def test_an_incident_of_which_nobody_was_told_says_so(telling: Running, typed: Type) -> None:
    number = await telling.opened("DiskFull", severity="warning")
    listed = await typed("incidents", "--url", telling.url, "communications", str(number))
    assert (listed.stdout, listed.stderr) == ("", "Nobody was told of it yet.\n")
    assert (await telling.get(f"{INCIDENTS}/{number}/communications"))["communications"] == []
