"""What readers of Markdown make of a text, as far as tests ask: what is live in it, and what is seen of it."""

import re

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LIVE = re.compile(
    r"(\*\*)(?=.+?\*\*)|(?<!\*)(\*)(?=[^*\s][^*]*\*)|(?<![\w/])(_)(?=[^_\s][^_]*_)|(~~)(?=[^~]+~~)|(`)(?=[^`]+`)"
    r"|(!?\[)(?=[^\]]*\]\([^)]*\))|(\|\|)(?=.+?\|\|)|^(\#{1,6}\s|>|[-+*]\s|\d+[.)]\s|=+$|-+$)",
    re.MULTILINE,
)


def markup(text: str) -> list[str]:
    """Give the marks of a text that are read as such."""
    return [found[0] for found in _LIVE.finditer(_ESCAPED.sub("x", text))]


def functions(text: str) -> list[str]:
    """Give the calls of functions in a text of an adaptive card."""
    return re.findall(r"\{\{.*?\}\}", _ESCAPED.sub("x", text))


def unescaped(text: str) -> str:
    """Give a text as it is read."""
    return _ESCAPED.sub(r"\1", text)


def decoded(text: str) -> str:
    """Give a text as it is read where entities are."""
    return unescaped(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
