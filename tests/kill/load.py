"""The load: concurrent senders that post webhooks and write down which of them were answered."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import aiohttp

from tests.harness.api import Api
from tests.harness.webhooks import Json, firing

ALERT = re.compile(r"KillAlert\d{6}")
"""The name of an alert of the load, wherever it appears."""
REPEAT_SHARE = 0.2
LONGEST_PAUSE = 0.03


@dataclass(slots=True)
class Ledger:
    """Every webhook ever sent to one store, by the name of its alert, and how often it was answered 2xx."""

    sent: dict[str, Json] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    """Answered, but not 2xx: the sender must come back."""
    unanswered: int = 0
    """No answer: the sender cannot know and must come back."""

    def new(self) -> str:
        """Write a new alert group and give its name."""
        name = f"KillAlert{len(self.sent):06}"
        self.sent[name] = firing(name, at=datetime.now(UTC), summary=f"{name} needs somebody")
        return name

    @property
    def open(self) -> list[str]:
        """What was sent and never answered 2xx."""
        return [name for name in self.sent if name not in self.accepted]

    async def deliver(self, api: Api, name: str) -> bool:
        """Send one webhook, write down the answer, and tell whether it was 2xx."""
        try:
            status = await api.send(self.sent[name])
        except (aiohttp.ClientError, TimeoutError):
            self.unanswered += 1
            return False
        if not 200 <= status < 300:
            self.refused += 1
            return False
        self.accepted[name] += 1
        return True


async def send_until_told(url: str, ledger: Ledger, rng: Random, stop: asyncio.Event) -> None:
    """Be one sender: mostly new alert groups, sometimes one of its own again, with short pauses.

    A sender has connections of its own, so that an answer already on its way when the daemon dies is still read.
    """
    mine: list[str] = []
    async with Api(url) as api:
        while not stop.is_set():
            if mine and rng.random() < REPEAT_SHARE:
                name = rng.choice(mine)
            else:
                name = ledger.new()
                mine.append(name)
            await ledger.deliver(api, name)
            await asyncio.sleep(rng.uniform(0, LONGEST_PAUSE))


async def send_again(api: Api, ledger: Ledger, within: float) -> None:
    """Do what Alertmanager does after an answer that was none: send again until it is taken."""
    try:
        async with asyncio.timeout(within):
            while pending := ledger.open:
                for name in pending:
                    await ledger.deliver(api, name)
                await asyncio.sleep(0.05 if ledger.open else 0)
    except TimeoutError:
        raise AssertionError(f"{len(ledger.open)} webhooks were not taken within {within:.0f} s") from None
