"""What providers say, made whole: half a character, which JSON may hold and no file can, becomes U+FFFD.

Rules
-----
* A provider cannot mend what somebody typed, and would bring it again for ever, or call no more: nothing is refused, or
  left unread, for half a character (a lone surrogate).

May import: ``notifiers.answering``, pydantic_core, the standard library's pure parts.
"""

import json
import re
from dataclasses import fields, replace
from typing import Any, TypeVar

from pydantic_core import from_json

from rungbell.notifiers.answering import Heard, Undelivered

HALF = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

Said = TypeVar("Said", Heard, Undelivered)


def whole(text: str) -> str:
    """Give a text without halves of characters."""
    return HALF.sub(REPLACEMENT, text)


def whole_answer(said: Said) -> Said:
    """Give an answer, or what became of a message, without halves of characters, whichever way it came."""
    found = {one.name: getattr(said, one.name) for one in fields(said)}
    halves: dict[str, Any] = {name: whole(one) for name, one in found.items() if type(one) is str and HALF.search(one)}
    contact = found.get("contact")
    if contact is not None and any(map(HALF.search, contact)):
        halves["contact"] = tuple(map(whole, contact))
    return replace(said, **halves) if halves else said


def json_said(raw: bytes | str) -> Any:  # noqa: ANN401 -- whatever is JSON
    """Read JSON of a provider.

    Raises:
        ValueError: it is none.
    """
    try:
        return from_json(raw)
    except ValueError as error:
        try:
            found = json.loads(raw)
            return json.loads(whole(json.dumps(found, ensure_ascii=False)))
        except (ValueError, RecursionError):
            raise error from None
