"""A channel that nobody ships: pages fly out, answers fly in, and it hears what becomes of an incident."""

import json
from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from rungbell.domain.errors import StoreError
from rungbell.domain.events import FailureReason, Via
from rungbell.notifiers import Message
from rungbell.notifiers.answering import Answer, Callback, Hear, Heard, Undelivered, Wish
from rungbell.notifiers.following import Change

SECRET = "coo"


class PigeonSettings(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid")

    @property
    def stays_here(self) -> bool:
        """Pigeons of tests do not leave the loft."""
        return True


class PigeonNotifier:
    """Keeps what flew out; whoever calls with the right secret is believed."""

    settings: ClassVar[type[BaseModel]] = PigeonSettings
    needs: ClassVar[str | None] = None
    flown: ClassVar[list[Message]] = []
    followed: ClassVar[list[Change]] = []

    def __init__(self, settings: PigeonSettings, session: object) -> None: ...

    async def send(self, message: Message) -> str:
        self.flown.append(message)
        return f"ring-{len(self.flown)}"

    async def follow(self, change: Change) -> str:
        self.followed.append(change)
        return ""

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        if callback.header("X-Secret") != SECRET:
            return Answer(401, alarm="a pigeon without its ring")
        said = json.loads(callback.body)
        if callback.what == "lost":
            told = await hear(Undelivered(reason=FailureReason.UNREACHABLE, **said))
            return Answer(body=told.came.encode())
        said["wish"] = Wish(said.get("wish", Wish.ACKNOWLEDGE))
        if "contact" in said:
            said["contact"] = tuple(said["contact"])
        try:
            told = await hear(Heard(via=Via.CHAT, **said))
        except StoreError:
            return Answer(body=b"not recorded")
        return Answer(body=f"{told.came} {told.person} {told.text}".encode())


def texts(changes: Sequence[Change]) -> list[str]:
    """The last line of each change."""
    return [change.text.splitlines()[-1] for change in changes]
