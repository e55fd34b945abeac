"""Texts to others in words, read whole before somebody stands for them; and postmortems in words."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.communication.record import Communication, CommunicationState, Step
from rungbell.runtime.wording.reviewing import SEALED_FOR, read_at, seal, sealed_at
from tests.domain.world import MONDAY_10
from tests.harness.webhooks import firing
from tests.web.running import INCIDENTS, Json, Running, running
from tests.web.test_answering import pigeons
from tests.web.test_commanding import BIRDS, Bird
from tests.web.test_communications import PLAN, last

__all__ = ["pigeons"]

CLIENTS = BIRDS.replace("channels:\n", "channels:\n  mail: {type: pigeon}\n") + PLAN
ROOM = 11_500


@pytest_asyncio.fixture
async def loft(tmp_path: Path, pigeons: None) -> AsyncIterator[Running]:
    """A daemon that knows clients, with one incident that fires and a draft to them."""
    async with running(tmp_path / "loft", CLIENTS, stub=False) as found:
        await found.opened_by(firing("DiskFull", severity="critical"))
        await Bird(found).says("tell 1 client-notice", once="the draft")
        yield found


@pytest.fixture
def alice(loft: Running) -> Bird:
    return Bird(loft)


@pytest.fixture
def bob(loft: Running) -> Bird:
    return Bird(loft, "Bert")


def sealed(said: str) -> str:
    """Give the command by which whoever read it stands for it."""
    found = re.search(r"`(review [^`]+)`", said)
    assert found, said
    return found[1]


async def text(loft: Running) -> Json:
    number = (await last(loft, 1))["number"]
    found = await loft.get(f"{INCIDENTS}/1/communications/{number}")
    assert isinstance(found, dict)
    return found


@pytest.mark.requirement("48")
async def test_a_text_is_shown_whole_reviewed_and_sent(loft: Running, alice: Bird, bob: Bird) -> None:
    assert "#1 text 1: client notice, draft, to northwind, contoso" in await alice.says("drafts")

    shown = await bob.says("review 1 1", room=ROOM)

    drafted = await text(loft)
    for one in drafted["texts"].values():
        assert one["subject"] in shown
        assert one["body"].rstrip() in shown
    assert "review it first" in await bob.says("send 1 1")
    assert (await bob.says(sealed(shown), room=ROOM)).startswith("done bob client notice 1 reviewed")
    reviewed = await text(loft)
    assert (reviewed["state"], reviewed["reviewed"]["by"]) == ("reviewed", "bob")
    assert reviewed["texts"] == drafted["texts"]
    assert (await bob.says("send 1 1")).startswith("done bob client notice 1 sent to")
    assert await alice.says("drafts") == "done alice no text waits"


async def test_without_its_number_the_only_text_is_meant(alice: Bird) -> None:
    assert "text 1 of #1: client notice, draft" in await alice.says("review 1", room=ROOM)


async def test_nobody_stands_for_words_that_were_not_shown_to_them(loft: Running, alice: Bird, bob: Bird) -> None:
    stands = sealed(await alice.says("review 1 1", room=ROOM))

    said = await bob.says(stands, room=ROOM)

    assert said.startswith("refused bob nothing was changed")
    assert (await text(loft))["state"] == "draft"
    assert sealed(said) != stands
    assert (await bob.says(sealed(said), room=ROOM)).startswith("done bob")


async def test_words_that_have_changed_since_are_read_anew(loft: Running, alice: Bird) -> None:
    stands = sealed(await alice.says("review 1 1", room=ROOM))
    await alice.says("impact 1 functionality nobody can pay")

    said = await alice.says(stands, room=ROOM)

    assert said.startswith("refused alice nothing was changed")
    assert "nobody can pay" in said
    assert (await text(loft))["state"] == "draft"


@pytest.mark.parametrize("given", ["yes", "0-00000000", "-1-0", "fffffffff-00000000", "x-1"])
async def test_what_is_no_seal_reviews_nothing(loft: Running, alice: Bird, given: str) -> None:
    assert (await alice.says(f"review 1 1 {given}", room=ROOM)).startswith("refused alice nothing was changed")
    assert (await text(loft))["state"] == "draft"


async def test_what_does_not_fit_is_read_elsewhere_and_cannot_be_stood_for_here(alice: Bird) -> None:
    said = await alice.says("review 1 1", room=400)

    assert "`rungbell incidents review 1 1`" in said
    assert "`review 1" not in said


async def test_a_text_is_discarded_with_a_reason(loft: Running, alice: Bird) -> None:
    assert (await alice.says("discard 1 1 because they were called")).startswith("done alice client notice 1 discarded")

    found = await text(loft)
    assert (found["state"], found["reason"]) == ("discarded", "they were called")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("review 1 9", "#1 has no text 9"),
        ("review 1 soon", "which text, by its number?"),
        ("review 99 1", "there is no incident 99"),
        ("send 1", "which text, by its number?. It is `send INCIDENT NUMBER`"),
        ("discard 1 it", "which text, by its number?"),
        ("postmortem 1", "`postmortem own`"),
        ("postmortem own 1", "say who owns it"),
        ("postmortem state 1 finished", "'finished' is no state of a document"),
        ("postmortem review 1 with alice it went well", "who was there, a colon"),
        ("postmortem set-item 1 one done", "which action item, by its number?"),
        ("postmortem set-item 1 1 by whenever", "by when?"),
        ("postmortem add-item 1", "say who does it"),
        ("postmortem add-item 1 bob P1", "say what is to be done"),
    ],
)
async def test_what_is_not_understood_changes_nothing(alice: Bird, words: str, told: str) -> None:
    said = await alice.says(words)

    assert said.startswith("refused alice")
    assert told in said
    assert said.endswith("nothing was changed")


async def test_of_a_restricted_incident_others_read_no_text(loft: Running, alice: Bird) -> None:
    dana = Bird(loft, "Dora")
    await alice.says("ack 1")
    await alice.says("escalate 1 because security-breach")

    assert await dana.says("drafts") == "done dana no text waits"
    for words in ("review 1 1", "send 1 1", "postmortem show 1"):
        assert "there is no incident 1" in await dana.says(words)


async def test_a_postmortem_goes_from_its_owner_to_its_last_action_item_in_words(loft: Running, alice: Bird) -> None:
    for words in ("ack 1", "severity 1 P2 because one node", "resolve 1 because it is mended"):
        assert (await alice.says(words)).startswith("done"), words
    for words, came in (
        ("postmortem own 1 bob", "done alice the postmortem is not begun, bob owns it"),
        ("postmortem state 1 draft https://wiki.example/1", "done alice the postmortem is a draft"),
        ("postmortem link 1 https://wiki.example/2", "done alice"),
        ("postmortem review 1 with alice, bob: we rotate earlier", "done alice the review is written down"),
        ("postmortem state 1 published", "done alice the postmortem is published"),
        ("postmortem add-item 1 bob P2 rotate the logs by hand, each day, by 2099-12-24", "refused alice"),
        ("postmortem add-item 1 bob P2 stand by the door by tomorrow", "done alice action item 1"),
        ("postmortem add-item 1 dana rotate the keys", "done alice action item 2"),
        ("postmortem set-item 1 1 in-progress", "done alice action item 1 is in progress"),
        ("postmortem set-item 1 2 owner team-a", "done alice"),
        ("postmortem set-item 1 2 by friday", "done alice"),
        ("postmortem reviewed 1", "done alice action items reviewed: 2 of 2 open"),
    ):
        assert (await alice.says(words)).startswith(came), words

    found = await loft.get(f"{INCIDENTS}/1/postmortem")
    assert (found["owner"], found["state"], found["url"]) == ("bob", "published", "https://wiki.example/2")
    assert found["review"]["attendees"] == ["alice", "bob"]
    first, second = found["items"]
    assert (first["text"], first["owner"], first["priority"], first["status"]) == (
        "stand by the door", "bob", "P2", "in_progress",
    )  # fmt: skip
    assert (second["owner"], second["priority"]) == ("team-a", "P1")
    said = await alice.says("postmortem show 1")
    assert "its document is published, bob owns it https://wiki.example/2" in said
    assert "1. in progress, bob, P2" in said


async def test_an_act_that_is_told_again_has_no_second_effect(loft: Running, alice: Bird) -> None:
    for _ in range(2):
        await alice.says("postmortem add-item 1 bob rotate the keys", once="the same")

    assert len((await loft.get(f"{INCIDENTS}/1/postmortem"))["items"]) == 1


def test_a_seal_is_good_for_an_hour_and_for_these_words_only() -> None:
    drafted = Step("rungbell", MONDAY_10)
    one = Communication("7", 2, CommunicationKind.CLIENT_NOTICE, ("acme",), CommunicationState.DRAFT, drafted)
    at = read_at(one, MONDAY_10 + timedelta(minutes=3, milliseconds=700))
    texts = {"acme": Text("Notice", "we know")}
    given = seal(one, texts, "alice", at)

    assert at == MONDAY_10 + timedelta(minutes=3)
    assert sealed_at(one, given, at + SEALED_FOR) == at
    assert sealed_at(one, given, at + SEALED_FOR + timedelta(seconds=1)) is None
    assert sealed_at(one, given, at - timedelta(seconds=1)) is None
    assert len({given, seal(one, texts, "bob", at), seal(one, {"acme": Text("Notice", "we knew")}, "alice", at)}) == 3
