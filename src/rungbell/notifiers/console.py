"""Channel ``console``: prints the page where the daemon runs. For a first look and for development."""

import asyncio
import sys
from typing import ClassVar

import aiohttp
from pydantic import BaseModel, ConfigDict

from rungbell.notifiers import Message


class ConsoleSettings(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConsoleNotifier:
    """Writes to standard output, one block a page."""

    settings: ClassVar[type[BaseModel]] = ConsoleSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: ConsoleSettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings

    async def send(self, message: Message) -> str:
        """Print the message; a closed or full output is a failure like any other."""
        lines = "\n".join(f"    {line}" for line in message.text.splitlines())
        link = f"\n    acknowledge: {message.acknowledge_url}" if message.acknowledge_url else ""
        block = f"\n☎ {message.kind} to {message.person.name} ({message.tier})\n{lines}{link}\n"
        await asyncio.to_thread(self._print, block)
        return ""

    @staticmethod
    def _print(block: str) -> None:
        sys.stdout.write(block)
        sys.stdout.flush()
