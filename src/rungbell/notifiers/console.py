"""Channel ``console``: prints the page where the daemon runs. For a first look and for development.

May import: ``domain``, ``notifiers`` (the port), pydantic.
"""

import contextlib
import sys
import threading
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from rungbell.domain.events import FailureReason
from rungbell.notifiers import Message, SendFailed

if TYPE_CHECKING:
    import asyncio

    import aiohttp


class ConsoleSettings(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    stays_here: ClassVar[bool] = True


class ConsoleNotifier:
    """Writes to standard output, one block a page."""

    settings: ClassVar[type[BaseModel]] = ConsoleSettings
    needs: ClassVar[str | None] = None

    def __init__(self, settings: ConsoleSettings, session: "aiohttp.ClientSession") -> None:
        import asyncio

        self._settings = settings
        self._turn = asyncio.Lock()
        self._printing = False

    async def send(self, message: Message) -> str:
        """Print the message; a closed, full or stuck output is a failure like any other."""
        import asyncio

        lines = "\n".join(f"    {line}" for line in message.text.splitlines())
        link = f"\n    acknowledge: {message.acknowledge_url}" if message.acknowledge_url else ""
        lines = f"    {message.copy.subject}\n\n{lines}" if message.copy else lines
        block = f"\n☎ {message.kind} to {message.person.name} ({message.about})\n{lines}{link}\n"
        async with self._turn:
            if self._printing:
                raise SendFailed(FailureReason.UNREACHABLE, "standard output is stuck")
            self._printing = True
            printed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            # A thread of its own, which dies with the process: nobody may ever read what stands in the pipe.
            threading.Thread(target=self._print, args=(block, printed), name="console", daemon=True).start()
            await printed
        return ""

    def _print(self, block: str, printed: "asyncio.Future[None]") -> None:
        failed: SendFailed | None = None
        try:
            encoding = sys.stdout.encoding or "utf-8"
            sys.stdout.write(block.encode(encoding, "replace").decode(encoding))
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            failed = SendFailed(FailureReason.UNREACHABLE, f"standard output: {type(error).__name__}")
        self._printing = False
        with contextlib.suppress(RuntimeError):  # the loop may be gone by now
            printed.get_loop().call_soon_threadsafe(self._tell, printed, failed)

    @staticmethod
    def _tell(printed: "asyncio.Future[None]", failed: SendFailed | None) -> None:
        if printed.done():
            return
        if failed is None:
            printed.set_result(None)
        else:
            printed.set_exception(failed)
