"""One soak from its start to its judgement.

The first part of it restarts the process now and then; after it one process lives on to the end, so that its memory
says something; a last kill stands before the judgement. Every choice is drawn from one seed; when the machine carries
things out is of course its own matter.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.benchmarks.daemons import process_of
from tests.harness.daemon import Daemon
from tests.harness.pager_receiver import ACCEPT, HANG, Answer, PagerReceiver
from tests.harness.small_disk import SmallDisk, small_disk, why_not
from tests.harness.waiting import eventually
from tests.kill.judgement import Verdict
from tests.soak.audit import Audit
from tests.soak.gauges import Life, store_size
from tests.soak.judgement import Paged, missing, unexplained, verdict_on
from tests.soak.mishaps import Mishaps, Told, deck
from tests.soak.policy import write_good
from tests.soak.traffic import Promises, Traffic, group_in

DISK = 192
"""MiB of the file system the store lies on."""
RETENTION = "2m"
RESTARTS_UNTIL = 0.4
"""Share of the time after which the process is left alive."""
LOOK_EVERY = 2.0
AUDIT_EVERY = 5.0
SETTLED_WITHIN = 90.0
REFUSES, HANGS = 0.02, 0.003
"""Shares of the pages that the pager answers with 500, or never."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how hard; ``every`` gives the seconds between mishaps."""

    minutes: float = 30
    rate: float = 200
    seed: int = 1
    every: float = 20

    @property
    def seconds(self) -> float:
        """How long the traffic lasts."""
        return self.minutes * 60


@dataclass(slots=True)
class Outcome:
    """Everything a soak shows."""

    promises: Promises
    verdict: Verdict
    told: Told
    audit: Audit
    lives: list[Life]
    worst_behind: float
    store_sizes: list[float]
    errors: Counter[str]
    lines: int
    """Lines of the log."""
    no_disk: str
    """Why there was no full disk; empty where there was."""
    missing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def longest_life(self) -> Life:
        """The life that says most about memory."""
        return max(self.lives, key=lambda life: life.seconds)

    @property
    def broken(self) -> dict[str, list[str]]:
        """Every promise that was not kept, with whom it concerns; empty where all were."""
        verdict = self.verdict
        every = {
            "incidents lost": list(verdict.lost),
            "never paged": list(verdict.unpaged),
            "doubled": list(verdict.doubled),
            "sent twice without a reason": list(verdict.unexplained),
            "mishaps": self.told.broken,
            "growing": [words for life in self.lives for words in life.growth()],
            "errors without an explanation": unexplained(self.errors),
            **self.missing,
        }
        return {what: names for what, names in every.items() if names}


@dataclass(frozen=True, slots=True)
class Progress:
    """What is told while it runs."""

    share: float
    words: str


class Soak:
    """One daemon, its pager, its traffic, its mishaps, and those who look."""

    def __init__(self, settings: Settings, directory: Path, tell: Callable[[Progress], None]) -> None:
        self._settings = settings
        self._directory = directory
        self._tell = tell
        self._rng = Random(settings.seed)
        self._moods = Random(self._rng.random())
        self._pager = PagerReceiver(usually=self._answer)
        self._pages: list[Paged] = []
        self._lives: list[Life] = []
        self._sizes: list[float] = []
        self._began = time.monotonic()

    async def run(self) -> Outcome:
        """Soak, settle, judge."""
        with ExitStack() as stack:
            no_disk = why_not()
            disk = None if no_disk else stack.enter_context(small_disk(self._directory / "disk", DISK))
            async with self._pager:
                return await self._with(disk, no_disk)

    async def _with(self, disk: SmallDisk | None, no_disk: str) -> Outcome:
        daemon = self._daemon(disk)
        traffic = Traffic(daemon.url, self._settings.rate, Random(self._rng.random()))
        audit = Audit(daemon.store)
        mishaps = Mishaps(daemon, self._pager.url, disk, Random(self._rng.random()))
        async with daemon:
            self._began = time.monotonic()
            sending = asyncio.create_task(traffic.run())
            looking = asyncio.create_task(self._look(daemon, traffic, audit, mishaps))
            try:
                await self._mishaps(mishaps)
                traffic.stop()
                await asyncio.wait_for(sending, SETTLED_WITHIN)
                await mishaps.happen("SIGKILL")
                await asyncio.wait_for(traffic.end_everything(), SETTLED_WITHIN)
                await self._settle(traffic, audit)
            finally:
                looking.cancel()
                sending.cancel()
                await asyncio.gather(looking, sending, return_exceptions=True)
            self._collect(traffic)
            await asyncio.to_thread(audit.look)
            await daemon.terminate()
        errors, lines = read_log(daemon.log)
        return Outcome(
            promises=traffic.promises,
            verdict=verdict_on(traffic.promises, audit, self._pages, daemon.outages),
            told=mishaps.told,
            audit=audit,
            lives=self._lives,
            worst_behind=traffic.worst_behind,
            store_sizes=self._sizes,
            errors=errors,
            lines=lines,
            no_disk=no_disk,
            missing=missing(traffic.promises, audit),
        )

    def _daemon(self, disk: SmallDisk | None) -> Daemon:
        self._directory.mkdir(parents=True, exist_ok=True)
        config = write_good(self._directory / "rungbell.yml", self._pager.url)
        store = disk.root / "rungbell.db" if disk else None
        return Daemon(self._directory, config, store=store, flags={"--data.retention": RETENTION})

    def _answer(self) -> Answer:
        draw = self._moods.random()
        if draw < HANGS:
            return HANG
        return Answer(status=500) if draw < HANGS + REFUSES else ACCEPT

    async def _mishaps(self, mishaps: Mishaps) -> None:
        """Let one after the other happen, each at least once; those that end the process in the first part only."""
        seconds, every = self._settings.seconds, self._settings.every
        first, second = deck(self._rng, mishaps.every()), deck(self._rng, mishaps.gentle())
        while True:
            left = seconds - (time.monotonic() - self._began)
            once = len(mishaps.told.happened) == len(mishaps.every())
            if once and left < every:
                await asyncio.sleep(max(0.0, left))
                return
            await asyncio.sleep(every)
            drawn = first if not once or left > seconds * (1 - RESTARTS_UNTIL) else second
            await mishaps.happen(next(drawn))

    async def _look(self, daemon: Daemon, traffic: Traffic, audit: Audit, mishaps: Mishaps) -> None:
        """Take samples and audits until cancelled."""
        audited = 0.0
        while True:
            self._sample(daemon)
            self._collect(traffic)
            if time.monotonic() - audited >= AUDIT_EVERY:
                await asyncio.to_thread(audit.look, calm=mishaps.calm)
                audited = time.monotonic()
                share = min(1.0, (audited - self._began) / self._settings.seconds)
                self._tell(Progress(share, _words(traffic, audit, mishaps, self._pages)))
            await asyncio.sleep(LOOK_EVERY)

    def _sample(self, daemon: Daemon) -> None:
        with suppress(AssertionError, OSError):
            process = process_of(daemon)
            if not self._lives or self._lives[-1].process != process:
                self._lives.append(Life(process))
            self._lives[-1].look()
            self._sizes.append(store_size(daemon.store))

    def _collect(self, traffic: Traffic) -> None:
        """Keep what is needed of the pages that came, and let the rest go."""
        for page in self._pager.pages:
            self._pages.append(Paged.of(page))
            if group := group_in(page.body["incident"]["title"]):
                traffic.paged(group, page.incident, page.acknowledge_url)
        self._pager.pages.clear()
        self._pager.received.clear()

    async def _settle(self, traffic: Traffic, audit: Audit) -> None:
        """Wait until everything is over and told; whether it is is for the judgement to say."""

        async def settled() -> bool:
            self._collect(traffic)
            await asyncio.to_thread(audit.look)
            return not audit.open and not audit.unsent

        with suppress(AssertionError):
            await eventually(settled, "everything is over", within=SETTLED_WITHIN, every=1.0)


def read_log(log: Path) -> tuple[Counter[str], int]:
    """Count the lines at error level by their event, and all lines; what is no line of the log counts as an error."""
    errors: Counter[str] = Counter()
    lines = 0
    with log.open(errors="replace") as said:
        for line in said:
            lines += 1
            try:
                entry = json.loads(line)
            except ValueError:
                errors[line.strip()[:120]] += 1
                continue
            if entry.get("level") in {"error", "critical"}:
                event = str(entry.get("event")).partition(" (repeated ")[0]
                errors[event] += int(entry.get("repeated", 1))
    return errors, lines


def _words(traffic: Traffic, audit: Audit, mishaps: Mishaps, pages: list[Paged]) -> str:
    return (
        f"{traffic.promises.webhooks} webhooks, {traffic.behind:.1f} s behind, {traffic.open} groups fire, "
        f"{audit.present} incidents, {len(pages)} pages, {mishaps.told.happened.total()} mishaps, "
        f"{len(mishaps.told.broken)} taken badly"
    )


async def run(settings: Settings, directory: Path, tell: Callable[[Progress], None] = lambda _told: None) -> Outcome:
    """Run one soak; its log stays in ``directory``."""
    return await Soak(settings, directory, tell).run()
