"""What ``--stub-notifiers`` puts in the place of every channel: everything runs and nobody is rung.

May import: ``notifiers`` (the port), pydantic, structlog.
"""

from typing import ClassVar

import structlog
from pydantic import BaseModel

from rungbell.notifiers import Message
from rungbell.notifiers.following import Change

log = structlog.get_logger()


class StubNotifier:
    """Writes a log line and says that it was taken."""

    settings: ClassVar[type[BaseModel]] = BaseModel
    needs: ClassVar[str | None] = None

    def __init__(self, channel: str) -> None:
        self._channel = channel

    async def send(self, message: Message) -> str:
        """Take the message."""
        log.info(
            "stub: nobody was rung",
            channel=self._channel,
            kind=str(message.kind),
            person=message.person.id,
            tier=message.tier and str(message.tier),
            incident=message.incident and message.incident.number,
            **({"schedule": message.schedule} if message.schedule else {}),
            **({"communication": str(message.copy.kind)} if message.copy else {}),
        )
        return "stub"

    async def follow(self, change: Change) -> str:
        """Take what became of an incident."""
        log.info("stub: nothing was told", channel=self._channel, incident=change.incident.number)
        return ""
