"""Channel ``mattermost``: the contract, and what Mattermost has of its own."""

import hmac
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import ClassVar

import aiohttp
import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.events import FailureReason
from rungbell.domain.roster import Person
from rungbell.notifiers.answering import Callback, Came, Heard, Told, Undelivered
from rungbell.notifiers.mattermost import MattermostNotifier
from rungbell.testing import (
    HOSTILE,
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
    in_characters,
    message,
    notice,
    status,
)
from rungbell.testing.messages import together
from rungbell.testing.provider import serving
from tests.harness.providers.mattermost import KEY, Mattermost, read
from tests.notifiers.markdown import decoded, markup


def mentions(text: str) -> list[str]:
    """Give who is rung: Mattermost reads names behind an escaped ``@`` too."""
    return re.findall(r"@([a-z0-9._-]+)", text.replace("\\", ""))


class MattermostStage(HttpStage):
    """A webhook of a room."""

    notifier_type = MattermostNotifier
    secrets = (KEY, "token-of-alice")
    provider: Mattermost

    async def arrived(self) -> list[str]:
        return [decoded(post) for post in self.provider.posts]

    def live(self, text: str) -> object:
        return markup(read(text)), mentions(read(text))


@pytest.fixture
async def stage() -> AsyncIterator[MattermostStage]:
    async with serving(Mattermost()) as provider, aiohttp.ClientSession() as session:
        yield MattermostStage(provider, session)


class TestMattermost(NotifierContract):
    """The contract."""

    provider = "mattermost"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=Failure(status(200, b"<html>please log in</html>"), FailureReason.PROVIDER_ERROR)
    )
    limits = (Limit("text", 16_383, in_characters, lambda stage: stage.provider.taken[-1].json["text"]),)
    repeat = NotPossible("Mattermost's webhooks know no key by which they would fold a repeat")


async def test_a_page_is_one_message_with_a_link_to_acknowledge(stage: MattermostStage) -> None:
    await stage.notifier.send(message("P1 #7 DiskFull\nthe disk is full\nrunbook: https://w.example/a_b"))

    assert stage.provider.posts == [
        (
            "**P1 #7 DiskFull**\n\nthe disk is full\nrunbook: https://w.example/a_b\n\n"
            "[Acknowledge](http://rungbell.example.org/a/token-of-alice)"
        )
    ]


@pytest.mark.parametrize("text", [HOSTILE["mentions"], HOSTILE["links"], r"\@all \\@here <!all> <!here|x>"])
async def test_only_the_person_who_is_paged_is_rung(stage: MattermostStage, text: str) -> None:
    await stage.notifier.send(message(text, person=Person("alice", "Alice Ng", {"mattermost": "@alice.ng"})))

    (post,) = stage.provider.posts
    assert mentions(post) == ["alice.ng"]


@pytest.mark.parametrize("contact", ["alice ng", "Alice", "@", "a" * 65])
async def test_a_contact_that_is_no_name_of_mattermost_rings_nobody(stage: MattermostStage, contact: str) -> None:
    await stage.notifier.send(message(person=Person("alice", "Alice Ng", {"mattermost": contact})))

    assert mentions(stage.provider.posts[0]) == []


async def test_what_is_refused_is_told_by_its_name(stage: MattermostStage) -> None:
    stage.point_to(stage.provider.url.replace(KEY, "another"))

    failed = await failure_of(stage.notifier, message())

    assert failed.detail == "HTTP 404: store.sql_webhooks.get_incoming.app_error"


TICKET = "7.1.abcdefghijklmnopqrstuv"
ANSWERS = "https://rungbell.example.org/answers/war"


async def test_with_buttons_a_page_carries_what_the_server_needs_to_answer(stage: MattermostStage) -> None:
    stage.point_to(stage.provider.url, buttons=True)

    await stage.notifier.send(message(ticket=TICKET, answers_url=ANSWERS))
    await stage.notifier.send(notice())

    page, shift = (one.json for one in stage.provider.taken)
    actions = page["attachments"][0]["actions"]
    assert [one["name"] for one in actions] == ["Acknowledge", "Escalate", "Resolve"]
    context = {"wish": "acknowledge", "ticket": TICKET, "proof": proof(stage)}
    assert actions[0]["integration"] == {"url": ANSWERS, "context": context}
    assert all(one["id"].isalnum() for one in actions), "others are refused"
    assert "attachments" not in shift


def proof(stage: MattermostStage) -> str:
    return hmac.new(stage.provider.url.encode(), TICKET.encode(), "sha256").hexdigest()


def press(stage: MattermostStage, **other: object) -> bytes:
    """What the server sends when somebody presses a button that it was given."""
    context = {"wish": "acknowledge", "ticket": TICKET, "proof": proof(stage)}
    who = {"user_id": "u1", "user_name": "alice.ng", "post_id": "p1", "trigger_id": "t1"}
    return json.dumps({**who, "context": context, **other}).encode()


async def test_what_came_together_has_the_one_button_that_it_understands(stage: MattermostStage) -> None:
    stage.point_to(stage.provider.url, buttons=True)
    await stage.notifier.send(replace(together(), ticket="b.0123456789ab.x", answers_url=ANSWERS))
    (page,) = (one.json for one in stage.provider.taken)
    assert [one["name"] for one in page["attachments"][0]["actions"]] == ["Acknowledge"]


async def pressed(stage: MattermostStage, body: bytes, *, away: bool = False) -> tuple[int, object, list[Heard]]:
    heard: list[Heard] = []

    async def hear(said: Heard | Undelivered) -> Told:
        assert isinstance(said, Heard)
        if away:
            raise StoreUnavailable("the disk is away")
        heard.append(said)
        return Told(Came.DONE, "alice holds *it*")

    callback = Callback("POST", "", ANSWERS, MultiDict(), CIMultiDictProxy(CIMultiDict()), body, NOON)
    notifier = stage.notifier
    assert isinstance(notifier, MattermostNotifier)
    answer = await notifier.receive(callback, hear)
    return answer.status, answer.body and json.loads(answer.body) if answer.status == 200 else None, heard


async def test_a_press_is_heard_once_and_told_what_is_true_then(stage: MattermostStage) -> None:
    status_, shown, (heard,) = await pressed(stage, press(stage))

    assert (status_, shown) == (200, {"ephemeral_text": r"alice holds \*it\*"})
    assert (heard.wish, heard.contact, heard.ticket) == ("acknowledge", ("mattermost", "alice.ng"), TICKET)
    _, _, (again,) = await pressed(stage, press(stage))
    _, _, (other,) = await pressed(stage, press(stage, trigger_id="t2"))
    assert heard.once == again.once != other.once


async def test_where_nothing_could_be_recorded_the_presser_hears_it(stage: MattermostStage) -> None:
    status_, shown, _ = await pressed(stage, press(stage), away=True)

    assert status_ == 200
    assert "Nothing was recorded" in str(shown)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"context": {"wish": "say", "ticket": "7"}, "user_name": "a", "post_id": "p", "trigger_id": "t"}',
    ],
)
async def test_what_is_no_press_of_a_button_is_refused(stage: MattermostStage, body: bytes) -> None:
    status_, _, heard = await pressed(stage, body)

    assert (status_, heard) == (400, [])


@pytest.mark.parametrize("shown", [{}, {"proof": None}, {"proof": "é"}, {"proof": "0" * 64}])
async def test_who_has_read_the_ticket_in_another_channel_cannot_press_for_anybody_here(
    stage: MattermostStage, shown: dict[str, object]
) -> None:
    body = press(stage, context={"wish": "acknowledge", "ticket": TICKET, **shown})

    status_, _, heard = await pressed(stage, body)

    assert (status_, heard) == (401, [])
