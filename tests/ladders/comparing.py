"""One batch after the other: what ``simulate`` foresees, and what the engine then does."""

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from rungbell.config import load
from rungbell.domain.timeline import EntryKind
from rungbell.rehearsal import Attempt
from rungbell.rehearsal.foresight import Acknowledging, Opening, Silence, foresee
from rungbell.rehearsal.outlook import Ladder
from rungbell.store.opening import open_sqlite
from tests.ladders.cases import BATCH, Batch, Case, batch
from tests.ladders.engine import KINDS, Engine, Rung, engine

MEMORY = Path("/dev/shm")
"""Where stores are made, if it is there: a disk that is synced at each commit would take most of the time."""
SHOWN = 6
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference:
    """One case in which the engine does something else than was foreseen."""

    seed: int
    case: int
    what: str
    missing: tuple[Rung, ...]
    """Foreseen, and not rung."""
    surplus: tuple[Rung, ...]
    """Rung, and not foreseen."""

    def __str__(self) -> str:
        lines = [f"batch {self.seed}, case {self.case}, {self.what}"]
        lines += [f"  foreseen only: {_line(one)}" for one in self.missing[:SHOWN]]
        lines += [f"  rung only:     {_line(one)}" for one in self.surplus[:SHOWN]]
        return "\n".join(lines)


def _line(rung: Rung) -> str:
    return f"{rung.at:%a %d %b %H:%M:%S} {rung.tier} {rung.person} {rung.channel} ({rung.purpose})"


@dataclass
class Totals:
    """What was compared so far."""

    cases: int = 0
    opened: int = 0
    pages: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    """How many cases came across what."""
    differences: list[Difference] = field(default_factory=list)


class OneThreadLoop(asyncio.SelectorEventLoop):
    """Does on the spot what else a thread would do: the hops to the store's writer would take most of the time."""

    def run_in_executor(self, executor: object, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override] # noqa: ANN401 -- asyncio's form
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 -- whoever waits must be answered
            done.set_exception(error)
        return done


def compare(seeds: Iterable[int], tell: Callable[[Totals], None] = lambda _totals: None) -> Totals:
    """Compare the cases of these batches."""
    totals = Totals()
    memory = MEMORY if MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="rungbell-ladders-", dir=memory) as folder,
        asyncio.Runner(loop_factory=OneThreadLoop) as runner,
    ):
        empty = Path(folder, "empty.db")
        runner.run(_make(empty))
        for number, seed in enumerate(seeds):
            store = Path(shutil.copy(empty, Path(folder, f"{number}.db")))
            runner.run(_Comparison(batch(seed), Path(folder), totals).run(store))
            store.unlink()
            tell(totals)
    return totals


async def _make(file: Path) -> None:
    """Make an empty store, of which each batch gets a copy: making one takes as long as a dozen cases."""
    await (await open_sqlite(file)).close()


def seeds_of(seed: int, cases: int) -> list[int]:
    """Draw the seeds of as many batches as the cases take."""
    drawn = random.Random(seed)
    return [drawn.randrange(2**32) for _ in range(-(-cases // BATCH))]


Act = Callable[[], Awaitable[None]]


class _Comparison:
    """One batch: everything that happens to its cases, in time."""

    def __init__(self, drawn: Batch, folder: Path, totals: Totals) -> None:
        file = folder / "rungbell.yml"
        file.write_text(drawn.policy)
        file.chmod(0o600)
        self._drawn = drawn
        self._settings = load(file, KINDS)
        self._totals = totals
        self._acts: list[tuple[datetime, Act]] = []

    async def run(self, store: Path) -> None:
        begin = min(case.at for case in self._drawn.cases)
        async with engine(store, self._settings, begin) as running:
            for case in self._drawn.cases:
                self._foresee(case, running)
            for at, act in sorted(self._acts, key=lambda planned: planned[0]):
                await running.passes_time(at)
                await act()

    def _foresee(self, case: Case, running: Engine) -> None:
        """Foresee a case, and plan what has to happen to hold the engine against that."""
        self._totals.cases += 1
        foreseen = foresee(self._settings.book, case.group, case.at)
        if isinstance(foreseen, Silence):
            self._totals.hit["opens nothing"] += 1
            self._acts.append((case.at, lambda: self._opens_nothing(case, running)))
            return
        self._totals.opened += 1
        self._totals.hit.update(_hit(foreseen, case.at))
        self._plan_unanswered(case, running, foreseen.unanswered)
        if foreseen.acknowledged is not None:
            self._plan_acknowledged(case, running, foreseen.unanswered, foreseen.acknowledged)

    async def _opens_nothing(self, case: Case, running: Engine) -> None:
        if incident := await running.fires(case.group):
            self._hold(case, "opens nothing", [], await running.ends(incident))

    def _plan_unanswered(self, case: Case, running: Engine, ladder: Ladder) -> None:
        incident: list[str] = []

        async def fire() -> None:
            incident.append(await running.fires(case.group))

        async def end() -> None:
            self._hold(case, "nobody answers", ladder.attempts, await running.ends(incident[0]))

        self._acts += [(case.at, fire), (ladder.until, end)]

    def _plan_acknowledged(self, case: Case, running: Engine, unanswered: Ladder, foreseen: Acknowledging) -> None:
        incident: list[str] = []
        before = [one for one in unanswered.attempts if one.at <= foreseen.at]

        async def fire() -> None:
            group = replace(case.group, source=f"{case.group.source}-acknowledged")  # another incident
            incident.append(await running.fires(group))

        async def acknowledge() -> None:
            await running.acknowledges(incident[0], foreseen.by)

        async def end() -> None:
            expected = [*before, *foreseen.ladder.attempts]
            self._hold(case, f"{foreseen.by} acknowledges at once", expected, await running.ends(incident[0]))

        self._acts += [(case.at, fire), (foreseen.at, acknowledge), (foreseen.ladder.until, end)]

    def _hold(self, case: Case, what: str, foreseen: Iterable[Attempt], rung: Iterable[Rung]) -> None:
        expected, got = Counter(_rung(foreseen)), Counter(rung)
        self._totals.pages += got.total()
        if expected != got:
            missing, surplus = sorted((expected - got).elements()), sorted((got - expected).elements())
            found = Difference(self._drawn.seed, case.number, what, tuple(missing), tuple(surplus))
            self._totals.differences.append(found)


def _rung(attempts: Iterable[Attempt]) -> list[Rung]:
    return [
        Rung(one.at, one.page.tier.value, one.page.person, one.page.channel, one.page.purpose.value) for one in attempts
    ]


def _hit(foreseen: Opening, at: datetime) -> set[str]:
    """What a case comes across, so that it can be seen that the cases are not all alike."""
    attempts, entries = foreseen.unanswered.attempts, foreseen.unanswered.entries
    found = {f"page: {one.page.purpose}" for one in attempts}
    found |= {f"acknowledged, page: {one.page.purpose}" for one in _after(foreseen.acknowledged)}
    found |= {f"severity {foreseen.worst.mapped.severity}"}
    facts = {
        "waits for business hours or maintenance": foreseen.paging_at > at,
        "maintenance": any(entry.kind is EntryKind.MAINTENANCE for entry in entries),
        "a tier has nobody": any(entry.kind is EntryKind.TIER_EMPTY for entry in entries),
        "nobody is ever rung": not attempts,
        "a channel waits": any(one.at > one.page.send_after or one.page.send_after > at for one in attempts),
        "somebody else by then": len({one.page.person for one in attempts if one.page.tier == "L1"}) > 1,
        "severity guessed": foreseen.worst.mapped.guessed,
    }
    return found | {fact for fact, so in facts.items() if so}


def _after(acknowledged: Acknowledging | None) -> tuple[Attempt, ...]:
    return acknowledged.ladder.attempts if acknowledged else ()
