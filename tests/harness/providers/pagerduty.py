"""PagerDuty: events of version 2, its own acknowledgements told by webhook, incidents to ask for, and its hard rule.

Three deliveries of a webhook in a row that are answered with 4xx switch the subscription off; what waits is dropped.
"""

import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
from aiohttp import web

from rungbell.testing import NOON, HttpProvider, Request

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
SECRET = "secret-of-the-subscription"
API_TOKEN = "token-of-the-account"
SUBSCRIPTION = "PSUB1"
ALICE = "PALICE"
DROPS = 3
SEVERITIES = {"critical", "error", "warning", "info"}


def invalid(*errors: str) -> web.Response:
    return web.json_response(
        {"status": "invalid event", "message": "Event object is invalid", "errors": errors}, status=400
    )


@dataclass(slots=True)
class Alert:
    """What is open, or was, under one key."""

    key: str
    number: int
    summary: str
    status: str = "triggered"
    by: dict[str, Any] | None = None
    at: datetime = NOON
    triggers: int = 1

    @property
    def id(self) -> str:
        return f"PINC{self.number}"


@dataclass(slots=True)
class PagerDuty(HttpProvider):
    """One service, one subscription, one person."""

    alerts: list[Alert] = field(default_factory=list)
    active: bool = True
    drops: int = 0
    now: datetime = NOON
    delivered: int = 0
    shortest: int = 512_000
    """Bytes of a body above which it is refused."""
    waiting: deque[dict[str, Any]] = field(default_factory=deque)

    @property
    def url(self) -> str:
        return self.root

    def open(self, key: str) -> Alert | None:
        """The alert of a key, unless it is resolved."""
        return next((one for one in self.alerts if one.key == key and one.status != "resolved"), None)

    def usual(self, request: Request) -> web.Response:
        if request.path == "/v2/enqueue":
            return self._event(request)
        if request.path == "/v2/change/enqueue":
            return self._change(request)
        return self._rest(request)

    def _rest(self, request: Request) -> web.Response:
        if request.headers.get("Authorization") != f"Token token={API_TOKEN}":
            return web.json_response({"error": {"message": "unauthorized"}}, status=401)
        if request.path == "/incidents" and request.method == "GET":
            return self._list()
        if request.path == f"/webhook_subscriptions/{SUBSCRIPTION}":
            return web.json_response({"webhook_subscription": {"id": SUBSCRIPTION, "active": self.active}})
        if request.path == f"/webhook_subscriptions/{SUBSCRIPTION}/enable" and request.method == "POST":
            self.active, self.drops = True, 0
            return web.json_response({"webhook_subscription": {"id": SUBSCRIPTION, "active": True}})
        return web.json_response({"error": {"message": "Not Found", "code": 2100}}, status=404)

    def _refusal(self, request: Request) -> web.Response | None:
        try:
            event = request.json
        except ValueError:
            return invalid("the body is no JSON")
        if len(request.body) > self.shortest:
            return invalid("the event is larger than it may be")
        if event.get("routing_key") != ROUTING_KEY:
            return invalid("'routing_key' is invalid")
        summary = event.get("payload", {}).get("summary", "")
        return invalid("'summary' is too long (maximum is 1024 characters)") if len(summary) > 1024 else None

    def _event(self, request: Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        event = request.json
        key, action, told = event.get("dedup_key", ""), event.get("event_action"), event.get("payload", {})
        if action not in {"trigger", "acknowledge", "resolve"} or not 0 < len(key) <= 255:
            return invalid("'event_action' or 'dedup_key' is invalid")
        known = self.open(key)
        if action == "trigger":
            if not told.get("summary") or not told.get("source") or told.get("severity") not in SEVERITIES:
                return invalid("'payload' is missing or blank")
            if known is None:
                self.alerts.append(Alert(key, len(self.alerts) + 1, told["summary"], at=self.now))
            else:
                known.triggers += 1
        elif known is not None:
            self._become(known, f"{action}d", None)
        return web.json_response({"status": "success", "message": "Event processed", "dedup_key": key}, status=202)

    def _change(self, request: Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return web.json_response({"status": "success", "message": "Change event processed"}, status=202)

    def _become(self, alert: Alert, status: str, by: dict[str, Any] | None) -> None:
        alert.status, alert.by, alert.at = status, by or {"id": "PSVC", "type": "service_reference"}, self.now

    def _list(self) -> web.Response:
        found = [
            {
                "id": one.id,
                "incident_key": one.key,
                "status": one.status,
                "last_status_change_by": one.by,
                "last_status_change_at": one.at.isoformat().replace("+00:00", "Z"),
            }
            for one in self.alerts
            if one.status != "triggered"
        ]
        headers = {"Date": format_datetime(self.now, usegmt=True)}
        return web.json_response({"incidents": found, "more": False}, headers=headers)

    # -- what people do there -----------------------------------------------------------------------------------

    def acts(self, key: str, status: str, user: str | None = ALICE) -> dict[str, Any]:
        """Somebody presses a button in PagerDuty, or it acts by itself; gives the event that follows."""
        alert = next(one for one in reversed(self.alerts) if one.key == key)
        by = {"id": user, "type": "user_reference", "summary": "somebody"} if user else None
        self._become(alert, status, by)
        self.delivered += 1
        return {
            "event": {
                "id": f"EV{self.delivered}",
                "event_type": f"incident.{status}",
                "resource_type": "incident",
                "occurred_at": self.now.isoformat().replace("+00:00", "Z"),
                "agent": by,
                "client": None,
                "data": {
                    "id": alert.id,
                    "type": "incident",
                    "incident_key": key,
                    "status": status,
                    "number": alert.number,
                },
            }
        }

    async def deliver(self, url: str, event: dict[str, Any], *, secret: str = SECRET, delivery: str = "") -> int:
        """Deliver one webhook as PagerDuty does, and give what was answered; 0 where it delivers nothing any more."""
        if not self.active:
            return 0
        body = json.dumps(event).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Id": delivery or f"delivery-of-{event['event']['id']}",
            "X-PagerDuty-Signature": ",".join((f"v1={'0' * 64}", signature(secret, body))),
        }
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            dropped = 400 <= answer.status < 500 and answer.status != 429
            self.drops = self.drops + 1 if dropped else 0
            self.active = self.drops < DROPS
            return answer.status

    def pass_time(self, **lasts: int) -> None:
        """Let its clock go on."""
        self.now += timedelta(**lasts)


def signature(secret: str, body: bytes) -> str:
    """Sign as PagerDuty does."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
