"""What every notifier keeps, whoever wrote it.

A notifier joins with a class of its own and one fixture::

    class TestCarrierPigeon(NotifierContract):
        failures = {"hawk": Failure(lambda stage: stage.send_hawk(), FailureReason.UNREACHABLE)}

        @pytest.fixture
        async def stage(self) -> AsyncIterator[Stage]:
            ...

A ``Stage`` is a notifier and its provider: a real one on loopback, not a patched library.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.domain.policy import Person, Tier
from rungbell.domain.severity import Severity
from rungbell.notifiers import IncidentView, Message, Notifier, SendFailed

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PATIENCE = 20
"""Real seconds that a test waits at most for what must come."""

HOSTILE = {
    "quotes": 'the "disk" is \'full\' \\ and \\" more',
    "json": '"}], "kind": "notification", "x": [{"',
    "lines": "first\nsecond\r\nthird",
    "header": "disk full\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1",
    "unicode": "Plattenfüllstand 100 % 🔥 \u2028 \u202e \u0000",
    "markup": "<script>alert(1)</script> {{ 7*7 }} ${jndi:ldap://x} %s %(x)s {0}",
    "long": "disk " * 4_000,
    "empty": "",
}


class Stage(Protocol):
    """One notifier and its provider."""

    notifier: Notifier
    settings: BaseModel
    secrets: Sequence[str]
    """What must never be seen outside of the request itself."""

    async def arrived(self) -> Sequence[str]:
        """The texts that reached the provider, as a person would read them, in order."""
        ...

    async def hang(self) -> None:
        """From now on the provider takes what is sent and never answers."""
        ...


@dataclass(frozen=True)
class Failure:
    """A way to fail, and what the notifier has to say of it; ``None`` leaves the reason to the notifier."""

    provoke: Callable[[Any], Awaitable[None]]
    reason: FailureReason | None
    permanent: bool = False
    retry_after: timedelta | None = None


def message(text: str = "P1 #7 DiskFull", **facts: Any) -> Message:  # noqa: ANN401 -- any field of Message
    """A page to Alice."""
    plain = Message(
        kind=PageKind.PAGE,
        intent="0190aa:1:1:L1:alice:pager:at_once",
        incident=IncidentView(
            id="0190aa",
            number=7,
            title="DiskFull: the disk is full",
            severity=Severity.P1,
            status="triggered",
            url="http://rungbell.example.org/api/v1/incidents/7",
        ),
        tier=Tier.L1,
        person=Person("alice", "Alice Ng", {"email": "alice@example.com", "phone": "+442079460001"}),
        text=text,
        acknowledge_url="http://rungbell.example.org/a/token-of-alice",
        sent_at=NOON,
    )
    return replace(plain, **facts)


def notice(text: str = "You are on call for support") -> Message:
    """A notification to Alice about a shift, and about no incident."""
    return message(
        text, kind=PageKind.NOTIFICATION, incident=None, tier=None, schedule="support", acknowledge_url="",
        intent="shift_begun:support:2026-11-23T12:00:00.000Z:alice:pager",
    )  # fmt: skip


async def failure_of(notifier: Notifier, sent: Message) -> SendFailed:
    """Send what must fail."""
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(SendFailed) as caught:
            await notifier.send(sent)
    return caught.value


class NotifierContract:
    """Inherit, bring ``failures`` and the fixture ``stage``."""

    failures: ClassVar[Mapping[str, Failure]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "failure" in metafunc.fixturenames:
            metafunc.parametrize("failure", list(self.failures.values()), ids=list(self.failures))

    async def test_what_is_taken_arrives_once_and_has_a_reference(self, stage: Stage) -> None:
        reference = await stage.notifier.send(message())

        assert isinstance(reference, str)
        (arrived,) = await stage.arrived()
        assert "P1 #7 DiskFull" in arrived

    async def test_many_pages_at_once_all_arrive_whole(self, stage: Stage) -> None:
        texts = [f"page {n:02} {'x' * 50}" for n in range(16)]

        await asyncio.gather(*(stage.notifier.send(message(text, intent=text)) for text in texts))

        arrived = await stage.arrived()
        assert len(arrived) == 16
        assert {text for text in texts if any(text in one for one in arrived)} == set(texts)

    async def test_a_failure_is_told_with_its_reason_and_whether_trying_again_makes_sense(
        self, stage: Stage, failure: Failure
    ) -> None:
        await failure.provoke(stage)

        failed = await failure_of(stage.notifier, message())

        assert failed.reason is (failure.reason or FailureReason(failed.reason))
        assert (failed.permanent, failed.retry_after) == (failure.permanent, failure.retry_after)

    async def test_a_failure_tells_no_secret(self, stage: Stage, failure: Failure) -> None:
        await failure.provoke(stage)

        failed = await failure_of(stage.notifier, message())

        told = f"{failed!s} {failed!r} {failed.detail} {failed.reason}"
        assert [secret for secret in stage.secrets if secret in told] == []

    async def test_after_a_failure_the_same_notifier_sends_again(self, stage: Stage, failure: Failure) -> None:
        await failure.provoke(stage)

        for attempt in (1, 2):
            failed = await failure_of(stage.notifier, message(attempt=attempt))
            assert failed.permanent == failure.permanent

    async def test_a_provider_that_hangs_is_left_at_the_deadline(self, stage: Stage) -> None:
        await stage.hang()

        async with asyncio.timeout(PATIENCE):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await stage.notifier.send(message("x" * 100_000))

    @pytest.mark.parametrize("text", list(HOSTILE.values()), ids=list(HOSTILE))
    async def test_a_hostile_text_arrives_as_one_page(self, stage: Stage, text: str) -> None:
        await stage.notifier.send(message(text))

        (arrived,) = await stage.arrived()
        for line in text.splitlines():
            assert line in arrived

    async def test_a_notification_without_a_link_arrives(self, stage: Stage) -> None:
        await stage.notifier.send(message("for your information", kind=PageKind.NOTIFICATION, acknowledge_url=""))

        (arrived,) = await stage.arrived()
        assert "for your information" in arrived

    async def test_a_notice_of_a_shift_arrives_though_it_is_about_no_incident(self, stage: Stage) -> None:
        await stage.notifier.send(notice())

        (arrived,) = await stage.arrived()
        assert "You are on call for support" in arrived

    async def test_the_settings_show_no_secret(self, stage: Stage) -> None:
        told = f"{stage.settings!r} {stage.settings!s} {stage.notifier!r} {vars(stage.notifier)!r}"

        assert [secret for secret in stage.secrets if secret in told] == []

    async def test_the_settings_refuse_a_key_they_do_not_know(self, stage: Stage) -> None:
        given = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in ((name, getattr(stage.settings, name)) for name in type(stage.settings).model_fields)
        }

        with pytest.raises(ValidationError, match="no_such_key"):
            type(stage.settings).model_validate({**given, "no_such_key": 1})

    async def test_the_notifier_says_what_its_settings_are_and_which_contact_it_needs(self, stage: Stage) -> None:
        assert isinstance(stage.settings, type(stage.notifier).settings)
        assert type(stage.notifier).needs is None or isinstance(type(stage.notifier).needs, str)


__all__ = ["HOSTILE", "NOON", "PATIENCE", "Failure", "NotifierContract", "Stage", "failure_of", "message", "notice"]
