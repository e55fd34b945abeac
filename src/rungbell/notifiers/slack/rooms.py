"""Rooms: which one a name means, and those that incidents get of their own.

Rules
-----
* The room of an incident is known by its topic, which ends with the identity of the incident and that of its first
  message there. A name that another room has got gets a number behind it.
* Whoever is paged is invited, where Slack knows them. Nobody waits for a room: pages leave without it.
* An incident that is restricted gets none (A28). No room is ever archived or emptied.

May import: ``domain``, ``notifiers`` (the port), the rest of this package.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from rungbell.domain.events import FailureReason
from rungbell.notifiers import IncidentView, SendFailed
from rungbell.notifiers.slack.threads import Spot, spot_of
from rungbell.notifiers.slack.web_api import SlackRefused, WebApi

PAGES = 10
"""Pages of the list of channels that are looked through."""
NAMES = 5
"""Names that are tried for a room."""
TOPIC_URL = 150
"""Characters; a topic has 250."""


class Rooms:
    """The rooms of a workspace."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def named(self, name: str) -> str:
        """Give the id of a room; empty where there is none of that name, or we may not know."""
        async for room in self._all():
            if room.get("name") == name.removeprefix("#"):
                return str(room.get("id") or "")
        return ""

    async def open(self, incident: IncidentView, content: Mapping[str, Any]) -> Spot:
        """Make the room of an incident, with a first message, and give where that stands; or the one that it has.

        Raises:
            SendFailed: Slack refuses, or every name that was tried is another's.
        """
        for number in range(1, NAMES + 1):
            channel = await self._made(incident.war_room if number == 1 else f"{incident.war_room}-{number}")
            if channel:
                said = await self._api.write("chat.postMessage", channel=channel, **content)
                spot = Spot(channel, str(said.get("ts") or ""))
                topic = f"{incident.url[:TOPIC_URL]} · {_mark(incident)} {spot.ts}"
                await self._api.write("conversations.setTopic", channel=channel, topic=topic)
                return spot
            if (found := await self.known(incident)) is not None:
                return found
        raise SendFailed(FailureReason.REFUSED, f"{NAMES} rooms are called like the incident", permanent=True)

    async def _made(self, name: str) -> str:
        """Make a room, and give its id; empty where there is one of that name."""
        try:
            said = await self._api.write("conversations.create", name=name, is_private=False)
        except SlackRefused as failed:
            if failed.error == "name_taken":
                return ""
            raise
        channel = said["channel"].get("id") if isinstance(said.get("channel"), dict) else None
        if not isinstance(channel, str) or not channel:
            raise SendFailed(FailureReason.PROVIDER_ERROR, "conversations.create gave no room")
        return channel

    async def invite(self, channel: str, user: str) -> None:
        """Invite somebody; raises ``SendFailed``."""
        try:
            await self._api.write("conversations.invite", channel=channel, users=user)
        except SlackRefused as failed:
            if failed.error not in {"already_in_channel", "cant_invite_self"}:
                raise

    async def known(self, incident: IncidentView) -> Spot | None:
        """Give where the first message stands in the room that an incident has, if any; raises ``SendFailed``."""
        async for room in self._all():
            topic = room.get("topic")
            _, mark, ts = str(topic.get("value", "") if isinstance(topic, dict) else "").rpartition(
                f"{_mark(incident)} "
            )
            if mark and (spot := spot_of(f"{room.get('id')}:{ts}")) is not None:
                return spot
        return None

    async def _all(self) -> AsyncIterator[dict[str, Any]]:
        cursor = ""
        for _ in range(PAGES):
            said = await self._api.read(
                "conversations.list",
                limit="1000",
                exclude_archived="true",
                types="public_channel,private_channel",
                **({"cursor": cursor} if cursor else {}),
            )
            for room in said.get("channels") or ():
                if isinstance(room, dict):
                    yield room
            cursor = str((said.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return


def _mark(incident: IncidentView) -> str:
    return f"rungbell {incident.id}"
