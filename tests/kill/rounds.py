"""Rounds: start, load, SIGKILL at a random moment, start again, wait until settled, judge.

Several rounds share a store (a *trial*), so that what survived one kill must survive the next ones as well; now and
then a trial ends and the next round begins on a fresh store. Every choice is drawn from one seed; the moments at which
the machine carries things out are of course its own.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from tests.harness.daemon import Daemon
from tests.harness.pager_receiver import ACCEPT, UNAVAILABLE, Answer, Page, PagerReceiver
from tests.harness.waiting import eventually
from tests.kill.judgement import Verdict, copies, judge
from tests.kill.load import ALERT, Ledger, send_again, send_until_told

FRESH_STORE_SHARE = 0.15
KILLED_WHILE_STARTING_SHARE = 0.2
REFUSING_ROUND_SHARE = 0.2
RECORDED_WITHIN = 5.0
"""How long rungbell may take to write down what the pager answered, in seconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How hard the rounds are; all times in seconds."""

    senders: int = 4
    load: tuple[float, float] = (0.1, 1.5)
    """Between these the kill comes, counted from the first webhook."""
    settled_within: float = 45
    """How long the daemon may take to keep its promises after the start that follows the kill."""
    linger: float = 0.3
    """How long to listen for further copies before each verdict."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What all rounds so far add up to."""

    rounds: int = 0
    accepted: int = 0
    unanswered: int = 0
    promised: int = 0
    found: int = 0
    lost: tuple[str, ...] = ()
    unpaged: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    pages: int = 0
    duplicates: int = 0
    unexplained: tuple[str, ...] = ()
    oldest_duplicate: float = 0.0
    """How long before its kill the first copy of a duplicate came, at most."""

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.unpaged or self.doubled or self.unexplained)

    def plus(self, rounds: int, ledger: Ledger, verdict: Verdict) -> "Totals":
        """Add a trial as it stands after so many of its rounds."""
        ages = [one.before_kill for one in verdict.duplicates if one.before_kill is not None]
        return Totals(
            rounds=self.rounds + rounds,
            accepted=self.accepted + ledger.accepted.total(),
            unanswered=self.unanswered + ledger.unanswered + ledger.refused,
            promised=self.promised + verdict.promised,
            found=self.found + verdict.found,
            lost=self.lost + verdict.lost,
            unpaged=self.unpaged + verdict.unpaged,
            doubled=self.doubled + verdict.doubled,
            pages=self.pages + verdict.pages,
            duplicates=self.duplicates + len(verdict.duplicates),
            unexplained=self.unexplained + verdict.unexplained,
            oldest_duplicate=max([self.oldest_duplicate, *ages]),
        )


@dataclass(slots=True)
class Moods:
    """How the pager feels: it takes most pages at once and some slowly; in a refusing round it refuses a few."""

    rng: Random
    refusing: bool = False

    def answer(self) -> Answer:
        """Decide about one request."""
        draw = self.rng.random()
        if self.refusing and draw < 0.02:
            return UNAVAILABLE
        return Answer(delay=self.rng.uniform(0.05, 0.4)) if draw > 0.92 else ACCEPT


class Trial:
    """One store with its daemon, its pager and the ledger of its senders."""

    def __init__(self, directory: Path, settings: Settings, rng: Random) -> None:
        self._settings = settings
        self._rng = rng
        self._moods = Moods(Random(rng.random()))
        self._pager = PagerReceiver(usually=self._moods.answer)
        self.daemon = Daemon.paging(directory, self._pager.url, acknowledge_within="10m")
        self.ledger = Ledger()
        self._paged: set[str] = set()
        self._read = 0
        """How many of the pager's pages were looked through for names."""

    async def __aenter__(self) -> Self:
        await self._pager.start()
        try:
            await self.daemon.__aenter__()
        except BaseException:
            await self._pager.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.daemon.kill()
        await self._pager.stop()

    async def round(self) -> Verdict:
        """Load, kill, start again, wait until settled, judge."""
        self._moods.refusing = self._rng.random() < REFUSING_ROUND_SHARE
        await self._load_until_killed()
        await self._start_again()
        await send_again(self.daemon.api, self.ledger, self._settings.settled_within)
        await self._settle()
        return await self.verdict()

    async def verdict(self) -> Verdict:
        """Judge everything since the store was new."""
        await asyncio.sleep(self._settings.linger)
        pages = list(self._pager.pages)
        return judge(
            self.ledger.accepted, await self._incidents(), pages, self.daemon.outages, await self._recorded(pages)
        )

    async def _load_until_killed(self) -> None:
        stop = asyncio.Event()
        senders = [
            asyncio.create_task(send_until_told(self.daemon.url, self.ledger, Random(self._rng.random()), stop))
            for _ in range(self._settings.senders)
        ]
        try:
            await asyncio.sleep(self._rng.uniform(*self._settings.load))
            self.daemon.check_running()
            await self.daemon.kill()
        finally:
            stop.set()
            await asyncio.gather(*senders)

    async def _start_again(self) -> None:
        if self._rng.random() < KILLED_WHILE_STARTING_SHARE:
            await self.daemon.spawn()
            await asyncio.sleep(self._rng.uniform(0.1, 1.5))
            await self.daemon.kill()
        await self.daemon.start()

    async def _settle(self) -> None:
        """Wait until every promised alert was paged; whether it was is for the judgement to say."""

        async def paged() -> bool:
            self._look_through_pages()
            return self.ledger.accepted.keys() <= self._paged

        with suppress(AssertionError):
            await eventually(paged, "everything promised was paged", within=self._settings.settled_within)

    def _look_through_pages(self) -> None:
        for page in self._pager.pages[self._read :]:
            if page.tier == "L1":
                self._paged.update(ALERT.findall(page.raw))
        self._read = len(self._pager.pages)

    async def _recorded(self, pages: list[Page]) -> dict[str, int]:
        """Ask the timelines how many acceptances of each page that came twice are on record."""
        twice = copies(pages)
        incidents = {page.intent: page.incident for page in pages if page.intent in twice}
        return {intent: await self._acceptances(incident, intent) for intent, incident in incidents.items()}

    async def _acceptances(self, incident: str, intent: str) -> int:
        """Count them, once there is one: the pager's answer may still be on its way."""

        async def counted() -> int:
            timeline = await self.daemon.api.timeline(incident)
            return sum(
                entry["kind"] == "page_accepted" and entry["facts"].get("intent") == intent for entry in timeline
            )

        try:
            return await eventually(counted, f"an acceptance of {intent} is on record", within=RECORDED_WITHIN)
        except AssertionError:
            return 0

    async def _incidents(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for incident in await self.daemon.api.incidents():
            if name := ALERT.search(json.dumps(incident)):
                found[name[0]].append(str(incident["id"]))
        return found


async def run(
    rounds: int,
    seed: int,
    directory: Path,
    settings: Settings | None = None,
    tell: Callable[[Totals], None] = lambda _totals: None,
) -> Totals:
    """Run the rounds, tell the totals after each, and give them at the end; the stores stay in ``directory``."""
    settings = settings or Settings()
    rng = Random(seed)
    totals = Totals()
    while totals.rounds < rounds:
        before = totals
        async with Trial(directory / f"after-round-{before.rounds:04}", settings, rng) as trial:
            for done in range(1, _length(rng, rounds - before.rounds) + 1):
                totals = before.plus(done, trial.ledger, await trial.round())
                tell(totals)
    return totals


def _length(rng: Random, most: int) -> int:
    """Draw for how many rounds a store is kept."""
    length = 1
    while length < most and rng.random() >= FRESH_STORE_SHARE:
        length += 1
    return length
