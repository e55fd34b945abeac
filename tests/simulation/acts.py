"""What alerts, people, operators and fate do: one act after the other, most of them about what is open, many just when
a clock is due.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from rungbell.domain.alert import Alert, AlertGroup
from rungbell.domain.events import (
    Acknowledged,
    AlertsReceived,
    ClockDue,
    Declared,
    Escalated,
    NoteAdded,
    Resolved,
    SeveritySet,
    Unacknowledged,
    Via,
)
from rungbell.domain.policy import Tier
from rungbell.domain.severity import Severity
from tests.simulation import invariants
from tests.simulation.chance import ACTS, MEANWHILE, MESSAGES, drawn
from tests.simulation.record import Facts
from tests.simulation.replica import Replica
from tests.simulation.shops import LABELS, PEOPLE, SECOND, SHOPS, TIERS, instant, shop
from tests.simulation.world import World

GROUPS = 3
MOST_COMMITS = 100
"""After so many, nothing more is added; the next seed has more to show."""
SEVERITY_LABELS = tuple(label for label in LABELS if label != "none")


@dataclass(slots=True)
class Group:
    """An alert group at its sender."""

    number: int
    labels: dict[str, str]
    states: dict[str, Alert] = field(default_factory=dict)
    """Name of an alert to its present state there."""
    sent: list[AlertGroup] = field(default_factory=list)


class Acts:
    """Draws acts and does them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng: Random = world.rng
        self._groups = [
            Group(number, {"alertname": f"G{number}", **({"team": "db"} if number == 2 else {})})
            for number in range(GROUPS)
        ]
        self._ids = 0
        self._links: list[tuple[Acknowledged, str]] = []

    def plan(self) -> None:
        """Draw when the first act happens; each draws the next."""
        self._world.at(self._world.machine.true() + 0.5, self._first())

    async def _first(self) -> None:
        self._next(self._world.odds.acts - 1)
        await self._message("fires")

    def _next(self, left: int) -> None:
        if left and self._world.judge.commits < MOST_COMMITS:
            true = self._world.machine.true()
            self._world.at(true + self._pause(), self._act(left))

    def _pause(self) -> float:
        """Seconds until the next act: often nothing, often just when something is due."""
        rng, world = self._rng, self._world
        match rng.randrange(8):
            case 0 | 1:
                return rng.choice((0.0, 0.001, 0.2, 1.0))
            case 2:
                return rng.uniform(1, 30)
            case 3:
                return rng.uniform(30, 400)
            case 4 if rng.random() < 0.3:
                return rng.uniform(400, 3 * 3600)
            case _:
                due = world.judge.earliest_due()
                if due is None:
                    return rng.uniform(1, 600)
                ahead = max(0.0, (due - world.now()) / SECOND)
                return max(0.0, min(ahead, 86_400.0) + rng.choice((-0.3, -0.001, 0.0, 0.0, 0.001, 0.02, 0.7, 2.5)))

    async def _act(self, left: int) -> None:
        act = drawn(self._rng, ACTS)
        self._world.hits["act", act] += 1
        if left > 1 and self._rng.random() < 0.25:
            self._next(left - 1)  # the next one may begin before this one has ended
            left = 1
        self._world.say(f"— {act}")
        await self._do(act)
        if left > 1:
            self._next(left - 1)

    async def meanwhile(self) -> None:
        """Do something while a provider takes its time."""
        if self._world.judge.commits > MOST_COMMITS:
            return
        act = drawn(self._rng, MEANWHILE)
        self._world.hits["meanwhile", act] += 1
        self._world.say(f"— meanwhile: {act}")
        await self._do(act)
        if act == "reload" and self._rng.random() < 0.6:
            await self._do("suspend")

    async def _do(self, act: str) -> None:
        match act:
            case "message":
                await self._message(drawn(self._rng, MESSAGES))
            case "acknowledge twice":
                await self._twice()
            case "link":
                await self._link()
            case "declare":
                await self._declare()
            case "reload":
                self._reload()
            case "crash":
                self._crash()
            case "suspend" | "step forward" | "step back":
                self._time(act)
            case "store fails" | "disk full":
                self._store(act)
            case _:
                await self._person(act)

    # -- messages ---------------------------------------------------------------------------------------------------

    async def _message(self, kind: str) -> None:
        world, rng = self._world, self._rng
        group = rng.choice(self._groups)
        world.hits["message", kind] += 1
        if kind in {"repeats", "stale"} and group.sent:
            message = group.sent[-1] if kind == "repeats" else rng.choice(group.sent)
        else:
            message = self._new_message(kind, group)
        group.sent.append(message)
        replica = self._replica()
        event = AlertsReceived(group=message, new_id=self._id("i"))
        said = ", ".join(f"{one.labels['alertname']} {'fires' if one.firing else 'resolved'}" for one in message.alerts)
        world.say(f"  to {group.labels['alertname']}: {said}")
        if world.database.shared:
            await self._tell(replica, event, None)
        else:
            text = repr((message.alerts, message.truncated, message.firing)).encode()
            await self._tell(replica, event, text)
            if kind == "repeats":
                await self._tell(replica, event, text)

    async def _tell(self, replica: Replica, event: AlertsReceived, text: bytes | None) -> None:
        world = self._world
        for attempt in range(6):  # Alertmanager comes back for as long as it is refused
            if not replica.alive:
                replica = self._replica()
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

    # -- people -----------------------------------------------------------------------------------------------------

    async def _person(self, act: str) -> None:
        facts = self._incident()
        if facts is None:
            return
        event = self._event(act, facts)
        once = f"key {self._id('k')}" if self._rng.random() < 0.2 else None
        await self._ask(event, once)
        if once is not None and self._rng.random() < 0.5:  # the answer was lost, the program asks again
            await self._ask(event, once)

    def _event(self, act: str, facts: Facts) -> Any:  # noqa: ANN401 -- one of the acts
        rng = self._rng
        by = self._somebody(facts)
        common: dict[str, Any] = {"incident": facts.id, "by": by}
        if rng.random() < 0.1:
            common["as_of"] = facts.version - rng.choice((0, 0, 1))
        match act:
            case "acknowledge":
                return Acknowledged(**common, cycle=rng.choice((None, None, facts.cycle, max(1, facts.cycle - 1))))
            case "unacknowledge":
                return Unacknowledged(**common)
            case "escalate":
                return Escalated(**common, to=rng.choice((None, *map(Tier, TIERS))))
            case "resolve":
                return Resolved(**common, reason=rng.choice(("", "it is over", "it is over")))
            case "severity":
                return SeveritySet(
                    **common, severity=rng.choice(list(Severity)), reason=rng.choice(("", "as I see it"))
                )
            case _:
                return NoteAdded(**common, text="noted")

    async def _ask(self, event: Any, once: str | None = None) -> None:  # noqa: ANN401 -- one of the acts
        world = self._world
        world.say(f"  {event.by}: {type(event).__name__} {event.incident}")
        handled = await world.ask(self._replica(), event, once=once)
        if handled is not None:
            world.hits["reply", f"{type(event).__name__} · {handled.reply.outcome}"] += 1

    async def _twice(self) -> None:
        """The same person, or two, at the same moment and perhaps at two replicas."""
        facts = self._incident()
        if facts is None:
            return
        first = Acknowledged(incident=facts.id, by=self._somebody(facts))
        second = first if self._rng.random() < 0.5 else Acknowledged(incident=facts.id, by=self._somebody(facts))
        self._world.at(self._world.machine.true(), self._ask(second))
        await self._ask(first)

    async def _link(self) -> None:
        """A link in a page is followed, or one that was followed before."""
        rng, facts = self._rng, self._incident()
        if self._links and rng.random() < 0.4:
            event, once = rng.choice(self._links)
        elif facts is not None and facts.paged:
            by = rng.choice(sorted(facts.paged))
            event = Acknowledged(incident=facts.id, by=by, via=Via.LINK, cycle=facts.cycle)
            once = f"link:{facts.id}:{facts.cycle}:{facts.round}:{by}"
            self._links.append((event, once))
        else:
            return
        before = self._world.judge.commits
        used = self._world.database.rows("SELECT 1 FROM applied WHERE event = ?", once)
        handled = await self._world.ask(self._replica(), event, once=once)
        if used and handled is not None and handled.reply.outcome != "already" and before == self._world.judge.commits:
            raise invariants.Broken("I16", f"the link {once} was used twice, and answered {handled.reply.outcome}")

    async def _declare(self) -> None:
        rng = self._rng
        event = Declared(
            incident=self._id("d"),
            by=rng.choice((*PEOPLE, "local", "nobody")),
            title="phones are down",
            severity=rng.choice(list(Severity)),
            labels=rng.choice(({}, {"team": "db"})),
        )
        await self._ask(event)
        if rng.random() < 0.4:  # the answer was lost, and it is told again later
            self._world.at(self._world.machine.true() + self._pause(), self._ask(event))

    def _incident(self) -> Facts | None:
        """Mostly one that is open."""
        known = list(self._world.judge.reading.incidents.values())
        found = [facts for facts in known if facts.open] if self._rng.random() < 0.85 else known
        return self._rng.choice(found) if found else None

    def _somebody(self, facts: Facts) -> str:
        """Mostly somebody who was paged."""
        if facts.paged and self._rng.random() < 0.75:
            return self._rng.choice(sorted(facts.paged))
        return self._rng.choice((*PEOPLE, "local", "a stranger"))

    # -- operators and fate -----------------------------------------------------------------------------------------

    def _reload(self) -> None:
        world = self._world
        world.shop = shop(self._rng.randrange(SHOPS))
        before = world.database.connection.total_changes
        for replica in world.replicas:
            if replica.alive:
                replica.reload(world.shop)
        invariants.i19_a_reload_writes_nothing(before, world.database.connection.total_changes)

    def _crash(self) -> None:
        world, rng = self._world, self._rng
        replica = rng.choice(world.replicas)
        away = rng.choice((1.0, 10.0, 120.0, 400.0, 3600.0, 26 * 3600.0))
        world.hits["crash", "whenever"] += 1
        world.say(f"  replica {replica.number} for {away:.0f} s")
        world.kill(replica, away)

    def _time(self, act: str) -> None:
        world, rng = self._world, self._rng
        seconds = rng.choice((3.0, 15.0, 60.0, 60.0, 400.0, 400.0, 1800.0, 1800.0, 7200.0, 26 * 3600.0))
        world.say(f"  by {seconds:.0f} s")
        world.hits["fault", act] += 1
        match act:
            case "suspend":
                world.machine.suspend(seconds)
            case "step forward":
                world.machine.wall_is_off += seconds
            case _:
                world.machine.wall_is_off -= seconds
        world.is_well()

    def _store(self, act: str) -> None:
        world = self._world
        world.hits["fault", act] += 1
        seconds = self._rng.choice((0.5, 4.0, 9.0, 45.0))
        world.say(f"  for {seconds:.0f} s")
        if act == "store fails":
            world.database.broken = True
        else:
            world.database.full = True
        world.at(world.machine.true() + seconds, self._store_works())

    async def _store_works(self) -> None:
        self._world.database.broken = self._world.database.full = False
        self._world.is_well()

    # -- choices ----------------------------------------------------------------------------------------------------

    def _replica(self) -> Replica:
        alive = [replica for replica in self._world.replicas if replica.alive and replica.up]
        return self._rng.choice(alive or self._world.replicas)

    def _id(self, letter: str) -> str:
        self._ids += 1
        return f"{letter}{self._ids}"

    def rivals(self) -> list[Any]:
        """What another replica might be asked for at the same moment."""
        facts = self._incident()
        if facts is None:
            return []
        acts = [self._event(act, facts) for act in ("acknowledge", "acknowledge", "resolve", "severity", "escalate")]
        return [*acts, ClockDue(incident=facts.id)]
