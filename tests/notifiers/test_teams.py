"""Channel ``teams``: the contract, and cards of Microsoft Teams."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import ClassVar

import aiohttp
import pytest

from rungbell.domain.events import FailureReason
from rungbell.notifiers.teams import TeamsNotifier
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
from rungbell.testing.provider import serving
from tests.harness.providers.teams import MOST, SIGNATURE, Teams
from tests.notifiers.markdown import decoded, functions, markup

AWAY, REFUSED, LIMITED = FailureReason.PROVIDER_ERROR, FailureReason.REFUSED, FailureReason.RATE_LIMITED
DELIVERY_FAILED = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error %d with "


class TeamsStage(HttpStage):
    """A Workflow of a room."""

    notifier_type = TeamsNotifier
    secrets = (SIGNATURE, "token-of-alice")
    provider: Teams

    async def arrived(self) -> list[str]:
        cards = [one.json["attachments"][0]["content"] for one in self.provider.taken]
        return [decoded("\n".join(block["text"] for block in card["body"])) for card in cards]

    def live(self, text: str) -> object:
        return markup(text), functions(text)


@pytest.fixture
async def stage() -> AsyncIterator[TeamsStage]:
    async with serving(Teams()) as provider, aiohttp.ClientSession() as session:
        yield TeamsStage(provider, session)


class TestTeams(NotifierContract):
    """The contract."""

    provider = "teams"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=Failure(status(200, DELIVERY_FAILED % 413), REFUSED, permanent=True)
    )
    limits = (Limit("body", MOST, in_bytes, lambda stage: stage.provider.taken[-1].body.decode()),)
    repeat = NotPossible("a Workflow runs once for every request and folds nothing")
    failures: ClassVar[Mapping[str, Failure]] = {
        "limited within 200": Failure(
            status(200, DELIVERY_FAILED % 429, Retry_After="5"), LIMITED, retry_after=timedelta(seconds=5)
        ),
        "trouble within 200": Failure(status(200, DELIVERY_FAILED % 502), AWAY),
        "a text within 200": Failure(status(200, b"Summary or Text is required."), AWAY),
        "a page to log in to within 200": Failure(status(200, b"<html>HTTP error 302</html>"), AWAY),
        "not binary at all within 200": Failure(status(200, b"\xff\xfe"), AWAY),
    }


async def test_a_page_is_a_card_with_a_link_to_acknowledge(stage: TeamsStage) -> None:
    reference = await stage.notifier.send(message("P1 #7 DiskFull\nthe disk is full\nrunbook: https://w.example/a_b"))

    (request,) = stage.provider.taken
    assert reference == "08581"
    (attachment,) = request.json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"], card["fallbackText"]) == ("AdaptiveCard", "1.4", "P1 #7 DiskFull")
    assert [block["text"] for block in card["body"]] == [
        "P1 #7 DiskFull", "the disk is full\n\nrunbook: https://w.example/a_b",
    ]  # fmt: skip
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Acknowledge", "url": "http://rungbell.example.org/a/token-of-alice"}
    ]


async def test_a_notice_has_no_button(stage: TeamsStage) -> None:
    await stage.notifier.send(notice())

    assert stage.provider.taken[0].json["attachments"][0]["content"]["actions"] == []


@pytest.mark.parametrize("body", [b"", b"1", b" 1\r\n"])
async def test_a_plain_yes_within_200_is_acceptance(stage: TeamsStage, body: bytes) -> None:
    stage.provider.answers(200, body)

    assert await stage.notifier.send(message()) == ""


async def test_what_the_workflow_refuses_is_told_by_its_code(stage: TeamsStage) -> None:
    stage.point_to(stage.provider.url.replace(SIGNATURE, "another"))

    failed = await failure_of(stage.notifier, message())

    assert failed.detail == "HTTP 401: DirectApiAuthorizationRequired"
