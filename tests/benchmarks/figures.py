"""What was measured, and how it is worded: medians with min-max, ratios, goals."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``met`` is ``None`` where there is no goal or nothing could be measured."""

    what: str
    figure: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None
    measured: bool = True
    remark: str = ""

    @property
    def verdict(self) -> str:
        """Say whether the goal was met."""
        if not self.measured:
            return "not measured"
        said = {None: "-", True: "yes", False: "NO"}[self.met]
        return f"{said}, {self.remark}" if self.remark else said


@dataclass(frozen=True, slots=True)
class Spread:
    """The same thing measured once in each round."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The middle."""
        return statistics.median(self.values)

    def words(self, unit: str, *, scale: float = 1, digits: int = 1) -> str:
        """Word it as ``median (min-max) unit``."""
        middle, low, high = (f"{value * scale:,.{digits}f}" for value in (self.median, *self._ends))
        return f"{middle}{unit}" if len(self.values) == 1 else f"{middle} ({low}-{high}){unit}"

    @property
    def _ends(self) -> tuple[float, float]:
        return min(self.values), max(self.values)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Divide round by round, so that noise which lasts longer than a round cancels."""
    return Spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value that ``share`` of all stay within."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
