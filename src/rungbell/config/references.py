"""References from one part of the file to the names of another.

May import: ``findings``, ``mistakes`` and ``model``.
"""

from collections.abc import Iterable
from typing import cast

from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path, did_you_mean
from rungbell.config.model.file import FileSection


def people_of(file: FileSection) -> Iterable[str]:
    """Give the identities of the file's people, even where the file is not sound."""
    return cast("Iterable[str]", getattr(file, "people", {}))


def refer(path: Path, name: str, known: Iterable[str], what: str, findings: Findings) -> None:
    """Note a mistake where ``name``, which stands at ``path``, is not one of ``known``."""
    names = list(known)
    if name not in names:
        findings.wrong(path, f"there is no {what} `{name[:64]}`", did_you_mean(name, names))
