"""Channel ``ntfy``: the contract, and its button."""

from collections.abc import AsyncIterator, Mapping
from typing import ClassVar

import aiohttp
import pytest
from pydantic import ValidationError

from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.domain.severity import Severity
from rungbell.notifiers.ntfy import NtfyNotifier, NtfySettings
from rungbell.testing import (
    Cell,
    Failure,
    Fault,
    HttpStage,
    Limit,
    NotifierContract,
    NotPossible,
    failure_of,
    http_faults,
    in_bytes,
    message,
    notice,
    status,
)
from rungbell.testing.messages import of_severity, together
from rungbell.testing.provider import serving
from tests.harness.providers.ntfy import TOKEN, Ntfy

TOPIC = "topic-that-nobody-knows"
LINK = "http://rungbell.example.org/a/token-of-alice"


class NtfyStage(HttpStage):
    """A topic, and who may publish to it."""

    notifier_type = NtfyNotifier
    secrets = (TOKEN, TOPIC, "token-of-alice")
    provider: Ntfy

    def given(self, url: str) -> dict[str, object]:
        return {"url": url, "topic": TOPIC, "token": TOKEN}

    async def arrived(self) -> list[str]:
        return [f"{one.json['title']}\n{one.json['message']}" for one in self.provider.taken]


@pytest.fixture
async def stage() -> AsyncIterator[NtfyStage]:
    async with serving(Ntfy()) as provider, aiohttp.ClientSession() as session:
        yield NtfyStage(provider, session)


class TestNtfy(NotifierContract):
    """The contract."""

    provider = "ntfy"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=Failure(status(200, b"<html>please log in</html>"), FailureReason.PROVIDER_ERROR),
        unauthorized=Failure(
            status(403, b'{"code":40301,"http":403,"error":"forbidden"}'), FailureReason.UNAUTHORIZED, permanent=True
        ),
    )
    limits = (
        Limit("message", 4096, in_bytes, lambda stage: stage.provider.taken[-1].json["message"]),
        Limit("body", 8192, in_bytes, lambda stage: stage.provider.taken[-1].body.decode()),
    )
    repeat = NotPossible("ntfy knows no key by which it would fold a repeat")
    failures: ClassVar[Mapping[str, Failure]] = {
        "an id that is none": Failure(status(200, b'{"id": 7}'), FailureReason.PROVIDER_ERROR),
        "out of room": Failure(status(507), FailureReason.PROVIDER_ERROR),
        "a file that is too large": Failure(status(413), FailureReason.REFUSED, permanent=True),
    }


async def test_a_page_is_published_to_its_topic_with_a_button_that_acknowledges(stage: NtfyStage) -> None:
    reference = await stage.notifier.send(message("P1 #7 DiskFull\nthe disk is full"))

    (request,) = stage.provider.taken
    assert reference == "m1"
    assert request.json == {
        "topic": TOPIC,
        "title": "P1 #7 DiskFull",
        "message": "the disk is full",
        "priority": 5,
        "tags": ["rotating_light"],
        "click": LINK,
        "actions": [{"action": "http", "label": "Acknowledge", "method": "POST", "url": LINK, "clear": True}],
    }


@pytest.mark.parametrize(
    ("severity", "priority"), [(Severity.P0, 5), (Severity.P1, 5), (Severity.P2, 4), (Severity.P3, 3)]
)
async def test_a_page_is_as_loud_as_it_is_severe(stage: NtfyStage, severity: Severity, priority: int) -> None:
    await stage.notifier.send(of_severity(severity))

    assert stage.provider.taken[0].json["priority"] == priority


async def test_what_came_together_is_as_loud_as_the_worst_of_it(stage: NtfyStage) -> None:
    await stage.notifier.send(together())
    assert stage.provider.taken[0].json["priority"] == 5


async def test_what_asks_for_nothing_has_no_button_and_is_not_loud(stage: NtfyStage) -> None:
    await stage.notifier.send(message(kind=PageKind.NOTIFICATION, acknowledge_url=""))
    await stage.notifier.send(notice())

    about, shift = (request.json for request in stage.provider.taken)
    assert (about["priority"], about["click"]) == (3, "http://rungbell.example.org/api/v1/incidents/7")
    assert "actions" not in about
    assert {"actions", "click"} & shift.keys() == set()


async def test_without_a_token_nothing_is_said_about_who_we_are(stage: NtfyStage) -> None:
    stage.point_to(stage.provider.url, token=None)

    failed = await failure_of(stage.notifier, message())

    assert "Authorization" not in stage.provider.requests[0].headers
    assert failed.detail == "HTTP 403: ntfy 40301"


@pytest.mark.parametrize("topic", ["", "a/b", "a b", "x" * 65, "tôpic"])
def test_what_cannot_be_a_topic_is_a_mistake(topic: str) -> None:
    with pytest.raises(ValidationError, match="is not a topic"):
        NtfySettings.model_validate({"topic": topic})


def test_only_a_server_here_stays_here() -> None:
    assert NtfySettings.model_validate({"url": "http://127.0.0.1:2586", "topic": "x"}).stays_here
    assert not NtfySettings.model_validate({"topic": "x"}).stays_here
