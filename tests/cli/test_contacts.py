"""``rungbell oncall contacts`` and ``test-page``, against a real daemon."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.cli.conftest import Type
from tests.cli.test_oncall import said
from tests.harness.pager_receiver import PagerReceiver
from tests.web.running import OPEN, Running, running
from tests.web.test_contacts import NUMBER, PAGER, link_in


@pytest_asyncio.fixture
async def pager() -> AsyncIterator[PagerReceiver]:
    """Take real pages."""
    async with PagerReceiver() as found:
        yield found


@pytest_asyncio.fixture
async def daemon(tmp_path: Path, pager: PagerReceiver) -> AsyncIterator[Running]:
    """Run a daemon whose pager is there."""
    config = OPEN.replace(PAGER, pager.url).replace("{name: Alice}", f"{{name: Alice, phone: '{NUMBER}'}}")
    async with running(tmp_path, config, stub=False) as found:
        yield found


async def test_a_test_page_is_sent_answered_and_shown(daemon: Running, pager: PagerReceiver, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url)
    before = said(await typed(*me, "contacts"))
    assert before[0].split() == ["PERSON", "CHANNEL", "CONTACT", "STANDING", "LAST", "ANSWER", "LAST", "TEST"]
    assert [line.split()[:5] for line in before[1:]] == [
        [person, "pager", "-", "NEVER", "VERIFIED"] for person in ("alice", "bob", "chen")
    ]

    sent = await typed(*me, "test-page", "alice")
    assert sent.exit_code == 0, sent.output
    assert said(sent) == [
        "a test page for alice leaves through pager; once it is answered, `rungbell oncall contacts` says so"
    ]
    (page,) = await pager.wait_for(1, within=5)
    assert (await daemon.ask("POST", link_in(page))).status == 303

    (alice, *_) = said(await typed(*me, "contacts"))[1:]
    assert alice.split()[:4] == ["alice", "pager", "-", "verified"]
    assert alice.endswith("accepted")
    left = await typed(*me, "contacts", "--unverified", "-o", "name")
    assert (left.exit_code, said(left)) == (1, ["bob/pager", "chen/pager"])
    found = json.loads((await typed(*me, "contacts", "-o", "json")).stdout)
    assert [one["standing"] for one in found] == ["verified", "never", "never"]


async def test_who_cannot_be_tried_is_a_negative_answer_that_says_why(daemon: Running, typed: Type) -> None:
    me = ("oncall", "--url", daemon.url)
    nobody = await typed(*me, "test-page", "zoe")
    assert (nobody.exit_code, "'zoe' is nobody of the configuration" in nobody.stderr) == (1, True)
    no_channel = await typed(*me, "test-page", "bob", "--channel", "fax")
    assert (no_channel.exit_code, "there is no channel 'fax'; known: pager" in no_channel.stderr) == (1, True)


async def test_nothing_that_is_typed_shows_a_number_unless_it_is_asked_for(
    daemon: Running, typed: Type, tmp_path: Path
) -> None:
    url, file = ("--url", daemon.url), str(tmp_path / "rungbell.yml")
    for words in (
        ("oncall", *url, "contacts", "-o", "json"),
        ("oncall", *url, "now", "-o", "json"),
        ("people", *url, "list", "-o", "json"),
        ("incidents", *url, "list", "-o", "json"),
        ("check", "config", file),
        ("check", "config", "--lint", file),
        ("simulate", "severity=critical", "--config.file", file, "-o", "json"),
        ("simulate", "severity=critical", "--config.file", file),
    ):
        done = await typed(*words)
        assert done.exit_code == 0, (words, done.output)
        assert "79460173" not in done.output.replace(" ", ""), words
