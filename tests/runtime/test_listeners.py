"""Listeners end between answers, never within one."""

import asyncio
from collections.abc import Callable
from typing import ClassVar, cast

from pydantic import BaseModel

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.events import Via
from rungbell.notifiers import Message
from rungbell.notifiers.answering import Came, Hear, Heard, Told, Undelivered, Wish
from rungbell.runtime.hearing.hearing import Hearing
from rungbell.runtime.hearing.listeners import Listeners


class SlowHearing:
    """Decides in two steps: what is committed, and what is sent because of it."""

    def __init__(self) -> None:
        self.committed = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.sent: list[str] = []

    async def hear(self, channel: str, heard: Heard | Undelivered) -> Told:
        self.committed.set()
        await self.goes_on.wait()
        self.sent.append(heard.once)
        return Told(Came.DONE, "")


class Provider:
    """Tells of one answer, then waits for more."""

    settings: ClassVar[type[BaseModel]] = BaseModel
    needs: ClassVar[str | None] = None

    def __init__(self, failed: Callable[[BaseException], None] = lambda error: None) -> None:
        self._failed = failed
        self.ended = False

    async def send(self, message: Message) -> str:
        return ""

    async def listen(self, hear: Hear) -> None:
        try:
            await hear(Heard(wish=Wish.ACKNOWLEDGE, once="1", via=Via.CHAT))
            await asyncio.Event().wait()
        except StoreUnavailable as error:
            self._failed(error)
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def test_an_answer_that_is_being_decided_when_a_reload_ends_its_listener_is_decided_to_its_end() -> None:
    hearing, provider = SlowHearing(), Provider()
    listeners = Listeners(cast("Hearing", hearing))
    await listeners.replace({"chat": provider})
    await hearing.committed.wait()

    reload = asyncio.create_task(listeners.replace({}))
    while not provider.ended:  # noqa: ASYNC110 -- a few turns of the loop
        await asyncio.sleep(0)
    assert not reload.done()
    assert hearing.sent == []
    hearing.goes_on.set()
    await reload

    assert hearing.sent == ["1"]


async def test_a_store_that_is_away_is_told_to_the_listener() -> None:
    told: list[BaseException] = []
    away = asyncio.Event()

    def failed(error: BaseException) -> None:
        told.append(error)
        away.set()

    class Away(SlowHearing):
        async def hear(self, channel: str, heard: Heard | Undelivered) -> Told:
            raise StoreUnavailable("away")

    listeners = Listeners(cast("Hearing", Away()))
    await listeners.replace({"chat": Provider(failed)})
    await away.wait()
    await listeners.close()

    assert [str(error) for error in told] == ["away"]
