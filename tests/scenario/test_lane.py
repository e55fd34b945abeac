"""A lane that has nothing to do waits, whatever its store and its provider are about."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, cast

from pydantic import BaseModel

from rungbell.notifiers import Message
from rungbell.notifiers.following import Change
from rungbell.runtime.lanes.lane import Lane, Leased
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
