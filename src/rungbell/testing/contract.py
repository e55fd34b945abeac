"""What every notifier keeps, as tests: inherit, and bring a fixture ``stage``.

May import: ``notifiers`` (the port), ``domain``, the rest of the kit, pytest, pydantic.
"""

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pytest
from pydantic import SecretStr, ValidationError

from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.notifiers import Message, Notifier, SendFailed
from rungbell.testing.faults import Cell, Failure, Fault, Folded, Hang, NotPossible
from rungbell.testing.limits import Limit
from rungbell.testing.messages import HARMLESS, HOSTILE, message, notice, titled, together, trial
from rungbell.testing.stage import Stage
from rungbell.testing.structure import seen

PATIENCE = 20
"""Real seconds that a test waits at most for what must come."""
ALPHABETS = {
    "ASCII": "x",
    "two bytes": "ü",
    "four bytes": "🔥",
    "joined": "👩\u200d👧",
    "quotes": '"',
    "escaped": '"\\<&>',
}


async def failure_of(notifier: Notifier, sent: Message) -> SendFailed:
    """Send what must fail."""
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(SendFailed) as caught:
            await notifier.send(sent)
    return caught.value


class NotifierContract:
    """Inherit, say what the provider can do, and bring the fixture ``stage``."""

    provider: ClassVar[str]
    """The name of the channel type."""
    faults: ClassVar[Mapping[Fault, Cell]]
    """What is said of each fault."""
    failures: ClassVar[Mapping[str, Failure]] = {}
    """More ways to fail than one a fault, by name."""
    limits: ClassVar[Sequence[Limit] | NotPossible]
    """How long what may be."""
    first_of_a_line: ClassVar[int] = 200
    """So many characters of a line arrive at least, where there are limits."""
    loggers_of_the_provider: ClassVar[tuple[str, ...]] = ("aiohttp.server",)
    """Whose words are not the notifier's: those of what plays its provider."""
    repeat: ClassVar[Folded | NotPossible]
    """By what a message that left twice is known, or why nobody can know it."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run the tests about failures and limits once for each."""
        cells = getattr(self, "faults", {})
        if "failure" in metafunc.fixturenames:
            found = {str(fault): cell for fault, cell in cells.items() if isinstance(cell, Failure)}
            found |= self.failures
            metafunc.parametrize("failure", list(found.values()), ids=list(found))
        if "hang" in metafunc.fixturenames:
            hangs = {fault: cell for fault, cell in cells.items() if isinstance(cell, Hang)}
            metafunc.parametrize(("fault", "hang"), list(hangs.items()), ids=list(hangs))
        if "limit" in metafunc.fixturenames:
            limits = getattr(self, "limits", ())
            known = () if isinstance(limits, NotPossible) else limits
            metafunc.parametrize("limit", known, ids=[limit.name for limit in known])

    async def test_every_fault_has_an_answer(self) -> None:
        assert [fault for fault in Fault if fault not in self.faults] == []
        assert isinstance(self.repeat, Folded | NotPossible)
        assert self.limits

    # -- what is taken ------------------------------------------------------------------------------------------

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

    async def test_a_notification_without_a_link_arrives(self, stage: Stage) -> None:
        await stage.notifier.send(message("for your information", kind=PageKind.NOTIFICATION, acknowledge_url=""))

        (arrived,) = await stage.arrived()
        assert "for your information" in arrived

    async def test_a_notice_of_a_shift_arrives_though_it_is_about_no_incident(self, stage: Stage) -> None:
        await stage.notifier.send(notice())

        (arrived,) = await stage.arrived()
        assert "You are on call for support" in arrived

    async def test_a_test_page_arrives_though_it_is_about_no_incident(self, stage: Stage) -> None:
        await stage.notifier.send(trial())

        (arrived,) = await stage.arrived()
        assert "TEST: nothing is wrong" in arrived

    async def test_pages_that_leave_together_arrive_as_one(self, stage: Stage) -> None:
        await stage.notifier.send(together())

        (arrived,) = await stage.arrived()
        assert "2 incidents ask for you" in arrived

    async def test_a_message_that_leaves_twice_is_known_by_the_same_key(self, stage: Stage) -> None:
        if isinstance(self.repeat, NotPossible):
            pytest.skip(self.repeat.because)
        for attempt in (1, 2):
            await stage.notifier.send(message(attempt=attempt))
        await stage.notifier.send(message(intent="0190aa:1:1:L2:bob:pager:at_once"))

        first, second, other = self.repeat.keys(stage)
        assert first == second
        assert first != other

    # -- what fails ---------------------------------------------------------------------------------------------

    async def test_a_failure_is_told_with_its_reason_and_whether_trying_again_makes_sense(
        self, stage: Stage, failure: Failure
    ) -> None:
        await failure.provoke(stage)

        failed = await failure_of(stage.notifier, message())

        assert failed.reason is (failure.reason or FailureReason(failed.reason))
        assert (failed.permanent, failed.retry_after) == (failure.permanent, failure.retry_after)

    async def test_a_failure_tells_no_secret(
        self, stage: Stage, failure: Failure, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        await failure.provoke(stage)

        with caplog.at_level("DEBUG"):
            failed = await failure_of(stage.notifier, message())

        written = "".join(traceback.format_exception(failed))
        ours = [one.getMessage() for one in caplog.records if not one.name.startswith(self.loggers_of_the_provider)]
        logged = "\n".join([*ours, *capfd.readouterr()])
        told = f"{failed!s} {failed!r} {failed.detail} {failed.reason} {written} {logged}"
        assert [secret for secret in stage.secrets if secret in told] == []

    async def test_after_a_failure_the_same_notifier_sends_again(self, stage: Stage, failure: Failure) -> None:
        await failure.provoke(stage)

        for attempt in (1, 2):
            failed = await failure_of(stage.notifier, message(attempt=attempt))
            assert failed.permanent == failure.permanent

    async def test_a_provider_that_says_nothing_is_left_at_the_deadline(
        self, stage: Stage, fault: Fault, hang: Hang
    ) -> None:
        await hang.provoke(stage)
        sending = asyncio.create_task(stage.notifier.send(message("x" * 3000)))

        async with asyncio.timeout(PATIENCE):
            if fault is Fault.HANGS_AFTER:
                while not await stage.arrived():  # noqa: ASYNC110 -- a provider may run in a thread of its own
                    await asyncio.sleep(0.01)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await sending
        assert sending.cancelled()
        assert len(await stage.arrived()) == (1 if fault is Fault.HANGS_AFTER else 0)

    # -- hostile and long texts ---------------------------------------------------------------------------------

    @pytest.mark.parametrize("text", list(HOSTILE.values()), ids=list(HOSTILE))
    async def test_a_hostile_text_arrives_as_one_page_as_far_as_it_fits(self, stage: Stage, text: str) -> None:
        await stage.notifier.send(message(text))

        (arrived,) = await stage.arrived()
        shown = seen(arrived)
        for line in text.splitlines():
            assert seen(line)[: len(line) if isinstance(self.limits, NotPossible) else self.first_of_a_line] in shown

    @pytest.mark.parametrize("text", list(HOSTILE.values()), ids=list(HOSTILE))
    async def test_what_arrives_of_a_hostile_text_is_built_like_what_arrives_of_a_harmless_one(
        self, stage: Stage, text: str
    ) -> None:
        await stage.notifier.send(titled(HARMLESS))
        await stage.notifier.send(titled(text))

        harmless, hostile = await stage.structures()
        assert hostile == harmless

    @pytest.mark.parametrize("alphabet", list(ALPHABETS.values()), ids=list(ALPHABETS))
    async def test_nothing_is_longer_than_its_provider_takes(self, stage: Stage, limit: Limit, alphabet: str) -> None:
        most = limit.most // len(alphabet) + 1
        for length in (most // 8, most // 4, most // 2, most, 2 * most):
            await stage.notifier.send(titled(f"P1 #7 DiskFull\n{alphabet * length}"))

            assert limit.unit(limit.part(stage)) <= limit.most
        assert all("P1 #7 DiskFull" in arrived for arrived in await stage.arrived())
        assert limit.unit(limit.part(stage)) > limit.most // 8, "more would have fitted"

    # -- secrets and settings -----------------------------------------------------------------------------------

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
