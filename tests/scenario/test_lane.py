"""A lane that has nothing to do waits, whatever its store and its provider are about."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, cast

import pytest
from pydantic import BaseModel

from rungbell.domain.events import FailureReason
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.following import Change
from rungbell.runtime.lane import Lane, Leased, LeasedPage
from tests.simulation.loop import VirtualLoop

FOR_EVER = 1_000
"""Looks at the store after which a lane spins."""


class Silent:
    """A provider that never answers."""

    settings: ClassVar[type[BaseModel]] = BaseModel
    needs: ClassVar[str | None] = None

    async def send(self, message: Message) -> str:
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")


class Desk:
    """What the lane asks; the page it took is due again, for its lease has ended while the machine slept."""

    stopping = False

    def __init__(self) -> None:
        self.looks = 0

    async def lease(self, channel: str, limit: int, *, told: bool) -> list[Leased]:
        self.looks += 1
        return [cast("Leased", Page())] if self.looks == 1 else []

    async def next_due(self, channel: str) -> datetime | None:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def seconds_until(self, due: datetime | None) -> float:
        return 0.0

    def word(self, leased: Leased) -> Any:  # noqa: ANN401 -- nobody reads it
        return "a message"

    def take(self, leased: Leased) -> None: ...

    def let_go(self, leased: Leased) -> None: ...

    async def record_acceptance(self, leased: Leased, message: Message | Change, reference: str) -> None: ...

    async def record_failure(self, leased: Leased, failed: Exception) -> None: ...


class Page:
    """A page as far as a lane looks at it."""

    class sent:  # noqa: N801 -- stands for a value
        attempts = 1
        intent = "1:1:L1:alice:phone"


def test_a_lane_whose_page_is_in_hand_though_its_lease_has_ended_waits_for_the_result() -> None:
    loop, desk = VirtualLoop(), Desk()
    with loop.running():
        loop.create_task(Lane("phone", Silent(), desk).run())
        for _ in range(5):
            loop.run_ready(lambda: desk.looks >= FOR_EVER)
            loop.advance(loop.time() + timedelta(milliseconds=100).total_seconds())
        looks = desk.looks
        loop.close()

    assert looks < 20


class Wording(Desk):
    """Writes down what was worded, and what left in which words; the first wording may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__()
        self.worded = 0
        self.took: list[object] = []
        self._fails = fails

    async def lease(self, channel: str, limit: int, *, told: bool) -> list[Leased]:
        return []

    def word(self, leased: Leased) -> Any:  # noqa: ANN401 -- nobody reads it
        self.worded += 1
        if self._fails and self.worded == 1:
            raise SendFailed(FailureReason.RECIPIENT_GONE, "gone", permanent=True)
        return f"words {self.worded}"

    async def record_acceptance(self, leased: Leased, message: Message | Change, reference: str) -> None:
        self.took.append(message)


class Taking(Silent):
    """A provider that takes everything."""

    async def send(self, message: Message) -> str:
        return ""


@pytest.mark.parametrize(
    ("fails", "forgotten", "words"), [(False, False, "words 1"), (False, True, "words 2"), (True, False, "words 2")]
)
def test_a_page_leaves_in_the_words_made_ahead_unless_they_were_forgotten_or_there_are_none(
    fails: bool, forgotten: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lane, "_hand_over", lambda lane, message: Taking().send(message))
    loop, desk, page = VirtualLoop(), Wording(fails=fails), cast("LeasedPage", Page())
    with loop.running():
        lane = Lane("phone", Taking(), desk)
        loop.create_task(lane.run())
        loop.run_ready(lambda: False)
        assert lane.keep(1) == 1
        lane.word_ahead(page)
        if forgotten:
            lane.forget_words(page)
        lane.begin(page)
        loop.run_ready(lambda: bool(desk.took))
        loop.close()

    assert desk.took == [words]
