"""What people do: each act of theirs about an incident is a row of ``PERSONAL``, the others are methods."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from rungbell.domain.communication.events import (
    CommunicationDiscarded,
    CommunicationDrafted,
    CommunicationReviewed,
    CommunicationSent,
)
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.events import (
    Acknowledged,
    Act,
    ClockDue,
    Declared,
    Escalated,
    Event,
    NoteAdded,
    Resolved,
    SeveritySet,
    Unacknowledged,
    Via,
)
from rungbell.domain.incident import Status
from rungbell.domain.lifecycle.events import Closed, FalsePositiveFound, Merged, Reopened, StatusSet
from rungbell.domain.override import Override
from rungbell.domain.policy import Tier
from rungbell.domain.postmortem.events import ItemAdded, ItemChanged
from rungbell.domain.postmortem.record import ItemStatus
from rungbell.domain.severity import Severity
from tests.simulation import invariants
from tests.simulation.circles import CLIENTS
from tests.simulation.duty import SCHEDULES
from tests.simulation.ladders import PEOPLE, TIERS
from tests.simulation.letters import Letter
from tests.simulation.playbook import AFTERWARDS, PLAYBOOK, Draw
from tests.simulation.record import WORK, Facts
from tests.simulation.replica import Died
from tests.simulation.world import World

PERSONAL: Final[dict[str, Draw]] = {
    "acknowledge": lambda rng, facts, common: Acknowledged(
        **common, cycle=rng.choice((None, None, facts.cycle, max(1, facts.cycle - 1)))
    ),
    "unacknowledge": lambda _rng, _facts, common: Unacknowledged(**common),
    "escalate": lambda rng, _facts, common: Escalated(**common, to=rng.choice((None, *map(Tier, TIERS)))),
    "resolve": lambda rng, _facts, common: Resolved(**common, reason=rng.choice(("", "it is over", "it is over"))),
    "severity": lambda rng, _facts, common: SeveritySet(
        **common, severity=rng.choice(list(Severity)), reason=rng.choice(("", "as I see it"))
    ),
    "note": lambda _rng, _facts, common: NoteAdded(**common, text="noted"),
    **PLAYBOOK,
}
"""Name of an act to how it is drawn: about which incident; ``common`` says who acts, and what they had seen."""
RIVALS: Final = ("acknowledge", "acknowledge", "resolve", "severity", "escalate")
"""What somebody does at another replica at the same moment."""


CORRESPONDENCE: Final = ("review a text", "send a text", "discard a text")
"""What people do with a text to others that somebody has drafted."""


class Staff:
    """People."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng
        self._links: list[tuple[Acknowledged, str]] = []

    async def act(self, name: str) -> None:
        """Do something to an incident, mostly one that is open."""
        facts = self.incident(over=name in AFTERWARDS)
        if facts is None:
            return
        event = self._event(name, facts)
        once = f"key {self._world.new_id('k')}" if self._rng.random() < 0.2 else None
        await self._ask(event, once)
        if once is not None and self._rng.random() < 0.5:  # the answer was lost, the program asks again
            await self._ask(event, once)

    def rivals(self) -> list[Event]:
        """What another replica might be asked for at the same moment."""
        facts = self.incident()
        if facts is None:
            return []
        return [*(self._event(act, facts) for act in RIVALS), ClockDue(incident=facts.id)]

    async def acknowledge_twice(self) -> None:
        """The same person, or two, at the same moment and perhaps at two replicas."""
        facts = self.incident()
        if facts is None:
            return
        first = Acknowledged(incident=facts.id, by=self._somebody(facts))
        second = first if self._rng.random() < 0.5 else Acknowledged(incident=facts.id, by=self._somebody(facts))
        self._world.at(self._world.machine.true(), self._ask(second))
        await self._ask(first)

    async def follow_a_link(self) -> None:
        """A link in a page is followed, or one that was followed before."""
        rng, facts = self._rng, self.incident()
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
        handled = await self._world.ask(self._world.anybody(), event, once=once)
        if used and handled is not None and handled.reply.outcome != "already" and before == self._world.judge.commits:
            raise invariants.Broken("I16", f"the link {once} was used twice, and answered {handled.reply.outcome}")

    async def declare(self, pause: Callable[[], float]) -> None:
        """Open an incident by hand; told again after a ``pause``, should the answer be lost."""
        rng, world = self._rng, self._world
        event = Declared(
            incident=world.new_id("d"),
            by=rng.choice((*PEOPLE, "local", "nobody")),
            title="phones are down",
            severity=rng.choice(list(Severity)),
            labels=rng.choice(({}, {"team": "db"})),
            policy=rng.choice((None, None, "default", "database")),
        )
        await self._ask(event)
        if rng.random() < 0.4:
            world.at(world.machine.true() + pause(), self._ask(event))

    async def set_the_scene(self) -> None:
        """Let something have happened already, so that every status is met as often as any other."""
        facts, rng = self.incident(), self._rng
        if facts is None:
            return
        status = rng.choice((*Status, Status.MERGED))
        by = rng.choice(sorted(facts.paged) or ["local"])
        common: dict[str, Any] = {"incident": facts.id, "by": by}
        if rng.random() < 0.4:
            await self._tell_others(facts)
        scene: list[Act] = [Acknowledged(**common)]
        match status:
            case Status.TRIGGERED:
                scene = []
            case Status.MONITORING | Status.RESOLVED | Status.CLOSED:
                scene.append(Resolved(**common, reason="it is over"))
            case Status.FALSE_POSITIVE:
                scene.append(FalsePositiveFound(**common, reason="a test"))
            case Status.MERGED:
                scene = self._merger(common)
            case _:
                scene.append(StatusSet(**common, status=status))
        if status is Status.MONITORING:  # what comes back by hand has no alert that fires
            scene += [Reopened(**common), Acknowledged(**common), StatusSet(**common, status=status)]
        scene += self._afterwards(status, common)
        for event in scene:
            await self._ask(event)

    async def take_on_a_storm(self) -> None:
        """Whoever an umbrella has paged acknowledges it, and mostly says how far they are."""
        rng, known = self._rng, self._world.judge.reading.incidents.values()
        umbrella = next((one for one in known if one.storm and one.open), None)
        if umbrella is None or rng.random() < 0.3:
            return
        common: dict[str, Any] = {"incident": umbrella.id, "by": rng.choice(sorted(umbrella.paged) or ["local"])}
        await self._ask(Acknowledged(**common))
        if rng.random() < 0.7:
            await self._ask(StatusSet(**common, status=Status(rng.choice(WORK))))

    def _afterwards(self, status: Status, common: dict[str, Any]) -> list[Act]:
        """It is closed, or something is left to do, or was done already."""
        if status is Status.CLOSED:
            return [Closed(**common, reason="enough of it")]
        if status is not Status.RESOLVED or self._rng.random() < 0.5:
            return []
        done = ItemChanged(**common, number=1, status=ItemStatus.DONE)
        added = ItemAdded(**common, text="more of it", owner="the team", priority=Severity.P0)
        return [added, done] if self._rng.random() < 0.5 else [added]

    async def _tell_others(self, facts: Facts) -> None:
        """Everybody hears of it, and perhaps the next text lies there already."""
        rng, letters = self._rng, self._world.judge.reading.letters
        common: dict[str, Any] = {"incident": facts.id, "by": rng.choice(sorted(facts.paged) or ["local"])}
        for kind in ("executive_note", "internal_update", "client_notice"):
            await self._ask(CommunicationDrafted(**common, kind=CommunicationKind(kind), send=True))
        for number, letter in list(letters.get(facts.id, {}).items()):
            if letter.open and rng.random() < 0.8:
                texts = {who: Text("about it", "all is well") for who in letter.recipients}
                await self._ask(CommunicationReviewed(**common, communication=number, texts=texts))
                await self._ask(CommunicationSent(**common, communication=number))
        if rng.random() < 0.5:
            await self._ask(CommunicationDrafted(**common, kind=CommunicationKind.CLIENT_UPDATE))

    def _merger(self, common: dict[str, Any]) -> list[Act]:
        """It goes on in another, on which somebody works; and perhaps that ends, and it goes on by itself again."""
        rng, by, whole = self._rng, common["by"], self._world.new_id("d")
        about = {"incident": whole, "by": by}
        scene: list[Act] = [
            Declared(**about, title="everything", severity=Severity.P0),
            Acknowledged(**about),
            StatusSet(**about, status=rng.choice((*map(Status, WORK), Status.MONITORING, Status.MONITORING))),
            Merged(**common, into=whole),
        ]
        ends: tuple[list[Act], ...] = (
            [Resolved(**about, reason="it is over")],
            [Resolved(**about, reason="it is over"), Closed(**about, reason="enough of it")],
            [FalsePositiveFound(**about, reason="a test")],
            [
                Declared(incident=f"{whole}b", by=by, title="more", severity=Severity.P0),
                Merged(**about, into=f"{whole}b"),
            ],
            [
                Declared(incident=f"{whole}b", by=by, title="more", severity=Severity.P0),
                Merged(**about, into=f"{whole}b"),
                Reopened(**about),
            ],
        )
        if rng.random() < 0.4:
            scene += rng.choice(ends)
        if rng.random() < 0.4:
            scene.append(Reopened(**common))
        return scene

    async def merge(self) -> None:
        """One incident turns out to be a part of another; mostly of one that is as bad."""
        known, rng = list(self._world.judge.reading.incidents.values()), self._rng
        part = self.incident()
        if part is None:
            return
        fit = [one for one in known if one.open and one.id != part.id and one.severity <= part.severity]
        into = rng.choice(fit) if fit and rng.random() < 0.8 else rng.choice(known)
        await self._ask(Merged(incident=part.id, by=self._somebody(part), into=into.id))

    async def go_on_with_a_text(self, name: str) -> None:
        """Review, send or discard a text, mostly one that waits for that; a second try follows soon."""
        rng, reading = self._rng, self._world.judge.reading
        waiting = [(of, number) for of, letters in reading.letters.items() for number in letters]
        wanted = "reviewed" if name == "send a text" else "draft"
        fit = [(of, number) for of, number in waiting if reading.letters[of][number].state == wanted]
        found = fit if fit and rng.random() < 0.85 else waiting
        if not found:
            return
        of, number = rng.choice(found)
        await self._ask(self._about_a_text(name, reading.incidents[of], number, reading.letters[of][number]))

    def _about_a_text(self, name: str, facts: Facts, number: int, letter: Letter) -> Act:
        rng = self._rng
        common: dict[str, Any] = {"incident": facts.id, "by": self._somebody(facts), "communication": number}
        if rng.random() < 0.05:
            common["communication"] = number + 1
        if name == "send a text":
            return CommunicationSent(**common)
        if name == "discard a text":
            return CommunicationDiscarded(**common, reason=rng.choice(("", "not now")))
        names = letter.recipients if rng.random() < 0.7 else rng.sample(CLIENTS, rng.choice((1, 3)))
        body = "all is well" if rng.random() < 0.9 else " "
        return CommunicationReviewed(**common, texts={who: Text("about it", body) for who in names})

    async def resolve_too_early(self) -> Facts | None:
        """Somebody says that it is over; gives what was resolved."""
        facts = self.incident()
        if facts is None or not facts.open:
            return None
        await self._ask(Resolved(incident=facts.id, by=self._somebody(facts), reason="it is over"))
        after = self._world.judge.reading.incidents[facts.id]
        return None if after.open else after

    async def take_the_pager(self) -> None:
        """Somebody is on call in the place of others, from now or soon on."""
        rng, world, replica = self._rng, self._world, self._world.anybody()
        if not (replica.alive and replica.up):
            return
        begins = replica.clock.now() + timedelta(minutes=rng.choice((0, 0, 0, 5, 60)))
        taken = Override(
            id="",
            schedule=rng.choice([rota.name for rota in world.shop.rotas] or SCHEDULES),
            person=rng.choice(PEOPLE),
            begins=begins,
            ends=begins + timedelta(minutes=rng.choice((3, 60, 600))),
            instead_of=rng.choice((None, None, *PEOPLE)),
            made_at=begins,
        )
        world.say(f"  {taken.person} for {taken.schedule}, instead of {taken.instead_of or 'everybody'}")
        once = f"key {world.new_id('k')}" if rng.random() < 0.3 else None
        try:
            for _ in range(2 if once is not None else 1):
                await replica.asked(replica.overrides.make(taken, once=once))
        except (StoreUnavailable, Died):
            world.hits["answer", "not now"] += 1

    async def give_the_pager_back(self) -> None:
        """An override ends before its time."""
        known, replica = self._world.judge.ledger.overrides, self._world.anybody()
        if not (known and replica.alive and replica.up):
            return
        try:
            await replica.asked(replica.overrides.end(str(self._rng.choice(sorted(known))), "alice"))
        except (StoreUnavailable, Died):
            self._world.hits["answer", "not now"] += 1

    # -- choices ----------------------------------------------------------------------------------------------------

    def incident(self, *, over: bool = False) -> Facts | None:
        """Mostly one that is open; ``over``: rather one that is not."""
        known = list(self._world.judge.reading.incidents.values())
        often = 0.5 if "playbook" in self._world.odds.parts else 0.85
        found = [facts for facts in known if facts.open] if self._rng.random() < often else known
        if over and self._rng.random() < 0.7:
            found = [facts for facts in known if not facts.open] or found
        return self._rng.choice(found) if found else None

    def _event(self, name: str, facts: Facts) -> Act:
        common: dict[str, Any] = {"incident": facts.id, "by": self._somebody(facts)}
        if self._rng.random() < 0.1:
            common["as_of"] = facts.version - self._rng.choice((0, 0, 1))
        return PERSONAL[name](self._rng, facts, common)

    def _somebody(self, facts: Facts) -> str:
        """Mostly somebody who was paged."""
        if facts.paged and self._rng.random() < 0.75:
            return self._rng.choice(sorted(facts.paged))
        return self._rng.choice((*PEOPLE, "local", "a stranger"))

    async def _ask(self, event: Act, once: str | None = None) -> None:
        world = self._world
        world.say(f"  {event.by}: {type(event).__name__} {event.incident}")
        handled = await world.ask(world.anybody(), event, once=once)
        if handled is not None:
            world.hits["reply", f"{type(event).__name__} · {handled.reply.outcome}"] += 1
