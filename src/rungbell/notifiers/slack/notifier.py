"""Channel ``slack``: one message per incident, edited as it goes on; further pages are replies to it.

Rules
-----
* The first page of an incident begins a thread in the room, or in the direct messages with a person; pages that leave
  at the same moment wait for it. Later ones are replies that mention the person and are shown in the room too.
* Slack folds nothing. A page that may have arrived already is looked for by its metadata before it leaves again; where
  that is not allowed or takes too long, it is sent: twice is better than never.
* What becomes of an incident is shown in place of its first message. Who owns it and what it said stay readable; the
  buttons are gone when it is over.

May import: ``domain``, ``notifiers`` (the port), the rest of this package, pydantic, structlog; slack_sdk lazily.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

import structlog
from pydantic import BaseModel

from rungbell.domain.errors import ConfigError, StoreUnavailable
from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind
from rungbell.domain.values import dataclass
from rungbell.notifiers import IncidentView, Message, SendFailed
from rungbell.notifiers.answering import Answer, Callback, Hear, Told
from rungbell.notifiers.following import Change
from rungbell.notifiers.slack import blocks, requests
from rungbell.notifiers.slack.conversation import Conversation, Kind, afterwards
from rungbell.notifiers.slack.rooms import Rooms
from rungbell.notifiers.slack.settings import SlackSettings
from rungbell.notifiers.slack.threads import Recent, Spot, beginnings
from rungbell.notifiers.slack.web_api import SlackRefused, WebApi

if TYPE_CHECKING:
    import aiohttp

log = structlog.get_logger()

LOOK_SECONDS = 2.0
"""How long a page that may be there already is looked for."""
MEET_SECONDS = 5.0
LOOKED_THROUGH = "200"
"""Messages of a room or a thread."""
LOOKED_BACK = timedelta(minutes=30)
"""Longer than all attempts of a page take, and a restart."""
LOST = frozenset(
    {"cannot_reply_to_message", "message_not_found", "restricted_action_thread_locked", "thread_not_found"}
)
"""Errors that mean that there is no thread to reply in: the page stands by itself then."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the first message of an incident shows."""

    version: int
    body: str


class SlackNotifier:
    """Posts with the session of the daemon."""

    settings: ClassVar[type[BaseModel]] = SlackSettings
    needs: ClassVar[str | None] = None
    """The settings say it: ``slack`` where there is no room."""

    def __init__(self, settings: SlackSettings, session: "aiohttp.ClientSession") -> None:
        if settings.app_token is not None and find_spec("slack_sdk") is None:
            raise ConfigError("`app_token` of channels of type `slack` needs slack-sdk: pip install 'rungbell[slack]'")
        self._settings = settings
        self._api = WebApi(settings, session)
        self._rooms = Rooms(self._api)
        self._conversation = Conversation(settings, self._api, self._thread_of)
        self._met: Recent[str, Spot] = Recent()
        self._meeting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[object]] = set()
        self._threads: Recent[tuple[str, str], Spot] = Recent()
        self._shown: Recent[Spot, Shown] = Recent()
        self._direct: Recent[str, str] = Recent()
        self._opening: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def send(self, message: Message) -> str:
        """Post it; give the channel and the time by which Slack knows it."""
        reference = await self._send(message)
        if message.kind is PageKind.PAGE and message.incident is not None and message.incident.open:
            self._later(self._meet(message.incident, message.text, message.ticket, blocks.user_of(message.person)))
        return reference

    async def _send(self, message: Message) -> str:
        if message.incident is None or message.copy is not None:
            return str(await self._post(await self._channel_for(message), message))
        key = (message.incident.id, "" if self._settings.room else message.person.id)
        lock = self._opening.setdefault(key, asyncio.Lock())  # it lives as long as somebody waits for it
        async with lock:
            thread = self._thread(key, message)
            if thread is None:
                return str(await self._begin(key, message))
        try:
            return str(await self._reply(thread, message))
        except SlackRefused as failed:
            if failed.error not in LOST:
                raise
            return str(await self._begin(key, message))

    def _thread(self, key: tuple[str, str], message: Message) -> Spot | None:
        if (known := self._threads.get(key)) is not None:
            return known
        found = beginnings(message.places, "" if self._settings.room else message.person.id)
        return min(found, key=lambda spot: float(spot.ts), default=None)

    async def _begin(self, key: tuple[str, str], message: Message) -> Spot:
        channel = await self._channel_for(message)
        spot = await self._there_already(message, channel) or await self._post(channel, message)
        self._threads.put(key, spot)
        version = message.incident.version if message.incident else 0
        self._shown.put(spot, Shown(version, blocks.body_of(message)))
        return spot

    async def _reply(self, thread: Spot, message: Message) -> Spot:
        return await self._there_already(message, thread.channel, thread.ts) or await self._post(
            thread.channel, message, thread_ts=thread.ts, reply_broadcast=message.kind is PageKind.PAGE
        )

    async def _post(self, channel: str, message: Message, **where: Any) -> Spot:  # noqa: ANN401 -- arguments of Slack
        content = blocks.page(message, answers=self._settings.answers, reply=bool(where))
        return _spot(await self._api.write("chat.postMessage", channel=channel, **content, **where))

    async def _channel_for(self, message: Message) -> str:
        """Give the room, or what the direct messages with a person are called."""
        if room := message.person.contacts.get("room", "") or self._settings.room:
            return room if room.startswith(("C", "G", "D")) else f"#{room.removeprefix('#')}"
        user = blocks.user_of(message.person)
        if not user:
            raise SendFailed(FailureReason.RECIPIENT_GONE, "no usable id of a Slack user", permanent=True)
        if (known := self._direct.get(user)) is not None:
            return known
        said = await self._api.write("conversations.open", users=user)
        channel = said["channel"].get("id") if isinstance(said.get("channel"), dict) else None
        if not isinstance(channel, str) or not channel:
            raise SendFailed(FailureReason.PROVIDER_ERROR, "conversations.open gave no channel")
        self._direct.put(user, channel)
        return channel

    async def _there_already(self, message: Message, channel: str, thread: str = "") -> Spot | None:
        """Look for a message whose earlier attempt may have arrived."""
        if message.attempt < 2:
            return None
        oldest = (message.sent_at - LOOKED_BACK).timestamp()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                if channel.startswith("#"):
                    channel = await self._rooms.named(channel)
                said = await self._api.read(
                    "conversations.replies" if thread else "conversations.history",
                    channel=channel,
                    limit=LOOKED_THROUGH,
                    oldest=f"{oldest:.6f}",
                    include_all_metadata="true",
                    **({"ts": thread} if thread else {}),
                )
        except (SendFailed, TimeoutError):
            return None
        found = [one for one in said.get("messages") or () if blocks.intent_in(one) == message.intent]
        return Spot(channel, found[0]["ts"]) if found else None

    # -- answers ------------------------------------------------------------------------------------------------

    async def receive(self, callback: Callback, hear: Hear) -> Answer:
        """Take a request of Slack: an event, a press of a button, a command."""
        secret = self._settings.signing_secret
        if secret is None:
            return Answer(404, b"this channel hears answers over Socket Mode, or not at all")
        if requests.is_check(callback):
            return Answer()
        if refused := requests.refusal(callback, secret):
            return Answer(401, alarm=refused)
        try:
            kind, payload = requests.read(callback)
        except requests.UnreadableError:
            return Answer(400)
        if kind is None:
            return Answer(body=payload.encode())
        taken = await self._conversation.take(kind, payload, hear)
        self._later(afterwards(taken))
        if kind is Kind.EVENT and not taken.recorded:
            raise StoreUnavailable("the answer could not be recorded in time")
        return requests.ephemeral(taken.words) if kind is Kind.COMMAND and taken.words else Answer()

    async def listen(self, hear: Hear) -> None:
        """Hear over Socket Mode until cancelled; without an ``app_token`` there is nothing to listen to."""
        if self._settings.app_token is not None:
            from rungbell.notifiers.slack import socket_mode

            await socket_mode.listen(self._settings, self._api, self._conversation, hear)

    def _later(self, work: Coroutine[Any, Any, object]) -> None:
        """Do it while nobody waits for it."""
        task: asyncio.Task[object] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _thread_of(self, told: Told, spot: Spot) -> Spot:
        """Give where the thread of an incident begins, as far as that is known; a reply to a reply would be lost."""
        incident = told.incident.id if told.incident is not None else ""
        known = (self._threads.get((incident, "")), self._threads.get((incident, told.person)))
        return next((found for found in known if found is not None and found.channel == spot.channel), spot)

    # -- what becomes of it ---------------------------------------------------------------------------------------

    async def follow(self, change: Change) -> str:
        """Show in each place how the incident stands now."""
        room = await self._meet(change.incident, change.text, change.ticket)
        places = beginnings(change.places)
        updates = [self._update(spot, change, room) for spot in places]
        results = await asyncio.gather(*updates, return_exceptions=True)
        if failures := [result for result in results if isinstance(result, BaseException)]:
            raise failures[0]
        return str(places[0]) if places else ""

    async def _update(self, spot: Spot, change: Change, room: str) -> None:
        shown = self._shown.get(spot)
        if shown is not None and shown.version > change.incident.version:
            return
        body = shown.body if shown is not None else await self._body_at(spot)
        content = blocks.standing(change.text, change.incident, body, self._ticket(change.ticket), room)
        self._shown.put(spot, Shown(change.incident.version, body))
        await self._api.write("chat.update", channel=spot.channel, ts=spot.ts, **content)

    def _ticket(self, ticket: str) -> str:
        return ticket if self._settings.answers else ""

    async def _body_at(self, spot: Spot) -> str:
        """Ask what a page said, where it was sent before a restart; without the right to read it is left out."""
        try:
            said = await self._api.read(
                "conversations.history", channel=spot.channel, latest=spot.ts, inclusive="true", limit="1"
            )
        except SendFailed:
            return ""
        return next((blocks.body_in(one) for one in said.get("messages") or () if one.get("ts") == spot.ts), "")

    # -- the room of an incident ------------------------------------------------------------------------------------

    async def _meet(self, incident: IncidentView, text: str, ticket: str, user: str = "") -> str:
        """Have a room for the incident that shows how it stands, and invite somebody; give its id.

        Nothing waits or fails for it: what Slack refuses is written down, and tried again with the next change.
        """
        if not self._settings.incident_rooms or not incident.war_room or incident.restricted:
            return ""
        try:
            async with asyncio.timeout(MEET_SECONDS), self._meeting.setdefault(incident.id, asyncio.Lock()):
                spot = await self._room_of(incident, text, ticket)
                if spot is None:
                    return ""
                if user:
                    await self._rooms.invite(spot.channel, user)
                return spot.channel
        except (SendFailed, TimeoutError) as error:
            log.warning("an incident has no room of its own", incident=incident.number, error=str(error))
            return ""

    async def _room_of(self, incident: IncidentView, text: str, ticket: str) -> Spot | None:
        content = blocks.standing(text, incident, "", self._ticket(ticket))
        spot = self._met.get(incident.id)
        if spot is None:
            opened = self._rooms.open(incident, content) if incident.open else self._rooms.known(incident)
            spot = await opened
            if spot is None:
                return None
            self._met.put(incident.id, spot)
        shown = self._shown.get(spot)
        if shown is None or shown.version < incident.version:
            await self._api.write("chat.update", channel=spot.channel, ts=spot.ts, **content)
            self._shown.put(spot, Shown(incident.version, ""))
        return spot


def _spot(said: dict[str, Any]) -> Spot:
    channel, ts = said.get("channel"), said.get("ts")
    if not (isinstance(channel, str) and isinstance(ts, str) and channel and ts):
        raise SendFailed(FailureReason.PROVIDER_ERROR, "ok: true without channel and ts")
    return Spot(channel, ts)
