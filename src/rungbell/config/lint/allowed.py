"""What a file allows on purpose: ``# rungbell: allow single-channel``, or several ids with commas; a reason may follow.

Rules
-----
* It holds for findings of its own line; alone on a line, for the next line that is no comment.
* A finding about the file as a whole is allowed wherever the comment stands.
* It lifts findings, never mistakes.

May import: ``kinds``, ``findings``, ``mistakes``, ``yaml_lines`` and the standard library.
"""

import re
from collections.abc import Iterator, Mapping

from rungbell.config.findings import Findings
from rungbell.config.lint.kinds import KINDS
from rungbell.config.mistakes import ConfigMistake, did_you_mean
from rungbell.config.yaml_lines import Position

_ALLOW = re.compile(r"(?:^|\s)#\s*rungbell:\s*allow\s+([\w-]+(?:\s*,\s*[\w-]+)*)")


def check_allowed(findings: Findings) -> None:
    """Note every comment that allows what is no kind of finding."""
    for line, name in _allowing(findings.document.text):
        if name not in KINDS:
            findings.note(
                Position(line, 1), (), f"`{name}` is no kind of finding", did_you_mean(name, KINDS), "warning",
                "unknown-allow",
            )  # fmt: skip


def not_allowed(found: tuple[ConfigMistake, ...], text: str) -> tuple[ConfigMistake, ...]:
    """Give the findings that the file with this text does not allow."""
    allowed = _by_line(text)
    everywhere = {name for names in allowed.values() for name in names}
    return tuple(one for one in found if one.id not in (allowed.get(one.line, ()) if one.field else everywhere))


def _allowing(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        found = _ALLOW.search(line)
        for name in re.split(r"\s*,\s*", found[1]) if found else ():
            yield number, name


def _by_line(text: str) -> Mapping[int, set[str]]:
    lines = text.splitlines()
    found: dict[int, set[str]] = {}
    for number, name in _allowing(text):
        about = number
        while about <= len(lines) and lines[about - 1].lstrip().startswith("#"):
            about += 1
        found.setdefault(about, set()).add(name)
    return found
