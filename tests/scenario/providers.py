"""The outside world of a scenario: providers that behave as they are told, and what people's devices show."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from rungbell.domain.events import FailureReason
from rungbell.domain.page import SEND_DEADLINE
from rungbell.notifiers import IncidentView, Message, SendFailed

Behaviour = Callable[[Message], Awaitable[str]]


class FakeClock:
    """Time that stands still until the scenario moves it."""

    def __init__(self, at: datetime) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def reach(self, at: datetime) -> None:
        """Go on to ``at``; never back."""
        self._now = max(self._now, at)


class SimulatedSettings(BaseModel):
    """A simulated channel has nothing to set."""

    model_config = ConfigDict(extra="forbid")


class SimulatedType:
    """What the reader of the configuration must know of simulated channels."""

    settings: type[BaseModel] = SimulatedSettings
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A provider was called."""

    at: datetime
    message: Message


def incident_of(message: Message) -> IncidentView:
    """Give what a page is about."""
    assert message.incident is not None, f"{message.intent} is about no incident"
    return message.incident


@dataclass(slots=True, eq=False)
class Arrival:
    """A device shows a page; ``expected`` once the test has looked at it."""

    at: datetime
    channel: str
    message: Message
    expected: bool = False

    def __str__(self) -> str:
        said = self.message.text.splitlines()
        return f"{self.at:%H:%M:%S} {self.channel} of {self.message.person.id}: {said[0]} … {said[-1]}"


class Provider:
    """A notifier whose provider accepts everything unless it was told to do something else, once each."""

    settings: ClassVar[type[BaseModel]] = SimulatedSettings
    needs: ClassVar[str | None] = None

    def __init__(self, channel: str, clock: FakeClock) -> None:
        self.channel = channel
        self.attempts: list[Attempt] = []
        self.arrived: list[Arrival] = []
        self.under_way = 0
        self.power_was_cut = False
        self.called = asyncio.Event()
        self._clock = clock
        self._behaviours: deque[Behaviour] = deque()

    # -- what it is told ----------------------------------------------------------------------------------------

    def refuses(self, times: int = 1) -> None:
        """It will never take the message."""
        self._fails(times, SendFailed(FailureReason.REFUSED, "HTTP 400", permanent=True))

    def is_away(self, times: int = 1) -> None:
        """It answers 503."""
        self._fails(times, SendFailed(FailureReason.PROVIDER_ERROR, "HTTP 503"))

    def asks_to_wait(self, pause: timedelta) -> None:
        """It answers 429 and says how long."""
        self._fails(1, SendFailed(FailureReason.RATE_LIMITED, "HTTP 429", retry_after=pause))

    def breaks(self) -> None:
        """Its notifier has a fault."""

        async def fault(message: Message) -> str:
            raise KeyError("a secret of the provider")

        self._behaviours.append(fault)

    def hangs(self) -> None:
        """It takes the connection and never says anything; when rungbell gives up, its deadline has passed."""
        self._behaviours.append(self._hang)

    def takes_it_as_the_power_fails(self) -> None:
        """It takes the message, and rungbell dies before it can write that down."""
        self._behaviours.append(self._take_as_the_power_fails)

    def answers_when(self, answered: asyncio.Event) -> None:
        """It takes the message when ``answered`` is set, however late that is."""

        async def answer(message: Message) -> str:
            await answered.wait()
            return self._take(message)

        self._behaviours.append(answer)

    def fails_when(self, answered: asyncio.Event) -> None:
        """It refuses the message when ``answered`` is set, however late that is."""

        async def answer(message: Message) -> str:
            await answered.wait()
            raise SendFailed(FailureReason.REFUSED, "HTTP 400, late", permanent=True)

        self._behaviours.append(answer)

    # -- what rungbell calls ------------------------------------------------------------------------------------

    async def send(self, message: Message) -> str:
        self.attempts.append(Attempt(self._clock.now(), message))
        self.called.set()
        self.under_way += 1
        try:
            return await self._behaviours.popleft()(message) if self._behaviours else self._take(message)
        finally:
            self.under_way -= 1

    # -- what can be seen ---------------------------------------------------------------------------------------

    def seconds_between_attempts(self) -> list[float]:
        times = [attempt.at for attempt in self.attempts]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]

    def intents(self) -> set[str]:
        return {attempt.message.intent for attempt in self.attempts}

    # -- inside -------------------------------------------------------------------------------------------------

    def _fails(self, times: int, failed: SendFailed) -> None:
        async def fail(message: Message) -> str:
            raise failed

        self._behaviours.extend([fail] * times)

    def _take(self, message: Message) -> str:
        self.arrived.append(Arrival(self._clock.now(), self.channel, message))
        return f"{self.channel}-{len(self.arrived)}"

    async def _hang(self, message: Message) -> str:
        began = self._clock.now()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self._clock.reach(began + SEND_DEADLINE)
            raise
        raise AssertionError("unreachable")

    async def _take_as_the_power_fails(self, message: Message) -> str:
        self._take(message)
        self.power_was_cut = True
        raise asyncio.CancelledError("the power failed")
