"""Socket Mode: answers come over connections that we open, so no port of ours is open to anybody.

Rules
-----
* An envelope is acknowledged when what it says is on disk; an event that could not be recorded is not, and Slack tells
  it again. Who pressed or typed is told that it did not count, or that it takes longer, and then what came of it.
* Before Slack closes a connection it says so: the next one is there before the old one is closed, and what came over
  the old one is still answered over it.
* A connection that does not answer pings is replaced like one that was lost. Where there are too many, we wait.

slack-sdk's client speaks the protocol. When a connection is replaced is decided here: by itself the client closes the
old one first, and tries again for ever.

May import: ``domain``, ``notifiers`` (the port), slack_sdk, the rest of this package.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from rungbell.domain.events import FailureReason
from rungbell.notifiers import SendFailed
from rungbell.notifiers.answering import Hear
from rungbell.notifiers.slack.conversation import Conversation, Kind, afterwards, private
from rungbell.notifiers.slack.settings import SlackSettings
from rungbell.notifiers.slack.web_api import WebApi

CONNECT_SECONDS = 10.0
GRACE_SECONDS = 3.0
"""How long what came over a connection that is replaced may still take."""
PING_SECONDS = 5.0
_QUIET = logging.getLogger("rungbell.slack_sdk")
_QUIET.setLevel(logging.CRITICAL + 1)  # it writes down addresses and payloads; what matters is said here


class Connection(SocketModeClient):
    """One connection; when it is to be replaced, or is lost, ``over`` is set."""

    def __init__(self, url: str, way: Mapping[str, Any], conversation: Conversation, hear: Hear) -> None:
        super().__init__(
            app_token="",
            logger=_QUIET,
            web_client=AsyncWebClient(ssl=way.get("ssl"), logger=_QUIET),
            ping_interval=PING_SECONDS,
            on_message_listeners=[self._saw],
        )
        self.wss_uri = url
        self.proxy = way.get("proxy")  # and nothing that the environment says
        self.over = asyncio.Event()
        self.hello = asyncio.Event()
        self.too_many = False
        self._conversation = conversation
        self._hear = hear
        self._at_work: set[asyncio.Task[Any]] = set()
        self.socket_mode_request_listeners.append(self._answer)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Say that the connection has to be replaced; it is the SDK that asks."""
        self.over.set()

    async def _saw(self, message: Any) -> None:  # noqa: ANN401 -- a frame
        said = json.loads(message.data) if str(message.data).startswith("{") else {}
        if said.get("type") == "hello":
            self.hello.set()
        if said.get("type") == "disconnect" and said.get("reason") == "too_many_websockets":
            self.too_many = True

    async def _answer(self, _: object, request: SocketModeRequest) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._at_work.add(task)
        try:
            taken = await self._conversation.take(request.type, request.payload, self._hear)
            if taken.recorded or request.type != Kind.EVENT:
                words = private(taken.words) if taken.words and request.type == Kind.COMMAND else None
                await self.send_socket_mode_response(SocketModeResponse(request.envelope_id, words))
            await afterwards(taken)
        finally:
            if task is not None:
                self._at_work.discard(task)

    async def leave(self) -> None:
        """Close it, whatever state it is in."""
        await self.close()  # type: ignore[no-untyped-call]

    async def retire(self) -> None:
        """Close it once what came over it is answered."""
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=GRACE_SECONDS)
        await self.leave()


async def connected(settings: SlackSettings, api: WebApi, conversation: Conversation, hear: Hear) -> Connection:
    """Open a connection, and give it when Slack has said hello; raises ``SendFailed``."""
    url = await api.socket()
    connection = Connection(url, settings.way_to(url.replace("ws", "http", 1)).arguments, conversation, hear)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await connection.connect()  # type: ignore[no-untyped-call]
            await connection.hello.wait()
    except TimeoutError:
        await connection.leave()
        raise SendFailed(FailureReason.UNREACHABLE, "no connection of Socket Mode") from None
    except BaseException:
        await connection.leave()
        raise
    return connection


async def listen(settings: SlackSettings, api: WebApi, conversation: Conversation, hear: Hear) -> None:
    """Hear over one connection after the other until cancelled; raises ``SendFailed``."""
    present = await connected(settings, api, conversation, hear)
    retiring: set[asyncio.Task[None]] = set()
    try:
        while True:
            await present.over.wait()
            if present.too_many:
                raise SendFailed(FailureReason.RATE_LIMITED, "the app has too many connections of Socket Mode")
            following = await connected(settings, api, conversation, hear)
            task = asyncio.create_task(present.retire())
            retiring.add(task)
            task.add_done_callback(retiring.discard)
            present = following
    finally:
        for task in retiring:
            task.cancel()
        await asyncio.gather(*retiring, present.leave(), return_exceptions=True)
