"""Commands typed into a chat: every act of a person in words, the same from any channel."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from rungbell.runtime.hearing.vocabulary import ACTS
from tests.harness.webhooks import firing
from tests.web.pigeon import PigeonNotifier
from tests.web.running import POLICY, Running, running
from tests.web.test_answering import PIGEONS, answer, pigeons

__all__ = ["pigeons"]

BIRDS = PIGEONS.replace(
    "bob: {name: Bob}", "bob: {name: Bob, contacts: {pigeon: Bert}}\n  dana: {name: Dana, contacts: {pigeon: Dora}}"
).replace("channels:", "schedules:\n  support: {people: [alice, bob]}\nchannels:")
assert BIRDS != POLICY


@pytest_asyncio.fixture
async def loft(tmp_path: Path, pigeons: None) -> AsyncIterator[Running]:
    """A daemon that pages by pigeon, with one incident that fires."""
    async with running(tmp_path / "loft", BIRDS, stub=False) as found:
        await found.opened_by(firing("DiskFull", severity="critical"))
        yield found


class Bird:
    """Says something, each time for the first time."""

    def __init__(self, loft: Running, contact: str = "Martha") -> None:
        self.loft = loft
        self.contact = contact
        self.times = 0

    async def says(self, words: str, **more: object) -> str:
        self.times += 1
        known: dict[str, Any] = {"once": f"{self.contact} {self.times}", "contact": ["pigeon", self.contact]}
        return (await answer(self.loft, wish="say", words=words, **{**known, **more})).removeprefix("200 ")


@pytest.fixture
def alice(loft: Running) -> Bird:
    return Bird(loft)


@pytest.fixture
def bob(loft: Running) -> Bird:
    return Bird(loft, "Bert")


async def incident(loft: Running, number: int = 1) -> Any:  # noqa: ANN401 -- JSON
    return await loft.get(f"/api/v1/incidents/{number}")


async def test_a_person_takes_an_incident_through_its_life_in_words(loft: Running, alice: Bird) -> None:
    for words, came in (
        ("ack 1", "done alice alice holds the incident until"),
        ("declare 1", "done"),
        ("status #1 identified the disk is full of logs", "done"),
        ("note 1 Decision: We will rotate the logs because they fill the disk", "done"),
        ("impact 1 scope partial", "done"),
        ("tick 1 triage.verified", ""),
        ("assume 1 scribe", "done"),
        ("give-up 1 scribe", "done"),
        ("snooze 1 30m", "done"),
        ("severity 1 P2 because only one node", "done"),
        ("resolve 1 because the logs are rotated", "done"),
        ("reopen 1 because it is back", "done"),
    ):
        assert (await alice.says(words)).startswith(came), words

    found = await incident(loft)
    assert (found["severity"], found["status"], found["cycle"]) == ("P2", "triggered", 2)
    assert found["command"]["impact"]["scope"] == "partial"


@pytest.mark.parametrize(
    ("words", "tier"),
    [
        ("escalate 1", "L2"),
        ("escalate to L2", "L2"),
        ("Escalate 1 L2 please", "L2"),
        ("escalate 1 because cause-unclear it leaks", "L2"),
    ],
)
async def test_a_higher_tier_is_asked_for_as_people_say_it(loft: Running, alice: Bird, words: str, tier: str) -> None:
    assert (await alice.says(words)).startswith("done")

    assert tier in {one["tier"] for one in (await incident(loft))["tiers"]}


async def test_an_incident_is_opened_in_words_and_once(loft: Running, alice: Bird) -> None:
    assert (await alice.says("declare P1 the shop is down", once="same")).startswith("done alice")
    assert (await alice.says("declare P1 the shop is down", once="same")).startswith("already alice")

    titles = [one["title"] for one in (await loft.get("/api/v1/incidents"))["incidents"]]
    assert titles == ["the shop is down", "DiskFull: DiskFull is down"]


async def test_without_a_number_the_only_open_one_is_meant_and_of_two_the_one_that_was_answered(
    loft: Running, alice: Bird
) -> None:
    assert (await alice.says("ack")).startswith("done")
    await loft.opened_by(firing("CpuHigh", severity="critical"))

    assert "which incident, by its number? #2, #1; nothing was changed" in await alice.says("resolve done")
    assert (await alice.says("ack", ticket=PigeonNotifier.flown[-1].ticket)).startswith("done")
    assert (await incident(loft, 2))["status"] == "acknowledged"


async def test_commands_hand_over_and_merge(loft: Running, alice: Bird, bob: Bird) -> None:
    await alice.says("ack 1")
    await alice.says("declare 1 commander alice")
    assert (await alice.says("handoff 1 bob everything")).startswith("done"), await incident(loft)
    await loft.opened_by(firing("CpuHigh", severity="warning"))
    assert (await bob.says("merge 2 into 1")).startswith("done")

    assert (await incident(loft, 2))["status"] == "merged"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("akc 1", "'akc' is not known, did you mean `ack`? `help` says what is"),
        ("dance", "'dance' is not known; `help` says what is"),
        ("ack 99", "there is no incident 99"),
        ("severity 1 P9", "which severity? known: P0, P1, P2, P3. It is `severity INCIDENT P1 [because …]`"),
        ("status 1 identifed", "did you mean `identified`?"),
        ("assume 1 comander", "did you mean `commander`?"),
        ("assume 1", "which role? known: commander"),
        ("escalate 1 to L9", "'L9' is no tier; known: L1"),
        ("escalate 1 because vendr", "did you mean `vendor`?"),
        ("snooze 1 soonish", "for how long, or until when?"),
        ("note 1", "say what to write down"),
        ("merge 1", "into which incident"),
        ("tick 1 triage.verifed", "did you mean `triage.verified`?"),
        ("impact 1 scpe partial", "did you mean `scope`?"),
        ("declare the shop is down", "`declare P1 TITLE`"),
        ("waive 1 nobody because x", "'nobody' is no audience"),
        ("oncall suport", "did you mean `support`?"),
    ],
)
async def test_what_is_not_understood_is_told_with_what_is_near(
    loft: Running, alice: Bird, words: str, told: str
) -> None:
    said = await alice.says(words)

    assert said.startswith("refused alice")
    assert told in said
    assert said.endswith("nothing was changed")
    assert (await incident(loft))["status"] == "triggered"


async def test_questions_are_answered(loft: Running, alice: Bird) -> None:
    assert "#1 P1 triggered, nobody holds it: DiskFull" in await alice.says("list")
    assert "P1 #1 DiskFull: DiskFull is down\ntriggered: nobody holds it" in await alice.says("show 1")
    assert "support: alice, bob" in await alice.says("oncall")
    told = await alice.says("")
    assert all(verb in told for verb in ACTS)
    assert "escalate INCIDENT [to L4] [because REASON] [NOTE]: page a higher tier" in await alice.says("help escalate")


async def test_of_a_restricted_incident_others_hear_nothing(loft: Running, alice: Bird) -> None:
    dana = Bird(loft, "Dora")
    await alice.says("ack 1")
    assert "#1" in await dana.says("list")
    assert (await alice.says("escalate 1 because security-breach")).startswith("done")

    assert await dana.says("list") == "done dana no incident is open"
    assert "there is no incident 1" in await dana.says("show 1")
    assert "#1" in await alice.says("list")


async def test_into_a_restricted_incident_others_merge_as_little_as_into_none(loft: Running, alice: Bird) -> None:
    dana = Bird(loft, "Dora")
    await alice.says("ack 1")
    await alice.says("escalate 1 because security-breach")
    await loft.opened_by(firing("CpuHigh", severity="warning"))

    restricted, none = await dana.says("merge 2 into 1"), await dana.says("merge 2 into 99")
    assert restricted == none.replace("99", "1")
    assert restricted.startswith("refused dana there is no incident 1")
    assert (await incident(loft, 2))["status"] == "triggered"
    assert (await alice.says("merge 2 into 1")).startswith("done")


async def test_nobody_else_says_anything(loft: Running) -> None:
    assert (await Bird(loft, "Mallory").says("ack 1")).startswith("stranger")
    assert (await incident(loft))["status"] == "triggered"


@pytest.mark.parametrize("words", ["resolve 99\nit is fixed", "resolve\n99 it is fixed", "resolve\t#99\tit is fixed"])
async def test_a_number_at_the_end_of_a_line_says_which_incident_is_meant_too(
    loft: Running, alice: Bird, words: str
) -> None:
    assert (await alice.says(words)).startswith("refused alice there is no incident 99")
    assert (await incident(loft))["status"] == "triggered"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("ack 99.", "there is no incident 99"),
        ("ack (99)", "'(99)' names no incident"),
        ("ack incident 99", "there is no incident 99"),
        ("resolve incident 99 it is fixed", "there is no incident 99"),
        ("resolve Incident #99: it is fixed", "there is no incident 99"),
        ("unack INC-2026-99", "'INC-2026-99' names no incident"),
    ],
)
async def test_what_seems_to_name_another_incident_is_not_done_to_the_only_one(
    loft: Running, alice: Bird, words: str, told: str
) -> None:
    said = await alice.says(words)

    assert said.startswith("refused alice")
    assert told in said
    assert (await incident(loft))["status"] == "triggered"
    assert (await alice.says("ack I am on it")).startswith("done alice")
    assert (await alice.says("unack 1: back at 9:00")).startswith("done alice")
