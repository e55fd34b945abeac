"""Telegram with a real daemon that asks for its answers: a page, a button, and what the message says then."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.page import Asked
from rungbell.domain.roster import Person
from rungbell.notifiers.answering import Heard, Told
from rungbell.testing.provider import serving
from tests.harness.providers.telegram import ALICE, TOKEN, Telegram
from tests.harness.waiting import eventually
from tests.web.running import POLICY, Running, running


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[Telegram]:
    async with serving(Telegram()) as found:
        yield found


@pytest_asyncio.fixture
async def paging(telegram: Telegram, tmp_path: Path) -> AsyncIterator[Running]:
    """A daemon whose bot writes to Alice."""
    channel = f'{{type: telegram, bot_token: "{TOKEN}", url: "{telegram.url}"}}'
    config = POLICY.replace('{type: webhook, url: "http://127.0.0.1:9/page"}', channel)
    for name in ("Alice", "Bob", "Chen"):
        config = config.replace(f"{{name: {name}}}", f'{{name: {name}, contacts: {{telegram: "{ALICE}"}}}}')
    config = config.replace(f'Bob, contacts: {{telegram: "{ALICE}"}}', 'Bob, contacts: {telegram: "4712"}')
    config = config.replace(f'Chen, contacts: {{telegram: "{ALICE}"}}', 'Chen, contacts: {telegram: "4713"}')
    async with running(tmp_path / "daemon", config, stub=False) as daemon:
        yield daemon


async def seen(telegram: Telegram, text: str) -> None:
    async def so() -> bool:
        return any(text in one["seen"] for one in telegram.shown.values())

    await eventually(so, f"{text!r} is in {list(telegram.shown.values())}", within=20)


async def told(telegram: Telegram) -> None:
    async def so() -> bool:
        return bool(telegram.answered)

    await eventually(so, "whoever pressed is told", within=20)


async def test_a_button_acknowledges_and_the_message_says_who_holds_it(paging: Running, telegram: Telegram) -> None:
    number = await paging.opened("DiskFull")

    telegram.presses(f"{ALICE}:1", "Acknowledge")

    await seen(telegram, "alice holds it since")
    await told(telegram)
    assert telegram.answered[0]["text"].startswith("alice holds the incident until")
    assert (await paging.incident(number))["acknowledged_by"] == "alice"


async def test_a_button_of_a_stranger_changes_nothing_and_they_are_told(paging: Running, telegram: Telegram) -> None:
    number = await paging.opened("DiskFull")

    telegram.presses(f"{ALICE}:1", "Acknowledge", who="666")

    await told(telegram)
    assert telegram.answered[0]["show_alert"]
    assert (await paging.incident(number))["status"] == "triggered"


async def test_what_could_not_be_recorded_is_asked_for_again(
    paging: Running, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await paging.opened("DiskFull")
    handle, tries = paging.services.handler.handle, []

    async def fails_first(*event: object, **more: object) -> object:
        tries.append(event)
        if len(tries) == 1:
            raise StoreUnavailable("the disk is away")
        return await handle(*event, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(paging.services.handler, "handle", fails_first)
    telegram.presses(f"{ALICE}:1", "Acknowledge")

    await seen(telegram, "alice holds it since")
    assert (await paging.incident(number))["acknowledged_by"] == "alice"


async def test_an_answer_is_heard_although_telegram_does_not_let_us_reply_to_the_one_before(
    paging: Running, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.notifiers.telegram.notifier.REPLY_PATIENCE", 0.05)
    number = await paging.opened("DiskFull")
    telegram.silent.add("answerCallbackQuery")

    telegram.presses(f"{ALICE}:1", "Acknowledge", who="666")
    telegram.presses(f"{ALICE}:1", "Acknowledge")

    await seen(telegram, "alice holds it since")
    assert (await paging.incident(number))["acknowledged_by"] == "alice"


async def test_half_a_character_is_no_reason_to_hear_nothing_more(paging: Running, telegram: Telegram) -> None:
    number = await paging.opened("DiskFull")
    half = {"from": {"id": int(ALICE)}, "chat": {"id": int(ALICE)}, "text": f"/note {number} disk \ud83d full"}
    telegram.updates.append({"update_id": 100, "message": half})
    telegram.presses(f"{ALICE}:1", "Acknowledge")

    await seen(telegram, "alice holds it since")
    timeline = str(await paging.get(f"/api/v1/incidents/{number}/timeline"))
    assert "disk \N{REPLACEMENT CHARACTER} full" in timeline


async def test_an_answer_that_meets_a_fault_of_ours_does_not_keep_the_others_from_being_heard(
    paging: Running, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await paging.opened("DiskFull")
    hear = paging.services.hearing._act  # noqa: SLF001 -- the fault has to be somewhere

    async def fault(channel: str, heard: Heard, people: list[Person], asked: Asked | None) -> Told:
        if heard.once == "100":
            raise KeyError("a fault")
        return await hear(channel, heard, people, asked)

    monkeypatch.setattr(paging.services.hearing, "_act", fault)
    telegram.presses(f"{ALICE}:1", "Acknowledge")
    telegram.presses(f"{ALICE}:1", "Acknowledge")

    await seen(telegram, "alice holds it since")
    assert (await paging.incident(number))["acknowledged_by"] == "alice"
