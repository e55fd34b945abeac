"""Strangers' text made harmless: what of it may stand in a line of ours.

Rules
-----
* Text of alerts and of people is data: control and direction-changing characters are taken out, lengths are cut.

May import: the standard library's pure parts.
"""

import unicodedata

_BLANKS = "\n\r\t"
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: str, length: int) -> str:
    """Take out what could disturb a line or turn its direction, and cut it to ``length`` characters."""
    kept = "".join(" " if char in _BLANKS else char for char in text if _harmless(char))
    kept = " ".join(kept.split())
    return kept if len(kept) <= length else f"{kept[: length - 1]}…"


def _harmless(char: str) -> bool:
    return char in _BLANKS or unicodedata.category(char) not in _HARMFUL
