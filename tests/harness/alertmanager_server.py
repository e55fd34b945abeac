"""A simulated Alertmanager on loopback: its API v2 as far as it is asked for what it has, and its ways to fail.

It groups by ``alertname`` as the bodies of ``webhooks`` do, forgets at a restart, and takes silences as the real one
does: what has an identity is changed where its matchers stay, and another one takes its place where they do not.
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
        self.told: list[Json] = []
        """Every silence that a program wanted, as it wanted it."""
        self.refuses = False
        """It takes no silence."""
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
        self._silences[identity] = {
            "id": identity,
            "matchers": [{"name": "alertname", "value": name, "isRegex": False, "isEqual": True}],
            "startsAt": written(until - timedelta(hours=2)),
            "endsAt": written(until),
            "createdBy": by,
            "comment": comment,
            "status": {"state": "active"},
        }
        self.holds_back(name, silencedBy=[identity])

    def silenced_by(self, maker: str) -> list[Json]:
        """The silences of that maker that are not over."""
        return [
            one for one in self._silences.values() if one["createdBy"] == maker and one["status"]["state"] != "expired"
        ]

    def silence_on(self, labels: dict[str, str]) -> list[str]:
        """What silences an alert with those labels, made by a program."""
        return [one["id"] for one in self.silenced_by("rungbell") if _matches(one, labels)]

    def holds_back(self, name: str, **why: list[str]) -> None:
        """It says nothing of the alerts of that name: ``silencedBy``, ``inhibitedBy`` or ``mutedBy`` something."""
        for group in self._groups.values():
            for one in group["alerts"]:
                if one["labels"]["alertname"] == name:
                    one["why"] = why

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/{path:.*}", self._answer)]

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
        if path == "silences":
            return _json(list(self._silences.values())) if request.method == "GET" else self._take(await request.json())
        found = self._silences.get(path.removeprefix("silence/"))
        if found is not None and request.method == "DELETE":
            found["status"] = {"state": "expired"}
            return web.Response()
        return _json(found) if found else web.Response(status=404)

    def _take(self, wanted: Json) -> web.Response:
        self.told.append(wanted)
        if (
            self.refuses
            or not any(one["value"] for one in wanted["matchers"])
            or wanted["startsAt"] >= wanted["endsAt"]
        ):
            return web.Response(status=400)
        identity = wanted.pop("id", None)
        before = self._silences.get(identity)
        if identity and before is None:
            return web.Response(status=404)
        taken = {**wanted, "matchers": [{**one, "isEqual": True} for one in wanted["matchers"]]}
        if before is not None and (before["matchers"], before["startsAt"]) != (taken["matchers"], taken["startsAt"]):
            before["status"] = {"state": "expired"}
            identity = None
        identity = identity or f"silence-{len(self._silences)}"
        self._silences[identity] = {**taken, "id": identity, "status": {"state": "active"}}
        return _json({"silenceID": identity})

    def _group(self, group: Json) -> Json:
        return {
            "labels": group["groupLabels"],
            "receiver": {"name": group["receiver"]},
            "alerts": [self._alert(one, group["receiver"]) for one in group["alerts"]],
        }

    def _alert(self, one: Json, receiver: str) -> Json:
        why = {**one.get("why", {})}
        if silences := self.silence_on(one["labels"]):
            why["silencedBy"] = silences
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


def _matches(silence: Json, labels: dict[str, str]) -> bool:
    return all(labels.get(one["name"], "") == one["value"] for one in silence["matchers"])


def _json(value: Any) -> web.Response:  # noqa: ANN401 -- whatever JSON can hold
    return web.Response(body=json.dumps(value).encode(), content_type="application/json")
