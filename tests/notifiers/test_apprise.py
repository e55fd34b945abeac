"""Channel ``apprise``: the contract, by Apprise's own JSON service, and what is cut for services that take little."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import ClassVar

import aiohttp
import pytest
from pydantic import ValidationError

from rungbell.config import InvalidConfigError, load
from rungbell.domain.events import FailureReason
from rungbell.notifiers import Notifier
from rungbell.notifiers import apprise as module
from rungbell.notifiers.apprise import AppriseNotifier, AppriseSettings, worded
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
    in_characters,
    message,
    raw,
    status,
)
from rungbell.testing.http import nobody_listens
from rungbell.testing.provider import serving
from tests.harness.providers.apprise import PASSWORD, JsonReceiver

AWAY = FailureReason.PROVIDER_ERROR


class AppriseStage(HttpStage):
    """A service that takes JSON."""

    notifier_type = AppriseNotifier
    secrets = (PASSWORD, "path-of-the-service", "token-of-alice")
    provider: JsonReceiver

    async def arrived(self) -> list[str]:
        return [f"{one.json['title']}\n{one.json['message']}" for one in self.provider.taken]


@pytest.fixture
async def stage() -> AsyncIterator[AppriseStage]:
    async with serving(JsonReceiver()) as provider, aiohttp.ClientSession() as session:
        yield AppriseStage(provider, session)


class TestApprise(NotifierContract):
    """The contract: of every failure Apprise says only that it is one."""

    provider = "apprise"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=NotPossible("which bodies are errors is decided by Apprise, service by service"),
        refuses=Failure(status(400), AWAY),
        unauthorized=Failure(status(401), AWAY),
        gone=Failure(status(404), AWAY),
        too_many=Failure(status(429), AWAY),
        too_many_until=Failure(status(429, Retry_After="30"), AWAY),
        trouble=Failure(status(503), AWAY),
        garbage=Failure(raw(b"\x16\x03\x01 I speak something else\r\n\r\n"), AWAY),
        cut=Failure(raw(b"HTTP/1.1 20"), AWAY),
        nobody_listens=Failure(nobody_listens, AWAY),
        redirects=Failure(status(307, Location="/elsewhere"), AWAY),
    )
    limits = (Limit("body", 32_768, in_characters, lambda stage: stage.provider.taken[-1].json["message"]),)
    repeat = NotPossible("Apprise has no key by which a service would fold a repeat")


async def test_a_page_is_handed_over_with_the_link_at_its_end(stage: AppriseStage) -> None:
    await stage.notifier.send(message("P1 #7 DiskFull\nthe disk is full"))

    (request,) = stage.provider.taken
    assert (request.json["title"], request.json["type"]) == ("P1 #7 DiskFull", "failure")
    assert request.json["message"] == "the disk is full\n\nAcknowledge: http://rungbell.example.org/a/token-of-alice"


async def test_a_redirect_is_not_followed(stage: AppriseStage) -> None:
    stage.provider.answers(307, Location=f"{stage.provider.root}/elsewhere")

    await failure_of(stage.notifier, message())

    assert [request.path for request in stage.provider.requests] == ["/path-of-the-service"]


async def test_only_so_many_threads_wait_at_once_and_a_send_beyond_is_late(
    stage: AppriseStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    stage.point_to(stage.provider.url)
    stage.provider.hangs = True
    first = asyncio.create_task(stage.notifier.send(message()))
    await stage.provider.came.wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await stage.notifier.send(message())

    stage.provider.end()
    await first
    stage.provider.hangs = False
    assert await stage.notifier.send(message()) == ""


@pytest.mark.parametrize(
    ("title_most", "body_most"), [(250, 32_768), (0, 1600), (0, 160), (100, 120), (0, 60), (0, 20)]
)
def test_what_a_service_takes_little_of_is_cut_before_the_link_is(title_most: int, body_most: int) -> None:
    title, body = worded(message("P1 #7 DiskFull\n" + "x" * 40_000), title_most, body_most)

    assert len(title) <= (title_most or body_most)
    assert len(body) + (0 if title_most else len(title) + 2) <= max(body_most, len(title) + 2)
    if body_most >= 100:
        assert body.endswith("Acknowledge: http://rungbell.example.org/a/token-of-alice")


@pytest.mark.parametrize("url", ["nonsense", "no-such-service://secret-of-the-service/x", "https://", ""])
def test_an_address_that_apprise_does_not_know_is_a_mistake_that_does_not_tell_it(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ValidationError, match="is not an address that Apprise knows") as caught:
        AppriseSettings.model_validate({"url": url})

    assert "secret-of-the-service" not in str([one["msg"] for one in caught.value.errors()]) + caplog.text


def test_where_apprise_is_missing_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)

    with pytest.raises(ValidationError, match="needs apprise"):
        AppriseSettings.model_validate({"url": "json://127.0.0.1/"})


CONFIGURATION = """\
zone: UTC
people:
  alice: {name: Alice}
channels:
  tail: {type: CHANNEL, KEY_file: no-such-file}
tiers:
  L1: {role: Support, reach: alice, through: [tail]}
severities:
  P0: &plan {page: [L1], acknowledge_within: 5m, climb_to: L1, acknowledgement_lasts: 1h, stable_for: 0s, \
resolves: window}
  P1: *plan
  P2: *plan
  P3: *plan
"""


@pytest.mark.parametrize(
    ("channel", "key"),
    [("apprise", "url"), ("ntfy", "topic"), ("discord", "url"), ("teams", "url"), ("mattermost", "url")],
)
def test_who_rings_nobody_needs_no_address_and_whoever_does_hears_only_of_the_file(
    tmp_path: Path, channel: str, key: str
) -> None:
    path = tmp_path / "rungbell.yml"
    path.write_text(CONFIGURATION.replace("CHANNEL", channel).replace("KEY", key))
    types = {channel: _type(channel)}

    assert load(path, types, secrets=False).channels["tail"].type == channel

    with pytest.raises(InvalidConfigError) as caught:
        load(path, types)
    assert [mistake.field for mistake in caught.value.mistakes] == [f"channels.tail.{key}_file"]


def _type(channel: str) -> type[Notifier]:
    from importlib import import_module

    found: type[Notifier] = getattr(import_module(f"rungbell.notifiers.{channel}"), f"{channel.title()}Notifier")
    return found
