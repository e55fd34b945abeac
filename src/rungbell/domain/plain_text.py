"""Strangers' text made harmless: what of it may stand in a line of ours.

Rules
-----
* Text of alerts and of people is data: control and direction-changing characters are taken out, lengths are cut.
* A timeline knows people by id only, whatever providers say of them.

May import: the standard library's pure parts.
"""

import re
import unicodedata
from collections.abc import Iterable

SHORTEST_CONTACT = 4
"""Characters; what is shorter would be found in words that are none."""
_BLANKS = "\n\r\t"
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: str, length: int) -> str:
    """Take out what could disturb a line or turn its direction, and cut it to ``length`` characters."""
    kept = "".join(" " if char in _BLANKS else char for char in text if _harmless(char))
    kept = " ".join(kept.split())
    return kept if len(kept) <= length else f"{kept[: length - 1]}…"


def without_contacts(text: str, contacts: Iterable[str], instead: str) -> str:
    """Put something else in the place of whatever says how somebody is reached: what a provider answers may hold it."""
    for contact in sorted(contacts, key=len, reverse=True):
        if len(contact) >= SHORTEST_CONTACT:
            text = re.sub(re.escape(contact), lambda _: instead, text, flags=re.IGNORECASE)
    return text


def _harmless(char: str) -> bool:
    return char in _BLANKS or unicodedata.category(char) not in _HARMFUL
