"""The templates in use, one a kind, and the texts that they write.

Rules
-----
* The folder is read once; a reload of the configuration makes new ``Texts``.

May import: the rest of ``texts`` (what needs jinja2 lazily), ``domain``, ``config.mistakes``, structlog.
"""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from rungbell.config.mistakes import ConfigMistake, did_you_mean
from rungbell.domain.communication.facts import TextFacts
from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.domain.values import dataclass
from rungbell.texts.fallback import written

if TYPE_CHECKING:
    from jinja2 import Template

    from rungbell.texts.language import Fault

log = structlog.get_logger()

SUFFIX = ".txt"
MOST_BYTES = 16 * 1024
"""What a template may be; the longest of ours is a tenth of it."""
KIND = "template-does-not-render"
"""The kind of finding (``config.lint.kinds``)."""
HINT = "`rungbell templates show {kind}` prints the built-in one"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the template of a kind stands, and its words."""

    file: str
    text: str
    own: bool
    """Whether the folder has it."""
    problem: str = ""
    """Why it cannot be read."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A text, and what was wrong with its template: then it is the facts without one."""

    text: Text
    file: str
    mistakes: tuple[ConfigMistake, ...] = ()


class Texts:
    """Writes texts by the templates of ``folder``, and by the built-in ones where it has none."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.sources: Mapping[CommunicationKind, Source] = {kind: _source(kind, folder) for kind in CommunicationKind}
        self._ready: dict[CommunicationKind, Template | tuple[Fault, ...]] = {}

    def write(self, kind: CommunicationKind, facts: TextFacts) -> Text:
        """Write a text; where its template fails, the log says so and the facts are written down without it."""
        worded = self.worded(kind, facts)
        for mistake in worded.mistakes:
            log.error("a template does not render; the facts are sent without it", kind=kind.value, why=str(mistake))
        return worded.text

    def worded(self, kind: CommunicationKind, facts: TextFacts) -> Worded:
        """Write a text, and give what is wrong with its template."""
        from rungbell.texts.rendering import TemplateError, filled

        source = self.sources[kind]
        found: Iterable[Fault]
        template = self._template(kind)
        if isinstance(template, tuple):
            found = template
        else:
            try:
                return Worded(filled(template, facts), source.file)
            except TemplateError as error:
                found = error.faults
        return Worded(written(kind, facts), source.file, tuple(_mistake(kind, source, fault) for fault in found))

    def strangers(self) -> tuple[ConfigMistake, ...]:
        """Give the files of the folder that no kind of text is written by."""
        if self.folder is None:
            return ()
        names = sorted(path.name for path in self.folder.glob(f"*{SUFFIX}") if path.stem not in set(CommunicationKind))
        known = [template_of(kind) for kind in CommunicationKind]
        return tuple(
            ConfigMistake(
                str(self.folder / name), 0, 0, "", "no text is written by it", did_you_mean(name, known), id=KIND
            )
            for name in names
        )

    def _template(self, kind: CommunicationKind) -> "Template | tuple[Fault, ...]":
        """Give the template, or why there is none; it is compiled once."""
        from rungbell.texts.language import Fault
        from rungbell.texts.rendering import TemplateError, compiled

        if kind not in self._ready:
            source = self.sources[kind]
            try:
                self._ready[kind] = (
                    (Fault(0, source.problem),) if source.problem else compiled(source.text, source.file)
                )
            except TemplateError as error:
                self._ready[kind] = error.faults
        return self._ready[kind]


def _mistake(kind: CommunicationKind, source: Source, fault: "Fault") -> ConfigMistake:
    hint = fault.hint or HINT.format(kind=kind.value)
    return ConfigMistake(source.file, fault.line, 0, "", fault.message, hint, id=KIND)


def template_of(kind: CommunicationKind) -> str:
    """Give the name of the file in which the template of a kind stands."""
    return f"{kind}{SUFFIX}"


def _source(kind: CommunicationKind, folder: Path | None) -> Source:
    name = template_of(kind)
    if folder is not None and os.path.lexists(folder / name):
        return _read(folder / name)
    return _built_in(name)


@cache
def _built_in(name: str) -> Source:
    file = files("rungbell.texts") / "templates" / name
    return Source(str(file), file.read_text(encoding="utf-8"), own=False)


def _read(file: Path) -> Source:
    """Read a template of the folder, one byte more than is allowed at most."""
    try:
        if not file.is_file():  # a pipe would keep us waiting
            return Source(str(file), "", own=True, problem="is no file")
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            return Source(str(file), "", own=True, problem=f"is larger than {MOST_BYTES // 1024} KiB")
        return Source(str(file), raw.decode("utf-8-sig"), own=True)
    except OSError as error:
        return Source(str(file), "", own=True, problem=f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return Source(str(file), "", own=True, problem="is not UTF-8")
