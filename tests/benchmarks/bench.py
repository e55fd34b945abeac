"""What every scenario is given: where to work, how long, and whom to tell."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmarks."""

    directory: Path
    rounds: int
    quick: bool
    tell: Callable[[str], None]

    def choose(self, whole: int, quick: int) -> int:
        """Give the size of something in this run."""
        return quick if self.quick else whole
