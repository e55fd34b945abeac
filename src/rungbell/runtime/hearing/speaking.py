"""How words are read that people type into a chat: what all verbs have in common.

    verb [incident] words …

Rules
-----
* Capitals, ``#`` before a number and words that only make a sentence of it may be left out.
* What is not understood is told with what is known, and with what is near to it; nothing is guessed.

May import: ``config`` (mistakes), ``domain``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from rungbell.config.mistakes import did_you_mean
from rungbell.domain.events import Act
from rungbell.domain.severity import Severity
from rungbell.domain.values import dataclass

_REFERENCE = re.compile(r"#?(\d{1,12})|(INC-\d{8}-\d{4}(?:-\d{1,8})?)", re.IGNORECASE)


class MisspokenError(Exception):
    """What was typed cannot be meant; the message says what can."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What all acts have in common, and what words are read by."""

    act: Mapping[str, Any]
    """``incident``, ``by`` and ``via``."""
    now: datetime
    zone: str


Make = Callable[[str, Facts], Act]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb."""

    form: str
    """What follows the incident."""
    text: str
    make: Make


def word(text: str) -> tuple[str, str]:
    """Give the first word, and the rest; also a line may end between them."""
    first, rest = [*text.split(maxsplit=1), "", ""][:2]
    return first, rest.strip()


def reference(text: str) -> tuple[str, str]:
    """Give the incident that a text begins with, as it is looked up, and the rest; empty where it names none.

    ``incident 99`` means the same as ``99``: taken for other words, it would be done to another incident.
    """
    first, rest = word(without(text, "incident"))
    found = _REFERENCE.fullmatch(first.rstrip(":,;.!"))
    return ("", text.strip()) if found is None else (found[1] or found[2].upper(), rest)


def severity_of(text: str) -> Severity | None:
    """Read ``p1`` or ``P1``."""
    return Severity(text.upper()) if text.upper() in set(Severity) else None


def without(text: str, *lead: str) -> str:
    """Give a text without a word that only makes a sentence of it."""
    first, rest = word(text)
    return rest if first.lower() in lead else text


def one_of(said: str, known: Mapping[str, Any], what: str) -> Any:  # noqa: ANN401 -- of the mapping
    """Give what a word means, of what is ``known``; raises ``MisspokenError``."""
    plain = said.lower().replace("_", "-").removeprefix("incident-")
    if plain not in known:
        hint = did_you_mean(plain, known)
        raise MisspokenError(f"{said!r} is no {what}; {hint}" if said else f"which {what}? {listed(known)}")
    return known[plain]


def listed(known: Iterable[str]) -> str:
    """Name what is known."""
    return f"known: {', '.join(known)}"


def needed(text: str, what: str) -> str:
    """Give a text that must not be empty; raises ``MisspokenError``."""
    if not text.strip():
        raise MisspokenError(f"say {what}")
    return text.strip()


def number_of(said: str, what: str) -> tuple[int, str]:
    """Give the number that a text begins with, and the rest; raises ``MisspokenError``."""
    first, rest = word(said)
    plain = first.removeprefix("#").rstrip(":,")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        raise MisspokenError(f"which {what}, by its number?")
    return int(plain), rest
