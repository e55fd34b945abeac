"""What is wrong with a configuration file, said so that its writer can mend it.

Rules
-----
* A mistake names file, line, column and field, says what is wrong, and gives a hint where one is known.
* No message holds the value of a secret.
* Warnings have the same shape and stop nothing. Each has the ``id`` of a kind of finding (see ``lint.kinds``), and so
  has a mistake of such a kind.

May import: ``domain.errors``, pydantic's error type and the standard library.
"""

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Literal

from pydantic_core import PydanticCustomError

from rungbell.domain.errors import ConfigError
from rungbell.domain.values import dataclass

Path = tuple[str | int, ...]
"""Where a value stands in the file: keys and list positions from the top, such as ``("rules", 0, "match")``."""

SHOWN = 12
"""How many known names a hint lists at most."""


@dataclass(frozen=True, slots=True)
class ConfigMistake:
    """One thing the writer of a file should change.

    ``line`` and ``column`` count from 1; 0 means that the mistake is about the file as a whole.
    """

    file: str
    line: int
    column: int
    field: str
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    id: str = ""

    @property
    def where(self) -> str:
        """The place as editors and terminals understand it: ``rungbell.yml:12``."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def text(self) -> str:
        """The mistake without its hint, on one line."""
        return ": ".join(part for part in (self.where, self.field, self.message) if part)

    def __str__(self) -> str:
        return f"{self.text}; hint: {self.hint}" if self.hint else self.text


class InvalidConfigError(ConfigError):
    """The file cannot be used; ``mistakes`` holds every reason, in the order of the lines.

    ``files`` are those of secrets that it names, whether they are there or not: one that comes may mend it.
    """

    def __init__(self, mistakes: Iterable[ConfigMistake], files: Iterable[FilePath] = ()) -> None:
        self.mistakes = tuple(mistakes)
        self.files = tuple(files)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def spelled(path: Path) -> str:
    """Write a path as people read it: ``rules[0].match``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def wrong(message: str, hint: str = "", *, kind: str = "") -> PydanticCustomError:
    """Build what a pydantic validator raises to say ``message`` and ``hint`` about its field."""
    return PydanticCustomError("rungbell", "{message}", {"message": message, "hint": hint, "kind": kind})


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Give a hint: the known name nearest to ``word``, or else what is known, or nothing if nothing is."""
    from difflib import get_close_matches  # a file without mistakes need not wait for it

    names = list(dict.fromkeys(known))
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(str(word).casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{folded[near[0]]}`?"
    if not names:
        return ""
    more = ", …" if len(names) > SHOWN else ""
    return "known: " + ", ".join(names[:SHOWN]) + more
