"""Channel ``telegram``: the contract, its buttons, and what becomes of its messages."""

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import aiohttp
import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict
from pydantic import ValidationError
from pydantic_core import to_json

from rungbell.domain.events import FailureReason
from rungbell.domain.language import Language
from rungbell.domain.page import Place
from rungbell.domain.roster import Person
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Callback, Came, Heard, Told, Undelivered
from rungbell.notifiers.following import Change
from rungbell.notifiers.telegram import TelegramNotifier
from rungbell.notifiers.telegram.notifier import understood
from rungbell.testing import (
    NOON,
    Cell,
    Failure,
    Fault,
    HttpStage,
    Limit,
    NotifierContract,
    NotPossible,
    failure_of,
    http_faults,
    in_utf16,
    message,
    status,
)
from rungbell.testing.http import HALF_A_MINUTE
from rungbell.testing.messages import together
from rungbell.testing.provider import serving
from tests.harness.providers.telegram import ALICE, TOKEN, Telegram, read

TICKET = "7.1.abcdefghijklmnopqrstuv"
SECRET = "secret-of-the-webhook"


class _ToAlice(TelegramNotifier):
    """The kit's messages are for somebody without Telegram; here she has it."""

    async def send(self, message: Message) -> str:
        contacts = {**message.person.contacts, "telegram": message.person.contacts.get("telegram", ALICE)}
        return await super().send(replace(message, person=replace(message.person, contacts=contacts)))


class TelegramStage(HttpStage):
    """A bot, and its token."""

    notifier_type = _ToAlice
    secrets = (TOKEN, SECRET)
    provider: Telegram

    def given(self, url: str) -> dict[str, object]:
        return {"url": url, "bot_token": TOKEN, "webhook_secret": SECRET}

    async def arrived(self) -> list[str]:
        return [one["seen"] for one in self.provider.shown.values()]

    def live(self, text: str) -> object:
        return "text" if "<" not in text.replace("<b>", "", 1).replace("</b>", "", 1) else read({"text": text})


@pytest.fixture
async def stage() -> AsyncIterator[TelegramStage]:
    async with serving(Telegram()) as provider, aiohttp.ClientSession() as session:
        yield TelegramStage(provider, session)


TOO_MANY = b'{"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 30}}'


class TestTelegram(NotifierContract):
    """The contract."""

    provider = "telegram"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=Failure(status(200, b'{"ok": false}'), FailureReason.PROVIDER_ERROR),
        too_many_until=Failure(status(429, TOO_MANY), FailureReason.RATE_LIMITED, retry_after=HALF_A_MINUTE),
        unauthorized=Failure(
            status(403, b'{"ok": false, "description": "Forbidden: bot was blocked by the user"}'),
            FailureReason.UNAUTHORIZED, permanent=True,
        ),
    )  # fmt: skip
    limits = (Limit("text", 4096, in_utf16, lambda stage: list(stage.provider.shown.values())[-1]["text"]),)
    repeat = NotPossible("Telegram knows no key by which it would fold a repeat")
    failures: ClassVar[Mapping[str, Failure]] = {
        "a login page": Failure(status(200, b"<html>please log in</html>"), FailureReason.PROVIDER_ERROR),
        "no number": Failure(status(200, b'{"ok": true, "result": {}}'), FailureReason.PROVIDER_ERROR),
    }


def labels(shown: dict[str, Any]) -> list[str]:
    """What the buttons of a message say."""
    return [one["text"] for one in shown["reply_markup"]["inline_keyboard"][0]]


async def test_a_page_has_buttons_that_say_which_incident_in_at_most_64_bytes(stage: TelegramStage) -> None:
    reference = await stage.notifier.send(message("P1 #7 DiskFull\n<b>full</b>", ticket=TICKET))

    assert reference == f"{ALICE}:1"
    shown = stage.provider.shown[reference]
    assert shown["seen"] == "P1 #7 DiskFull\n<b>full</b>"
    assert [one["text"] for one in shown["reply_markup"]["inline_keyboard"][0]] == [
        "Acknowledge",
        "Escalate",
        "Resolve",
    ]


async def test_the_buttons_of_a_page_speak_the_language_of_who_is_paged(stage: TelegramStage) -> None:
    said = message("P1 #7 DiskFull", ticket=TICKET)

    reference = await stage.notifier.send(replace(said, person=replace(said.person, language=Language.DE)))

    assert labels(stage.provider.shown[reference]) == ["Übernehmen", "Eskalieren", "Behoben"]


async def test_what_came_together_has_the_one_button_that_it_understands(stage: TelegramStage) -> None:
    reference = await stage.notifier.send(replace(together(), ticket="b.0123456789ab.x"))
    assert labels(stage.provider.shown[reference]) == ["Acknowledge"]


async def test_markup_that_is_not_read_is_sent_again_as_plain_text(stage: TelegramStage) -> None:
    stage.provider.unreadable = True

    await stage.notifier.send(message("P1 #7 A & B\n1 < 2"))

    assert await stage.arrived() == ["P1 #7 A & B\n1 < 2"]


async def test_a_chat_that_moved_is_followed_and_one_that_is_not_there_is_final(stage: TelegramStage) -> None:
    stage.provider.moved[ALICE], stage.provider.chats = 4712, {"4712"}
    assert await stage.notifier.send(message()) == "4712:1"

    stranger = message(person=Person("bob", "Bob", {"telegram": "1"}))
    failed = await failure_of(stage.notifier, stranger)
    assert (failed.reason, failed.permanent) == (FailureReason.REFUSED, True)


def change(*, holder: str = "", open_: bool = True, references: tuple[str, ...] = (f"{ALICE}:1",)) -> Change:
    incident = message().incident
    assert incident is not None
    places = tuple(Place(one, "alice", 1, one) for one in references)
    return Change("i", replace(incident, holder=holder, open=open_), places, "P1 #7\nheld", TICKET, NOON)


async def test_what_becomes_of_an_incident_is_written_into_its_messages(stage: TelegramStage) -> None:
    notifier = stage.notifier
    assert isinstance(notifier, TelegramNotifier)
    await notifier.send(message("P1 #7 DiskFull", ticket=TICKET))

    await notifier.follow(change(holder="alice", references=("9:9", "", f"{ALICE}:1")))
    shown = stage.provider.shown[f"{ALICE}:1"]
    assert shown["seen"] == "P1 #7\nheld"
    assert labels(shown) == ["Escalate", "Resolve"]

    await notifier.follow(change(open_=False))
    await notifier.follow(change(open_=False))
    assert stage.provider.shown[f"{ALICE}:1"]["reply_markup"] is None


async def test_whoever_has_blocked_the_bot_does_not_keep_from_others_what_becomes_of_an_incident(
    stage: TelegramStage,
) -> None:
    notifier = stage.notifier
    assert isinstance(notifier, TelegramNotifier)
    await notifier.send(message("P1 #7 DiskFull", ticket=TICKET))
    stage.provider.blocked_by.add("9")

    with pytest.raises(SendFailed):
        await notifier.follow(change(holder="alice", references=("9:9", f"{ALICE}:1")))

    assert stage.provider.shown[f"{ALICE}:1"]["seen"] == "P1 #7\nheld"


# -- answers ----------------------------------------------------------------------------------------------------


class Ears:
    """Keeps what was heard, and answers as told."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    async def hear(self, heard: Heard | Undelivered) -> Told:
        assert isinstance(heard, Heard)
        self.heard.append(heard)
        return Told(Came.DONE, "alice holds it")


def callback(body: bytes, secret: str) -> Callback:
    headers = CIMultiDict({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})
    url = "https://rungbell.example.org/answers/bot"
    return Callback("POST", "", url, MultiDict(), CIMultiDictProxy(headers), body, NOON)


async def test_a_button_is_heard_and_what_is_true_then_is_shown(stage: TelegramStage) -> None:
    notifier, ears = stage.notifier, Ears()
    assert isinstance(notifier, TelegramNotifier)
    await notifier.send(message("P1 #7 DiskFull", ticket=TICKET))
    update = stage.provider.presses(f"{ALICE}:1", "Acknowledge")

    answer = await notifier.receive(callback(to_json(update), SECRET), ears.hear)

    assert answer.status == 200
    (heard,) = ears.heard
    assert (heard.wish, heard.contact, heard.ticket, heard.once) == ("acknowledge", ("telegram", ALICE), TICKET, "100")
    assert stage.provider.answered == [{"callback_query_id": "q100", "text": "alice holds it", "show_alert": False}]


@pytest.mark.parametrize("behind", [" 42", "\n42 it is fixed", "", " 42 mail@example.org"])
def test_a_command_in_a_group_is_what_it_is_in_a_chat_with_the_bot(behind: str) -> None:
    who, chat = {"id": int(ALICE)}, {"id": -100}

    for name in ("@rungbell_bot", ""):
        text = f"/ack{name}{behind}"
        heard = understood({"update_id": 7, "message": {"from": who, "chat": chat, "text": text}})
        assert heard is not None
        assert heard.words == f"ack{behind}"


async def test_a_thousand_changes_of_the_secret_are_all_refused(stage: TelegramStage) -> None:
    notifier, ears, chance = stage.notifier, Ears(), random.Random(4711)
    assert isinstance(notifier, TelegramNotifier)
    for _ in range(1000):
        changed = list(SECRET)
        place = chance.randrange(len(changed))
        changed[place] = chance.choice([char for char in "abcXYZ09-_é" if char != changed[place]] + [""])
        answer = await notifier.receive(callback(b'{"update_id": 1}', "".join(changed)), ears.hear)
        assert (answer.status, bool(answer.alarm)) == (401, True), changed
    assert (await notifier.receive(callback(b"{}", ""), ears.hear)).status == 401
    assert ears.heard == []


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"7", b'{"update_id": 1}', b'{"update_id": 1, "callback_query": {"data": "x:y"}}',
     b'{"update_id": 1, "message": {"text": "hello", "from": {"id": 1}}}', b'{"update_id": 1, "callback_query": []}'],
)  # fmt: skip
async def test_what_means_nothing_is_taken_for_else_it_would_come_for_ever(stage: TelegramStage, body: bytes) -> None:
    notifier, ears = stage.notifier, Ears()
    assert isinstance(notifier, TelegramNotifier)

    answer = await notifier.receive(callback(body, SECRET), ears.hear)

    assert (answer.status, ears.heard) == (200, [])


@pytest.mark.parametrize("token", ["", "123", "123456:short", "abc:" + "x" * 35, "123456789:" + "ü" * 35])
def test_what_is_no_token_of_a_bot_is_a_mistake(token: str) -> None:
    with pytest.raises(ValidationError, match="no token of a bot"):
        TelegramNotifier.settings.model_validate({"bot_token": token})
