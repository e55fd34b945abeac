"""Alert groups as Alertmanager keeps them: what fires, what was resolved, and what the receiver has taken of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from random import Random

from tests.harness.webhooks import Json, alert, message

GROUP = re.compile(r"SoakAlert\d{6}")
"""The name of a group, with which its incident's title begins."""
SIZES = (1, 9)
"""How many alerts a new group has: five on average."""
JOINING = (1, 3)


class Change(StrEnum):
    """What happens to a group."""

    NEW = "new groups"
    REPEAT = "repeats"
    JOIN = "joins"
    RESOLVE = "resolves"
    REFIRE = "re-fires"


@dataclass(slots=True)
class Member:
    """One alert of a group."""

    instance: str
    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(slots=True)
class Group:
    """One group; ``cycles`` counts how often it began to fire."""

    name: str
    members: list[Member] = field(default_factory=list)
    cycles: int = 0
    settled: bool = False
    """A person resolved it while it fired: nothing more is sent about it."""

    @property
    def firing(self) -> bool:
        """Whether any of its alerts fires."""
        return any(member.ends_at is None for member in self.members)

    def begin(self, rng: Random) -> None:
        """Fire for the first time."""
        self.cycles = 1
        self._add(rng.randint(*SIZES))

    def join(self, rng: Random) -> None:
        """Fire with more alerts than before."""
        self._add(rng.randint(*JOINING))

    def resolve(self) -> None:
        """Let everything end."""
        now = datetime.now(UTC)
        for member in self.members:
            member.ends_at = member.ends_at or now

    def fire_again(self) -> None:
        """Fire anew, all of it."""
        now = datetime.now(UTC)
        self.cycles += 1
        self.members = [Member(member.instance, now) for member in self.members]

    def webhook(self) -> Json:
        """Give the message that tells how the group stands."""
        return message(
            alert(
                {"alertname": self.name, "instance": member.instance, "job": "node", "severity": "critical"},
                summary=f"{self.name} needs somebody",
                starts_at=member.starts_at,
                ends_at=member.ends_at,
            )
            for member in self.members
        )

    def alerts(self) -> Iterator[tuple[str, str]]:
        """Give the names of its alerts."""
        return ((self.name, member.instance) for member in self.members)

    def _add(self, count: int) -> None:
        now = datetime.now(UTC)
        first = len(self.members)
        self.members += [Member(f"10.0.0.{number}:9100", now) for number in range(first, first + count)]
