"""The traffic: paced senders that go on as Alertmanager does, and people who answer their pages.

Rules
-----
* Alerts are due at a steady rate; a sender that was held up catches up, and how far it fell behind is counted.
* One message of a group at a time. What was not answered 200 is sent again, as the group stands, until it is: only then
  does the group change again. What was answered 200 is a promise, and is written down.
"""

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from random import Random

import aiohttp

from tests.harness.api import Api
from tests.soak.groups import GROUP, Change, Group

SENDERS = 24
OPEN = 300
"""Groups that fire at a time, about."""
WEIGHTS = {Change.NEW: 25, Change.REPEAT: 30, Change.JOIN: 10, Change.RESOLVE: 28, Change.REFIRE: 7}
REFIRES_WITHIN = 30.0
"""Seconds after its end in which a group may fire again; later it is left alone, so that retention can forget it."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
ACT_EVERY = 0.4
LATEST_PAGES = 200
"""The pages that people still look at."""


@dataclass(slots=True)
class Promises:
    """What was answered with yes, and what was not."""

    alerts: set[tuple[str, str]] = field(default_factory=set)
    """(group, instance) of each alert in a webhook answered 200."""
    cycles: dict[str, int] = field(default_factory=dict)
    """How often each group began to fire, as far as answered 200."""
    firing: dict[str, bool] = field(default_factory=dict)
    """Whether each group fires, as far as answered 200."""
    acts: dict[str, str] = field(default_factory=dict)
    """Incident to the act on it that was answered with yes last: ``acknowledged`` or ``resolved``."""
    webhooks: int = 0
    alerts_taken: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    """Webhooks by status other than 200: all but 503 break the promise."""
    unanswered: int = 0
    acknowledged: int = 0
    resolved: int = 0


class Traffic:
    """Everything that comes from outside, from one seed."""

    def __init__(self, url: str, rate: float, rng: Random) -> None:
        self.promises = Promises()
        self.worst_behind = 0.0
        """Seconds by which the senders were behind their pace, at most."""
        self._url = url
        self._rate = rate
        self._rng = rng
        self._firing: list[Group] = []
        self._ended: deque[tuple[float, Group]] = deque()
        self._by_name: dict[str, Group] = {}
        self._made = 0
        self._started = 0
        """Alerts that were due and taken up by a sender."""
        self._began = time.monotonic()
        self._ended_at: float | None = None
        self._stop = asyncio.Event()
        self._pages: deque[tuple[str, str, str]] = deque(maxlen=LATEST_PAGES)

    @property
    def behind(self) -> float:
        """Seconds by which what was answered 200 is behind its pace now."""
        due = ((self._ended_at or time.monotonic()) - self._began) * self._rate
        return max(0.0, (due - self.promises.alerts_taken) / self._rate)

    @property
    def open(self) -> int:
        """How many groups fire."""
        return len(self._firing)

    def paged(self, group: str, incident: str, link: str) -> None:
        """A page arrived; somebody may answer it."""
        self._pages.append((group, incident, link))

    async def run(self) -> None:
        """Send and answer until told to stop."""
        self._began = time.monotonic()
        people = asyncio.create_task(self._answer_pages())
        await asyncio.gather(*(self._send() for _ in range(SENDERS)))
        await people

    def stop(self) -> None:
        """Change nothing more; what is under way is still sent until it is taken."""
        self._ended_at = time.monotonic()
        self._stop.set()

    async def end_everything(self) -> None:
        """Resolve whatever fires."""
        groups = list(self._firing)
        self._firing.clear()

        async def ending(api: Api) -> None:
            while groups:
                group = groups.pop()
                group.resolve()
                await self._deliver(api, group, Change.RESOLVE)

        async with Api(self._url) as api:
            await asyncio.gather(*(ending(api) for _ in range(SENDERS)))

    # -- Alertmanager -------------------------------------------------------------------------------------------

    async def _send(self) -> None:
        """Be one sender, with connections of its own."""
        async with Api(self._url) as api:
            while not self._stop.is_set():
                self.worst_behind = max(self.worst_behind, self.behind)
                due = self._began + self._started / self._rate - time.monotonic()
                if due > 0:
                    await asyncio.sleep(due)
                    continue
                change, group = self._next()
                self._started += len(group.members)
                await self._deliver(api, group, change)
                self._put_back(group)

    def _next(self) -> tuple[Change, Group]:
        """Choose what happens, and take its group away from the others."""
        change = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if change is Change.RESOLVE and len(self._firing) < OPEN / 2:
            change = Change.NEW
        if change is Change.NEW and len(self._firing) > OPEN:
            change = Change.RESOLVE
        group = self._ended_lately() if change is Change.REFIRE else self._one_firing()
        if group is None or change is Change.NEW:
            if group is not None:
                self._put_back(group)
            self._made += 1
            change, group = Change.NEW, Group(f"SoakAlert{self._made:06}")
            self._by_name[group.name] = group
        match change:
            case Change.NEW:
                group.begin(self._rng)
            case Change.JOIN:
                group.join(self._rng)
            case Change.RESOLVE:
                group.resolve()
            case Change.REFIRE:
                group.fire_again()
        return change, group

    def _one_firing(self) -> Group | None:
        if not self._firing:
            return None
        number = self._rng.randrange(len(self._firing))
        self._firing[number], self._firing[-1] = self._firing[-1], self._firing[number]
        return self._firing.pop()

    def _ended_lately(self) -> Group | None:
        oldest = time.monotonic() - REFIRES_WITHIN
        while self._ended and self._ended[0][0] < oldest:
            self._by_name.pop(self._ended.popleft()[1].name, None)
        return self._ended.popleft()[1] if self._ended else None

    def _put_back(self, group: Group) -> None:
        if group.settled:
            self._by_name.pop(group.name, None)
        elif group.firing:
            self._firing.append(group)
        else:
            self._ended.append((time.monotonic(), group))

    async def _deliver(self, api: Api, group: Group, change: Change) -> None:
        """Send how the group stands until it is answered 200."""
        pause = FIRST_PAUSE
        while True:
            try:
                status = await api.send(group.webhook())
            except (aiohttp.ClientError, TimeoutError):
                self.promises.unanswered += 1
            else:
                if status == 200:
                    break
                self.promises.refused[status] += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        promises = self.promises
        promises.webhooks += 1
        promises.alerts_taken += len(group.members)
        promises.changes[change] += 1
        promises.alerts.update(group.alerts())
        promises.cycles[group.name] = group.cycles
        promises.firing[group.name] = group.firing

    # -- people -------------------------------------------------------------------------------------------------

    async def _answer_pages(self) -> None:
        async with Api(self._url) as api:
            while not self._stop.is_set():
                await asyncio.sleep(self._rng.uniform(0, 2 * ACT_EVERY))
                if self._pages:
                    group, incident, link = self._pages[self._rng.randrange(len(self._pages))]
                    await self._answer(api, group, incident, link)

    async def _answer(self, api: Api, name: str, incident: str, link: str) -> None:
        """Press the link, acknowledge over the API, or say that it is over although it fires."""
        draw = self._rng.random()
        group = self._by_name.get(name)
        try:
            if draw < 0.5:
                if await api.press_link(link) == 303:
                    self.promises.acknowledged += 1
            elif draw < 0.85 or group is None or group not in self._firing:
                if (await api.acknowledge(incident, "alice"))["outcome"] == "done":
                    self.promises.acknowledged += 1
                    self.promises.acts[incident] = "acknowledged"
            else:
                self._firing.remove(group)
                await self._settle(api, group, incident)
        except (aiohttp.ClientError, TimeoutError):
            pass  # refused with a reason, or rungbell is away: the ladder goes on, and so does this person

    async def _settle(self, api: Api, group: Group, incident: str) -> None:
        """Resolve what still fires, as often as it takes; only a clear answer ends it."""
        while not self._stop.is_set():
            try:
                answer = await api.act(incident, "resolve", by="alice", reason="a known fault, mended elsewhere")
            except aiohttp.ClientResponseError as refused:
                if refused.status < 500:
                    break  # somebody was faster; whatever is true was said
                await asyncio.sleep(LONGEST_PAUSE)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(LONGEST_PAUSE)
            else:
                if answer["outcome"] == "done":
                    self.promises.resolved += 1
                    self.promises.acts[incident] = "resolved"
                    group.settled = True
                    self.promises.firing[group.name] = False
                break
        self._put_back(group)


def group_in(title: str) -> str:
    """Give the name of the group that an incident is about by its title; empty where it is about something else."""
    found = GROUP.match(title)
    return found[0] if found else ""
