"""How the story watches: what the phones heard and the API says, with patience that ends.

Rules
-----
* The reader may act: whoever takes the incident that the story watches ends the story, and that is a good end.
* Nobody rings unexpectedly: each call is claimed by a beat, and whoever waits looks for calls nobody claimed.

May import: ``daemon``, ``phones``, ``policy``, ``screen``.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rungbell.cli.demo.daemon import Daemon, DerailedError
from rungbell.cli.demo.phones import Call, Phones
from rungbell.cli.demo.policy import Pace, Rung
from rungbell.cli.demo.screen import Screen

PATIENCE = 5.0
"""Seconds that something may take which should happen at once."""
LOOK_EVERY = 0.25
"""Seconds between two looks whether the reader has acted."""


class ReaderActed(Exception):
    """The reader took the incident; ``incident`` is how the API tells of it."""

    def __init__(self, incident: dict[str, Any]) -> None:
        super().__init__(incident["number"])
        self.incident = incident


class Audience:
    """Sees everything, believes nothing."""

    def __init__(self, daemon: Daemon, phones: Phones, screen: Screen, pace: Pace) -> None:
        self.daemon = daemon
        self.phones = phones
        self.screen = screen
        self.pace = pace
        self.zero = time.monotonic()
        """The moment of the first alert."""
        self.watch = 0
        """The number of the incident that nobody of the story takes yet; 0 where somebody may."""
        self._claimed = 0
        self._looked = 0.0

    async def rings(self, rung: Rung, number: int) -> None:
        """Wait for a page that is taken at the first attempt, and tell it."""
        call = await self.call(rung, number, PATIENCE)
        self.demand(call.taken, f"{rung.name}'s {rung.channel} answered {call.status}")
        self.screen.beat(f"  {ringing(call)}", "bold")

    async def call(self, rung: Rung, number: int, within: float) -> Call:
        """Claim the next call, which must be for this person and incident."""

        async def came() -> bool:
            return len(self.phones.calls) > self._claimed

        await self.soon(came, f"{rung.name} ({rung.tier}) was not paged", within)
        self.screen.coming("", 0)
        call = self.phones.calls[self._claimed]
        self._claimed += 1
        expected = (call.person, call.number) == (rung.person, number)
        self.demand(expected, f"{call.person} was paged for #{call.number}, where {rung.name} was due for #{number}")
        return call

    async def soon(self, happened: Callable[[], Awaitable[bool]], otherwise: str, within: float = PATIENCE) -> None:
        """Wait until it happened."""
        deadline = time.monotonic() + within
        while not await happened():
            if time.monotonic() > deadline:
                raise DerailedError(f"{otherwise} within {within:.0f} s{await self._standing()}")
            await self._breathe()

    def at(self, minutes: float) -> float:
        """Give the moment so many minutes of policy after the first alert, on the monotonic clock."""
        return self.zero + self.pace.real(minutes)

    async def until(self, end: float, what: str) -> None:
        """Let time go by; no phone may ring meanwhile."""
        self.screen.coming(what, end - time.monotonic())
        while time.monotonic() < end:
            self.silent(f"while the story waited for: {what}")
            await self._breathe()
        self.screen.coming("", 0)

    async def _breathe(self) -> None:
        self.screen.tick()
        self.daemon.check()
        if self.watch and time.monotonic() - self._looked > LOOK_EVERY:
            self._looked = time.monotonic()
            incident = await self.incident(self.watch)
            if incident["status"] != "triggered":
                raise ReaderActed(incident)
        await asyncio.sleep(0.02)

    async def _standing(self) -> str:
        """Say how the first incident stands, should the reader have had a hand in it."""
        found = await self.incidents()
        told = [f"#{one['number']} is {one['status']}" for one in found]
        return f" ({', '.join(told)})" if told else ""

    def silent(self, when: str) -> None:
        """Say so when somebody rang whom no beat expected."""
        if len(self.phones.calls) > self._claimed:
            call = self.phones.calls[self._claimed]
            raise DerailedError(f"{call.rung.name} was paged {when}: {call.first_line}")

    @staticmethod
    def demand(true: bool, otherwise: str) -> None:
        """Say so when it is not true."""
        if not true:
            raise DerailedError(otherwise)

    async def post(self, payload: dict[str, Any], number: int | None) -> None:
        """Post as Alertmanager does; the answer names the incident the group belongs to."""
        answer = json.loads(await self.daemon.ask("POST", "/api/v1/alertmanager", payload))
        name = payload["groupLabels"]["alertname"]
        self.demand(answer["incident"] == number, f"{name} went to incident {answer['incident']}, not {number}")

    async def incident(self, number: int) -> dict[str, Any]:
        """Give one incident whole."""
        found: dict[str, Any] = json.loads(await self.daemon.ask("GET", f"/api/v1/incidents/{number}"))
        return found

    async def incidents(self) -> list[dict[str, Any]]:
        """Give every incident, newest first."""
        found: list[dict[str, Any]] = json.loads(await self.daemon.ask("GET", "/api/v1/incidents"))["incidents"]
        return found


def ringing(call: Call) -> str:
    """Say whose phone rings, and with what."""
    rung = call.rung
    return f"{rung.name}'s {call.channel} rings ({rung.tier}): {call.first_line}"
