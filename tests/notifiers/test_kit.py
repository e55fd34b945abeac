"""The conformance kit notices what it is there for: a planted fault fails the test that is about it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar

import aiohttp
import pytest
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from rungbell.config.http import HttpSettings
from rungbell.domain.events import FailureReason
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.http import Endpoint, refused
from rungbell.testing import (
    HARMLESS,
    HOSTILE,
    Failure,
    Fault,
    Folded,
    Hang,
    HttpProvider,
    HttpStage,
    Limit,
    NotifierContract,
    NotPossible,
    Request,
    http_faults,
    in_bytes,
    status,
)
from rungbell.testing.provider import serving

MOST = 2000
TOKEN = "token-of-the-loft"
FAULTS = http_faults(error_in_success=NotPossible("a loft says everything by its status"))


class Loft(HttpProvider):
    """Takes notes."""

    def usual(self, request: Request) -> web.Response:
        return web.Response(status=200 if request.path in {"/page", "/elsewhere"} else 404)


class PigeonSettings(HttpSettings):
    url: str
    token: str = ""


class Pigeon:
    """A notifier that keeps the contract."""

    settings: ClassVar[type[BaseModel]] = PigeonSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: Any, session: aiohttp.ClientSession) -> None:  # noqa: ANN401 -- also of other types
        self.url, self.session = settings.url, session
        self.endpoint = Endpoint(HttpSettings(), session, settings.url)

    async def send(self, message: Message) -> str:
        answer = await self.endpoint.post(json=self.note(message))
        if not answer.ok:
            raise refused(answer, message.sent_at)
        return ""

    def note(self, message: Message) -> dict[str, Any]:
        return {"text": self.cut(message.text), "key": message.intent}

    def cut(self, text: str) -> str:
        return text.encode()[:MOST].decode(errors="ignore")


class Optimist(Pigeon):
    """Takes silence, and anything else, for a yes."""

    async def send(self, message: Message) -> str:
        await self.endpoint.post(json=self.note(message))
        return ""


class Fatalist(Pigeon):
    """Gives up at once."""

    async def send(self, message: Message) -> str:
        try:
            return await super().send(message)
        except SendFailed as failed:
            failed.permanent = True
            raise


class Chatterbox(Pigeon):
    """Tells where it flew."""

    async def send(self, message: Message) -> str:
        try:
            return await super().send(message)
        except SendFailed as failed:
            raise SendFailed(failed.reason, f"{failed.detail} at {TOKEN}", permanent=failed.permanent) from None


class Diarist(Pigeon):
    """Writes down what it carries."""

    async def send(self, message: Message) -> str:
        logging.getLogger("pigeon").debug("flying with %s", TOKEN)
        return await super().send(message)


class Gossip(Pigeon):
    """Passes on what somebody else said."""

    async def send(self, message: Message) -> str:
        try:
            return await super().send(message)
        except SendFailed as failed:
            raise SendFailed(failed.reason, permanent=failed.permanent) from ValueError(TOKEN)


class Wanderer(Pigeon):
    """Goes wherever it is sent."""

    async def send(self, message: Message) -> str:
        async with self.session.post(self.url, json=self.note(message)) as answer:
            if answer.status // 100 != 2:
                raise SendFailed(FailureReason.REFUSED, permanent=True)
        return ""


class Sleeper(Pigeon):
    """Does not hear the deadline."""

    async def send(self, message: Message) -> str:
        try:
            return await super().send(message)
        except asyncio.CancelledError:
            return "on its way"


class Paster(Pigeon):
    """Puts texts together."""

    def note(self, message: Message) -> dict[str, Any]:
        return {**super().note(message), "lines": self.cut(message.text).splitlines()}


class Lengthy(Pigeon):
    """Cuts nothing."""

    def cut(self, text: str) -> str:
        return text


class Counter(Pigeon):
    """Counts characters where bytes count."""

    def cut(self, text: str) -> str:
        return text[:MOST]


class Terse(Pigeon):
    """Says next to nothing."""

    def cut(self, text: str) -> str:
        return text[:100]


class Forgetful(Pigeon):
    """Does not know that it flew before."""

    def note(self, message: Message) -> dict[str, Any]:
        return {**super().note(message), "key": f"{message.intent}:{message.attempt}"}


class Twin(Pigeon):
    """Flies twice."""

    async def send(self, message: Message) -> str:
        await super().send(message)
        return await super().send(message)


class Muddler(Pigeon):
    """Keeps what it carries in one place."""

    async def send(self, message: Message) -> str:
        self.carried = message
        await asyncio.sleep(0)
        return await super().send(self.carried)


class Nagger(Pigeon):
    """Wants an incident, whatever it is about."""

    async def send(self, message: Message) -> str:
        assert message.incident is not None
        return await super().send(message)


class OpenSettings(BaseModel):
    """Shows its token, and takes every key."""

    model_config = ConfigDict(extra="allow")
    url: str
    token: str = ""


class Careless(Pigeon):
    """Has such settings."""

    settings = OpenSettings


class PigeonContract(NotifierContract):
    """What is asked of each of them."""

    faults = FAULTS
    limits = (Limit("text", MOST, in_bytes, lambda stage: stage.provider.taken[-1].json["text"]),)
    repeat = Folded(lambda stage: [request.json["key"] for request in stage.provider.taken])


CONTRACT = PigeonContract()
LIMIT = PigeonContract.limits[0]
Check = Callable[..., Awaitable[None]]


async def failing(check: Check, stage: Any, fault: Fault, *more: Any) -> None:  # noqa: ANN401 -- fixtures
    cell = FAULTS[fault]
    assert isinstance(cell, Failure)
    await check(stage, cell, *more)


TOLD = CONTRACT.test_a_failure_is_told_with_its_reason_and_whether_trying_again_makes_sense
BUILT = CONTRACT.test_what_arrives_of_a_hostile_text_is_built_like_what_arrives_of_a_harmless_one
CHECKS: dict[str, Callable[[Any, Any, Any], Awaitable[None]]] = {
    "refuses": lambda stage, log, out: failing(TOLD, stage, Fault.REFUSES),
    "trouble": lambda stage, log, out: failing(TOLD, stage, Fault.TROUBLE),
    "redirects": lambda stage, log, out: failing(TOLD, stage, Fault.REDIRECTS),
    "redaction": lambda stage, log, out: failing(
        CONTRACT.test_a_failure_tells_no_secret, stage, Fault.REFUSES, log, out
    ),
    "hangs": lambda stage, log, out: CONTRACT.test_a_provider_that_says_nothing_is_left_at_the_deadline(
        stage, Fault.HANGS_BEFORE, _hang()
    ),
    "structure": lambda stage, log, out: BUILT(stage, HOSTILE["header"]),
    "length": lambda stage, log, out: CONTRACT.test_nothing_is_longer_than_its_provider_takes(stage, LIMIT, "x"),
    "length in bytes": lambda stage, log, out: CONTRACT.test_nothing_is_longer_than_its_provider_takes(
        stage, LIMIT, "ü"
    ),
    "repeat": lambda stage, log, out: CONTRACT.test_a_message_that_leaves_twice_is_known_by_the_same_key(stage),
    "once": lambda stage, log, out: CONTRACT.test_what_is_taken_arrives_once_and_has_a_reference(stage),
    "many": lambda stage, log, out: CONTRACT.test_many_pages_at_once_all_arrive_whole(stage),
    "notice": lambda stage, log, out: CONTRACT.test_a_notice_of_a_shift_arrives_though_it_is_about_no_incident(stage),
    "settings": lambda stage, log, out: CONTRACT.test_the_settings_show_no_secret(stage),
    "keys": lambda stage, log, out: CONTRACT.test_the_settings_refuse_a_key_they_do_not_know(stage),
}


def _hang() -> Hang:
    cell = FAULTS[Fault.HANGS_BEFORE]
    assert isinstance(cell, Hang)
    return cell


def stage_of(notifier: type[Any], provider: Loft, session: aiohttp.ClientSession) -> HttpStage:
    class PigeonStage(HttpStage):
        notifier_type = notifier
        secrets = (TOKEN,)

        def given(self, url: str) -> dict[str, Any]:
            return {"url": url} | ({"token": TOKEN} if notifier is Careless else {})

        async def arrived(self) -> list[str]:
            return [request.json["text"] for request in self.provider.taken]

    return PigeonStage(provider, session)


@pytest.fixture
async def loft() -> AsyncIterator[tuple[Loft, aiohttp.ClientSession]]:
    async with serving(Loft()) as provider, aiohttp.ClientSession() as session:
        yield provider, session


Loftful = tuple[Loft, aiohttp.ClientSession]


@pytest.mark.parametrize(
    ("planted", "check"),
    [
        (Optimist, "refuses"),
        (Fatalist, "trouble"),
        (Wanderer, "redirects"),
        (Chatterbox, "redaction"),
        (Diarist, "redaction"),
        (Gossip, "redaction"),
        (Sleeper, "hangs"),
        (Paster, "structure"),
        (Lengthy, "length"),
        (Counter, "length in bytes"),
        (Terse, "length"),
        (Forgetful, "repeat"),
        (Twin, "once"),
        (Muddler, "many"),
        (Nagger, "notice"),
        (Careless, "settings"),
        (Careless, "keys"),
    ],
)
async def test_a_planted_fault_is_noticed(
    loft: Loftful,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    planted: type[Any],
    check: str,
) -> None:
    with pytest.raises((AssertionError, ValueError, pytest.fail.Exception)):
        await CHECKS[check](stage_of(planted, *loft), caplog, capfd)


@pytest.mark.parametrize("check", list(CHECKS))
async def test_a_notifier_that_keeps_the_contract_passes(
    loft: Loftful,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    check: str,
) -> None:
    await CHECKS[check](stage_of(Pigeon, *loft), caplog, capfd)


async def test_a_failure_that_was_told_otherwise_is_noticed(loft: Loftful) -> None:
    stage = stage_of(Pigeon, *loft)

    with pytest.raises(AssertionError):
        await TOLD(stage, Failure(status(429, Retry_After="31"), FailureReason.RATE_LIMITED))


async def test_a_harmless_text_is_built_like_itself(loft: Loftful) -> None:
    await BUILT(stage_of(Paster, *loft), HARMLESS)
