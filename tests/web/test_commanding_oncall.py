"""Who is on call, in words: the acts of the API, by whoever types."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.runtime.oncall_changes import swap, told
from tests.web.pigeon import PigeonNotifier
from tests.web.running import Json, Running, running
from tests.web.test_answering import count, pigeons
from tests.web.test_commanding import BIRDS, Bird

__all__ = ["pigeons"]

ROTA = BIRDS.replace(
    "  support: {people: [alice, bob]}\n",
    "  support: {people: [alice, bob]}\n"
    "  turns: {rotation: {people: [alice, bob], every: 1d, handover: 09:00, starts: 2026-01-05}}\n",
)
assert ROTA != BIRDS


@pytest_asyncio.fixture
async def loft(tmp_path: Path, pigeons: None) -> AsyncIterator[Running]:
    """A daemon that pages by pigeon."""
    async with running(tmp_path / "loft", ROTA, stub=False) as found:
        yield found


@pytest.fixture
def alice(loft: Running) -> Bird:
    return Bird(loft)


async def overrides(loft: Running) -> list[Json]:
    found = await loft.get("/api/v1/oncall/overrides?all=true")
    return list(found["overrides"])


async def test_whoever_takes_the_pager_has_it_and_gives_it_back(loft: Running, alice: Bird) -> None:
    said = await alice.says("oncall take support for 1h because bob is ill")

    assert said.startswith("done alice alice is on call for support ")
    assert await alice.says("oncall support") == "done alice support: alice"
    (one,) = await overrides(loft)
    assert (one["person"], one["made_by"], one["reason"]) == ("alice", "alice", "bob is ill")
    assert f"`oncall remove {one['id']}` ends it" in said
    assert await alice.says(f"oncall remove {one['id']}") == f"done alice override {one['id']} ends now"
    assert await alice.says("oncall support") == "done alice support: alice, bob"
    assert (await alice.says(f"oncall remove {one['id']}")).startswith("already alice")


@pytest.mark.parametrize(
    "words",
    [
        "oncall override support dana 12h instead-of bob because they agreed",
        "oncall override support dana until 2099-12-24 18:00",
        "Oncall Override support dana from tomorrow 9:00 until tomorrow 18:00 instead of bob",
        "oncall override support dana from tomorrow  9:00\nuntil tomorrow\n18:00\ninstead of  bob",
    ],
)
async def test_somebody_else_is_on_call_for_a_while(loft: Running, alice: Bird, words: str) -> None:
    said = await alice.says(words)

    far = "2099" in words
    assert said.startswith("refused alice" if far else "done alice dana is on call for support"), said
    made = await overrides(loft)
    assert len(made) == (0 if far else 1)
    if made:
        assert (made[0]["person"], made[0]["instead_of"], made[0]["made_by"]) == ("dana", "bob", "alice")


async def test_the_event_loop_is_not_held_while_shifts_are_looked_up(
    loft: Running, alice: Bird, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def watched(function: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **more: object) -> object:
            threads.append(threading.current_thread().name)
            return function(*args, **more)

        return called

    for name, function in (("swap", swap), ("told", told)):
        monkeypatch.setattr(f"rungbell.runtime.hearing.spoken_oncall.{name}", watched(function))

    assert (await alice.says("oncall swap turns alice bob")).startswith("done alice")
    assert [name.partition("_")[0] for name in threads] == ["looking-ahead"] * 2


async def test_what_is_made_is_not_told_to_be_refused_because_many_look_ahead(
    loft: Running, alice: Bird, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.runtime.looking_ahead.MOST_LOOKS", 0)

    said = await alice.says("oncall take support 1h")

    (one,) = await overrides(loft)
    assert said == f"done alice it is made\n`oncall remove {one['id']}` ends it"


async def test_a_swap_that_nobody_has_time_for_is_refused_and_changes_nothing(
    loft: Running, alice: Bird, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.runtime.looking_ahead.MOST_LOOKS", 0)

    said = await alice.says("oncall swap turns alice bob")

    assert said == "refused alice too many ask what is ahead just now; try again; nothing was changed"
    assert await overrides(loft) == []


async def test_what_is_typed_waits_for_no_question_of_the_api(loft: Running, alice: Bird) -> None:
    over = threading.Event()
    asked = asyncio.ensure_future(loft.services.looking.ahead(lambda: over.wait(60)))
    try:
        async with asyncio.timeout(10):
            assert (await alice.says("oncall swap turns alice bob")).startswith("done alice")
    finally:
        over.set()
        await asked


async def test_two_people_swap_their_shifts(loft: Running, alice: Bird) -> None:
    said = await alice.says("oncall swap turns alice bob")

    assert said.startswith("done alice")
    made = await overrides(loft)
    assert {(one["person"], one["instead_of"]) for one in made} == {("alice", "bob"), ("bob", "alice")}
    first, second = (one["id"] for one in made)
    assert said.endswith(f"`oncall remove {first}` and `oncall remove {second}` end it")


async def test_a_note_a_test_page_and_a_review_are_those_of_the_api(loft: Running, alice: Bird) -> None:
    assert await alice.says("oncall note support db-1 swaps") == (
        "done alice whoever is on call for support next is told"
    )
    assert (await alice.says("oncall test-page bob")).startswith("done alice a test page for bob leaves through pager")
    assert (await alice.says("playbook reviewed drill L2 by chat")).startswith("done alice noted: drill")

    (note,) = (await loft.get("/api/v1/oncall/notes"))["notes"]
    assert (note["by"], note["text"]) == ("alice", "db-1 swaps")
    (review,) = (await loft.get("/api/v1/reviews"))["reviews"]
    assert (review["kind"], review["by"], review["note"]) == ("drill", "alice", "L2 by chat")
    await count(PigeonNotifier.flown, 1)
    assert (PigeonNotifier.flown[0].test, PigeonNotifier.flown[0].person.id) == (True, "bob")


@pytest.mark.parametrize(
    "words", ["oncall take support 1h", "oncall swap turns alice bob", "oncall note support x", "playbook reviewed"]
)
async def test_what_is_told_again_has_no_second_effect(loft: Running, alice: Bird, words: str) -> None:
    assert (await alice.says(words, once="same")).startswith("done alice")
    before = [await loft.get(f"/api/v1/{what}") for what in ("oncall/overrides", "oncall/notes", "reviews")]

    assert (await alice.says(words, once="same")).startswith("already alice")

    assert [await loft.get(f"/api/v1/{what}") for what in ("oncall/overrides", "oncall/notes", "reviews")] == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("oncall take", "say which schedule. It is `oncall take SCHEDULE 1h"),
        ("oncall take suport 1h", "there is no schedule 'suport'"),
        ("oncall take support", "for how long, or until when?"),
        ("oncall take support soon", "for how long, or until when?"),
        ("oncall take support until whenever", "'whenever' is no time"),
        ("oncall take support 400d", "an override lasts"),
        pytest.param(f"oncall take support from{' ' * 3_000}x\ny", "for how long, or until when?", id="blanks"),
        ("oncall override support", "say who is on call"),
        ("oncall override support mallory 1h", "is nobody of the configuration"),
        ("oncall override support bob 1h instead-of bob", "bob cannot stand in for bob"),
        ("oncall swap turns alice alice", "alice cannot swap with alice"),
        ("oncall swap turns alice chen", "chen has no such shift of turns"),
        ("oncall remove 99", "there is no override 99"),
        ("oncall note support", "say what to write down"),
        ("oncall test-page mallory", "is nobody of the configuration"),
        ("oncall test-page bob smoke", "smoke"),
        ("playbook", "`playbook reviewed`"),
    ],
)
async def test_what_cannot_be_is_told_and_changes_nothing(loft: Running, alice: Bird, words: str, told: str) -> None:
    said = await alice.says(words)

    assert said.startswith("refused alice"), said
    assert told in said
    assert await overrides(loft) == []


async def test_help_says_how_to(alice: Bird) -> None:
    assert "oncall take SCHEDULE 1h | until 18:00 [because …]: have the pager for a while" in await alice.says("help")
    assert (await alice.says("help oncall take")).startswith("done alice oncall take SCHEDULE")
