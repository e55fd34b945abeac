"""A workspace of Slack: rooms, threads, edits, limits, events, buttons and Socket Mode, as integrations.md says.

Everything is 200; what went wrong stands in ``ok`` and ``error``. A connection of Socket Mode is opened by an address
that is good once; an envelope that is not acknowledged within its time goes to another connection, and an event is told
again.
"""

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import WSMsgType, web

from rungbell.testing import HttpProvider, Request, in_utf16

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-token-of-the-bot", "xapp-token-of-the-app", "signing-secret-of-the-app"
BOT = "U0RUNGBELL"
JSON_METHODS = frozenset(
    {"chat.postMessage", "chat.update", "chat.postEphemeral", "conversations.open", "conversations.create",
     "conversations.invite", "conversations.setTopic"}
)  # fmt: skip

Json = dict[str, Any]


def refused(error: str, **more: object) -> web.Response:
    return web.json_response({"ok": False, "error": error, **more})


def invalid(blocks: list[Json]) -> bool:
    """Whether Slack would not take these blocks."""
    seen: set[str] = set()
    for block in blocks:
        if (block_id := block.get("block_id", "")) and (block_id in seen or len(block_id) > 255):
            return True
        seen.add(block_id)
        if block["type"] == "section" and not 0 < in_utf16(block["text"]["text"]) <= 3000:
            return True
        for element in block.get("elements", ()):
            if len(element["text"]["text"]) > 75 or len(element.get("value", "")) > 2000:
                return True
            if not element.get("value") and not element.get("url"):
                return True
    return len(blocks) > 50


@dataclass
class Slack(HttpProvider):
    """One workspace, with one app in it."""

    channels: dict[str, str] = field(default_factory=lambda: {"C0INCIDENTS": "incidents", "C0P0ROOM1": "incidents-p0"})
    """The rooms that the app is in, by id."""
    topics: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    messages: dict[tuple[str, str], Json] = field(default_factory=dict)
    """What stands where, as it was last edited."""
    ephemeral: list[Json] = field(default_factory=list)
    """What only one user was shown."""
    responses: list[Json] = field(default_factory=list)
    """What came to the address that was given with a command."""
    edits: list[Json] = field(default_factory=list)
    deny: dict[str, str] = field(default_factory=dict)
    """By method, the error it gives."""
    lose: set[str] = field(default_factory=set)
    """Methods that are done, and whose answer never comes."""
    burst: int = 0
    """Messages that a room takes within a second; 0: any number."""
    limited: int = 0
    """How many were too many."""
    deaf: bool = False
    """Connections that are opened answer no pings."""
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    opened: int = 0
    """How many connections of Socket Mode there were."""
    at_once: int = 0
    """The most of them at a time."""
    acknowledged: dict[str, Json] = field(default_factory=dict)
    """Envelopes by id, with what came back."""
    _lately: dict[str, list[float]] = field(default_factory=dict)
    _tickets: set[str] = field(default_factory=set)
    _last: float = 0

    @property
    def url(self) -> str:
        return f"{self.root}/api/"

    def posted(self) -> list[Json]:
        """What was posted, the oldest first, as it stands now."""
        return list(self.messages.values())

    # -- the Web API ----------------------------------------------------------------------------------------------

    def usual(self, request: Request) -> web.Response:
        return self._respond(request.json) if request.path.startswith("/commands/") else self._called(request)

    def _called(self, request: Request) -> web.Response:
        method = request.path.removeprefix("/api/")
        kind = request.headers.get("Content-Type", "")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "apps.connections.open":
            return self._connection(token)
        if token != BOT_TOKEN:
            return refused("invalid_auth")
        if error := self.deny.get(method):
            return refused(error)
        if (method in JSON_METHODS) != kind.startswith("application/json"):
            return refused("invalid_form_data")
        sent = request.json if method in JSON_METHODS else dict(parse_qsl(request.body.decode()))
        handler = getattr(self, "_" + re.sub(r"\W|(?=[A-Z])", "_", method).lower(), None)
        if handler is None:
            return refused("unknown_method")
        return handler(sent)  # type: ignore[no-any-return]

    def _respond(self, sent: Json) -> web.Response:
        if len(self.responses) == 5:
            return web.Response(status=404)
        self.responses.append(sent)
        return web.Response(text="ok")

    def _next(self) -> str:
        self._last = max(self._last + 0.00001, time.time())
        return f"{self._last:.6f}"

    def _channel(self, named: str) -> str:
        if named in self.channels:
            return named
        found = [id_ for id_, name in self.channels.items() if f"#{name}" == named]
        return found[0] if found else ""

    def _chat_post_message(self, sent: Json) -> web.Response:
        channel = self._channel(sent.get("channel", ""))
        if not channel:
            return refused("channel_not_found")
        if self._too_many(channel):
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
        if not sent.get("text"):
            return refused("no_text")
        if invalid(sent.get("blocks", [])):
            return refused("invalid_blocks", quoted=sent)
        if (thread := sent.get("thread_ts")) is not None and (channel, thread) not in self.messages:
            return refused("thread_not_found")
        ts = self._next()
        self.messages[channel, ts] = {**sent, "channel": channel, "ts": ts, "user": BOT, "type": "message"}
        return web.json_response({"ok": True, "channel": channel, "ts": ts, "message": {"text": sent["text"]}})

    def _too_many(self, channel: str) -> bool:
        now = time.monotonic()
        lately = [at for at in self._lately.get(channel, []) if now - at < 1]
        self._lately[channel] = lately
        if self.burst and len(lately) >= self.burst:
            self.limited += 1
            return True
        lately.append(now)
        return False

    def _chat_update(self, sent: Json) -> web.Response:
        found = self.messages.get((sent["channel"], sent["ts"]))
        if found is None:
            return refused("message_not_found")
        if invalid(sent.get("blocks", [])):
            return refused("invalid_blocks")
        self.edits.append(sent)
        found.update(text=sent["text"], blocks=sent["blocks"])
        return web.json_response({"ok": True, "channel": sent["channel"], "ts": sent["ts"]})

    def _chat_post_ephemeral(self, sent: Json) -> web.Response:
        self.ephemeral.append(sent)
        return web.json_response({"ok": True, "message_ts": self._next()})

    def _conversations_open(self, sent: Json) -> web.Response:
        if not sent["users"].startswith("U0"):
            return refused("user_not_found")
        channel = f"D{sent['users'][1:]}"
        self.channels[channel] = f"dm of {sent['users']}"
        return web.json_response({"ok": True, "channel": {"id": channel}})

    def _conversations_history(self, sent: Json) -> web.Response:
        found = [one for (channel, _), one in self.messages.items() if channel == sent["channel"]]
        found = [one for one in found if "thread_ts" not in one or one.get("reply_broadcast")]
        if latest := sent.get("latest"):
            found = [one for one in found if float(one["ts"]) <= float(latest)]
        found = [one for one in found if float(one["ts"]) > float(sent.get("oldest", 0))]
        return self._told(found[::-1][: int(sent["limit"])], sent)

    def _conversations_replies(self, sent: Json) -> web.Response:
        found = [
            one
            for (channel, ts), one in self.messages.items()
            if channel == sent["channel"] and sent["ts"] in {ts, one.get("thread_ts")}
            if ts == sent["ts"] or float(ts) > float(sent.get("oldest", 0))
        ]
        return self._told(found[: int(sent["limit"])], sent)

    def _told(self, found: list[Json], sent: Json) -> web.Response:
        hidden = set() if sent.get("include_all_metadata") == "true" else {"metadata"}
        return web.json_response(
            {"ok": True, "messages": [{key: one[key] for key in one if key not in hidden} for one in found]}
        )

    def _conversations_create(self, sent: Json) -> web.Response:
        if not re.fullmatch(r"[a-z0-9_-]{1,80}", sent["name"]):
            return refused("invalid_name_specials")
        if sent["name"] in self.channels.values():
            return refused("name_taken")
        channel = f"C0NEW{len(self.channels):03}"
        self.channels[channel] = sent["name"]
        return web.json_response({"ok": True, "channel": {"id": channel, "name": sent["name"]}})

    def _conversations_set_topic(self, sent: Json) -> web.Response:
        self.topics[sent["channel"]] = sent["topic"]
        return web.json_response({"ok": True})

    def _conversations_invite(self, sent: Json) -> web.Response:
        members = self.members.setdefault(sent["channel"], set())
        if sent["users"] in members:
            return refused("already_in_channel")
        members.add(sent["users"])
        return web.json_response({"ok": True})

    def _conversations_list(self, sent: Json) -> web.Response:
        begin, step = int(sent.get("cursor") or 0), 2
        known = list(self.channels.items())
        found = [
            {"id": id_, "name": name, "topic": {"value": self.topics.get(id_, "")}}
            for id_, name in known[begin : begin + step]
        ]
        following = str(begin + step) if begin + step < len(known) else ""
        return web.json_response({"ok": True, "channels": found, "response_metadata": {"next_cursor": following}})

    def _auth_test(self, sent: Json) -> web.Response:
        return web.json_response({"ok": True, "user_id": BOT, "team_id": "T0"})

    # -- Socket Mode ----------------------------------------------------------------------------------------------

    def _connection(self, token: str) -> web.Response:
        if token != APP_TOKEN:
            return refused("invalid_auth")
        ticket = f"t{len(self.requests)}"
        self._tickets.add(ticket)
        return web.json_response({"ok": True, "url": f"ws://127.0.0.1:{self.port}/link/?ticket={ticket}"})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/link/":
            return await self._link(request)
        answer = await super().handle(request)
        if request.path.removeprefix("/api/") in self.lose and request.transport is not None:
            request.transport.close()
        return answer

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=not self.deaf)
        await socket.prepare(request)
        self.sockets.append(socket)
        self.opened += 1
        self.at_once = max(self.at_once, len(self.sockets))
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets)})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    said = json.loads(message.data)
                    self.acknowledged[said["envelope_id"]] = said
        finally:
            self.sockets.remove(socket)
        return socket

    async def deliver(self, kind: str, payload: Json, envelope: str, patience: float = 3.0) -> Json | None:
        """Send an envelope over a connection, and give what came back in time; ``None``: nothing did."""
        frame = {"type": kind, "envelope_id": envelope, "payload": payload, "accepts_response_payload": True}
        if not self.sockets:
            return None
        await self.sockets[-1].send_json(frame)
        try:
            async with asyncio.timeout(patience):
                while envelope not in self.acknowledged:  # noqa: ASYNC110 -- it comes over a socket
                    await asyncio.sleep(0.01)
        except TimeoutError:
            return None
        return self.acknowledged[envelope]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell the newest connection that it will be closed."""
        await self.sockets[-1].send_json({"type": "disconnect", "reason": reason})


# -- what Slack sends ---------------------------------------------------------------------------------------------


def signed(body: bytes, at: float, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Give the headers of a request of Slack."""
    basis = b"v0:%d:%s" % (int(at), body)
    mac = hmac.new(secret.encode(), basis, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(int(at)), "X-Slack-Signature": f"v0={mac}"}


def pressed(
    message: Mapping[str, Any], wish: str, user: str = "U0ALICE", *, at: str = "1764000000.1", value: str | None = None
) -> Json:
    """Give the payload of a button that a user pressed on a message."""
    found = [
        element
        for block in message["blocks"]
        for element in block.get("elements", ())
        if element["action_id"] == f"rungbell.{wish}"
    ]
    assert found, f"no button {wish}"
    action = {**found[0], "type": "button", "block_id": "b", "action_ts": at}
    if value is not None:
        action["value"] = value
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "team_id": "T0"},
        "team": {"id": "T0"},
        "channel": {"id": message["channel"], "name": "incidents"},
        "message": {"ts": message["ts"]},
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": message["channel"]},
        "trigger_id": f"trigger.{at}",
        "response_url": "https://hooks.slack.com/actions/T0/1/x",
        "actions": [action],
    }


def interaction(payload: Json) -> bytes:
    """Give the body with which Slack tells of an interaction."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def reacted(
    message: Mapping[str, Any], user: str = "U0ALICE", reaction: str = "eyes", *, event_id: str = "Ev1",
    kind: str = "reaction_added",
) -> Json:  # fmt: skip
    """Give the envelope of a reaction."""
    event = {
        "type": kind,
        "user": user,
        "reaction": reaction,
        "item_user": message.get("user", BOT),
        "item": {"type": "message", "channel": message["channel"], "ts": message["ts"]},
        "event_ts": "1764000001.2",
    }
    return {"type": "event_callback", "team_id": "T0", "event_id": event_id, "event_time": 1, "event": event}


def slash(
    text: str,
    user: str = "U0ALICE",
    *,
    trigger: str = "1.2.3",
    channel: str = "C0INCIDENTS",
    answer_to: str = "https://hooks.slack.com/commands/T0/1/x",
) -> dict[str, str]:
    """Give the fields of a slash command."""
    return {
        "token": "x",
        "team_id": "T0",
        "channel_id": channel,
        "channel_name": "incidents",
        "user_id": user,
        "user_name": user.lower(),
        "command": "/rungbell",
        "text": text,
        "response_url": answer_to,
        "trigger_id": trigger,
    }
