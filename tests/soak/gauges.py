"""The gauges: what one life of the process takes of the machine, and whether that grows."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.benchmarks.daemons import resident

LONG_ENOUGH = 720.0
"""Seconds a life must last before its growth says anything: SQLite fills its caches for six minutes (measured)."""
MEMORY_SLOPE = 24.0
"""MiB an hour by which kept memory may grow in the second half of a life: 2 MiB in five minutes, as chance has it."""
KEPT_OVER = 30.0
"""Seconds of which the least is what a process keeps: what a large message takes is given back within half of them."""
MORE_FILES, MORE_THREADS = 8, 2
"""By how many the second half of a life may exceed the first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a process: seconds on the monotonic clock, MiB, and counts."""

    at: float
    memory: float
    files: int
    threads: int


@dataclass(slots=True)
class Life:
    """One process from its start to its end."""

    process: int
    samples: list[Sample] = field(default_factory=list)

    def look(self) -> None:
        """Take a sample; a process that has just ended gives none."""
        try:
            files = len(os.listdir(f"/proc/{self.process}/fd"))  # noqa: PTH208 -- names only, of a virtual folder
            threads = len(os.listdir(f"/proc/{self.process}/task"))  # noqa: PTH208
            self.samples.append(Sample(time.monotonic(), resident(self.process), files, threads))
        except (OSError, AssertionError):
            return

    @property
    def seconds(self) -> float:
        """How long it was looked at."""
        return self.samples[-1].at - self.samples[0].at if self.samples else 0.0

    @property
    def second_half(self) -> list[Sample]:
        """The later half of its samples."""
        return self.samples[len(self.samples) // 2 :]

    @property
    def memory_slope(self) -> float:
        """MiB an hour by which what it keeps grows over the second half: the median of the slopes between all pairs.

        Peaks say nothing of what is kept, and they grow with the messages: those that use up a disk are ever more.
        """
        return slope(kept(self.second_half)) * 3600

    def memory(self) -> tuple[float, float, float]:
        """Give least, median and most MiB."""
        taken = [sample.memory for sample in self.samples]
        return min(taken), median(taken), max(taken)

    def growth(self) -> list[str]:
        """Say what grows that should not; nothing where the life was too short to tell."""
        if self.seconds < LONG_ENOUGH:
            return []
        first, second = self.samples[: len(self.samples) // 2], self.second_half
        found = []
        if self.memory_slope > MEMORY_SLOPE:
            found.append(f"memory grows by {self.memory_slope:.1f} MiB an hour")
        for name, most in (("files", MORE_FILES), ("threads", MORE_THREADS)):
            before = max(getattr(sample, name) for sample in first)
            after = max(getattr(sample, name) for sample in second)
            if after > before + most:
                found.append(f"open {name} grow from {before} to {after}")
        return found


def kept(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Give what a process kept in each stretch of time: seconds and the least MiB."""
    least: dict[int, Sample] = {}
    for sample in samples:
        stretch = int((sample.at - samples[0].at) // KEPT_OVER)
        if stretch not in least or sample.memory < least[stretch].memory:
            least[stretch] = sample
    return [(sample.at, sample.memory) for sample in least.values()]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Give the median slope between pairs of points (Theil and Sen); 0 for fewer than two."""
    thinned = points[:: max(1, len(points) // 200)]
    slopes = [
        (later - earlier) / (end - begin)
        for index, (begin, earlier) in enumerate(thinned)
        for end, later in thinned[index + 1 :]
        if end > begin
    ]
    return median(slopes) if slopes else 0.0


def store_size(store: Path) -> float:
    """Give the MiB of the store with its log."""
    parts = (store, store.with_name(store.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists()) / 2**20
