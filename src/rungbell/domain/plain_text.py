"""Strangers' text made harmless: what of it may stand in a line of ours.

Rules
-----
* Text of alerts and of people is data: control and direction-changing characters are taken out, lengths are cut.
* A timeline knows people by id only, whatever providers say of them.
* How somebody is reached is shown to others by its end alone, and found in a text however its digits are grouped.

May import: the standard library's pure parts.
"""

import re
import unicodedata
from collections.abc import Iterable

SHORTEST_CONTACT = 4
"""Characters; what is shorter would be found in words that are none."""
SHORTEST_NUMBER = 7
"""Digits of a telephone number; a shorter one is known by its own spelling only."""
_NUMBER = re.compile(r"\+?[0-9 ().-]+")
_DIGITS = re.compile(r"(?:\+|%2B)?[0-9](?:[ ().-]{0,3}[0-9]){6,}", re.IGNORECASE)
_BLANKS = "\n\r\t"
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: str, length: int) -> str:
    """Take out what could disturb a line or turn its direction, and cut it to ``length`` characters."""
    if not text.isprintable():  # what is printable holds nothing of either
        text = "".join(" " if char in _BLANKS else char for char in text if _harmless(char))
    kept = " ".join(text.split())
    return kept if len(kept) <= length else f"{kept[: length - 1]}…"


def without_contacts(text: str, contacts: Iterable[str], instead: str) -> str:
    """Put something else in the place of whatever says how somebody is reached: what a provider answers may hold it."""
    for contact in sorted(contacts, key=len, reverse=True):
        if len(contact) >= SHORTEST_CONTACT:
            text = re.sub(_spelled(contact), lambda _: instead, text, flags=re.IGNORECASE)
    return text


def _spelled(contact: str) -> str:
    digits = _number(contact)
    return r"(?:\+|%2B)?" + r"[ ().-]{0,3}".join(digits) if digits else re.escape(contact)


def _number(contact: str) -> str:
    """The digits of a telephone number; of anything else nothing."""
    digits = re.sub(r"\D", "", contact)
    return digits if len(digits) >= SHORTEST_NUMBER and _NUMBER.fullmatch(contact) else ""


class Masks:
    """Shows the telephone numbers and mail addresses that it knows by their ends, wherever they stand in a text."""

    def __init__(self, contacts: Iterable[str] = ()) -> None:
        known = {*contacts}
        self._numbers = tuple(digits for one in known if (digits := _number(one)))
        addresses = sorted((one for one in known if "@" in one), key=len, reverse=True)
        self._addresses = re.compile("|".join(map(re.escape, addresses)), re.IGNORECASE) if addresses else None

    def over(self, text: str) -> str:
        """Mask what is known in a text."""
        if self._addresses is not None and "@" in text:
            text = self._addresses.sub(lambda found: masked(found[0]), text)
        return _DIGITS.sub(self._over_number, text) if self._numbers else text

    def _over_number(self, found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found[0])
        return next((masked(number) for number in self._numbers if number in digits), found[0])


def masked(contact: str) -> str:
    """Show a contact to others: the end of a number, a mail address by its first letter and its domain."""
    name, at, domain = contact.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{contact[-4:]}" if len(contact) > 2 * SHORTEST_CONTACT else "…"


def _harmless(char: str) -> bool:
    return char in _BLANKS or unicodedata.category(char) not in _HARMFUL
