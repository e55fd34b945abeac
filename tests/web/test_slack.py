"""Answers through Slack: buttons, 👀 and commands, over Socket Mode and over signed HTTP."""

import asyncio
import contextlib
import html
import json
import random
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from rungbell.domain.errors import StoreUnavailable
from rungbell.notifiers.slack import SlackNotifier
from rungbell.runtime.incident_handler import IncidentHandler
from rungbell.testing import in_utf16
from rungbell.testing.provider import serving
from tests.harness.providers.slack import (
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    SIGNING_SECRET,
    Slack,
    interaction,
    pressed,
    reacted,
    signed,
    slash,
)
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.running import POLICY, Answer, Running, running
from tests.web.slack_calls import callback, nobody

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def configured(url: str, more: str) -> str:
    channel = f'pager: {{type: slack, room: incidents, bot_token: {BOT_TOKEN}, api_url: "{url}", {more}}}'
    people = POLICY.replace("alice: {name: Alice}", "alice: {name: Alice, contacts: {slack: U0ALICE}}").replace(
        "bob: {name: Bob}", "bob: {name: Bob, contacts: {slack: U0BOB}}"
    )
    return people.replace('pager: {type: webhook, url: "http://127.0.0.1:9/page"}', channel)


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[Slack]:
    async with serving(Slack()) as provider:
        yield provider


@pytest_asyncio.fixture
async def http(slack: Slack, tmp_path: Path) -> AsyncIterator[Running]:
    """A daemon that Slack calls."""
    policy = configured(slack.url, f"signing_secret: {SIGNING_SECRET}, button_required: [P0]")
    async with running(tmp_path / "http", policy, stub=False) as found:
        yield found


@pytest_asyncio.fixture
async def socket(slack: Slack, tmp_path: Path) -> AsyncIterator[Running]:
    """A daemon that calls Slack."""
    policy = configured(slack.url, f"app_token: {APP_TOKEN}")
    async with running(tmp_path / "socket", policy, stub=False) as found:
        await wait(lambda: len(slack.sockets) == 1, "a connection")
        yield found


async def wait(what: Any, told: str) -> None:  # noqa: ANN401 -- gives whether it is so
    async def so() -> bool:
        return bool(what())

    await eventually(so, told, within=15, every=0.01)


async def paged(daemon: Running, slack: Slack, severity: str = "critical") -> dict[str, Any]:
    before = len(slack.messages)
    await daemon.opened_by(firing("DiskFull", severity=severity))
    await wait(lambda: len(slack.messages) > before, "a page")
    return slack.posted()[0]


async def call(daemon: Running, body: bytes, kind: dict[str, str], **more: str) -> Answer:
    return await daemon.ask("POST", "/answers/pager", data=body, headers={**signed(body, time.time()), **kind, **more})


async def event(daemon: Running, payload: dict[str, Any], **more: str) -> Answer:
    return await call(daemon, json.dumps(payload).encode(), JSON, **more)


async def status(daemon: Running) -> str:
    return str((await daemon.get("/api/v1/incidents/1"))["status"])


# -- buttons ------------------------------------------------------------------------------------------------------


async def test_a_button_acknowledges_and_the_message_says_who_owns_it(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)

    said = await call(http, interaction(pressed(page, "acknowledge")), FORM)

    assert (said.status, said.body) == (200, b"")
    assert await status(http) == "acknowledged"
    await wait(lambda: "alice holds it" in str(page["blocks"]), "the message is edited")
    assert len(slack.messages) == 1


async def test_a_press_that_is_told_again_has_no_second_effect(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)
    body = interaction(pressed(page, "acknowledge", at="1764000000.1"))
    await call(http, body, FORM)
    await wait(lambda: "alice holds it" in str(page["blocks"]), "the message is edited")
    await call(http, interaction(pressed(page, "unacknowledge", at="1764000000.2")), FORM)

    await call(http, body, FORM)

    assert await status(http) == "triggered"


async def test_an_incident_goes_from_button_to_button_to_its_end(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)
    await call(http, interaction(pressed(page, "escalate", at="1.1")), FORM)
    await wait(lambda: len(slack.messages) == 2, "the next tier is paged")
    assert slack.posted()[1]["text"].startswith("<@U0BOB> ")

    await call(http, interaction(pressed(page, "resolve", at="1.2")), FORM)
    await wait(lambda: slack.ephemeral, "why it is not over")
    assert "reason" in slack.ephemeral[0]["text"], "an alert fires still"
    await call(http, urlencode(slash("resolve 1 because it was a test")).encode(), FORM)

    await wait(lambda: "resolved by alice" in str(page["blocks"]), "the message is edited")
    assert not any(block["type"] == "actions" for block in page["blocks"])


async def test_a_press_counts_although_the_message_shows_half_a_character(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)
    press = pressed(page, "acknowledge")
    press["message"]["text"] = "disk \ud83d full"

    assert (await call(http, interaction(press), FORM)).status == 200
    assert await status(http) == "acknowledged"


async def test_a_stranger_is_told_so_and_changes_nothing(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)

    said = await call(http, interaction(pressed(page, "acknowledge", "U0MALLORY")), FORM)

    assert said.status == 200
    await wait(lambda: slack.ephemeral, "an answer")
    (told,) = slack.ephemeral
    assert (told["user"], told["channel"]) == ("U0MALLORY", page["channel"])
    assert told["text"].startswith("nobody of the configuration is known by this; nothing was changed")
    assert "U0MALLORY" in told["text"]
    assert await status(http) == "triggered"


@pytest.mark.parametrize("value", ["1.1.aaaaaaaaaaaaaaaaaaaaaa", "", "1"])
async def test_a_button_that_we_did_not_make_changes_nothing(http: Running, slack: Slack, value: str) -> None:
    page = await paged(http, slack)

    await call(http, interaction(pressed(page, "acknowledge", value=value)), FORM)

    await wait(lambda: slack.ephemeral, "an answer")
    assert await status(http) == "triggered"


async def test_what_could_not_be_recorded_is_told_so_and_counts_when_it_is_pressed_again(
    http: Running, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await paged(http, slack)

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(IncidentHandler, "handle", away)
        said = await call(http, interaction(pressed(page, "acknowledge", at="1.1")), FORM)
        command = await call(http, urlencode(slash("ack 1")).encode(), FORM)
        again = await event(http, reacted(page))
    await wait(lambda: slack.ephemeral, "an answer")

    assert (said.status, again.status) == (200, 503)
    assert slack.ephemeral[0]["text"].startswith("Not recorded")
    assert command.json["text"].startswith("Not recorded")
    await call(http, interaction(pressed(page, "acknowledge", at="1.1")), FORM)
    assert await status(http) == "acknowledged"


@contextlib.contextmanager
def slow(monkeypatch: pytest.MonkeyPatch, fails: Exception | None = None) -> Iterator[asyncio.Event]:
    """While this lasts, nothing is recorded before the event is set; then it ``fails``, if it does."""
    handle, gate = IncidentHandler.handle, asyncio.Event()

    async def later(self: IncidentHandler, *args: Any, **more: Any) -> Any:  # noqa: ANN401 -- as it is
        await gate.wait()
        if fails is not None:
            raise fails
        return await handle(self, *args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(IncidentHandler, "handle", later)
        patched.setattr("rungbell.notifiers.slack.conversation.PATIENCE", 0.05)
        yield gate


async def test_of_a_press_that_takes_too_long_only_what_is_so_is_told_and_then_what_came_of_it(
    http: Running, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await paged(http, slack)

    with slow(monkeypatch) as gate:
        assert (await call(http, interaction(pressed(page, "acknowledge")), FORM)).status == 200
        await wait(lambda: slack.ephemeral, "an answer")
        assert "is being recorded" in slack.ephemeral[0]["text"]
        gate.set()
        await wait(lambda: len(slack.ephemeral) == 2, "what came of it")

    assert slack.ephemeral[1]["text"].startswith("alice holds the incident until")
    assert "Not recorded" not in str(slack.ephemeral)
    await wait(lambda: "alice holds it" in str(page["blocks"]), "the message is edited")


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        pytest.param(None, "alice holds the incident until", id="it is written after all"),
        pytest.param(StoreUnavailable("the disk is gone"), "Not recorded", id="nothing is written"),
        pytest.param(RuntimeError("a fault"), "a fault of rungbell: what came of this is not known", id="nobody knows"),
    ],
)
@pytest.mark.parametrize("way", ["http", "socket"])
async def test_of_a_command_that_takes_too_long_what_came_of_it_goes_where_slack_said(
    way: str, fails: Exception | None, told: str, slack: Slack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = slash("ack 1", channel="C0ELSEWHERE", answer_to=f"{slack.root}/commands/T0/1/x")
    policy = configured(slack.url, f"app_token: {APP_TOKEN}, signing_secret: {SIGNING_SECRET}")
    async with running(tmp_path, policy, stub=False) as daemon:
        await wait(lambda: len(slack.sockets) == 1, "a connection")
        await paged(daemon, slack)

        with slow(monkeypatch, fails) as gate:
            if way == "http":
                said = (await call(daemon, urlencode(typed).encode(), FORM)).json
            else:
                said = (await slack.deliver("slash_commands", typed, "e1") or {})["payload"]
            assert "is being recorded" in said["text"]
            gate.set()
            await wait(lambda: slack.responses, "what came of it")

        (response,) = slack.responses
        assert response["response_type"] == "ephemeral"
        assert response["text"].startswith(told)
        assert await status(daemon) == ("triggered" if fails else "acknowledged")


@pytest.mark.parametrize(
    "elsewhere", ["http://127.0.0.1:1/commands", "https://hooks.slack.com@127.0.0.1/x", "https://["]
)
async def test_nobody_elsewhere_is_told_what_came_of_a_command(
    http: Running, slack: Slack, monkeypatch: pytest.MonkeyPatch, elsewhere: str
) -> None:
    await paged(http, slack)

    with slow(monkeypatch) as gate:
        await call(http, urlencode(slash("ack 1", answer_to=elsewhere)).encode(), FORM)
        gate.set()
        await wait(lambda: slack.ephemeral, "it is told in the room, to whoever typed it")

    assert slack.ephemeral[0]["text"].startswith("alice holds the incident until")
    assert not slack.responses


async def test_a_press_that_is_told_again_after_a_restart_has_no_second_effect(slack: Slack, tmp_path: Path) -> None:
    policy = configured(slack.url, f"signing_secret: {SIGNING_SECRET}")
    async with running(tmp_path / "first", policy, stub=False) as daemon:
        page = await paged(daemon, slack)
        body = interaction(pressed(page, "acknowledge", at="1.1"))
        await call(daemon, body, FORM)
        await wait(lambda: "alice holds it" in str(page["blocks"]), "the message is edited")
        await call(daemon, interaction(pressed(page, "unacknowledge", at="1.2")), FORM)

    async with running(tmp_path / "first", policy, stub=False) as daemon:
        await call(daemon, body, FORM)
        assert await status(daemon) == "triggered"


@pytest.mark.requirement("62")
async def test_an_incident_that_is_declared_gets_a_room_of_its_own(slack: Slack, tmp_path: Path) -> None:
    policy = configured(slack.url, f"signing_secret: {SIGNING_SECRET}, incident_rooms: true")
    async with running(tmp_path / "rooms", policy, stub=False) as daemon:
        page = await paged(daemon, slack, "warning")
        assert not any(name.startswith("incident-") for name in slack.channels.values())

        await call(daemon, urlencode(slash("declare 1")).encode(), FORM)

        await wait(lambda: "Room: <#" in str(page["blocks"]), "the message leads to the room")
        name = (await daemon.get("/api/v1/incidents/1"))["name"]
        assert f"incident-{name.removeprefix('INC-')}" in slack.channels.values()


# -- 👀 -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("29", "A19")
async def test_eyes_on_a_page_acknowledge_and_the_thread_says_who_owns_it(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)

    said = await event(http, reacted(page, reaction="eyes::skin-tone-2"))

    assert said.status == 200
    assert await status(http) == "acknowledged"
    await wait(lambda: len(slack.messages) == 2, "the reply")
    reply = slack.posted()[1]
    assert reply["thread_ts"] == page["ts"]
    assert reply["text"].startswith("alice holds the incident until")

    await call(http, interaction(pressed(reply, "undo")), FORM)
    assert await status(http) == "triggered"
    await wait(lambda: "actions" not in {block["type"] for block in reply["blocks"]}, "the reply is edited")


async def test_what_is_taken_back_late_shows_no_button_to_take_it_back(
    http: Running, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await paged(http, slack)
    await event(http, reacted(page))
    await wait(lambda: len(slack.messages) == 2, "the reply")
    reply = slack.posted()[1]

    with slow(monkeypatch) as gate:
        await call(http, interaction(pressed(reply, "undo")), FORM)
        assert "actions" in {block["type"] for block in reply["blocks"]}, "nobody knows yet what comes of it"
        gate.set()
        await wait(lambda: "actions" not in {block["type"] for block in reply["blocks"]}, "the reply is edited")
        await wait(lambda: len(slack.ephemeral) == 2, "what came of it")

    assert await status(http) == "triggered"


@pytest.mark.requirement("29", "A19")
@pytest.mark.parametrize(
    "changes",
    [
        {"reaction": "white_check_mark"},
        {"kind": "reaction_removed"},
        {"user": BOT},
        {"user": "U0MALLORY"},
    ],
    ids=["another emoji", "taken away", "ourselves", "a stranger"],
)
async def test_what_is_no_acknowledgement(http: Running, slack: Slack, changes: dict[str, str]) -> None:
    page = await paged(http, slack)

    assert (await event(http, reacted(page, **changes))).status == 200

    assert await status(http) == "triggered"


@pytest.mark.requirement("29", "A19")
async def test_taking_the_eyes_away_gives_nothing_back(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)
    await event(http, reacted(page))

    await event(http, reacted(page, kind="reaction_removed", event_id="Ev2"))

    assert await status(http) == "acknowledged"


async def test_eyes_on_what_others_write_are_nobodys_business(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)
    for author, ts in (("U0BOB", page["ts"]), ("U0BOB", "1.1"), (BOT, "1.1")):
        said = await event(http, reacted({"channel": page["channel"], "ts": ts, "user": author}, event_id=f"E{ts}"))
        assert said.status == 200
    await event(http, reacted({"channel": page["channel"], "ts": "1.1", "user": "U0BOB"}, user="U0MALLORY"))

    assert await status(http) == "triggered"
    assert (slack.ephemeral, len(slack.messages)) == ([], 1)


async def test_an_event_that_is_told_four_times_has_one_effect(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)
    await event(http, reacted(page))
    await wait(lambda: len(slack.messages) == 2, "the reply")
    await call(http, interaction(pressed(slack.posted()[1], "undo")), FORM)

    for number in ("1", "2", "3"):
        again = {"X-Slack-Retry-Num": number, "X-Slack-Retry-Reason": "http_timeout"}
        assert (await event(http, reacted(page), **again)).status == 200

    assert await status(http) == "triggered"


async def test_a_retry_whose_first_attempt_was_lost_counts(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)

    await event(http, reacted(page), **{"X-Slack-Retry-Num": "1"})

    assert await status(http) == "acknowledged"


@pytest.mark.requirement("29", "A19")
async def test_where_the_button_is_required_eyes_are_answered_with_it(http: Running, slack: Slack) -> None:
    page = await paged(http, slack)
    assert (await call(http, urlencode(slash("severity 1 P0 because everybody feels it")).encode(), FORM)).status == 200

    await event(http, reacted(page))

    assert await status(http) == "triggered"
    await wait(lambda: slack.ephemeral, "an answer")
    (told,) = slack.ephemeral
    assert told["text"] == "a P0 is not acknowledged like that: press the button"
    await call(http, interaction(pressed({**told, "ts": "9.9"}, "acknowledge")), FORM)
    assert await status(http) == "acknowledged"


# -- commands -----------------------------------------------------------------------------------------------------


async def test_a_command_is_answered_to_whoever_typed_it(http: Running, slack: Slack) -> None:
    await paged(http, slack)

    said = await call(http, urlencode(slash("ack 1")).encode(), FORM)

    assert (said.status, said.json["response_type"]) == (200, "ephemeral")
    assert said.json["text"].startswith("alice holds the incident until")
    again = await call(http, urlencode(slash("ack 1")).encode(), FORM)
    assert again.json["text"].startswith("done at ")
    stranger = await call(http, urlencode(slash("ack 1", "U0MALLORY", trigger="2")).encode(), FORM)
    assert "U0MALLORY" in stranger.json["text"]


async def test_a_command_is_read_as_it_was_typed_and_answered_without_mentions(http: Running, slack: Slack) -> None:
    await paged(http, slack)

    typed = slash("note 1 a &lt; b &amp;&amp; see <https://r.example/x?a=1|r.example>")
    await call(http, urlencode(typed).encode(), FORM)
    unknown = await call(http, urlencode(slash("<!channel>", trigger="2")).encode(), FORM)

    assert "a < b && see https://r.example/x?a=1" in str(await http.get("/api/v1/incidents/1/timeline"))
    assert "<!channel>" not in unknown.json["text"]


@pytest.mark.requirement("48")
@pytest.mark.parametrize(
    ("clients", "whole"),
    [pytest.param(4, True, id="longer than a block"), pytest.param(19, False, id="too long"), pytest.param(25, False)],
)
async def test_a_text_is_read_whole_before_somebody_stands_for_it(
    slack: Slack, tmp_path: Path, clients: int, *, whole: bool
) -> None:
    known = "".join(
        f"  client{one}: {{name: Client <{one}> & Co, email: it@c{one}.example}}\n" for one in range(clients)
    )
    mail = 'channels:\n  mail: {type: webhook, url: "http://127.0.0.1:9/mail"}\n'
    policy = configured(slack.url, f"signing_secret: {SIGNING_SECRET}").replace("channels:\n", mail)
    told = f"clients:\n{known}communication: {{product: Shop, sign_off: We, clients: {{through: [mail]}}}}\n"
    async with running(tmp_path, policy + told, stub=False) as daemon:
        await paged(daemon, slack)
        await call(daemon, urlencode(slash("tell 1 client-notice", trigger="1")).encode(), FORM)

        shown = (await call(daemon, urlencode(slash("review 1", trigger="2")).encode(), FORM)).json["text"]

        stands = re.search(r"`(review 1 1 [^`]+)`", shown)
        assert (stands is not None) is whole
        assert in_utf16(shown) < 12_000
        texts = (await daemon.get("/api/v1/incidents/1/communications/1"))["texts"]
        if stands is None:
            assert "`rungbell incidents review 1 1`" in shown
            return
        assert in_utf16(shown) > 3_000
        for text in texts.values():
            assert html.escape(text["body"].rstrip(), quote=False) in shown
        said = (await call(daemon, urlencode(slash(stands[1], trigger="3")).encode(), FORM)).json["text"]
        assert said.startswith("client notice 1 reviewed")
        assert (await daemon.get("/api/v1/incidents/1/communications/1"))["texts"] == texts


# -- who is believed ----------------------------------------------------------------------------------------------


async def test_slack_is_answered_when_it_asks_whether_we_are_here(http: Running) -> None:
    said = await event(http, {"type": "url_verification", "challenge": "3eZbrw", "token": "x"})
    checked = await http.ask("POST", "/answers/pager", data=b"ssl_check=1&token=x", headers=FORM)

    assert (said.status, said.text) == (200, "3eZbrw")
    assert (checked.status, checked.body) == (200, b"")
    unsigned = await http.ask(
        "POST", "/answers/pager", data=b'{"type":"url_verification","challenge":"x"}', headers=JSON
    )
    assert unsigned.status == 401


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", JSON), (b"[]", JSON), (b"payload={", FORM), (b"x=1", FORM), (b"\xff\xfe", FORM), (b"", {})],
)
async def test_what_is_signed_and_says_nothing_is_400(http: Running, body: bytes, kind: dict[str, str]) -> None:
    assert (await call(http, body, kind)).status == 400


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_submission"},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": [{"action_id": "theirs", "value": "x"}], "user": {"id": "U0ALICE"}},
        {"type": "block_actions", "actions": ["x"], "user": "U0ALICE"},
        [],
    ],
)
async def test_an_interaction_that_is_not_ours_is_taken_and_does_nothing(http: Running, payload: object) -> None:
    assert (await call(http, urlencode({"payload": json.dumps(payload)}).encode(), FORM)).status == 200


async def test_a_thousand_mutations_of_a_signed_request_are_refused(http: Running, slack: Slack) -> None:
    notifier = http.services.notifiers["pager"]
    assert isinstance(notifier, SlackNotifier)
    page = await paged(http, slack)
    body, now = interaction(pressed(page, "acknowledge")), time.time()
    good = signed(body, now)
    chance = random.Random(6)
    for number in range(1000):
        headers, spoilt, at = dict(good), body, now
        which = number % 4
        if which == 0:
            spoilt = flipped(body, chance)
        elif which == 1:
            name = "X-Slack-Signature"
            headers[name] = flipped(headers[name].encode(), chance).decode("latin-1")
        elif which == 2:
            headers["X-Slack-Request-Timestamp"] = str(int(now) + chance.choice([-1, 1]) * chance.randint(1, 299))
        else:
            at = now + chance.choice([-1, 1]) * chance.uniform(302, 9e8)
        answer = await notifier.receive(callback(spoilt, headers, at), nobody)
        assert answer.status == 401, (number, headers)
        assert answer.alarm
    assert await status(http) == "triggered"


def flipped(text: bytes, chance: random.Random) -> bytes:
    """One bit is another, or a byte is gone, or there twice."""
    at = chance.randrange(len(text))
    how = chance.randrange(3)
    if how == 0:
        return text[:at] + bytes([text[at] ^ (1 << chance.randrange(7))]) + text[at + 1 :]
    return text[:at] + text[at + 1 :] if how == 1 else text[:at] + text[at : at + 1] + text[at:]


async def test_a_channel_without_a_secret_takes_no_requests(socket: Running) -> None:
    assert (await call(socket, b"{}", JSON)).status == 404


# -- Socket Mode --------------------------------------------------------------------------------------------------


async def test_over_socket_mode_everything_counts_the_same(socket: Running, slack: Slack) -> None:
    page = await paged(socket, slack)

    assert await slack.deliver("interactive", pressed(page, "acknowledge"), "e1") == {"envelope_id": "e1"}
    assert await status(socket) == "acknowledged"
    said = await slack.deliver("slash_commands", slash("unack 1"), "e2")
    assert said is not None
    assert said["payload"]["response_type"] == "ephemeral"
    assert await status(socket) == "triggered"
    assert await slack.deliver("events_api", reacted(page), "e3") == {"envelope_id": "e3"}
    assert await status(socket) == "acknowledged"
    assert await slack.deliver("hello again", {}, "e4") == {"envelope_id": "e4"}


async def test_half_a_character_that_somebody_types_stands_in_for_itself(socket: Running, slack: Slack) -> None:
    await paged(socket, slack)

    said = await slack.deliver("slash_commands", slash("note 1 disk \ud83d full"), "e1")

    assert said is not None
    assert "noted" in said["payload"]["text"]
    timeline = str(await socket.get("/api/v1/incidents/1/timeline"))
    assert "disk \N{REPLACEMENT CHARACTER} full" in timeline


async def test_an_event_that_could_not_be_recorded_is_not_acknowledged_and_told_again(
    socket: Running, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await paged(socket, slack)

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(IncidentHandler, "handle", away)
        assert await slack.deliver("events_api", reacted(page), "e1", patience=0.5) is None
        assert await slack.deliver("interactive", pressed(page, "acknowledge"), "e2") == {"envelope_id": "e2"}
        await wait(lambda: slack.ephemeral, "an answer")
    assert slack.ephemeral[0]["text"].startswith("Not recorded")

    assert await slack.deliver("events_api", reacted(page), "e3") is not None
    assert await status(socket) == "acknowledged"


async def test_the_next_connection_is_there_before_the_old_one_is_closed(socket: Running, slack: Slack) -> None:
    page = await paged(socket, slack)
    (old,) = slack.sockets

    await slack.disconnect()

    await wait(lambda: slack.opened == 2, "a new connection")
    assert slack.at_once == 2
    assert await slack.deliver("interactive", pressed(page, "acknowledge"), "e1") is not None
    await wait(lambda: len(slack.sockets) == 1, "the old one is closed")
    assert old.closed
    assert await status(socket) == "acknowledged"


async def test_a_connection_that_is_lost_comes_back(socket: Running, slack: Slack) -> None:
    page = await paged(socket, slack)

    await slack.sockets[0].close()

    await wait(lambda: slack.opened == 2 and slack.sockets, "a new connection")
    assert await slack.deliver("interactive", pressed(page, "acknowledge"), "e1") is not None


async def test_a_connection_that_answers_no_pings_is_replaced(
    slack: Slack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.notifiers.slack.socket_mode.PING_SECONDS", 0.2)
    slack.deaf = True
    async with running(tmp_path / "deaf", configured(slack.url, f"app_token: {APP_TOKEN}"), stub=False):
        await wait(lambda: slack.opened == 1, "a connection")
        slack.deaf = False
        await wait(lambda: slack.opened == 2, "another one in its place")


async def test_pages_that_are_too_many_at_once_for_a_room_all_arrive(http: Running, slack: Slack) -> None:
    slack.burst = 1

    for name in ("DiskFull", "CpuHigh", "NodeDown"):
        await http.opened_by(firing(name, severity="critical"))

    await wait(lambda: len(slack.messages) == 3, "three pages, one after the other")
    assert slack.limited > 0


async def test_where_there_are_too_many_connections_we_wait(socket: Running, slack: Slack) -> None:
    await slack.disconnect("too_many_websockets")
    await wait(lambda: not slack.sockets, "the connection is closed")

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await slack.came.wait()
    assert slack.opened == 1
    await wait(lambda: slack.opened == 2, "a new connection, after a pause")


async def test_without_slack_pages_leave_and_the_daemon_runs(slack: Slack, tmp_path: Path) -> None:
    policy = configured(slack.url, "app_token: xapp-of-nobody")
    async with running(tmp_path / "deaf", policy, stub=False) as daemon:
        await paged(daemon, slack)
    assert slack.opened == 0
