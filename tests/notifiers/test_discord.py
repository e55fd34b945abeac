"""Channel ``discord``: the contract, and what Discord has of its own."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import aiohttp
import pytest

from rungbell.domain.events import FailureReason
from rungbell.domain.page import Place
from rungbell.domain.roster import Person
from rungbell.notifiers import SendFailed
from rungbell.notifiers.discord import DiscordNotifier
from rungbell.notifiers.following import Change
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
    in_utf16,
    message,
    status,
)
from rungbell.testing.provider import serving
from tests.harness.providers.discord import TOKEN, Discord
from tests.notifiers.markdown import markup, unescaped

WISHES: tuple[object, ...] = ("soon", "-1", -1, 1e9, float("nan"), None)
"""For how long nobody can wait."""
REFUSED, LIMITED = FailureReason.REFUSED, FailureReason.RATE_LIMITED


class DiscordStage(HttpStage):
    """A webhook of a room."""

    notifier_type = DiscordNotifier
    secrets = (TOKEN, "token-of-alice")
    provider: Discord

    async def arrived(self) -> list[str]:
        sent = [one.json for one in self.provider.taken]
        return [unescaped(f"{one['content']}\n{one['embeds'][0]['description']}") for one in sent]

    def live(self, text: str) -> object:
        return markup(text), re.findall(r"(?<!\\)<[@#:a-z][^>]*>", text)


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with serving(Discord()) as provider, aiohttp.ClientSession() as session:
        yield DiscordStage(provider, session)


def limited(wish: object) -> bytes:
    return json.dumps({"message": "You are being rate limited.", "retry_after": wish, "global": False}).encode()


class TestDiscord(NotifierContract):
    """The contract."""

    provider = "discord"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=Failure(status(204), FailureReason.PROVIDER_ERROR),
        gone=Failure(status(404, b'{"message":"Unknown Webhook","code":10015}'), REFUSED, permanent=True),
        too_many_until=Failure(
            status(429, limited(1.337), Retry_After="2"), LIMITED, retry_after=timedelta(seconds=1.337)
        ),
    )
    limits = (
        Limit("description", 4096, in_utf16, lambda stage: stage.provider.taken[-1].json["embeds"][0]["description"]),
    )
    repeat = NotPossible("Discord's webhooks know no key by which they would fold a repeat")
    failures: ClassVar[Mapping[str, Failure]] = {
        **{
            f"a wish of {wish!r}": Failure(status(429, limited(wish), Retry_After="2"), LIMITED, False, timedelta(0, 2))
            for wish in WISHES
        },
        "an id that is none": Failure(status(200, b'{"id": null}'), FailureReason.PROVIDER_ERROR),
        "quoting what was sent": Failure(status(400, f'{{"code": 50035, "x": "{TOKEN}"}}'.encode()), REFUSED, True),
    }


async def test_a_page_is_kept_in_the_room_and_mentions_nobody(stage: DiscordStage) -> None:
    reference = await stage.notifier.send(message("P1 #7 DiskFull\nthe disk is full"))

    (request,) = stage.provider.taken
    assert reference == "111"
    assert request.query == "wait=true"
    assert request.json == {
        "content": "P1 #7 DiskFull",
        "allowed_mentions": {"parse": []},
        "embeds": [
            {
                "title": "For Alice Ng",
                "description": "the disk is full",
                "color": 0xE65100,
                "fields": [{"name": "Acknowledge", "value": "http://rungbell.example.org/a/token-of-alice"}],
            }
        ],
    }


@pytest.mark.parametrize("text", [HOSTILE["mentions"], "<@80351110224678912> <@&1> @everyone"])
async def test_only_the_person_who_is_paged_may_be_mentioned(stage: DiscordStage, text: str) -> None:
    alice = Person("alice", "Alice Ng", {"discord": "80351110224678911"})

    await stage.notifier.send(message(text, person=alice))

    sent = stage.provider.taken[0].json
    assert sent["allowed_mentions"] == {"parse": [], "users": ["80351110224678911"]}
    assert sent["content"].startswith("<@80351110224678911> ")


@pytest.mark.parametrize("contact", ["alice#1234", "everyone", "&1", "٣"])
async def test_a_contact_that_is_no_user_of_discord_mentions_nobody(stage: DiscordStage, contact: str) -> None:
    await stage.notifier.send(message(person=Person("alice", "Alice Ng", {"discord": contact})))

    assert stage.provider.taken[0].json["allowed_mentions"] == {"parse": []}
    assert contact not in stage.provider.taken[0].json["content"]


async def test_what_is_refused_is_told_by_its_code_and_not_by_what_it_quotes(stage: DiscordStage) -> None:
    stage.provider.answers(400, json.dumps({"code": 50035, "message": TOKEN}).encode())

    failed = await failure_of(stage.notifier, message())

    assert failed.detail == "HTTP 400: Discord 50035"


# -- what becomes of an incident -------------------------------------------------------------------------------------


def change(text: str, *references: str, version: int = 5) -> Change:
    incident = message().incident
    assert incident is not None
    places = tuple(Place(reference, "alice", 1, "x") for reference in references)
    return Change("echo", replace(incident, version=version), places, text, "", NOON)


async def follow(stage: DiscordStage, change: Change) -> None:
    assert isinstance(stage.notifier, DiscordNotifier)
    await stage.notifier.follow(change)


async def test_what_becomes_of_an_incident_is_written_over_the_page_which_keeps_the_rest(stage: DiscordStage) -> None:
    reference = await stage.notifier.send(message("P1 #7 DiskFull\nthe disk is full"))

    await follow(stage, change("P1 #7 DiskFull\nacknowledged by *alice* @everyone", reference))

    (shown,) = stage.provider.messages.values()
    assert shown["content"] == "P1 #7 DiskFull\nacknowledged by \\*alice\\* @everyone"
    assert shown["allowed_mentions"] == {"parse": []}
    assert shown["embeds"][0]["description"] == "the disk is full"


async def test_an_older_change_that_comes_late_is_left_out(stage: DiscordStage) -> None:
    reference = await stage.notifier.send(message())

    for text, version in (("resolved", 6), ("acknowledged", 5), ("resolved", 6)):
        await follow(stage, change(text, reference, version=version))

    assert stage.provider.messages[reference]["content"] == "resolved"


async def test_a_message_that_somebody_deleted_keeps_the_others_from_nothing(stage: DiscordStage) -> None:
    reference = await stage.notifier.send(message())

    await follow(stage, change("resolved", "99", "", "../../8124/x", reference))

    assert stage.provider.messages[reference]["content"] == "resolved"
    assert [request.path for request in stage.provider.requests if "8124" in request.path] == []


async def test_a_long_change_is_cut_and_one_that_is_not_taken_is_told(stage: DiscordStage) -> None:
    reference = await stage.notifier.send(message())
    await follow(stage, change("*" * 5000, reference))
    assert in_utf16(stage.provider.messages[reference]["content"]) <= 2000

    stage.provider.answers(429, limited(0.5))
    with pytest.raises(SendFailed) as caught:
        await follow(stage, change("resolved", reference, version=6))
    assert (caught.value.reason, caught.value.retry_after) == (LIMITED, timedelta(seconds=0.5))


async def test_a_webhook_into_a_thread_stays_in_its_thread(stage: DiscordStage) -> None:
    stage.point_to(f"{stage.provider.url}?thread_id=77")
    reference = await stage.notifier.send(message())
    await follow(stage, change("resolved", reference))

    assert [request.query for request in stage.provider.requests] == ["thread_id=77&wait=true", "thread_id=77"]
