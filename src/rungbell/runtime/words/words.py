"""What a language has to say: one field for each phrase of a page.

Rules
-----
* Names in braces are filled in; a test holds each language to have the same ones.

May import: ``domain`` and the standard library's pure parts.
"""

from collections.abc import Mapping

from rungbell.domain.page import Purpose
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The phrases of one language."""

    why: Mapping[Purpose, str]
    """Why it is sent; empty where nothing need be said."""
    guessed: str
    firing: str
    since: str
    held: str
    commanded: str
    test: str
    """The first line of a test page."""
    test_answer: str
    """What its reader is asked for."""
    held_back: str
    """The first line of pages that leave together."""
    more: str
    together: str
    """What one answer to them does."""
