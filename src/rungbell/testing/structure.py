"""How something is built, whatever its texts say.

May import: the standard library only.
"""

import unicodedata
from collections.abc import Callable


def shape(value: object, live: Callable[[str], object] = lambda text: "text") -> object:
    """Give a JSON value with every text replaced: by nothing but that it is one, or by what of it is ``live``.

    ``live`` reads a text as the provider does and gives what it would make of it, such as its mentions and links: those
    must be the same, too, whatever an alert says.
    """
    if isinstance(value, dict):
        return {key: shape(inner, live) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner, live) for inner in value]
    return live(value) if isinstance(value, str) else value


def seen(text: str) -> str:
    """Give what a person sees of a text: without controls and what turns its direction, blanks being one blank."""
    kept = (" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char) not in {"Cc", "Cf", "Cs"}).split())
