"""What fits: the words of a message in the form, the markup and the length that a provider takes.

Rules
-----
* A text of strangers stays a text: what turns its direction or breaks a line is taken out, and a line break is ``\\n``.
* A heading and its body are cut in the provider's own unit, and never within what stands for one character.
* An address in a text stays whole, for people open runbooks from it; everything else that is markup is escaped.

May import: ``domain``, ``notifiers`` (the port), the standard library.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from rungbell.domain.plain_text import plain
from rungbell.notifiers import Message

HEADING = 250
"""Characters; longer headings are cut, whatever the provider takes."""
_PIECES = re.compile(r"https?://[\w\-./:?#&=%+,;$]+|.", re.ASCII | re.DOTALL)
_MARKER = re.compile(r"(\d{0,9})((?<=\d)[.)]|(?<!\d)[#>+=-])", re.ASCII)
"""What makes a heading, a quotation or a list of a line that it begins."""
_JOINERS = "\u200d\ufe0f"


def heading_and_body(message: Message) -> tuple[str, str]:
    """Give the line that stands alone, and the other lines; the body may be empty, the heading never is.

    What does not fit into the heading stands in the body whole.
    """
    lines = [plain(line, len(line) + 1) for line in message.text.splitlines()]
    if message.copy is not None:
        return plain(message.copy.subject, HEADING) or "rungbell", "\n".join(lines)
    heading = (lines[0] if lines else "") or plain(message.subject, HEADING) or "rungbell"
    return plain(heading, HEADING), "\n".join(lines[1:] if len(heading) <= HEADING else lines)


def escaped(text: str, special: str, instead: Mapping[str, str] | None = None) -> Iterator[str]:
    """Give a text for a reader of Markdown, in pieces that may not be cut: addresses, and characters.

    What is ``special`` gets a backslash before it, and so does what would make a line a heading or an item of a list;
    ``instead`` says what else stands for a character.
    """
    other = {**{char: f"\\{char}" for char in special}, **(instead or {})}
    for number, line in enumerate(text.split("\n")):
        if number:
            yield other.get("\n", "\n")
        marker = _MARKER.match(line)
        if marker is not None:
            yield from marker[1]
            yield f"\\{marker[2]}"
        for piece in _PIECES.findall(line, marker.end() if marker else 0):
            yield other.get(piece, piece)


def fit(pieces: Iterable[str], most: int, unit: Callable[[str], int]) -> str:
    """Put as many pieces together as fit into ``most`` units; where some are left out, an ellipsis says so.

    ``unit`` must be such that the length of the whole is the sum of the lengths of its pieces.
    """
    kept: list[str] = []
    end = unit("…")
    taken = whole = 0
    for piece in pieces:
        taken += unit(piece)
        if taken > most:
            return "".join(kept[:whole]).rstrip(_JOINERS) + "…"
        kept.append(piece)
        if taken + end <= most:
            whole = len(kept)
    return "".join(kept)


def in_bytes(text: str) -> int:
    """Count bytes of UTF-8."""
    return len(text.encode())


def in_utf16(text: str) -> int:
    """Count UTF-16 code units, which many clients call characters."""
    return len(text.encode("utf-16-le")) // 2


def in_json(text: str) -> int:
    """Count the bytes that a text takes within JSON."""
    from pydantic_core import to_json

    return len(to_json(text)) - 2
