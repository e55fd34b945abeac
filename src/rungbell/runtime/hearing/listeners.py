"""The channels that ask their providers for answers: one loop each, started again when it fails.

Rules
-----
* A notifier that has nothing to listen to returns, and is left alone.
* A loop that fails waits before the next try, twice as long each time up to a minute, and says so once; whatever a
  provider does, the pages of the channel leave all the same.
* An answer that cannot be decided, by a fault of ours, is left out: asked for again and again, it would keep all that
  come after it from being heard.
* A reload ends the loops of the notifiers that it replaces before it starts those of the new ones: a provider may take
  one listener only.
* An answer that is just being decided when its loop ends is decided to its end: what is sent because of it has been
  leased already, and would else wait for its lease to end.

May import: ``domain``, ``notifiers`` (the port), ``runtime.hearing.hearing``, structlog.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

import structlog

from rungbell.domain.errors import StoreError
from rungbell.notifiers import Notifier, SendFailed
from rungbell.notifiers.answering import Came, Heard, Listening, Told, Undelivered
from rungbell.runtime.hearing.hearing import Hearing

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds."""


class Listeners:
    """Runs ``listen`` of each notifier that has it."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._tasks: list[asyncio.Task[None]] = []
        self._hearings: set[asyncio.Task[Told]] = set()

    async def replace(self, notifiers: Mapping[str, Notifier]) -> None:
        """Listen to these from now on."""
        await self.close()
        self._tasks = [
            asyncio.create_task(self._keep(name, notifier), name=f"listen-{name}")
            for name, notifier in notifiers.items()
            if isinstance(notifier, Listening)
        ]

    async def close(self) -> None:
        """Listen no more, once what is being heard has been decided."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await asyncio.gather(*self._hearings, return_exceptions=True)

    async def _keep(self, channel: str, notifier: Listening) -> None:
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await notifier.listen(partial(self._hear, channel))
                return
            except (SendFailed, StoreError) as error:
                log.warning("answers of a channel cannot be heard; tried again", channel=channel, error=str(error))
            except Exception as error:
                log.exception("a listener failed and is started again", channel=channel, error=repr(error))
            pause = FIRST_PAUSE if loop.time() - began > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _hear(self, channel: str, heard: Heard | Undelivered) -> Told:
        hearing = asyncio.create_task(self._decide(channel, heard), name=f"hear-{channel}")
        self._hearings.add(hearing)
        hearing.add_done_callback(self._hearings.discard)
        return await asyncio.shield(hearing)

    async def _decide(self, channel: str, heard: Heard | Undelivered) -> Told:
        try:
            return await self._hearing.hear(channel, heard)
        except StoreError:
            raise
        except Exception as error:
            log.exception("an answer could not be decided and is left out", channel=channel, error=repr(error))
            return Told(Came.REFUSED, "a fault of rungbell: what came of this is not known; look how it stands")
