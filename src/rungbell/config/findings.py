"""Where the mistakes and warnings of one file are gathered while it is read.

Rules
-----
* The same finding is kept once, and findings are given in the order of the lines.
* Mistakes make a file unusable; warnings never do.

May import: ``mistakes``, ``yaml_lines`` and ``domain.values``.
"""

from dataclasses import field
from typing import Literal

from rungbell.config.mistakes import ConfigMistake, Path, spelled
from rungbell.config.yaml_lines import Document, Position
from rungbell.domain.values import dataclass


@dataclass
class Findings:
    """Everything found in ``file`` so far; the document gives each finding its line."""

    file: str
    document: Document
    _found: dict[ConfigMistake, None] = field(default_factory=dict)

    def wrong(self, path: Path, message: str, hint: str = "", *, kind: str = "") -> None:
        """Note a mistake in the value at ``path``; the same one is noted once."""
        self.note(self.document.locate(path), path, message, hint, kind=kind)

    def warn(self, kind: str, path: Path, message: str, hint: str = "") -> None:
        """Note something that stops nothing but deserves a look; ``kind`` is its id in ``lint.kinds``."""
        self.note(self.document.locate(path), path, message, hint, "warning", kind)

    def note(
        self,
        position: Position,
        path: Path,
        message: str,
        hint: str = "",
        severity: Literal["error", "warning"] = "error",
        kind: str = "",
    ) -> None:
        """Note a finding at a known position."""
        while path and isinstance(path[-1], int) and not self.document.holds(path):
            path = path[:-1]  # a list of one, written without brackets
        finding = ConfigMistake(self.file, position.line, position.column, spelled(path), message, hint, severity, kind)
        self._found.setdefault(finding)

    @property
    def mistakes(self) -> tuple[ConfigMistake, ...]:
        """What makes the file unusable, in the order of the lines."""
        return self._sorted("error")

    @property
    def warnings(self) -> tuple[ConfigMistake, ...]:
        """What stops nothing, in the order of the lines."""
        return self._sorted("warning")

    def _sorted(self, severity: str) -> tuple[ConfigMistake, ...]:
        chosen = [finding for finding in self._found if finding.severity == severity]
        return tuple(sorted(chosen, key=lambda finding: (finding.line, finding.column)))
