"""The fixed words that people read and hear, in each language: ``words_of(language)``.

To add a language: a member of ``domain.language.Language``, a file like the others here, and one line below. What
alerts, people and providers say stays as they said it.

May import: ``domain`` and the standard library's pure parts.
"""

from collections.abc import Mapping

from rungbell.domain.language import Language
from rungbell.words import english, french, german, spanish
from rungbell.words.words import Words

__all__ = ["Words", "words_of"]

_WORDS: Mapping[Language, Words] = {
    Language.EN: english.WORDS,
    Language.DE: german.WORDS,
    Language.FR: french.WORDS,
    Language.ES: spanish.WORDS,
}


def words_of(language: Language) -> Words:
    """Give the words of a language."""
    return _WORDS[language]
