"""The languages in which people are rung.

May import: the standard library's pure parts.
"""

from enum import StrEnum


class Language(StrEnum):
    """By its code of ISO 639-1; ``words`` has the words of each."""

    EN = "en"
    DE = "de"
    FR = "fr"
    ES = "es"
