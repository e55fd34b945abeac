"""Provider by fault: who answers what, at a glance, and which answer is missing.

May import: the rest of the kit, the standard library.
"""

from collections.abc import Iterator, Mapping

from rungbell.domain.values import dataclass
from rungbell.testing.contract import NotifierContract
from rungbell.testing.faults import Cell, Failure, Fault, Folded, Hang, NotPossible

SUITE = ("taken", "hostile text", "redaction")
"""What the contract tests of everybody, and nobody can decline."""


@dataclass(frozen=True)
class Matrix:
    """The contracts of some channel types, by name."""

    contracts: Mapping[str, type[NotifierContract]]

    @classmethod
    def known(cls) -> "Matrix":
        """Every contract that was imported and says of which provider it is."""
        found = {one.provider: one for one in _below(NotifierContract) if getattr(one, "provider", "")}
        return cls(dict(sorted(found.items())))

    @property
    def rows(self) -> list[str]:
        """The faults, then what else is asked of everybody."""
        return [*Fault, "length", "repeat", *SUITE]

    def cell(self, provider: str, row: str) -> str:
        """Say in a few words what holds; empty where nobody said anything."""
        contract = self.contracts[provider]
        if row in SUITE:
            return "tested"
        if row == "length":
            limits = getattr(contract, "limits", ())
            return _said(limits) if isinstance(limits, NotPossible) else ", ".join(str(one.most) for one in limits)
        if row == "repeat":
            return _said(getattr(contract, "repeat", None))
        return _said(getattr(contract, "faults", {}).get(Fault(row)))

    @property
    def empty(self) -> list[tuple[str, str]]:
        """The cells of which nobody said anything, as provider and row."""
        return [(name, row) for name in self.contracts for row in self.rows if not self.cell(name, row)]

    @property
    def reasons(self) -> list[tuple[str, str, str]]:
        """What is not possible: provider, row, and why."""
        found = []
        for name, contract in self.contracts.items():
            said: dict[str, object] = {str(fault): cell for fault, cell in getattr(contract, "faults", {}).items()}
            said |= {"length": getattr(contract, "limits", None), "repeat": getattr(contract, "repeat", None)}
            found += [(name, row, cell.because) for row, cell in said.items() if isinstance(cell, NotPossible)]
        return found

    def __str__(self) -> str:
        names = list(self.contracts)
        table = [["", *names], *([row, *(self.cell(name, row) or "EMPTY" for name in names)] for row in self.rows)]
        widths = [max(len(line[column]) for line in table) for column in range(len(names) + 1)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in table]
        why = [f"{name}, {row}: not possible, because {because}" for name, row, because in self.reasons]
        return "\n".join(line.rstrip() for line in [*lines, "", *why])


def _below(contract: type[NotifierContract]) -> Iterator[type[NotifierContract]]:
    for one in contract.__subclasses__():
        yield one
        yield from _below(one)


def _said(cell: Cell | Folded | None) -> str:
    match cell:
        case NotPossible():
            return "-"
        case Failure() if cell.retry_after is not None:
            return f"in {cell.retry_after.total_seconds():g} s"
        case Failure():
            return "final" if cell.permanent else "again"
        case Hang():
            return "deadline"
        case Folded():
            return "folded"
        case _:
            return ""
