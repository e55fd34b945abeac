"""A file of configuration as it lies on the disk: its bytes, and where what is wrong with it is gathered.

Rules
-----
* The bytes are read once: what is checked, what is hashed and what is used are the same.

May import: ``findings``, ``mistakes``, ``yaml_lines`` and the standard library.
"""

import hashlib
import os
import stat
from pathlib import Path

from rungbell.config.findings import Findings
from rungbell.config.mistakes import ConfigMistake, InvalidConfigError, spelled
from rungbell.config.yaml_lines import MAX_BYTES, Document, UnreadableError, read_document
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One file, read: its document with what is wrong with the YAML itself is in ``findings``."""

    file: str
    findings: Findings
    hash: str
    """SHA-256 of its bytes, in hexadecimal."""
    open_to_all: bool
    """Whether everybody on this machine may read it."""

    @property
    def folder(self) -> Path:
        """Where relative paths in it start."""
        return Path(self.file).parent


def read_file(path: Path | str, example: str = "config/rungbell.yml is a complete example") -> Reading:
    """Read the file at ``path``; ``example`` says what an empty one could hold.

    Raises ``InvalidConfigError`` where nothing can be made of it at all.
    """
    file = str(path)
    raw, open_to_all = _bytes(file)
    findings = Findings(file, _document(file, raw, example))
    for problem in findings.document.problems:
        findings.note(problem.position, problem.path, problem.message, problem.hint)
    return Reading(file, findings, hashlib.sha256(raw).hexdigest(), open_to_all)


def _bytes(file: str) -> tuple[bytes, bool]:
    """Read the file, one byte more than is allowed at most, and say whether everybody may."""
    try:
        with Path(file).open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            return opened.read(MAX_BYTES + 1), bool(mode & stat.S_IROTH)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise InvalidConfigError([ConfigMistake(file, 0, 0, "", f"cannot be read: {reason}")]) from None


def _document(file: str, raw: bytes, example: str) -> Document:
    try:
        return read_document(raw, example)
    except UnreadableError as error:
        problem = error.problem
        at = problem.position
        mistake = ConfigMistake(file, at.line, at.column, spelled(problem.path), problem.message, problem.hint)
        raise InvalidConfigError([mistake]) from None
