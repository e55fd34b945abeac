"""What people say in Slack is heard in time, and they are told what came of it.

Rules
-----
* Slack waits three seconds. What is not on disk by then may be a moment later: the person is told that it is being
  recorded, and what came of it once that is known. That it was not recorded is said only where nothing was. An event is
  told again by Slack.
* A page that changes shows it by itself. Words are for what would not be seen: who owns it after 👀, with a way to take
  it back, and why something did not count; those only the person sees.
* An emoji of a stranger on a message that is not ours is nobody's business: nothing is said.

May import: ``domain``, ``notifiers`` (the port), structlog, the rest of this package.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import Any

import structlog

from rungbell.domain.errors import StoreError
from rungbell.domain.values import dataclass
from rungbell.notifiers import SendFailed
from rungbell.notifiers.answering import Came, Hear, Heard, Told
from rungbell.notifiers.slack import blocks, understanding
from rungbell.notifiers.slack.settings import SlackSettings
from rungbell.notifiers.slack.threads import Spot
from rungbell.notifiers.slack.understanding import Spoken
from rungbell.notifiers.slack.web_api import WebApi

log = structlog.get_logger()

PATIENCE = 2.2
"""Seconds; Slack has three, and the way takes some."""
KNOWN_WITHIN = 0.5
"""Seconds that it may take to ask who we are; it is asked once."""
NOT_RECORDED = "Not recorded, or not all of it: rungbell cannot write just now. Try again."
BEING_RECORDED = (
    "rungbell is slow: this is being recorded. What came of it follows here; if nothing does, look how it stands."
)
UNSURE = "a fault of rungbell: what came of this is not known; look how it stands"
TELLING = 10.0
"""Seconds in which somebody is told."""


class Kind(StrEnum):
    """What came, as Socket Mode calls it."""

    EVENT = "events_api"
    PRESS = "interactive"
    COMMAND = "slash_commands"


Tell = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it."""

    recorded: bool = True
    words: str = ""
    """The answer to a command."""
    after: Tell | None = None
    """What is to be told once Slack has its answer."""
    later: Callable[[], Awaitable[Tell | None]] | None = None
    """Waits until it is known what came of it, where Slack does not, and gives what is to be told then."""


class Conversation:
    """Hears what people say, and answers."""

    def __init__(self, settings: SlackSettings, api: WebApi, thread_of: Callable[[Told, Spot], Spot]) -> None:
        self._settings = settings
        self._api = api
        self._thread_of = thread_of
        self._ourselves: str | None = None
        self._late: set[asyncio.Task[Told]] = set()

    async def take(self, kind: str, payload: Any, hear: Hear) -> Taken:  # noqa: ANN401 -- whatever a stranger sends
        """Understand a payload, let ``hear`` decide, and give what is to be answered."""
        if kind == Kind.PRESS:
            return await self._press(understanding.press(payload), hear)
        if kind == Kind.COMMAND:
            return await self._command(understanding.command(payload), hear)
        if kind == Kind.EVENT:
            return await self._event(understanding.reaction(payload, self._settings.button_required), hear)
        return Taken()

    async def _press(self, spoken: Spoken | None, hear: Hear) -> Taken:
        if spoken is None:
            return Taken()
        told = await self._heard_in_time(hear, spoken.heard)
        if isinstance(told, asyncio.Task):
            return Taken(
                False, after=partial(self._answer, spoken, BEING_RECORDED), later=partial(self._known, spoken, told)
            )
        if told is None:
            return Taken(False, after=partial(self._answer, spoken, NOT_RECORDED))
        if told.came is not Came.DONE or told.incident is None:
            return Taken(after=partial(self._answer, spoken, _said(told, spoken)))
        if spoken.undo and spoken.spot is not None:
            return Taken(after=partial(self._replace, spoken.spot, told.text))
        return Taken()

    async def _event(self, spoken: Spoken | None, hear: Hear) -> Taken:
        if spoken is None or not await self._is_ours(spoken):
            return Taken()
        told = await self._heard_in_time(hear, spoken.heard)
        if told is None or isinstance(told, asyncio.Task):
            return Taken(False)
        if told.came is Came.UNKNOWN:
            return Taken()
        if told.came is Came.DONE:
            return Taken(after=partial(self._own, spoken, told))
        return Taken(after=partial(self._whisper, spoken, _said(told, spoken), told.ticket))

    async def _command(self, spoken: Spoken | None, hear: Hear) -> Taken:
        if spoken is None:
            return Taken()
        told = await self._heard_in_time(hear, spoken.heard)
        if isinstance(told, asyncio.Task):
            return Taken(False, BEING_RECORDED, later=partial(self._known, spoken, told))
        return Taken(False, NOT_RECORDED) if told is None else Taken(words=_said(told, spoken))

    async def _heard_in_time(self, hear: Hear, heard: Heard) -> "Told | asyncio.Task[Told] | None":
        """Let it in, and give what came of it: ``None`` where nothing was recorded, the task where it takes longer."""
        deciding = asyncio.create_task(_decided(hear, heard))
        self._late.add(deciding)
        deciding.add_done_callback(self._done)
        try:
            await asyncio.wait([deciding], timeout=PATIENCE)
            return await deciding if deciding.done() else deciding
        except StoreError:
            return None

    async def _known(self, spoken: Spoken, deciding: "asyncio.Task[Told]") -> Tell | None:
        """Wait until it is known what came of it, and give what is told then."""
        await asyncio.wait([deciding])
        if deciding.cancelled():
            return None
        failed = deciding.exception()
        if failed is None:
            return partial(self._tell, spoken, deciding.result())
        return partial(self._answer, spoken, NOT_RECORDED if isinstance(failed, StoreError) else UNSURE)

    def _done(self, deciding: "asyncio.Task[Told]") -> None:
        self._late.discard(deciding)
        if not deciding.cancelled() and (error := deciding.exception()) is not None:
            log.warning("an answer was not recorded", error=str(error))

    async def _is_ours(self, spoken: Spoken) -> bool:
        """Whether a message that got an emoji is ours, and the emoji is not."""
        if self._ourselves is None:
            try:
                async with asyncio.timeout(KNOWN_WITHIN):
                    self._ourselves = str((await self._api.read("auth.test")).get("user_id") or "")
            except (SendFailed, TimeoutError):
                return True  # whether it is a page of ours, the store knows
        return spoken.user != self._ourselves and spoken.author in {"", self._ourselves}

    # -- what people are told ---------------------------------------------------------------------------------------

    async def _answer(self, spoken: Spoken, text: str) -> None:
        """Tell one person what came of what they said: where they typed it, also where the app is in no room."""
        if spoken.answer_to and await self._api.respond(spoken.answer_to, private(text)):
            return
        await self._whisper(spoken, text)

    async def _tell(self, spoken: Spoken, told: Told) -> None:
        """Tell one person what came of it in the end; what they took back shows no button for that any more."""
        telling = [self._answer(spoken, _said(told, spoken))]
        if spoken.undo and spoken.spot is not None and told.came is Came.DONE:
            telling.append(self._replace(spoken.spot, told.text))
        results = await asyncio.gather(*telling, return_exceptions=True)
        if failures := [result for result in results if isinstance(result, BaseException)]:
            raise failures[0]

    async def _whisper(self, spoken: Spoken, text: str, ticket: str = "") -> None:
        """Tell one person, where they are."""
        if not spoken.channel:
            return
        shown = blocks.shown(text)
        content: dict[str, Any] = {"text": shown}
        if ticket:
            content["blocks"] = [blocks.section(shown), *blocks.acknowledging(ticket)]
        await self._api.write("chat.postEphemeral", channel=spoken.channel, user=spoken.user, **content)

    async def _own(self, spoken: Spoken, told: Told) -> None:
        """Say who owns it, with a way to take it back."""
        if spoken.spot is None:
            return
        thread = self._thread_of(told, spoken.spot)
        shown = blocks.shown(told.text)
        await self._api.write(
            "chat.postMessage",
            channel=thread.channel,
            thread_ts=thread.ts,
            text=shown,
            blocks=[blocks.section(shown), *blocks.undo(told.ticket)],
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _replace(self, spot: Spot, text: str) -> None:
        shown = blocks.shown(text)
        await self._api.write(
            "chat.update", channel=spot.channel, ts=spot.ts, text=shown, blocks=[blocks.section(shown)]
        )


def private(text: str) -> dict[str, str]:
    """Give the answer to a command as Slack takes it."""
    return {"response_type": "ephemeral", "text": blocks.shown(text, understanding.ANSWER)}


def _said(told: Told, spoken: Spoken) -> str:
    if told.came is not Came.STRANGER:
        return told.text
    return f"{told.text}. Your Slack id is {spoken.user}: it belongs into your `contacts` in rungbell's configuration."


async def afterwards(taken: Taken) -> None:
    """Tell what is to be told, now and once it is known; where that fails, what was recorded stays so."""
    await _told(taken.after)
    if taken.later is not None:
        await _told(await taken.later())


async def _told(tell: Tell | None) -> None:
    if tell is None:
        return
    try:
        async with asyncio.timeout(TELLING):
            await tell()
    except (SendFailed, TimeoutError) as error:
        log.warning("somebody could not be told in Slack what came of their answer", error=str(error))


async def _decided(hear: Hear, heard: Heard) -> Told:
    return await hear(heard)
