"""How much of an SMS a text takes: segments of GSM-7, or of UCS-2 where one character asks for it.

Rules
-----
* Signs that only look better than a plain one are written plain: one of them would more than halve what fits.
* What is cut fits into three segments.

May import: ``notifiers.fitting``.
"""

from rungbell.notifiers.fitting import fit, in_utf16

SEGMENTS = 3
OCTETS = 134
"""Of a segment of several; six more are its header."""
SEPTETS_OF_ALL = SEGMENTS * (OCTETS * 8 // 7)
UNITS_OF_ALL = SEGMENTS * (OCTETS // 2)

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u2022", "-"),
        **dict.fromkeys("\u00a0\u202f\u2009", " "),
        "\u2026": "...",
    }
)
"""Quotes, dashes, blanks and dots of print."""


def is_gsm(text: str) -> bool:
    """Whether every character is one of GSM 03.38."""
    return _BASIC.union(_EXTENDED).issuperset(text)


def in_septets(text: str) -> int:
    """Count septets of a text of GSM-7."""
    return sum(2 if char in _EXTENDED else 1 for char in text)


def in_bits(text: str) -> int:
    """Count the bits that the network carries for a text, without its headers."""
    return 7 * in_septets(text) if is_gsm(text) else 16 * in_utf16(text)


def fitted(text: str, ending: str = "") -> str:
    """Cut a text so that it fits together with its ending, which stays whole."""
    text, ending = text.translate(_PLAIN), ending.translate(_PLAIN)
    short = fit(text, SEPTETS_OF_ALL - in_septets(ending), lambda part: in_septets(part.replace("…", "...")))
    short = short.replace("…", "...")
    if is_gsm(short + ending):
        return short + ending
    return fit(text, UNITS_OF_ALL - in_utf16(ending), in_utf16) + ending
