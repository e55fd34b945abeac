"""What alert sources do: they send messages, again and again, in any order, and perhaps a Watchdog."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.events import AlertsReceived
from tests.simulation.chance import MESSAGES, drawn
from tests.simulation.moments import SECOND, instant
from tests.simulation.reading import WATCHDOG
from tests.simulation.replica import Replica
from tests.simulation.shops import LABELS
from tests.simulation.world import World

GROUPS = 3
MORE = 4
"""Groups where there are storms."""
SEVERITY_LABELS = tuple(label for label in LABELS if label != "none")


@dataclass(slots=True)
class Group:
    """An alert group at its sender."""

    number: int
    labels: dict[str, str]
    states: dict[str, Alert] = field(default_factory=dict)
    """Name of an alert to its present state there."""
    sent: list[AlertGroup] = field(default_factory=list)


class Sources:
    """Sends messages."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng
        self._groups = [
            Group(number, {"alertname": f"G{number}", **({"team": "db"} if number == 2 else {})})
            for number in range(GROUPS + (MORE if "storms" in world.odds.parts else 0))
        ]

    async def send(self, kind: str = "", about: str = "") -> None:
        """Send a message of a kind, or any; ``about``: the key of its group, or any."""
        world, rng = self._world, self._rng
        kind = kind or drawn(rng, MESSAGES)
        groups = [group for group in self._groups if group.sent and group.sent[0].key == about]
        group = rng.choice(groups or self._groups)
        world.hits["message", kind] += 1
        if kind in {"repeats", "stale"} and group.sent:
            message = group.sent[-1] if kind == "repeats" else rng.choice(group.sent)
        else:
            message = self._new_message(kind, group)
        group.sent.append(message)
        replica = world.anybody()
        event = AlertsReceived(group=message, new_id=world.new_id("i"))
        said = ", ".join(f"{one.labels['alertname']} {'fires' if one.firing else 'resolved'}" for one in message.alerts)
        world.say(f"  to {group.labels['alertname']}: {said}")
        if world.database.shared:
            await self._tell(replica, event, None)
        else:
            text = repr((message.alerts, message.truncated, message.firing)).encode()
            await self._tell(replica, event, text)
            if kind == "repeats":
                await self._tell(replica, event, text)

    async def watchdog(self) -> None:
        """Show that the path is alive."""
        alive = self._state({"alertname": WATCHDOG, "severity": "none"}, since=instant(0))
        message = AlertGroup("shop", "rungbell", {"alertname": WATCHDOG}, (alive,))
        await self._tell(self._world.anybody(), AlertsReceived(group=message, new_id=self._world.new_id("i")), None)

    async def _tell(self, replica: Replica, event: AlertsReceived, text: bytes | None) -> None:
        world = self._world
        for attempt in range(6):  # Alertmanager comes back for as long as it is refused
            if not replica.alive:
                replica = world.anybody()
            if replica.alive and replica.up:
                known = replica.handler.known(text)
                if known is not None:
                    world.hits["answer", "from memory"] += 1
                    return
                if await world.ask(replica, event, message=text) is not None:
                    return
            if attempt == 5:
                return
            await asyncio.sleep((0.5, 1.0, 5.0, 20.0, 60.0)[attempt])

    def _new_message(self, kind: str, group: Group) -> AlertGroup:
        rng, states = self._rng, group.states
        names = [f"{group.labels['alertname']}.{n}" for n in range(3)]
        firing = [name for name, alert in states.items() if alert.firing]
        changed: list[str] = []
        match kind:
            case "resolves" if firing:
                changed = rng.sample(firing, rng.choice((1, len(firing))))
                for name in changed:
                    states[name] = self._state(states[name].labels, firing=False, since=states[name].starts_at)
            case "fires anew" if states:
                changed = [rng.choice(list(states))]
                states[changed[0]] = self._state(states[changed[0]].labels)
            case "several":
                changed = rng.sample(names, 2)
                for name in changed:
                    states[name] = self._state(self._labels(name), firing=rng.random() < 0.7)
            case "never pages":
                changed = [names[0]]
                quiet = self._state({"alertname": names[0], "severity": "none"})
                return AlertGroup("shop", "rungbell", group.labels, (quiet,))
            case _:
                name = rng.choice(names)
                changed = [name]
                if name not in states or not states[name].firing:
                    states[name] = self._state(self._labels(name))
        whole = rng.random() < 0.6  # Alertmanager tells of all of a group; others only of what has changed
        alerts = tuple(states[name] for name in sorted(states) if whole or name in changed)
        truncated = 1 if kind == "truncated" else 0
        return AlertGroup(
            source="shop",
            receiver="rungbell",
            group_labels=group.labels,
            alerts=alerts,
            firing=any(alert.firing for alert in states.values()),
            truncated=truncated,
        )

    def _labels(self, name: str) -> dict[str, str]:
        weights = {"disaster": 3, "critical": 4, "warning": 3, "odd": 1, "info": 3}
        return {"alertname": name, "severity": drawn(self._rng, weights)}

    def _state(self, labels: Mapping[str, str], *, firing: bool = True, since: datetime | None = None) -> Alert:
        now = instant(round(self._world.machine.wall() * SECOND))
        starts = since or instant(round(self._world.machine.wall() * SECOND) - self._rng.choice((0, 0, 30_000)))
        return Alert(labels=labels, firing=firing, starts_at=starts, ends_at=None if firing else now)
