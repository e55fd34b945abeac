"""A simulated Alertmanager on loopback: its API v2 as far as it is asked for what it has, and its ways to fail.

It groups by ``alertname`` as the bodies of ``webhooks`` do, forgets at a restart, and knows silences by identity.
"""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.harness.server import LoopbackServer
from tests.harness.webhooks import Json, fingerprint, written


@dataclass(slots=True)
class Fault:
    """How every request is answered instead."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


class AlertmanagerServer(LoopbackServer):
    """Has the alerts it is given; ``has`` takes the message that it sent, or would have sent."""

    def __init__(self, port: int | None = None, *, mutes: bool | None = True) -> None:
        super().__init__(port)
        self.cluster = "ready"
        self.config = "route: {receiver: rungbell}"
        self.fault: Fault | None = None
        self.asked: list[web.Request] = []
        self._mutes = mutes
        self._groups: dict[str, Json] = {}
        self._silences: dict[str, Json] = {}
        self._starts = 0
        self._over = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def has(self, message: Json) -> None:
        """It knows the alerts of that message."""
        group = self._groups.setdefault(message["groupKey"], {**message, "alerts": []})
        group["alerts"] += [dict(one) for one in message["alerts"]]

    def forgets(self, name: str | None = None) -> None:
        """The alerts of that name are over, or all are."""
        for group in self._groups.values():
            group["alerts"] = [one for one in group["alerts"] if name not in {None, one["labels"]["alertname"]}]
        self._groups = {key: group for key, group in self._groups.items() if group["alerts"]}

    def restarts(self) -> None:
        """It is another process, and knows nothing."""
        self._starts += 1
        self.forgets()

    def silences(self, name: str, until: datetime, by: str = "jane", comment: str = "a deployment") -> None:
        """Somebody silences the alerts of that name."""
        identity = f"silence-{len(self._silences)}"
        self._silences[identity] = {"id": identity, "endsAt": written(until), "createdBy": by, "comment": comment}
        self.holds_back(name, silencedBy=[identity])

    def holds_back(self, name: str, **why: list[str]) -> None:
        """It says nothing of the alerts of that name: ``silencedBy``, ``inhibitedBy`` or ``mutedBy`` something."""
        for group in self._groups.values():
            for one in group["alerts"]:
                if one["labels"]["alertname"] == name:
                    one["why"] = why

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/{path:.*}", self._answer)]

    async def stop(self) -> None:
        self._over.set()
        await super().stop()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if (fault := self.fault) is not None:
            if fault.hangs:
                await self._over.wait()
            return web.Response(status=fault.status, body=fault.body or b"", headers=fault.headers)
        path = request.path.removeprefix("/api/v2/")
        if path == "alerts/groups":
            return _json([self._group(group) for group in self._groups.values()])
        if path == "status":
            return _json(self._status())
        found = self._silences.get(path.removeprefix("silence/"))
        return _json(found) if found else web.Response(status=404)

    def _group(self, group: Json) -> Json:
        return {
            "labels": group["groupLabels"],
            "receiver": {"name": group["receiver"]},
            "alerts": [self._alert(one, group["receiver"]) for one in group["alerts"]],
        }

    def _alert(self, one: Json, receiver: str) -> Json:
        why = one.get("why", {})
        status = {"silencedBy": [], "inhibitedBy": [], **({"mutedBy": []} if self._mutes else {}), **why}
        return {
            "annotations": one["annotations"],
            "endsAt": written(datetime.fromisoformat(one["startsAt"]) + timedelta(hours=1)),
            "fingerprint": fingerprint(one["labels"]),
            "generatorURL": one["generatorURL"],
            "labels": one["labels"],
            "receivers": [{"name": receiver}],
            "startsAt": one["startsAt"],
            "status": {**status, "state": "suppressed" if any(why.values()) else "active"},
            "updatedAt": one["startsAt"],
        }

    def _status(self) -> Json:
        return {
            "cluster": {"name": "01", "peers": [], "status": self.cluster},
            "config": {"original": self.config},
            "uptime": f"2026-11-2{self._starts}T08:24:13.950Z",
            "versionInfo": {"version": "0.28.0"},
        }


def _json(value: Any) -> web.Response:  # noqa: ANN401 -- whatever JSON can hold
    return web.Response(body=json.dumps(value).encode(), content_type="application/json")
