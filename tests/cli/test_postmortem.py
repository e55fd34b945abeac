"""``rungbell postmortem`` as people use it, against a real daemon: what is owed, the draft, what is to be done."""

import json

import pytest

from tests.cli.conftest import Type
from tests.web.running import Running


async def ended(daemon: Running, typed: Type) -> str:
    """An incident with an action item that a person has resolved."""
    number = str(await daemon.opened("DatabaseDown"))
    for words in (
        ("incidents", "ack", number),
        ("postmortem", "add-item", number, "add the index", "--owner", "dana", "--priority", "p0"),
        ("incidents", "resolve", number, "--because", "the query is killed"),
    ):
        done = await typed(words[0], "--url", daemon.url, "--as", "alice", *words[1:])
        assert done.exit_code == 0, done.output
    return number


@pytest.mark.requirement("75", "77", "78")
async def test_from_the_draft_to_the_last_item(daemon: Running, typed: Type) -> None:
    number = await ended(daemon, typed)

    async def say(*words: str) -> str:
        done = await typed("postmortem", "--url", daemon.url, "--as", "alice", *words)
        assert done.exit_code == 0, done.output
        return done.output

    assert "alice owns it" in await say("own", number, "alice")
    assert "a draft" in await say("state", number, "draft", "--link", "https://docs.example/7")
    await say("review", number, "--with", "Support", "--with", "SRE", "--outcome", "priorities confirmed")
    assert "published" in await say("state", number, "published")
    assert "the rule for P0" in await say("set-item", number, "1", "--due", "2031-01-01")
    assert "is done" in await say("set-item", number, "1", "--status", "done")
    assert "gone through again" in await say("reviewed", number)
    shown = await say("show", number)
    for text in ("document: published", "https://docs.example/7", "priorities confirmed", "add the index", "dana"):
        assert text in shown
    found = json.loads(await say("list", "-o", "json"))
    assert [(one["incident"]["number"], one["state"]) for one in found] == [(int(number), "published")]
    assert number in await say("list")


@pytest.mark.requirement("68")
async def test_the_draft_is_markdown_with_its_figures(daemon: Running, typed: Type) -> None:
    number = await ended(daemon, typed)
    text = (await typed("postmortem", "--url", daemon.url, "draft", number)).output
    assert text.startswith("# Postmortem: ")
    assert "| 1 | add the index | dana |" in text
    figures = json.loads((await typed("postmortem", "--url", daemon.url, "draft", number, "-o", "json")).stdout)[
        "figures"
    ]
    assert {one["name"] for one in figures} >= {"detection", "acknowledgement", "resolution", "clients"}
    assert next(one["seconds"] for one in figures if one["name"] == "clients") is None


async def test_where_nothing_is_owed_it_says_so(daemon: Running, typed: Type) -> None:
    listed = await typed("postmortem", "--url", daemon.url, "list")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert "Nothing is owed" in listed.stderr
    number = str(await daemon.opened("DiskFull", severity="info"))
    assert "none is owed" in (await typed("postmortem", "--url", daemon.url, "show", number)).output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("state", "1", "draft"), "not over yet"),
        (("own", "1", "mallory"), "not over yet"),
        (("set-item", "1", "4", "--status", "done"), "no action item 4"),
        (("add-item", "1", "x", "--owner", "dana", "--due", "2020-01-01"), "has passed"),
        (("add-item", "1", "x", "--owner", "dana", "--due", "soon"), "due"),
        (("reviewed", "1"), "no action items"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_what_to_do(
    daemon: Running, typed: Type, words: tuple[str, ...], told: str
) -> None:
    await daemon.opened("DatabaseDown")
    done = await typed("postmortem", "--url", daemon.url, "--as", "alice", *words)
    assert done.exit_code == 1
    assert told in done.output
